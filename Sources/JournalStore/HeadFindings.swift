package import JournalFormat

/// What a journal says of one remembered head.
package enum HeadFinding: Sendable, Equatable {
    case agrees
    /// A newer epoch starts below it: the records above `base` were lost.
    case cut(base: Int)
    case damaged(Damage)
}

/// A sound journal, checked against heads one by one.
package struct ComparedHeads: ~Copyable {
    package let replay: Replay
    /// In the order of the heads.
    package let findings: [HeadFinding]
}

extension JournalDirectory {
    /// Judges the journal with every signature, and then each head on its own, where `replay` stops at the first that
    /// does not fit.
    package func compare(
        _ heads: [SignedCheckpoint], pinnedRoot: KeyID?
    ) throws(JournalError) -> ComparedHeads {
        var replay = try begin(pinnedRoot: pinnedRoot, heads: heads, growsTree: true)
        try read(into: &replay, signatures: .all, upTo: .max, nil)
        try compare(heads: [], to: &replay)
        var findings: [HeadFinding] = []
        for head in heads {
            do {
                let warning = try replay.verifier.compare(head, of: .witness)
                findings.append(warning.map { .cut(base: $0.record - 1) } ?? .agrees)
            } catch {
                findings.append(.damaged(error))
            }
        }
        return ComparedHeads(replay: replay, findings: findings)
    }
}
