import Machines
import Months
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@testable import Restoring

@Suite("Which version of send streams is asked for")
struct StreamVersionTests {
    @Test("the first one until the server has said what it takes, then the newest that both know")
    func both() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        try plant(household.machine.workstationState.appending("streams"), Array("2\n".utf8))
        _ = try await household.run("2026-02").begin()
        #expect(household.versions == [1, 2])
    }

    @Test("what the server says is remembered, and replaces what it has said before")
    func remembered() async throws {
        let household = try Household()
        let file = household.machine.workstationState.appending("streams")
        try plant(file, Array("2\n".utf8))
        try await household.hand("2026-01")
        // This server's btrfs-progs do not answer.
        #expect(contents(file) == Array("1\n".utf8))
        _ = try await household.run("2026-02").begin()
        #expect(household.versions == [2, 1])
    }

    @Test("with the server on this machine, what this machine makes; the first one where that is all")
    func oneMachine() async throws {
        for version in [1, 2] {
            let household = try Household()
            household.sends(version)
            let machine = household.server.machine
            _ = try await MonthRun(
                TestMachine.label("2026-01"), machine, .init(isWhole: true), version: "test",
                household.work(on: machine)
            ).begin()
            #expect(household.versions == [version])
        }
    }

    @Test("a kernel that says 2 and btrfs-progs from 6.2 on know the second one")
    func known() async throws {
        let scratch = try ScratchDirectory()
        let kernel = scratch.path.appending("send_stream_version")
        func known(_ said: String?, _ shown: String?) async throws -> Int {
            if let said { try plant(kernel, Array(said.utf8)) } else { try removeTree(kernel) }
            let programs = AnsweringPrograms({ _, _ in shown.map { ProgramOutput(exitCode: 0, output: $0) } })
            return await StreamVersion.known(programs, kernel: kernel)
        }
        for progs in ["btrfs-progs v6.2\n", "btrfs-progs v6.14 \n-EXPERIMENTAL", "btrfs-progs v7.0.1"] {
            #expect(try await known("2\n", progs) == 2, "\(progs)")
        }
        #expect(try await known("3\n", "btrfs-progs v6.2") == 2)
        for progs in ["btrfs-progs v6.1.3", "btrfs-progs v5.19", "btrfs", "", "btrfs-progs 6.2", nil] {
            #expect(try await known("2\n", progs) == 1, "\(progs ?? "-")")
        }
        #expect(try await known("1\n", "btrfs-progs v6.2") == 1)
        #expect(try await known(nil, "btrfs-progs v6.2") == 1)
    }
}
