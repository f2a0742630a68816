package import JournalFormat

/// What is wrong between a history and one remembered head.
package enum HeadFinding: Sendable, Equatable {
    /// A newer epoch starts after record `base`, below the head: what stood above that is lost.
    case cut(base: Int)
    /// Two lines for one place in one epoch.
    case fork(record: Int)
    /// The history ends before the head.
    case shorter(size: Int)
    case damaged(DamageError)
}

extension Replay {
    /// Judges a head that somebody remembers; nil where it stands in this history as it was signed.
    func finding(of head: SignedCheckpoint) -> HeadFinding? {
        do {
            return try verifier.compare(head, of: .witness).map { .cut(base: $0.record - 1) }
        } catch {
            switch error.reason {
            case .fork: return .fork(record: head.checkpoint.size)
            case .shorterThanHead: return .shorter(size: verifier.size)
            default: return .damaged(error)
            }
        }
    }
}

/// A sound journal, compared with heads one by one.
package struct ComparedHeads: ~Copyable {
    package let replay: Replay
    /// In the order of the heads; nil for one that agrees.
    package let findings: [HeadFinding?]
}

extension JournalDirectory {
    /// Judges the journal, and then each head on its own, where `replay` stops at the first that does not fit.
    package func compare(
        _ heads: [SignedCheckpoint], pinnedRoot: KeyID?, signatures: Replay.Signatures
    ) throws(JournalError) -> ComparedHeads {
        var replay = try begin(pinnedRoot: pinnedRoot, heads: heads, growsTree: signatures == .all)
        try read(into: &replay, signatures: signatures, upTo: .max, nil)
        try compare(heads: [], to: &replay)
        var findings: [HeadFinding?] = []
        for head in heads { findings.append(replay.finding(of: head)) }
        return ComparedHeads(replay: replay, findings: findings)
    }
}
