package import Age
internal import Digest
internal import JournalFormat
internal import ObjectStore
internal import Sodium

/// Writes pieces and the checkpoint: the two things that make a mirrored journal.
package struct MirrorCommit {
    let reader: MirrorReader
    private let recipients: [AgeRecipient]

    package init(_ reader: MirrorReader, recipients: [AgeRecipient]) {
        self.reader = reader
        self.recipients = recipients
    }

    /// Stores the records after `committed`, as far as the journal goes.
    ///
    /// - Parameters:
    ///   - committed: how many the mirror's checkpoint covers: that was made sure of before it was written, so nothing
    ///     has to be listed.
    ///   - lines: the lines of some records of one segment.
    /// - Returns: how many objects that were.
    func put(
        after committed: Int, upTo size: Int, _ lines: (ClosedRange<Int>) throws(MirrorError) -> [UInt8]
    ) throws(MirrorError) -> Int {
        let runs = PiecePlan.runs(after: committed, upTo: size)
        for run in runs { try put(try lines(run), firstSeq: run.lowerBound) }
        return runs.count
    }

    /// Stores lines of one segment under a key that names their content.
    ///
    /// - Parameter log: the journal's that this one succeeds, where they are that one's.
    func put(_ lines: [UInt8], firstSeq: Int, of log: EventID? = nil) throws(MirrorError) {
        guard let name = ChainedLines(lines, firstSeq: firstSeq)?.name else { throw .linesDamaged(firstSeq: firstSeq) }
        let sealed = AgeFile.encrypt(lines.span, to: recipients)
        let sha256 = SHA256.hash(sealed.span)
        let key = try orMirror { () throws(StoreError) in
            guard let log else { return try reader.layout.piece(name, sha256: sha256) }
            return try reader.layout.segment(name, sha256: sha256, of: log)
        }
        do {
            _ = try reader.store.put(key, bytes: sealed, if: .ifAbsent)
        } catch {
            // Each encryption has other bytes and so another key: one that is taken was put by an earlier try whose
            // answer was lost.
            guard error.kind == .conditionFailed else { throw .store(error) }
            let there = try orMirror { () throws(StoreError) in try reader.store.read(key, limit: sealed.count) }
            guard there?.bytes == sealed else { throw .objectDamaged(key) }
        }
    }

    /// Replaces the checkpoint where it is still the one that was read: the only commit point.
    ///
    /// An answer that was lost is distinguished from a defeat by reading back: ours there means done, and so does one that
    /// says the same with that deadline or a later one, which another push of this server has put.
    func commit(
        _ signed: SignedCheckpoint, replacing etag: ETag?, in turn: borrowing CommitTurn
    ) throws(MirrorError) -> ETag {
        turn.wait(untilApart: reader.store.writesOfKeyApart)
        let committed = try commit(signed, replacing: etag)
        turn.noteCommit()
        return committed
    }

    private func commit(_ signed: SignedCheckpoint, replacing etag: ETag?) throws(MirrorError) -> ETag {
        let sealed = AgeFile.encrypt(Array(signed.note.utf8).span, to: recipients)
        let condition: PutCondition = etag.map { .ifMatches($0) } ?? .ifAbsent
        do {
            return try reader.store.put(try reader.layout.checkpoint(), bytes: sealed, if: condition).etag
        } catch {
            guard error.kind == .conditionFailed || error.kind == .unreachable else { throw .store(error) }
            let there = try reader.checkpoint()
            if let there, there.signed.stands(for: signed) { return there.etag }
            // Refused, although it is the very object that was named: then that was not a defeat.
            if error.kind == .conditionFailed, let etag, there?.etag == etag { return try replace(etag, sealed) }
            throw error.kind == .conditionFailed ? .overtaken : .store(error)
        }
    }
}

extension MirrorCommit {
    /// Some stores want an ETag without its quotes. The canary finds out, with an object of its own, and nothing is tried on
    /// the checkpoint that was not kept there.
    private func replace(_ etag: ETag, _ sealed: [UInt8]) throws(MirrorError) -> ETag {
        let support = try orMirror { () throws(StoreError) in
            try reader.store.canary(try reader.layout.canary()) {
                AgeFile.encrypt(randomBytes(32).span, to: recipients)
            }
        }
        guard support.isComplete else { throw .conditionsRefused(url: reader.store.url) }
        do {
            return try reader.store.put(try reader.layout.checkpoint(), bytes: sealed, if: .ifMatches(etag)).etag
        } catch {
            throw error.kind == .conditionFailed ? .overtaken : .store(error)
        }
    }
}
