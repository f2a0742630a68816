import Age
import Backup
import Digest
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import SystemPackage

/// A machine in a directory of its own, with effects that a test rules: a server with a journal, on which a workstation's
/// key is enrolled, or a workstation of such a server.
package final class TestMachine: Sendable {
    private let scratch: ScratchDirectory
    private let settings: [String]
    package let machine: Machine
    package let clock: StandingClock
    package let reporter = RememberingReporter()
    package let programs: AnsweringPrograms
    package let root: JournalKey
    package let sequencer: JournalKey
    /// The workstation's.
    package let author: JournalKey
    /// The server's.
    package let identity: AgeIdentity
    package let log: EventID

    /// The directory that it is all in.
    package var folder: FilePath { scratch.path }
    package var server: ServerTree { machine.server }

    private init(
        _ settings: [String], _ programs: AnsweringPrograms, _ clock: StandingClock, _ keys: Keys, log: EventID
    ) throws {
        scratch = try ScratchDirectory()
        self.settings = settings
        self.programs = programs
        self.clock = clock
        (root, sequencer, author, identity) = (keys.root, keys.sequencer, keys.author, keys.identity)
        self.log = log
        machine = Machine(
            try Self.configuration(scratch.path, settings),
            Effects(clock: clock, reporter: reporter, programs: programs))
    }

    private struct Keys {
        let root: JournalKey
        let sequencer: JournalKey
        let author: JournalKey
        let identity: AgeIdentity
    }

    /// The same machine with other lines in its configuration.
    package func with(_ settings: [String]) throws -> Machine {
        Machine(try Self.configuration(folder, self.settings + settings), machine.effects)
    }

    private static func configuration(_ folder: FilePath, _ settings: [String]) throws -> Configuration {
        let file = folder.appending("dev.conf")
        let usual = [
            "LS_ROOT=\(folder)/server", "WS_STATE=\(folder)/workstation", "CODE=\(folder)/code",
            "SNAPSHOTS=\(folder)/snapshots", "RESERVE_BYTES=0", "WORKTREE=off",
        ]
        // A configuration says nothing twice, so a later line comes in the place of an earlier one.
        var lines: [Substring: String] = [:]
        for line in usual + settings {
            lines[line.prefix { $0 != "=" }] = line.split(separator: "{}", omittingEmptySubsequences: false)
                .joined(separator: folder.string)
        }
        try plant(file, Array((lines.values.sorted().joined(separator: "\n") + "\n").utf8))
        return try Configuration(named: file.string)
    }

    /// A server with a journal of three records: opened, recipients, the workstation's key, which is on this machine, too.
    ///
    /// - Parameter settings: lines of the configuration, such as `RESERVE_BYTES=1000`; `{}` stands for its directory.
    package static func server(
        _ settings: [String] = [], programs: AnsweringPrograms = AnsweringPrograms(), clock: StandingClock = .init()
    ) throws -> TestMachine {
        let keys = Keys(
            root: JournalKey.generate(.root), sequencer: JournalKey.generate(.sequencer),
            author: JournalKey.generate(.author),
            identity: .generate())
        let genesis = Genesis(dataset: "dev", root: keys.root, sequencer: keys.sequencer, now: clock.now())
        let test = try TestMachine(settings, programs, clock, keys, log: genesis.log)
        try test.open(genesis)
        return test
    }

    private func open(_ genesis: Genesis) throws {
        try server.makeDirectories()
        try genesis.write(to: server.journal)
        try KeyFile.write(sequencer, to: server.sequencerKey)
        try makeDirectories(machine.workstationState, permissions: 0o700)
        try KeyFile.write(author, to: machine.workstationState.appending("author.key"))
        try server.pin(root.id)
        try AgeKeyFiles(server).write([identity], at: clock.now())
        try record(.setRecipients([identity.recipient.description]))
        try enrol(author, named: "ws")
        reporter.forget()
    }

    /// Its workstation on another machine: with the replica as the server is now, and the same key.
    package func workstation(
        _ settings: [String] = [], programs: AnsweringPrograms = AnsweringPrograms()
    ) throws -> TestMachine {
        let keys = Keys(root: root, sequencer: sequencer, author: author, identity: identity)
        let other = try TestMachine(
            ["LS_HOST=server.example", "RECIPIENTS=\(identity.recipient)"] + settings, programs, clock, keys,
            log: log)
        let files = WorkstationFiles(other.machine.workstationState)
        try makeDirectories(files.directory, permissions: 0o700)
        try KeyFile.write(author, to: files.directory.appending("author.key"))
        try ReplicaPin(log: log, root: root.id).write(files.pin)
        try fetchReplica(for: other)
        return other
    }

    /// What a delivery does: the workstation's replica is the journal as it is now.
    package func fetchReplica(for workstation: TestMachine) throws {
        let replica = WorkstationFiles(workstation.machine.workstationState).replica.path
        for name in try server.journal.segmentNames() ?? [] {
            try plant(replica.appending(name), contents(server.journal.path.appending(name)) ?? [])
        }
    }

    // MARK: Journal

    package func record(_ command: Backup.Command) throws {
        var journal = try machine.openJournal(.reading)
        _ = try machine.record(command, in: &journal, author: author)
    }

    /// Lets a key sign events.
    package func enrol(_ key: JournalKey, named name: String) throws {
        var journal = try machine.openJournal(.reading)
        let event = KeyEvent.keyEnrolled(
            role: KeyRole.author.rawValue, key: key.publicKey, name: name,
            proof: ProofOfPossession.make(key.key, log: log, role: .author))
        _ = try machine.append(.changeKeys(event), in: &journal)
    }

    package func state() throws -> BackupState { try machine.state() }

    /// The types of all records, in order.
    package func types() throws -> [String] {
        var types: [String] = []
        _ = try machine.replay { record, _ in types.append(record.event.type) }
        return types
    }
}
