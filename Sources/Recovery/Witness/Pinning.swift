import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
import SystemPackage

extension ReplicaPin {
    /// As a person names them.
    fileprivate init(log: String, root: String) throws {
        guard let log = EventID(log) else { throw PinError.notAJournal(log) }
        self.init(log: log, root: try KeyID(typed: root))
    }
}

/// `replica pin`, `replica succeed`: which journal is this workstation's, and which root vouches for it.
package struct Pinning {
    private let machine: Machine
    private let pin: ReplicaPin

    /// - Parameters:
    ///   - log: the journal's id.
    ///   - root: the root's fingerprint.
    package init(_ machine: Machine, log: String, root: String) throws {
        self.machine = machine
        pin = try ReplicaPin(log: log, root: root)
    }

    private var files: WorkstationFiles { WorkstationFiles(machine.workstationState) }

    /// - Parameters:
    ///   - server: for a root that the replica lacks; nil where nobody said how it is reached.
    ///   - acceptsUnendorsed: accepts a root that this workstation has not endorsed.
    package func run(_ server: ServerExchange?, acceptsUnendorsed: Bool) async throws {
        try makeDirectories(files.directory, permissions: 0o700)
        if let old = try Workstation.pin(machine), old != pin {
            try await PinChange(machine, from: old, to: pin, acceptsUnendorsed: acceptsUnendorsed).run(server)
        } else {
            let lock = try FileLock(files.replicaLock)
            try pin.write(files.pin)
            lock.unlock()
        }
        machine.reporter.say("journal \(pin.log) is pinned, with root \(pin.root)")
    }

    /// The server and its recovery kit are lost: puts the old journal aside, and pins the one after it.
    package func succeed() throws {
        guard let old = try Workstation.pin(machine) else { throw PinError.noPredecessor }
        guard old.log != pin.log else {
            guard old == pin else { throw PinError.otherRootPinned(log: pin.log, root: old.root) }
            return machine.reporter.say("journal \(pin.log) is pinned already; nothing changed")
        }
        let heads = try WitnessHeads(machine).lock()
        let lock = try FileLock(files.replicaLock)
        let lost = pending(old)
        try files.succeed(old, by: pin)
        lock.unlock()
        heads.unlock()
        let aside = files.predecessor(old.log).directory
        machine.reporter.say("all that is known of journal \(old.log) is kept in \(aside)")
        for line in lost { machine.reporter.warn(line) }
        machine.reporter.say("journal \(pin.log) is pinned, with root \(pin.root)")
    }

    /// What is lost with the old journal, looked at before it is put aside.
    private func pending(_ old: ReplicaPin) -> [String] {
        var lines: [String] = []
        do {
            let outbox = try files.outbox.read(log: old.log)
            let pending = outbox.pending(recorded: try files.view(pin: old, outbox: outbox).recorded)
            if !pending.isEmpty {
                lines.append(
                    "\(Plain.counted(pending.count, "event")) of the outbox can never be delivered: signed for the "
                        + "old journal, and not recorded in it as far as this workstation knows")
            }
            lines += pending.map { "lost: \($0.event.type) \(EventWording.line($0.event)), said \($0.event.ts)" }
        } catch {
            lines.append("which events were still pending is not known: \(machine.reporter.message(of: error))")
        }
        if let names = try? namesInDirectory(files.spool), !names.isEmpty {
            lines.append(
                "the spool held \(Plain.counted(names.count, "file")), sealed to a key that is lost: nobody can open what is "
                    + "in there, and it may be deleted by hand")
        }
        return lines
    }
}
