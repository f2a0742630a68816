package import Backup
import BackupJournal
import DurableFiles
import JournalFormat
package import JournalStore
package import SystemPackage

/// The one place that writes projections: after records, after a repair, and where a journal was read or came as a whole.
extension Machine {
    /// Of what was just recorded. Where that fails the records stand, and the complaint says so: somebody who simply ran
    /// the command again would record it twice.
    package func writeProjections(ofRecorded journal: borrowing Journal) throws(MachineError) {
        do throws(JournalError) { try writeProjections(of: journal) } catch {
            throw .projectionsNotWritten(upTo: journal.size, "\(error)")
        }
    }

    /// The same for what counts whatever becomes of the projections.
    package func writeProjectionsOrWarn(ofRecorded journal: borrowing Journal) {
        do { try writeProjections(ofRecorded: journal) } catch { reporter.warn(reporter.message(of: error)) }
    }

    /// Of a journal that is open.
    ///
    /// Where its state was not read, nothing of it has changed, if the files were right before. They are not where
    /// somebody was interrupted between a record and them; then the journal is read.
    package func writeProjections(of journal: borrowing Journal) throws(JournalError) {
        let files = server.projections
        let state: BackupState
        if journal.replay.state != nil {
            state = try journal.replay.readableState()
        } else {
            if files.areRight(for: journal.replay) { return }
            state = try journal.directory.replay(pinnedRoot: journal.replay.verifier.pinnedRoot).readableState()
        }
        let contents = ProjectionFiles.contents(state)
        try orFile { () throws(FileFailure) in
            try journal.directory.withBallast { () throws(FileFailure) in try files.write(contents) }
        }
    }

    /// Of what a journal adds up to, or added up to once.
    ///
    /// - Parameter directory: one that a person named, instead of the server's own; it exists.
    package func writeProjections(_ state: BackupState, in directory: FilePath? = nil) throws(JournalError) {
        let files = directory.map { ProjectionFiles($0) } ?? server.projections
        try orFile { () throws(FileFailure) in try files.write(ProjectionFiles.contents(state)) }
    }
}

extension ProjectionFiles {
    /// The manifest first: where `state.env` is right, it is, too. After a crash the disk may hold the files from before,
    /// as after an interruption between a record and them.
    fileprivate func write(_ contents: [(name: String, text: String)]) throws(FileFailure) {
        for (name, text) in contents {
            let path = directory.appending(name)
            let bytes = Array(text.utf8)
            // A file that is right stays: most records change no line of the manifest.
            if (try? readFile(path)) == bytes { continue }
            try replaceFile(path, bytes)
        }
    }
}
