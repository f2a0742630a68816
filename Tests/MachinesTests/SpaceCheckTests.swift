import Backup
import Machines
import TestMachines
import Testing

@Suite("Room on a disk before a step")
struct SpaceCheckTests {
    private let much = SpaceNeed("registering dev@2026-01.full.send.zst.age", bytes: 1 << 60)

    @Test("what cannot fit is refused and the reserve is named as a way out")
    func refused() throws {
        let server = try TestMachine.server(["RESERVE_BYTES=1000"])
        let error = #expect(throws: MachineError.self) {
            try SpaceCheck.server(server.machine).require(much, in: server.folder)
        }
        #expect(error?.kind == .failed)
        #expect(error?.hint == "make room there, or lower RESERVE_BYTES in the configuration")
    }

    @Test("an estimate is overridden by a person")
    func override() throws {
        let server = try TestMachine.server()
        let check = SpaceCheck.workstation(server.machine)
        let error = #expect(throws: MachineError.self) {
            try check.require(much, in: server.folder, override: .init(command: "again --ignore-space", isGiven: false))
        }
        #expect(error?.hint == "make room there, or try it anyway: again --ignore-space")
        try check.require(much, in: server.folder, override: .init(command: "again --ignore-space", isGiven: true))
    }

    @Test("the reserve is the server's alone: a workstation may fill its disk")
    func reserve() throws {
        let server = try TestMachine.server(["RESERVE_BYTES=\(1 << 60)"])
        let little = SpaceNeed("sealing", bytes: 1)
        #expect(throws: MachineError.self) { try SpaceCheck.server(server.machine).require(little, in: server.folder) }
        try SpaceCheck.workstation(server.machine).require(little, in: server.folder)
    }
}
