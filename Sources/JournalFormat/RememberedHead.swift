/// Who remembers a checkpoint, which decides what a disagreement is called.
package enum HeadKeeper: Sendable {
    /// The journal's own directory: what its sequencer has acknowledged.
    case journal
    /// A witness: another machine, the mirror, a person's file.
    case witness

    package var formatReason: Reason {
        switch self {
        case .journal: .checkpointFormat
        case .witness: .headFormat
        }
    }

    fileprivate var signatureReason: Reason {
        switch self {
        case .journal: .checkpointSignature
        case .witness: .headSignature
        }
    }
}

extension Verifier {
    /// Compares a remembered head with the journal, all of whose lines were accepted.
    ///
    /// `moments` must hold the head's size where the journal reaches it (`init(watching:)`).
    /// - Returns: `.cut` where a newer epoch starts below the head a witness remembers.
    /// - Throws: the journal is shorter than the head, forked from it, or the head is not the journal's.
    package func compare(_ signed: SignedCheckpoint, of keeper: HeadKeeper) throws(DamageError) -> Warning? {
        let head = signed.checkpoint
        guard head.log == log else { throw DamageError(record: 0, keeper.formatReason) }
        guard head.epoch <= epoch else { throw DamageError(record: size + 1, .shorterThanHead) }
        guard let key = keyring[keyring.sequencers[head.epoch - 1]]?.key, signed.isSigned(by: key) else {
            throw DamageError(record: 0, keeper.signatureReason)
        }
        if let base = nextBase(after: head.epoch), head.size > base {
            guard case .witness = keeper else { throw DamageError(record: base + 1, .checkpointCut) }
            return Warning(record: base + 1, reason: .cut)
        }
        guard head.size <= size else { throw DamageError(record: size + 1, .shorterThanHead) }
        guard let moment = moments[head.size], moment.head == head.head, moment.root ?? head.root == head.root else {
            switch keeper {
            case .journal: throw DamageError(record: head.size, .checkpointRoot)
            case .witness: throw DamageError(record: head.size, .fork)
            }
        }
        return nil
    }

    /// Where the epoch after this one starts: records before it.
    package func nextBase(after epoch: Int) -> Int? {
        bases.dropFirst(epoch).min()
    }

    /// The sequencers' keys as those who read their notes need them, one an epoch.
    package var verifierKeys: [VerifierKey] {
        guard let log else { return [] }
        return keyring.sequencers.compactMap { keyring[$0]?.key }.map { key in
            VerifierKey(name: Checkpoint.origin(of: log), key: key)
        }
    }

    /// The journal's head as a statement to be signed.
    package func checkpoint() -> Checkpoint? {
        guard let log, size > 0, tree.size == size else { return nil }
        return Checkpoint(log: log, epoch: epoch, size: size, root: tree.root(), head: head)
    }
}
