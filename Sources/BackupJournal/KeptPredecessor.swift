package import Backup
internal import Digest
internal import DurableFiles
internal import JournalFormat
package import JournalStore
internal import SystemPackage

/// The lines of the journal that this one succeeds (journal-format.md, "Core events"): next to the segments, as a
/// journal's directory of its own, never written again.
extension JournalDirectory {
    /// What became of the lines that were kept.
    package enum KeptPredecessor: Sendable, Equatable {
        case missing
        /// Every signature was checked, and they end with the head that the journal names.
        case sound
        case damaged(String)
    }

    package func judgePredecessor(_ succession: Succession) throws(JournalError) -> KeptPredecessor {
        let kept = predecessor(succession.old.log)
        guard try kept.hasRecords() else { return .missing }
        do throws(JournalError) {
            let replay = try kept.replay(pinnedRoot: succession.old.root, signatures: .all)
            guard replay.tail == nil, replay.verifier.size == succession.old.size,
                replay.verifier.head == succession.old.head,
                replay.verifier.log == succession.old.log
            else {
                return .damaged("they end with record \(replay.verifier.size), not with the head that record 2 names")
            }
            return .sound
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            return .damaged(damage.description)
        }
    }
}
