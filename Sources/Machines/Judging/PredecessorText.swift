package import Backup
package import BackupJournal
import JournalStore

extension JournalDirectory.KeptPredecessor {
    /// In words, as the end of a sentence or a line of its own.
    package func text(_ succession: Succession) -> String {
        let old = succession.old
        let what = "\(Plain.counted(old.size, "record")) of journal \(old.log), which this one succeeds"
        return switch self {
        case .sound: "\(what), are kept and sound"
        case .missing: "\(what), are not kept here"
        case .damaged(let why): "\(what), are damaged: \(why)"
        }
    }

    package var word: String {
        switch self {
        case .missing: "missing"
        case .sound: "sound"
        case .damaged: "damaged"
        }
    }
}
