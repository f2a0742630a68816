package import Backup
import BackupJournal
import JournalStore

extension JournalDirectory.KeptPredecessor {
    package func story(_ succession: Succession) -> String {
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
