import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@testable import Restoring

@Suite("The last snapshot whose source was examined")
struct ExaminedSnapshotTests {
    private let known = ExaminedSnapshot(
        label: TestMachine.label("2026-01"), uuid: Array(240...255), apparentBytes: 5000)

    @Test("It is remembered as a line of text, and anything else is none")
    func text() throws {
        let server = try TestMachine.server()
        #expect(ExaminedSnapshot.remembered(server.machine) == nil)
        try known.remember(server.machine)
        #expect(ExaminedSnapshot.remembered(server.machine) == known)
        let file = server.machine.workstationState.appending("examined")
        let line = String(decoding: try #require(contents(file)), as: UTF8.self)
        #expect(line == "dev@2026-01 240.241.242.243.244.245.246.247.248.249.250.251.252.253.254.255 5000\n")
        for text in [
            "", "\n", String(line.dropLast()), line + line, line.replacing("5000", with: "-1"),
            line.replacing("5000", with: "05"), line.replacing(".255", with: ""), line.replacing(".255", with: ".256"),
            line.replacing("dev@2026-01", with: "dev"),
        ] {
            try plant(file, Array(text.utf8))
            #expect(ExaminedSnapshot.remembered(server.machine) == nil, "\(text)")
        }
    }
}
