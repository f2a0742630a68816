/// The room that a step wants on a disk before it begins: arithmetic and text, no disk.
package struct SpaceNeed: Sendable, Equatable {
    package let bytes: Int
    /// What it is for, as the beginning of a sentence: `registering dev@2026-01.full.send.zst.age`.
    package let purpose: String
    /// Where the bytes are not known but estimated: from what.
    package let estimate: String?

    package init(_ purpose: String, bytes: Int, estimate: String? = nil) {
        self.bytes = bytes
        self.purpose = purpose
        self.estimate = estimate
    }

    /// Why a disk with so many bytes free may not give them, so many of them being a reserve; nil where it may.
    package func refusal(free: Int, reserve: Int) -> String? {
        let (wanted, isTooLarge) = bytes.addingReportingOverflow(reserve)
        guard isTooLarge || free < wanted else { return nil }
        let how = estimate.map { " (an estimate: \($0))" } ?? ""
        let kept = reserve > 0 ? ", and \(Plain.bytes(reserve)) is kept in reserve" : ""
        return "\(purpose) needs \(Plain.bytes(bytes))\(how), \(Plain.bytes(free)) is free\(kept)"
    }
}

/// What no artifact and no restore may take of a server's disk, so that the journal and its user can continue.
package enum SpaceReserve: Sendable, Equatable {
    case bytes(Int)
    /// A twentieth of the file system, at most 1 GiB.
    case usual

    package func bytes(ofTotal total: Int) -> Int {
        switch self {
        case .bytes(let bytes): bytes
        case .usual: min(total / 20, 1 << 30)
        }
    }
}

extension BackupState {
    /// What the journal lets expect of an artifact that is about to be sealed: rather too much than too little, and yet
    /// not so much that a month is refused that would have fitted. Nil for an anchor without one before it.
    ///
    /// - An anchor: the one before with all its increments, and a quarter more.
    /// - An incremental: twice the largest of the last three; the first after an anchor, a quarter of that.
    package func sealingNeed(_ name: ArtifactName) -> SpaceNeed? {
        let purpose = "sealing \(name)"
        guard let chain = policy.chain else { return nil }
        switch name.kind {
        case .full:
            return SpaceNeed(
                purpose, bytes: (chain.anchorBytes + chain.incrementBytes) / 4 * 5,
                estimate: "the last anchor with its increments, and a quarter more")
        case .incremental:
            let increments = order.compactMap { entries[$0]?.artifact }.filter {
                $0.name.kind.parent != nil && chain.anchor < $0.label
            }
            guard let largest = increments.suffix(3).map(\.bytes).max() else {
                return SpaceNeed(purpose, bytes: chain.anchorBytes / 4, estimate: "a quarter of the anchor")
            }
            return SpaceNeed(purpose, bytes: largest * 2, estimate: "twice the largest of the last increments")
        }
    }
}

extension RestorePlan {
    /// What receiving the steps from this one on takes: their send streams, and the artifact where the stream's length
    /// is not known, as of an imported one.
    package func receivingNeed(from start: Int) -> SpaceNeed {
        let bytes = steps[start...].reduce(0) { $0 + ($1.stream?.bytes ?? $1.artifact.bytes) }
        let areKnown = steps[start...].allSatisfy { $0.stream != nil }
        return SpaceNeed(
            "restoring \(label)", bytes: bytes,
            estimate: areKnown ? "the length of what is received" : "the size of its artifacts")
    }
}
