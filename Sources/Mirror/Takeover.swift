internal import Age
internal import Backup
internal import BackupJournal
internal import DurableFiles
package import JournalFormat
package import JournalStore
internal import ObjectStore
package import RecoveryKit
internal import SystemPackage

/// A new epoch is claimed at the mirror: after a rebuild, or because a server changes its key.
///
/// The claim is the checkpoint's conditional write. Before it is confirmed, nothing in the new epoch is acknowledged;
/// after it, the old server, should it come back, finds the newer epoch and stops.
package enum Takeover {
    /// Starts the next epoch of the fetched journal, claims it, and adds its lines to the fetched directory.
    ///
    /// - Parameter sequencer: already safe on this server's disk.
    package static func claim(
        _ fetched: consuming FetchedJournal, kit: KitSection, sequencer: JournalKey, reader: MirrorReader,
        reason: String, now: Timestamp, in turn: borrowing CommitTurn
    ) throws(MirrorError) -> SignedCheckpoint {
        // As a whole: taking its parts away one by one made the optimizer free the ETag that is needed below.
        var fetched = fetched
        let start = try orMirror { () throws(JournalError) in
            try EpochStart.make(&fetched.replay, root: kit.root, sequencer: sequencer, reason: reason, now: now)
        }
        // No line is pushed again before its segment is full, so it is for everybody whom the journal names.
        let named = (fetched.replay.state?.recipients ?? []).compactMap { try? AgeRecipient($0) }
        let recipients = Set(kit.identities.map(\.recipient)).union(named).sorted { "\($0)" < "\($1)" }
        let commit = MirrorCommit(reader, recipients: recipients)
        // What was found beyond the checkpoint, or only a witness had, is stored again: nothing vouches for how it is there.
        _ = try commit.put(start, in: fetched.directory, after: fetched.checkpoint.checkpoint.size)
        _ = try commit.commit(start.signed, replacing: fetched.etag, in: turn)
        try orMirror { () throws(JournalError) in try fetched.directory.write(start) }
        return start.signed
    }
}

extension Push {
    /// Claims the epoch for a journal that continues at this server. The lines are not in the journal yet.
    ///
    /// - Parameter ready: called when everything but the claim is done: what must survive a crash in between is then
    ///   made durable. A failure of `claim` before that has changed nothing.
    package func claim(
        _ start: EpochStart, for journal: borrowing Journal, in turn: borrowing CommitTurn, ready: () throws -> Void
    ) throws {
        let there = try reader.checkpoint()
        if let there, there.signed.checkpoint == start.signed.checkpoint { return try ready() }
        let mirrored = try agree(there, with: try JournalMoment(journal))
        let commit = MirrorCommit(reader, recipients: recipients)
        _ = try commit.put(start, in: journal.directory, after: mirrored?.signed.checkpoint.size ?? 0)
        try ready()
        _ = try commit.commit(start.signed, replacing: mirrored?.etag, in: turn)
    }
}

extension MirrorCommit {
    /// Stores the records after `committed`, as they will be with the epoch's first lines.
    func put(
        _ start: EpochStart, in directory: JournalDirectory, after committed: Int
    ) throws(MirrorError) -> Int {
        let changed = try orMirror { () throws(FileFailure) in try directory.segments(with: start) }
        return try put(after: committed, upTo: start.signed.checkpoint.size) { run throws(MirrorError) in
            let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: run.lowerBound)
            let begun = changed.first { $0.firstSeq == firstSeq }?.lines
            let lines = if let begun { begun } else { try directory.lines(ofSegment: firstSeq) }
            return lines.lines(run.lowerBound - firstSeq..<run.upperBound + 1 - firstSeq)
        }
    }
}
