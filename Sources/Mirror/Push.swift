package import Age
package import Backup
internal import Digest
internal import DurableFiles
package import JournalFormat
package import JournalStore
package import ObjectStore
internal import Sodium
package import SystemPackage

/// What a push did, for a person and a script.
package struct PushReport: Sendable {
    package var uploaded: [(name: ArtifactName, bytes: Int)] = []
    package var segments = 0
    package var checkpoint: SignedCheckpoint?
}

/// Brings the bucket up to the journal: data, then its event, then segments, then the checkpoint, which alone commits,
/// and then the projections, which only who has committed may replace.
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

    /// - Parameters:
    ///   - open: opens the journal for a moment. It is never held open while anything travels, so that others append
    ///     meanwhile, however long an upload takes.
    ///   - record: appends an event through the decider.
    ///   - progress: called before each artifact; what it returns is told the bytes that are done.
    package func run(
        open: (Journal.Opening) throws -> Journal, record: (Command, inout Journal) throws -> Void,
        progress: (BackupState.Entry) -> TransferProgress?
    ) throws -> PushReport {
        var report = PushReport()
        let theirs = try reader.checkpoint()
        // Where a checkpoint is there, all of the journal is read to hold it against that.
        var moment = try JournalMoment(try open(theirs == nil ? .reading : .resuming(.anything)))
        var mirrored = try agree(theirs, with: moment)
        let pending = try missing(moment.state) + (mirrored == nil ? vanished(moment.state) : [])
        for entry in pending {
            let key = try upload(entry, progress(entry))
            moment = try recorded(entry, as: key, open, record)
            report.uploaded.append((entry.artifact.name, entry.artifact.bytes))
            // Committed after each artifact: a long upload must not keep the ones before it out of the mirror.
            mirrored = try commit(moment, over: mirrored, &report)
        }
        if pending.isEmpty { _ = try commit(moment, over: mirrored, &report) }
        // Only now: who was overtaken has nothing to acknowledge.
        _ = try open(.resuming(.anything)).writeCheckpoint()
        return report
    }

    private func recorded(
        _ entry: BackupState.Entry, as key: ObjectKey, _ open: (Journal.Opening) throws -> Journal,
        _ record: (Command, inout Journal) throws -> Void
    ) throws -> JournalMoment {
        var journal = try open(.resuming(.anything))
        try record(
            .recordUpload(
                entry.artifact.label, sha256: entry.artifact.sha256, bytes: entry.artifact.bytes,
                objectKey: key.text, store: store.url), &journal)
        return try JournalMoment(journal)
    }

    // MARK: Agreement

    /// What the mirror's checkpoint says, and what it takes to replace it.
    typealias Mirrored = (signed: SignedCheckpoint, etag: ETag)

    /// Decides whether this journal may go on from the checkpoint that is there; nil where there is none and this
    /// journal may write the first.
    func agree(_ mirrored: Mirrored?, with moment: JournalMoment) throws(MirrorError) -> Mirrored? {
        guard let mirrored else {
            try agreeWithoutCheckpoint(moment)
            return nil
        }
        let their = mirrored.signed.checkpoint
        let ours = moment.signed.checkpoint
        guard their.log == ours.log else { throw .otherJournal(url: store.url) }
        if their.epoch > ours.epoch { throw .newerEpoch(theirs: their, ours: ours) }
        if their.epoch == ours.epoch, their.size > ours.size { throw .mirrorIsAhead(theirs: their, ours: ours) }
        guard try isPrefix(mirrored.signed, of: moment.directory) else {
            throw .forked(theirs: mirrored.signed, ours: moment.signed)
        }
        return mirrored
    }

    /// Reads the journal again, with their head as what is remembered.
    private func isPrefix(_ theirs: SignedCheckpoint, of directory: JournalDirectory) throws(MirrorError) -> Bool {
        do {
            return try !directory.replay(heads: [theirs]).warnings.contains { $0.reason == .cut }
        } catch {
            guard case .damaged(let damage) = error, [.fork, .headSignature, .shorterThanHead].contains(damage.reason)
            else { throw .journal(error) }
            return false
        }
    }

    private func agreeWithoutCheckpoint(_ moment: JournalMoment) throws(MirrorError) {
        if !restoresCheckpoint {
            guard try wasNeverCommitted(moment) else { throw .checkpointMissing(url: store.url) }
        }
        let support = try orMirror { () throws(StoreError) in
            try store.canary(try layout.canary()) { AgeFile.encrypt(randomBytes(32).span, to: recipients) }
        }
        guard support.isComplete else { throw .conditionsIgnored(url: store.url) }
    }

    /// Whether all that is there is what a first push of this journal leaves that was cut off before its checkpoint:
    /// no projections, which follow the commit, no segment of anybody else, and each artifact that was recorded.
    private func wasNeverCommitted(_ moment: JournalMoment) throws(MirrorError) -> Bool {
        for name in ProjectionFiles.names {
            let there = try orMirror { () throws(StoreError) in try store.head(try layout.projection(name)) }
            if there != nil { return false }
        }
        let objects = try orMirror { () throws(StoreError) in try store.list(prefix: layout.journalPrefix) }
            .filter { !layout.isLockProbe($0.key) }
        let segments = objects.compactMap { MirroredSegment($0) }
        guard segments.count == objects.count else { return false }
        var heads: [Int: SHA256Digest] = [:]
        _ = try orMirror { () throws(JournalError) in
            try moment.directory.replay { record, _ in heads[record.seq] = record.hash }
        }
        guard segments.allSatisfy({ heads[$0.name.lastSeq] == $0.name.head }) else { return false }
        return try vanished(moment.state).isEmpty
    }

    /// The artifacts that were recorded as uploaded to this store but are not there.
    ///
    /// Asked only where the checkpoint is missing too: to answer, a directory may have to read every artifact.
    private func vanished(_ state: BackupState) throws(MirrorError) -> [BackupState.Entry] {
        let recorded = state.order.compactMap { state.entries[$0] }
            .filter { $0.objectKey != nil && $0.store == store.url }
        if recorded.isEmpty { return [] }
        let there = try orMirror { () throws(StoreError) in try store.list(prefix: layout.artifactPrefix) }
        let keys = Set(there.map(\.key.text))
        return recorded.filter { !keys.contains($0.objectKey ?? "") }
    }

    // MARK: Data

    private func upload(_ entry: BackupState.Entry, _ progress: TransferProgress?) throws(MirrorError) -> ObjectKey {
        let artifact = entry.artifact
        let file = root.appending(entry.localPath)
        guard pathExists(file) else { throw .artifactMissing(file) }
        guard let sha256 = SHA256Digest(hex: artifact.sha256) else { throw .artifactDamaged(file.string) }
        let key = try orMirror { () throws(StoreError) in try layout.artifact(artifact.name, sha256: artifact.sha256) }
        do {
            _ = try store.put(
                key, file: file, sha256: sha256, size: Int64(artifact.bytes), if: .ifAbsent, progress: progress)
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
                // And perhaps damaged on its way: then it is replaced, and nobody else's is.
                try orMirror { () throws(StoreError) in
                    if try there.isContradicted(by: file) {
                        _ = try store.put(key, file: file, sha256: sha256, size: there.size, if: .ifMatches(there.etag))
                    }
                }
            default:
                throw .store(error)
            }
        }
        return key
    }

    // MARK: Commit

    private func commit(
        _ moment: JournalMoment, over mirrored: Mirrored?, _ report: inout PushReport
    ) throws(MirrorError) -> Mirrored {
        report.segments += try pushSegments(moment, committed: mirrored?.signed.checkpoint.size ?? 0)
        let committed: Mirrored
        if let mirrored, mirrored.signed == moment.signed {
            committed = mirrored
        } else {
            let commit = MirrorCommit(reader, recipients: recipients)
            committed = (moment.signed, try commit.commit(moment.signed, replacing: mirrored?.etag))
            report.checkpoint = moment.signed
        }
        try pushProjections(moment.state)
        return committed
    }

    /// - Parameter committed: what the mirror's checkpoint covers: that was made sure of before it was written.
    private func pushSegments(_ moment: JournalMoment, committed: Int) throws(MirrorError) -> Int {
        let listed = Dictionary(grouping: try reader.segments().filter { !$0.isDamaged }, by: \.name)
        var pushed = 0
        for firstSeq in stride(from: 1, through: moment.size, by: JournalDirectory.recordsInSegment) {
            let lines = try moment.lines(ofSegment: firstSeq)
            guard let segment = SegmentName(of: lines, firstSeq: firstSeq), !isThere(listed[segment] ?? [], committed)
            else { continue }
            try MirrorCommit(reader, recipients: recipients).put(lines, as: segment)
            pushed += 1
        }
        return pushed
    }

    /// What a push left that did not get as far as its checkpoint may be damaged: it is read before it counts.
    private func isThere(_ versions: [MirroredSegment], _ committed: Int) -> Bool {
        versions.contains { $0.name.lastSeq <= committed || (try? reader.lines(of: $0)) != nil }
    }

    private func pushProjections(_ state: BackupState) throws(MirrorError) {
        for (name, text) in ProjectionFiles.contents(state) where try !reader.holds(projection: name, text) {
            let sealed = AgeFile.encrypt(Array(text.utf8).span, to: recipients)
            _ = try orMirror { () throws(StoreError) in
                try store.put(try layout.projection(name), bytes: sealed, if: .always)
            }
        }
    }
}
