import Backup
import JournalFormat
import JournalStore

/// Heads checked against a journal.
struct HeadEvidence {
    let directory: JournalDirectory
    let heads: [SignedCheckpoint]
    /// How many of them, at the end, are not remembered yet.
    let offered: Int

    /// - Throws: `WitnessError.disagrees` for the first that the journal does not have as it was signed.
    func require(pinnedRoot: KeyID?, acceptingCuts: Bool = false) throws -> [HeadFinding] {
        let compared = try directory.compare(heads, pinnedRoot: pinnedRoot)
        for (index, head) in heads.enumerated() {
            let isOffered = index >= heads.count - offered
            guard let kind = kind(compared.findings[index]) else { continue }
            if case .cut = kind, acceptingCuts { continue }
            throw WitnessError.disagrees(
                HeadDisagreement(
                    kind: kind, head: head, isOffered: isOffered, other: other(head) ?? compared.replay.checkpoint,
                    size: compared.replay.verifier.size, last: compared.replay.verifier.head))
        }
        return compared.findings
    }

    /// Nil where they agree.
    private func kind(_ finding: HeadFinding) -> HeadDisagreement.Kind? {
        switch finding {
        case .agrees: nil
        case .cut(let base): .cut(base: base)
        case .damaged(let damage):
            switch damage.reason {
            case .fork: .fork
            case .shorterThanHead: .shorter
            default: .damaged(damage)
            }
        }
    }

    private func other(_ head: SignedCheckpoint) -> SignedCheckpoint? {
        heads.first {
            $0 != head && $0.checkpoint.epoch == head.checkpoint.epoch && $0.checkpoint.size == head.checkpoint.size
        }
    }
}
