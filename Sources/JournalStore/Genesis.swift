internal import Digest
internal import DurableFiles
package import JournalFormat
internal import Sodium
internal import SystemPackage

/// A journal's first record, made but not written: the recovery kit names the journal before it exists. With it the second
/// one, where the journal begins with more than that.
package struct Genesis: Sendable {
    package let log: EventID
    private var lines: [UInt8]

    /// - Parameter said: by the sequencer, in the second record.
    package init(
        dataset: String, root: JournalKey, sequencer: JournalKey, followedBy said: NewEvent? = nil, now: Timestamp
    ) {
        log = EventID(at: now, random: randomBytes(10))
        let opened = KeyEvent.journalOpened(
            dataset: dataset, root: root.publicKey, sequencer: sequencer.publicKey)
        let event = SignedEvent(
            id: EventID(at: now, random: randomBytes(10)), log: log, type: opened.type, ts: now, data: opened.data,
            signedBy: root)
        lines = event.line(
            at: RecordPlace(log: log, epoch: 1, seq: 1, prev: SHA256Digest(), ts: now), signedBy: sequencer)
        guard let said else { return }
        let second = SignedEvent(
            id: EventID(at: now, random: randomBytes(10)), log: log, type: said.type, ts: now, data: said.data,
            signedBy: sequencer)
        lines += second.line(
            at: RecordPlace(log: log, epoch: 1, seq: 2, prev: SHA256.hash(lines.span), ts: now),
            signedBy: sequencer)
    }

    /// Makes the journal: a directory with one segment that holds what begins it.
    package func write(to directory: JournalDirectory) throws(JournalError) {
        guard try !directory.hasRecords() else { throw .exists(directory.path) }
        try orFile { () throws(FileFailure) in
            try makeDirectories(directory.path)
            try writeNewFile(
                directory.segmentPath(firstSeq: 1), lines, permissions: [.ownerReadWrite, .groupRead])
        }
    }
}

extension JournalDirectory {
    /// Whether there is a journal, sound or not.
    package func hasRecords() throws(JournalError) -> Bool {
        try orFile { () throws(FileFailure) in try segmentNames()?.isEmpty == false }
    }
}

extension Replay {
    /// The line that starts the next epoch: named by root, and sequenced by the new key itself.
    package func epochStart(
        root: JournalKey, sequencer: JournalKey, reason: String, now: Timestamp
    ) throws(JournalError) -> [UInt8] {
        guard let log = verifier.log, let entry = verifier.keyring[root.id], entry.role == .root,
            entry.retiredAt == nil
        else { throw .foreignKey(.root) }
        let ts = max(now, verifier.lastTime)
        let started = KeyEvent.epochStarted(
            epoch: verifier.epoch + 1, baseSize: verifier.size, baseHead: verifier.head,
            sequencer: sequencer.publicKey, reason: reason)
        let event = SignedEvent(
            id: EventID(at: now, random: randomBytes(10)), log: log, type: started.type, ts: now, data: started.data,
            signedBy: root)
        return event.line(
            at: RecordPlace(
                log: log, epoch: verifier.epoch + 1, seq: verifier.size + 1, prev: verifier.head, ts: ts),
            signedBy: sequencer)
    }
}
