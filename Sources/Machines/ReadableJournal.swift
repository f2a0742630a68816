import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
package import JournalStore
import SystemPackage

/// The journal that a command reads on this machine, with all that is remembered of it here: the server's, or where that
/// is another machine the workstation's replica.
package struct ReadableJournal {
    package let directory: JournalDirectory
    /// The root that must vouch for it, where one is known.
    package var pinnedRoot: KeyID?
    /// The workstation's pin and the heads it remembers, where this is its replica.
    package private(set) var replica: (pin: ReplicaPin, heads: [SignedCheckpoint])?

    /// Whose it is, where nobody named a directory and it is the server's own.
    private var server: ServerTree?

    package var heads: [SignedCheckpoint] { replica?.heads ?? [] }

    package init(_ directory: JournalDirectory, pinnedRoot: KeyID? = nil) {
        self.directory = directory
        self.pinnedRoot = pinnedRoot
    }

    private init(replicaOf workstation: Workstation) throws {
        self.init(workstation.files.replica, pinnedRoot: workstation.pin.root)
        replica = (workstation.pin, try WitnessHeads(workstation.machine).read())
    }

    /// - Parameter path: a directory that was named. Only of the replica anything is remembered then.
    package init(_ machine: Machine, named path: String? = nil) throws {
        if let path {
            let directory = FilePath(path)
            if try machine.isReplica(directory) {
                try self.init(replicaOf: Workstation(machine))
            } else {
                self.init(JournalDirectory(directory), pinnedRoot: nil)
            }
        } else if try machine.readsReplica() {
            try self.init(replicaOf: Workstation(machine))
        } else {
            self.init(machine.server.journal, pinnedRoot: try machine.server.pinnedRoot())
            server = machine.server
        }
    }

    /// Reads and judges it; nothing is locked, nothing is written. A replica is read to its end whatever the limit, as
    /// remembered heads can be compared only there.
    package func replay(
        upTo limit: Int = .max, signatures: Replay.Signatures = .head, visit: ((Record, Span<UInt8>) -> Void)? = nil
    ) throws -> Replay {
        guard let replica else {
            let read = {
                try directory.replay(pinnedRoot: pinnedRoot, signatures: signatures, upTo: limit, visit: visit)
            }
            return try server?.namingRemedy(read) ?? read()
        }
        do throws(JournalError) {
            let replay = try directory.replay(
                pinnedRoot: pinnedRoot, heads: replica.heads, signatures: signatures
            ) { record, line in
                if record.seq <= limit { visit?(record, line) }
            }
            guard replay.verifier.log == replica.pin.log else { throw .damaged(DamageError(record: 1, .log)) }
            return replay
        } catch {
            try refuseEmpty(error)
            throw ReplicaError.replica(error)
        }
    }

    /// Every signature, and for a replica that it is the pinned journal's.
    package func verdict(heads more: [SignedCheckpoint]) throws -> Verdict {
        do {
            let verdict = try directory.verdict(pinnedRoot: pinnedRoot, heads: heads + more)
            if let finding = verdict.finding { try refuseEmpty(.damaged(finding)) }
            guard let replica, let log = verdict.log, log != replica.pin.log else { return verdict }
            return verdict.failing(DamageError(record: 1, .log))
        } catch let error as JournalError {
            try refuseEmpty(error)
            throw error
        }
    }

    /// A replica that never had a record is not a journal that was lost.
    private func refuseEmpty(_ error: JournalError) throws {
        guard let replica, replica.heads.isEmpty else { return }
        switch error {
        case .missing, .damaged(DamageError(record: 1, .empty)):
            throw MachineError.replicaEmpty
        default: return
        }
    }

    /// That the last line was not written to its end, and what happens to it.
    package func tailWarning(_ bytes: Int) -> String {
        let next = replica == nil ? "append" : "delivery"
        return "the last line is torn (\(Plain.counted(bytes, "byte"))); the next \(next) repairs it"
    }
}

extension Machine {
    /// Whether the journal is another machine's, and this one has a replica of it.
    package func readsReplica() throws -> Bool { try !pathExists(server.journal.path) && Workstation.pin(self) != nil }

    /// Whether that is the directory of this workstation's replica, under whatever name.
    fileprivate func isReplica(_ directory: FilePath) throws -> Bool {
        guard let named = try? directory.stat(),
            let own = try? WorkstationFiles(configuration.workstationState).replica.path.stat(),
            (named.deviceID, named.inode) == (own.deviceID, own.inode)
        else { return false }
        return try Workstation.pin(self) != nil
    }

    /// The journal that is pinned here, where this machine is not its server: `LS_HOST` names another one.
    package func journalOfOtherHost() throws -> ReplicaPin? {
        guard configuration.settings.text("LS_HOST") != nil, try !server.journal.hasRecords() else { return nil }
        return try Workstation.pin(self)
    }

    /// Refuses to begin a journal where another host's is the workstation's.
    package func refuseWorkstation() throws {
        guard let pin = try journalOfOtherHost() else { return }
        throw MachineError.workstationOfAnotherJournal(pin.log)
    }

    /// Refuses what only the server's journal can do.
    package func requireServer() throws {
        guard try readsReplica() else { return }
        throw MachineError.needsServersJournal
    }
}
