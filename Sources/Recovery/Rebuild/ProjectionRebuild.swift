package import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// `rebuild` without a wipe: the projections again, by replaying the journal.
package struct ProjectionRebuild {
    private let machine: Machine
    private let directory: FilePath?

    /// - Parameter directory: one that a person named, instead of the server's own.
    package init(_ machine: Machine, to directory: FilePath?) {
        self.machine = machine
        self.directory = directory
    }

    private var projections: ProjectionFiles {
        directory.map { ProjectionFiles($0) } ?? machine.server.projections
    }

    /// What the journal added up to.
    ///
    /// - Parameter moment: a record's number or a time; nil for the present.
    package func state(asOf moment: String?) throws -> BackupState {
        try machine.replay(upTo: try limit(moment)).readableState()
    }

    /// The last record that is to be replayed.
    private func limit(_ moment: String?) throws -> Int {
        guard let moment else { return .max }
        var size = 0
        var found: Int?
        let wanted = Int(moment)
        let time = wanted == nil ? TimeExpression(moment, now: machine.now()) : nil
        guard wanted != nil || time != nil else { throw RebuildError.notAMoment(moment) }
        // The sequencer's times never go back, so the records up to a time are a prefix.
        _ = try machine.replay { record, _ in
            size = record.seq
            if record.seq == wanted || time.map({ record.ts <= $0.last }) ?? false { found = record.seq }
        }
        guard let found else {
            throw wanted == nil ? RebuildError.noRecordUpTo(moment) : .noRecord(moment, size: size)
        }
        return found
    }

    /// How the projections that are there differ. Nothing is changed.
    package func drift(from state: BackupState) throws -> [(path: FilePath, found: String)] {
        try inPlace { try projections.drift(from: state) }
    }

    package func write(_ state: BackupState) throws {
        try inPlace {
            try makeDirectories(projections.directory)
            try machine.writeProjections(state, in: directory)
        }
        machine.reporter.say("replayed \(Plain.counted(state.seq, "record")) into \(projections.directory)")
    }

    private func inPlace<Value>(_ body: () throws -> Value) throws -> Value {
        directory == nil ? try body() : try Account.asCaller(body)
    }
}
