internal import Age
internal import Backup
internal import DurableFiles
package import JournalFormat
internal import JournalStore
internal import ObjectStore
package import RecoveryKit
internal import SystemPackage

/// A new server takes the journal over: it starts the next epoch and claims it at the mirror.
///
/// The claim is the checkpoint's conditional write. Before it is confirmed, nothing in the new epoch is acknowledged;
/// after it, the old server, should it come back, finds the newer epoch and stops.
package enum Takeover {
    /// Appends `epoch.started` to the fetched journal and claims the epoch.
    ///
    /// - Parameter sequencer: already safe on this server's disk.
    package static func claim(
        _ fetched: consuming FetchedJournal, kit: RecoveryKit, sequencer: JournalKey, reader: MirrorReader,
        reason: String, now: Timestamp
    ) throws(MirrorError) -> SignedCheckpoint {
        let directory = fetched.directory
        let etag = fetched.etag
        var replay = fetched.takeReplay()
        let line = try orMirror { () throws(JournalError) in
            try replay.epochStart(root: kit.root, sequencer: sequencer, reason: reason, now: now)
        }
        let record = try orMirror { () throws(JournalError) in try replay.admit(line) }
        let firstSeq = JournalDirectory.firstSeq(ofSegmentHolding: record.seq)
        let path = directory.segmentPath(firstSeq: firstSeq)
        let lines = try orMirror { () throws(FileFailure) in
            let before = pathExists(path) ? try readFile(path, limit: JournalDirectory.segmentSizeLimit) : []
            try writeFileAtomically(path, before + line)
            return before + line
        }
        // A segment that this record fills is not pushed again, so it is for everybody whom the journal names.
        let named = replay.state.recipients.compactMap { try? AgeRecipient($0) }
        let recipients = Set(kit.identities.map(\.recipient)).union(named).sorted { "\($0)" < "\($1)" }
        let commit = MirrorCommit(reader, recipients: recipients)
        guard let name = SegmentName(of: lines, firstSeq: firstSeq),
            let checkpoint = replay.verifier.checkpoint()
        else { throw .segmentMissing(firstSeq: firstSeq) }
        try commit.put(lines, as: name)
        let signed = SignedCheckpoint(checkpoint, signedBy: sequencer.key)
        _ = try commit.commit(signed, replacing: etag)
        try orMirror { () throws(FileFailure) in
            try writeFileAtomically(directory.checkpointPath, Array(signed.note.utf8))
        }
        return signed
    }
}
