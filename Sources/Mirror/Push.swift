package import Age
package import Backup
internal import Digest
internal import DurableFiles
package import JournalFormat
package import JournalStore
internal import ObjectStore
package import SystemPackage

/// What a push did, for a person and a script.
package struct PushReport: Sendable {
    package var uploaded: [(name: ArtifactName, bytes: Int)] = []
    package var segments = 0
    package var checkpoint: SignedCheckpoint?
}

/// Brings the bucket up to the journal: data, then its event, then segments, then the checkpoint, which alone commits.
///
/// A push that is interrupted anywhere leaves objects that nobody refers to, and the next one goes on.
package struct Push {
    let reader: MirrorReader
    let recipients: [AgeRecipient]
    /// The data set's root: artifacts are below it.
    private let root: FilePath
    private let restoresCheckpoint: Bool

    package init(
        _ reader: MirrorReader, recipients: [AgeRecipient], root: FilePath, restoresCheckpoint: Bool = false
    ) {
        self.reader = reader
        self.recipients = recipients
        self.root = root
        self.restoresCheckpoint = restoresCheckpoint
    }

    private var store: any ObjectStore { reader.store }
    private var layout: MirrorLayout { reader.layout }

    /// The artifacts that are not in this store yet.
    package func missing(_ state: BackupState) -> [BackupState.Entry] {
        state.order.compactMap { state.entries[$0] }.filter { $0.objectKey == nil || $0.store != store.url }
    }

    /// - Parameter record: appends an event through the decider.
    package func run(
        _ journal: inout Journal, record: (Command, inout Journal) throws -> Void,
        progress: (BackupState.Entry) -> Void
    ) throws -> PushReport {
        var report = PushReport()
        var etag = try agree(with: journal)
        for entry in missing(try journal.replay.readableState()) {
            progress(entry)
            let key = try upload(entry)
            try record(
                .recordUpload(
                    entry.artifact.label, sha256: entry.artifact.sha256, bytes: entry.artifact.bytes,
                    objectKey: key.text, store: store.url), &journal)
            report.uploaded.append((entry.artifact.name, entry.artifact.bytes))
            // Committed after each artifact: a long upload must not keep the ones before it out of the mirror.
            etag = try commit(journal, etag, &report)
        }
        _ = try commit(journal, etag, &report)
        return report
    }

    // MARK: Agreement

    /// Reads the checkpoint that is there and decides whether this journal may go on from it.
    func agree(with journal: borrowing Journal) throws(MirrorError) -> ETag? {
        guard let (theirs, etag) = try reader.checkpoint() else {
            try agreeWithoutCheckpoint(journal)
            return nil
        }
        let their = theirs.checkpoint
        guard let ours = journal.replay.verifier.checkpoint() else { throw .nothingMirrored(url: store.url) }
        guard their.log == ours.log else { throw .otherJournal(url: store.url) }
        if their.epoch > ours.epoch { throw .newerEpoch(theirs: their, ours: ours) }
        if their.epoch == ours.epoch, their.size > ours.size { throw .mirrorIsAhead(theirs: their, ours: ours) }
        // Is theirs a prefix of ours? Read again, with their head as what is remembered.
        do {
            let replay = try journal.directory.replay(heads: [theirs])
            if replay.warnings.contains(where: { $0.reason == .cut }) {
                throw MirrorError.forked(
                    theirs: theirs, ours: try orMirror { () throws(JournalError) in try journal.signedHead() })
            }
        } catch let error as JournalError {
            guard case .damaged(let damage) = error, [.fork, .headSignature, .shorterThanHead].contains(damage.reason)
            else { throw .journal(error) }
            throw .forked(theirs: theirs, ours: try orMirror { () throws(JournalError) in try journal.signedHead() })
        } catch let error as MirrorError {
            throw error
        } catch {
            throw .checkpointUnreadable("\(error)")
        }
        return etag
    }

    private func agreeWithoutCheckpoint(_ journal: borrowing Journal) throws(MirrorError) {
        let objects = try orMirror { () throws(StoreError) in try store.list(prefix: layout.journalPrefix) }
        if !objects.isEmpty && !restoresCheckpoint {
            // A first push that was cut off before its checkpoint left only what this journal holds itself.
            guard try holds(objects.map(\.key), journal) else { throw .checkpointMissing(url: store.url) }
        }
        let support = try orMirror { () throws(StoreError) in try store.canary(try layout.canary()) }
        guard support.isComplete else { throw .conditionsIgnored(url: store.url) }
    }

    /// Whether every segment there is a part of this journal that was never committed: no upload is recorded.
    private func holds(_ keys: [ObjectKey], _ journal: borrowing Journal) throws(MirrorError) -> Bool {
        let segments = keys.compactMap { MirroredSegment($0) }
        guard segments.count == keys.count, journal.replay.checkpoint == nil || segments.count <= 1 else {
            return false
        }
        var heads: [Int: SHA256Digest] = [:]
        _ = try orMirror { () throws(JournalError) in
            try journal.directory.replay { record, _ in heads[record.seq] = record.hash }
        }
        return segments.allSatisfy { heads[$0.name.firstSeq + $0.name.count - 1] == $0.name.head }
    }

    // MARK: Data

    private func upload(_ entry: BackupState.Entry) throws(MirrorError) -> ObjectKey {
        let artifact = entry.artifact
        let file = root.appending(entry.localPath)
        guard pathExists(file) else { throw .artifactMissing(file) }
        guard let sha256 = SHA256Digest(hex: artifact.sha256) else { throw .artifactDamaged(file.string) }
        let key = try orMirror { () throws(StoreError) in try layout.artifact(artifact.name, sha256: artifact.sha256) }
        do {
            _ = try store.put(key, file: file, sha256: sha256, size: Int64(artifact.bytes), if: .ifAbsent)
        } catch {
            switch error.kind {
            case .corrupt:
                throw .artifactDamaged(file.string)
            case .conditionFailed:
                // Uploaded before a crash, but not recorded: the key holds the hash, the store says the size.
                let there = try orMirror { () throws(StoreError) in try store.head(key) }
                guard let there, there.size == Int64(artifact.bytes), there.sha256 ?? sha256 == sha256 else {
                    throw .objectDamaged(key)
                }
            default:
                throw .store(error)
            }
        }
        return key
    }

    // MARK: Commit

    private func commit(
        _ journal: borrowing Journal, _ etag: ETag?, _ report: inout PushReport
    ) throws(MirrorError) -> ETag? {
        let signed = try orMirror { () throws(JournalError) in try journal.writeCheckpoint() }
        if let etag, let there = try reader.checkpoint(), there.etag == etag, there.signed == signed { return etag }
        report.segments += try pushSegments(journal.directory)
        try pushProjections(try orMirror { () throws(JournalError) in try journal.replay.readableState() })
        let committed = try MirrorCommit(reader, recipients: recipients).commit(signed, replacing: etag)
        report.checkpoint = signed
        return committed
    }

    private func pushSegments(_ directory: JournalDirectory) throws(MirrorError) -> Int {
        let there = Set(try reader.segments().map(\.name))
        var pushed = 0
        for name in try orMirror({ () throws(FileFailure) in try directory.segmentNames() ?? [] }) {
            let lines = try orMirror { () throws(FileFailure) in try readFile(directory.path.appending(name)) }
            guard let segment = SegmentName(of: lines, file: name), !there.contains(segment) else { continue }
            try MirrorCommit(reader, recipients: recipients).put(lines, as: segment)
            pushed += 1
        }
        return pushed
    }

    private func pushProjections(_ state: BackupState) throws(MirrorError) {
        for (name, text) in [("snapshots_v2.tsv", Manifest.tsv(state)), ("state.env", StateEnv.text(state))] {
            let sealed = AgeFile.encrypt(Array(text.utf8).span, to: recipients)
            _ = try orMirror { () throws(StoreError) in
                try store.put(try layout.projection(name), bytes: sealed, if: .always)
            }
        }
    }
}
