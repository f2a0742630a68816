import Artifacts
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ObjectStore
import Recovery
import RecoveryKit
import ScratchSpace
import Sodium
import SystemPackage
import TestMachines

let passphrase = "kit words that open"

/// What somebody types.
func typing(_ text: String = passphrase) -> () throws -> SecretBytes {
    {
        var bytes = Array(text.utf8)
        return SecretBytes(moving: &bytes)
    }
}

/// One that is made with the least work.
func cheapKit(_ path: FilePath) -> KitFile { KitFile(path, workFactor: 2) }

/// A server with a bucket and a kit, and what is left of it when it burns.
struct RescuedServer {
    let bucket: ScratchDirectory
    let server: TestMachine
    let kit: KitFile

    /// - Parameter isMirrored: whether its configuration names the bucket.
    init(isMirrored: Bool = false) throws {
        bucket = try ScratchDirectory()
        let url = "file://\(bucket.path)"
        server = try TestMachine.server(isMirrored ? ["MIRROR=\(url)"] : [])
        kit = cheapKit(server.folder.appending("kit.age"))
        try plantKit(kit)
    }

    var url: String { "file://\(bucket.path)" }
    var machine: Machine { server.machine }

    /// What opens it is its passphrase, with the least work.
    func plantKit(_ file: KitFile, change: (inout KitSection) -> Void = { _ in }) throws {
        var section = KitSection(
            dataset: "dev", log: server.log, root: server.root, identities: [server.identity], mirror: url)
        change(&section)
        let bytes = try RecoveryKit([section]).encrypted(with: typing()(), made: server.clock.now(), workFactor: 2)
        try plant(file.path, bytes)
    }

    func file(_ name: String) -> KitFile { cheapKit(server.folder.appending(name)) }

    func push() throws {
        _ = try MirrorPush(machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
    }

    func note(_ text: String = "something") throws {
        var journal = try machine.openJournal(.reading)
        guard let type = EventType("note") else { return }
        _ = try machine.append(.note(type: type, data: ["text": .string(text)], by: .sequencer), in: &journal)
    }

    var size: Int { get throws { try machine.replay().verifier.size } }

    /// Every line, one after another.
    var lines: [UInt8] {
        get throws {
            var lines: [UInt8] = []
            _ = try machine.replay { _, line in for index in line.indices { lines.append(line[index]) } }
            return lines
        }
    }

    /// Reaches it as `deliver` does.
    var reached: ServerExchange { exchange(with: machine) }
}

/// A server that answers deliveries.
func exchange(with server: Machine) -> ServerExchange {
    { delivery in
        var journal = try server.openJournal(.reading)
        return try journal.answer(delivery).bytes
    }
}

/// A machine where nothing is, such as the one after a fire.
struct EmptyServer {
    let scratch: ScratchDirectory
    let reporter = RememberingReporter()
    let machine: Machine

    init(_ settings: [String] = []) throws {
        scratch = try ScratchDirectory()
        let file = scratch.path.appending("dev.conf")
        let lines = [
            "LS_ROOT=\(scratch.path)/server", "WS_STATE=\(scratch.path)/workstation", "CODE=\(scratch.path)/code",
            "RESERVE_BYTES=0", "WORKTREE=off",
        ]
        try plant(file, Array(((lines + settings).joined(separator: "\n") + "\n").utf8))
        machine = Machine(
            try Configuration(named: file.string),
            Effects(clock: StandingClock(), reporter: reporter, programs: AnsweringPrograms()))
    }

    /// Files and directories of the repository.
    var left: [String] { tree(machine.server.root) }
    /// Nothing that another run would find in its way: no journal, no key.
    var isEmpty: Bool { !left.contains { $0.hasPrefix("journal/") || $0.hasPrefix("keys/") || $0.hasPrefix("tmp/") } }
}
