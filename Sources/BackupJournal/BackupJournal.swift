package import Backup
internal import Digest
package import JournalFormat
package import JournalStore
package import SystemPackage

// The journal of backups: JournalStore keeps lines and judges them, Backup says what they mean, and here the one
// learns of the other. Anybody who names a directory by `JournalDirectory(path)` names a journal of backups.

extension BackupState: JournalState {
    package static func isUnchanged(by type: Span<UInt8>, schema: Int) -> Bool {
        CoreEvents.changesNothing(type, schema: schema)
    }

    package mutating func evolve(_ record: Record) throws(ProjectionRefusal) {
        try Backup.evolve(&self, record)
    }

    package var summary: String { StateEnv.text(self) }
}

extension JournalDirectory {
    /// - Parameter whenBallastGoes: called when the ballast was given up.
    package init(_ path: FilePath, whenBallastGoes: @escaping @Sendable () -> Void = {}) {
        self.init(path, of: BackupState.self, whenBallastGoes: whenBallastGoes)
    }
}

extension WorkstationFiles {
    package init(_ directory: FilePath) {
        self.init(directory, of: BackupState.self)
    }
}

extension Replay {
    /// As far as every record could be read; nil where only the place in the journal was taken up again.
    package var state: BackupState? { anyState?.ofBackups }

    /// The state, where every record could be read.
    package func readableState() throws(JournalError) -> BackupState {
        if let refusal { throw .unreadable(refusal) }
        guard let state else { preconditionFailure("opened without its state") }
        return state
    }
}

extension ReplicaView {
    package var state: BackupState { anyState.ofBackups }
}

extension Verdict {
    /// The journal that this one succeeds, where it does.
    package var succession: Succession? { anyState?.ofBackups.succession }
}

extension JournalState {
    fileprivate var ofBackups: BackupState {
        guard let state = self as? BackupState else { preconditionFailure("a journal of something else") }
        return state
    }
}
