import Backup
import JournalFormat
import JournalStore

/// Heads checked against a journal.
struct HeadEvidence {
    let directory: JournalDirectory
    let heads: [SignedCheckpoint]
    /// How many of them, at the end, are not remembered yet.
    let offered: Int

    /// - Returns: what is wrong with each; nil where it agrees.
    /// - Throws: `WitnessError.disagrees` for the first that the journal does not have as it was signed.
    func require(pinnedRoot: KeyID?, acceptingCuts: Bool = false) throws -> [HeadFinding?] {
        let compared = try directory.compare(heads, pinnedRoot: pinnedRoot, signatures: .all)
        for (index, head) in heads.enumerated() {
            let isOffered = index >= heads.count - offered
            guard let finding = compared.findings[index] else { continue }
            if case .cut = finding, acceptingCuts { continue }
            throw WitnessError.disagrees(
                HeadDisagreement(
                    finding: finding, head: head, isOffered: isOffered,
                    other: other(head) ?? compared.replay.checkpoint,
                    size: compared.replay.verifier.size, last: compared.replay.verifier.head))
        }
        return compared.findings
    }

    private func other(_ head: SignedCheckpoint) -> SignedCheckpoint? {
        heads.first {
            $0.checkpoint != head.checkpoint && $0.checkpoint.epoch == head.checkpoint.epoch
                && $0.checkpoint.size == head.checkpoint.size
        }
    }
}
