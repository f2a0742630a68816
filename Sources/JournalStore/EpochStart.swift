package import DurableFiles
package import JournalFormat
internal import Sodium

/// The lines that begin an epoch, made and judged but not yet part of any journal: a mirror may have to agree first.
package struct EpochStart: Sendable {
    /// The number of the first of them.
    package let firstSeq: Int
    /// Each with its LF.
    package let lines: [[UInt8]]
    /// The journal's head after them, signed by the new sequencer.
    package let signed: SignedCheckpoint

    package init(firstSeq: Int, lines: [[UInt8]], signed: SignedCheckpoint) {
        self.firstSeq = firstSeq
        self.lines = lines
        self.signed = signed
    }

    private init(_ lines: [[UInt8]], of replay: borrowing Replay, sequencer: JournalKey, now: Timestamp) {
        guard let checkpoint = replay.verifier.checkpoint() else { preconditionFailure("lines were admitted") }
        self.init(
            firstSeq: replay.verifier.size - lines.count + 1, lines: lines,
            signed: SignedCheckpoint(checkpoint, due: CheckpointDue.after(now), signedBy: sequencer.key))
    }

    /// A new sequencer under the root there is.
    package static func make(
        _ replay: inout Replay, root: JournalKey, sequencer: JournalKey, reason: String, now: Timestamp
    ) throws(JournalError) -> EpochStart {
        let line = try replay.epochStart(root: root, sequencer: sequencer, reason: reason, now: now)
        _ = try replay.admit(line)
        return EpochStart([line], of: replay, sequencer: sequencer, now: now)
    }

    /// A new root in the old one's place. It vouches for the journal by starting an epoch (journal-format.md, "The
    /// pinned root").
    ///
    /// - Parameters:
    ///   - current: the sequencer so far, which records the two roots' events.
    ///   - sequencer: the new epoch's.
    package static func make(
        _ replay: inout Replay, replacing old: JournalKey, by new: JournalKey, current: JournalKey,
        sequencer: JournalKey, reason: String, now: Timestamp
    ) throws(JournalError) -> EpochStart {
        guard let log = replay.verifier.log, replay.verifier.keyring.sequencer == current.id else {
            throw .foreignKey(.sequencer)
        }
        guard let entry = replay.verifier.keyring[old.id], entry.role == .root, entry.retiredAt == nil else {
            throw .foreignKey(.root)
        }
        let proof = ProofOfPossession.make(new.key, log: log, role: .root)
        let lines = [
            try replay.add(.rootEnrolled(key: new.publicKey, proof: proof), by: old, current, now),
            try replay.add(.rootRetired(old.id, reason: reason), by: new, current, now),
        ]
        let line = try replay.epochStart(root: new, sequencer: sequencer, reason: reason, now: now)
        _ = try replay.admit(line)
        return EpochStart(lines + [line], of: replay, sequencer: sequencer, now: now)
    }

    /// A new root in the place of all old ones, whose keys are lost: the authors agree instead (journal-format.md, "A
    /// root that is lost").
    ///
    /// - Parameters:
    ///   - replacement: what was endorsed; good only where the journal ends with its base.
    ///   - endorsements: each active author's, in the order of their enrolment.
    ///   - current: the sequencer so far.
    ///   - sequencer: the new epoch's.
    package static func make(
        _ replay: inout Replay, _ replacement: RootReplacement, by root: JournalKey,
        endorsements: [RootEndorsement], current: JournalKey, sequencer: JournalKey, now: Timestamp
    ) throws(JournalError) -> EpochStart {
        guard let log = replay.verifier.log, replay.verifier.keyring.sequencer == current.id else {
            throw .foreignKey(.sequencer)
        }
        guard root.publicKey == replacement.root else { throw .foreignKey(.root) }
        let proof = ProofOfPossession.make(root.key, log: log, role: .root)
        let replaced = try replay.add(
            .rootReplaced(replacement, proof: proof, endorsements: endorsements), by: current, current, now)
        let started = try replay.epochStart(
            root: root, sequencer: sequencer, reason: replacement.reason, now: now)
        _ = try replay.admit(started)
        return EpochStart([replaced, started], of: replay, sequencer: sequencer, now: now)
    }
}

extension Replay {
    /// Signs a key event, puts it after the last record and judges it.
    fileprivate mutating func add(
        _ event: KeyEvent, by author: JournalKey, _ sequencer: JournalKey, _ now: Timestamp
    ) throws(JournalError) -> [UInt8] {
        guard let log = verifier.log else { throw .foreignKey(.sequencer) }
        let signed = SignedEvent(
            id: EventID(at: now, random: randomBytes(10)), log: log, type: event.type, ts: now, data: event.data,
            signedBy: author)
        let line = signed.line(
            at: RecordPlace(
                log: log, epoch: verifier.epoch, seq: verifier.size + 1, prev: verifier.head,
                ts: max(now, verifier.lastTime)), signedBy: sequencer)
        _ = try admit(line)
        return line
    }
}

extension JournalDirectory {
    /// The segments that the lines go into, as they will be.
    ///
    /// What already stands in the place of a line is left out, so that a write that was interrupted can be repeated.
    package func segments(
        with start: EpochStart
    ) throws(FileFailure) -> [(firstSeq: Int, lines: [UInt8])] {
        var segments: [(firstSeq: Int, lines: [UInt8])] = []
        for (offset, line) in start.lines.enumerated() {
            let firstSeq = Self.firstSeq(ofSegmentHolding: start.firstSeq + offset)
            if segments.last?.firstSeq != firstSeq {
                segments.append((firstSeq, try lines(before: start.firstSeq + offset, in: firstSeq)))
            }
            segments[segments.count - 1].lines += line
        }
        return segments
    }

    private func lines(before seq: Int, in firstSeq: Int) throws(FileFailure) -> [UInt8] {
        let path = segmentPath(firstSeq: firstSeq)
        guard seq > firstSeq, pathExists(path) else { return [] }
        let bytes = try readFile(path, limit: Self.segmentSizeLimit)
        var (end, left) = (0, seq - firstSeq)
        while left > 0, let lineFeed = bytes[end...].firstIndex(of: UInt8(ascii: "\n")) {
            (end, left) = (lineFeed + 1, left - 1)
        }
        return Array(bytes[..<end])
    }

    /// Adds the lines to the journal and leaves the checkpoint next to them, durably. The caller holds the lock, or
    /// nobody else knows the directory.
    package func write(_ start: EpochStart) throws(JournalError) {
        try orFile { () throws(FileFailure) in
            for segment in try segments(with: start) {
                try writeFileAtomically(segmentPath(firstSeq: segment.firstSeq), segment.lines)
            }
            try writeFileAtomically(checkpointPath, Array(start.signed.note.utf8))
        }
    }
}
