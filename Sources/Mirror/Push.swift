package import Age
package import Backup
internal import BackupJournal
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
    /// Objects of the journal's lines: pieces, and segments that are full now.
    package var pieces = 0
    /// What could not be mirrored, or is only mirrored and no longer sound here.
    package var unsound: [UnsoundArtifact] = []
    /// Whose catalogue is missing here, or is another one, so that it could not be brought.
    package var unsoundCatalogues: [Label] = []
    package var checkpoint: SignedCheckpoint?
    /// Where the checkpoint is kept that could not be read and was replaced.
    package var keptCheckpoint: FilePath?
}

/// Brings the bucket up to the journal: data, then its event, then its lines, then the checkpoint, which alone commits,
/// and then the projections, which only who has committed may replace.
///
/// A push that is interrupted anywhere leaves objects that nobody refers to, and the next one continues.
package struct Push {
    let reader: MirrorReader
    let recipients: [AgeRecipient]
    /// The data set's root: artifacts are below it.
    let root: FilePath
    let restoresCheckpoint: Bool
    let repair: Repair

    /// What is brought again although the journal says that it is there.
    package enum Repair: Sendable {
        case nothing
        /// Records that cannot be read, and artifacts that are missing, or of which a listing shows that they are
        /// others.
        case listed
        /// Each artifact is fetched besides, and its hash compared.
        case fetched
    }

    package init(
        _ reader: MirrorReader, recipients: [AgeRecipient], root: FilePath, restoresCheckpoint: Bool = false,
        repair: Repair = .nothing
    ) {
        self.reader = reader
        self.recipients = recipients
        self.root = root
        self.restoresCheckpoint = restoresCheckpoint
        self.repair = repair
    }

    var store: any ObjectStore { reader.store }
    var layout: MirrorLayout { reader.layout }

    /// The artifacts that are not in this store yet.
    package func missing(_ state: BackupState) -> [BackupState.Entry] {
        state.order.compactMap { state.entries[$0] }.filter { entry in
            !isMirrored(entry) || (entry.catalogue != nil && entry.catalogueKey == nil)
        }
    }

    /// Whether the artifact itself is; its catalogue may have been missing then.
    private func isMirrored(_ entry: BackupState.Entry) -> Bool {
        entry.objectKey != nil && entry.store == store.url
    }

    /// The journal is committed first, then after each artifact, so that nothing waits for an upload: neither the lines here nor
    /// those of another push, which may commit while this one uploads.
    ///
    /// - Parameters:
    ///   - turns: commits of this mirror, in which the journal is opened and the checkpoint read and replaced.
    ///   - uploads: the file of the lock that one push at a time holds while it uploads.
    ///   - open: opens the journal for a moment. It is never held open while anything travels, so that others append
    ///     meanwhile, however long an upload takes.
    ///   - record: appends an event through the decider.
    ///   - progress: called before each artifact; what it returns is called with the bytes that are done.
    package func run(
        turns: CommitTurns, uploads: FilePath, open: (Journal.Opening) throws -> Journal,
        record: (Command, inout Journal) throws -> Void, progress: (BackupState.Entry) -> TransferProgress?
    ) throws -> PushReport {
        var report = PushReport()
        let turn = try turns.begin()
        var (agreed, moment) = try begin(open, known: nil, &report)
        let isFirst = agreed.mirrored == nil
        report.pieces += try pushPredecessor(moment)
        // The first checkpoint says that all of a mirror is there, so it waits for an artifact.
        if !isFirst { try commit(moment, &agreed, in: turn, &report) }
        turn.end()
        if isFirst || repair != .nothing || !missing(moment.state).isEmpty {
            let lock = try FileLock.ofWork(uploads, "another push's upload")
            // Another push may have brought them meanwhile.
            moment = try JournalMoment(try open(.resuming(.anything)))
            let lost = try isFirst || repair != .nothing ? vanished(moment.state) : []
            let pending =
                missing(moment.state).map { Pending(entry: $0, isThere: isMirrored($0)) }
                + lost.map { Pending(entry: $0, isLost: repair != .nothing) }
            for upload in pending {
                try bring(upload, turns, &agreed, open, record, progress, &report)
            }
            if report.uploaded.count < pending.count || pending.isEmpty {
                try commitAgain(turns, &agreed, open, &report)
            }
            lock.unlock()
        }
        // Only now: who was overtaken has nothing to acknowledge.
        _ = try open(.resuming(.anything)).writeCheckpoint(or: agreed.mirrored?.signed)
        return report
    }

    /// Reads what the mirror has, and whether this journal may continue from there.
    ///
    /// - Parameter known: what was committed there last, where a checkpoint that is just that needs no more than a look at its
    ///   own line of the journal.
    func begin(
        _ open: (Journal.Opening) throws -> Journal, known: MirroredHead?, _ report: inout PushReport
    ) throws -> (Agreement, JournalMoment) {
        var agreed = Agreement()
        let theirs: Mirrored?
        do {
            theirs = try theirCheckpoint(open)
        } catch MirrorError.checkpointUnreadable where restoresCheckpoint {
            theirs = nil
            let kept = try keepUnreadable()
            (agreed.unreadable, report.keptCheckpoint) = (kept.etag, kept.path)
        }
        // Where a checkpoint is there, all of the journal is read to check it against that.
        let moment = try JournalMoment(try open(theirs == nil ? .reading : .resuming(.anything)))
        agreed.mirrored = try agree(theirs, with: moment, known: known)
        agreed.isJustRead = theirs != nil
        return (agreed, moment)
    }

    /// An artifact that is to be brought, or only its catalogue where the artifact itself is there.
    private struct Pending {
        let entry: BackupState.Entry
        /// What is there under its key is known not to be it.
        var isLost = false
        var isThere = false
    }

    /// Brings one artifact, has it recorded and commits that. One that cannot be brought keeps no other from being.
    private func bring(
        _ upload: Pending, _ turns: CommitTurns, _ agreed: inout Agreement,
        _ open: (Journal.Opening) throws -> Journal, _ record: (Command, inout Journal) throws -> Void,
        _ progress: (BackupState.Entry) -> TransferProgress?, _ report: inout PushReport
    ) throws {
        let entry = upload.entry
        guard try Self.state(of: try open(.resuming(.anything))).holds(entry) else { return }
        var key: ObjectKey?
        do throws(MirrorError) {
            key =
                try upload.isThere ? recordedKey(entry) : self.upload(entry, replacing: upload.isLost, progress(entry))
        } catch {
            // One that is damaged keeps neither the others nor the journal out of the mirror.
            if case .objectDamaged = error {
                report.unsound.append(UnsoundArtifact(entry, .there))
            } else if let condition = try condition(of: entry, after: error) {
                key = upload.isLost ? nil : try reader.artifact(entry.artifact)
                // A copy of the mirror has what this server, rebuilt from one, has not fetched yet.
                let rebuiltIn = try Self.state(of: try open(.resuming(.anything))).rebuiltIn
                let isAdopted = key != nil && condition == .missing && entry.heldIn < rebuiltIn
                if !isAdopted {
                    report.unsound.append(UnsoundArtifact(entry, .here(condition, isMirrored: key != nil)))
                    try note(entry, condition, open, record)
                }
            } else {
                throw error
            }
        }
        guard let key else { return }
        let catalogueKey = try uploadCatalogue(entry, replacing: upload.isLost, &report)
        let turn = try turns.begin()
        let (moment, isRecorded) = try recorded(entry, as: key, catalogueKey, open, record)
        if isRecorded {
            report.uploaded.append((entry.artifact.name, entry.artifact.bytes))
            // Committed after each artifact: a long upload must not keep the ones before it out of the mirror.
            try commit(moment, &agreed, in: turn, &report)
        }
        turn.end()
    }

    private func commitAgain(
        _ turns: CommitTurns, _ agreed: inout Agreement, _ open: (Journal.Opening) throws -> Journal,
        _ report: inout PushReport
    ) throws {
        let turn = try turns.begin()
        try commit(try JournalMoment(try open(.resuming(.anything))), &agreed, in: turn, &report)
        turn.end()
    }

    /// The successor of a journal whose keys were lost never gets a mirror that it cannot read for one that is damaged.
    private func theirCheckpoint(_ open: (Journal.Opening) throws -> Journal) throws -> Mirrored? {
        let state = try Self.state(of: try open(.resuming(.anything)))
        let isOld = state.succession?.stores.contains(store.url) ?? false
        if isOld { throw MirrorError.beforeSuccession(url: store.url) }
        do {
            return try reader.checkpoint()
        } catch {
            let isOurs = state.succession == nil || state.entries.values.contains { $0.store == store.url }
            guard case .checkpointUnreadable = error, !isOurs else { throw error }
            throw MirrorError.beforeSuccession(url: store.url)
        }
    }

    private static func state(of journal: borrowing Journal) throws(JournalError) -> BackupState {
        try journal.replay.readableState()
    }

    /// Nothing is recorded of an artifact that was withdrawn meanwhile.
    private func recorded(
        _ entry: BackupState.Entry, as key: ObjectKey, _ catalogueKey: ObjectKey?,
        _ open: (Journal.Opening) throws -> Journal, _ record: (Command, inout Journal) throws -> Void
    ) throws -> (JournalMoment, isRecorded: Bool) {
        var journal = try open(.resuming(.anything))
        guard try Self.state(of: journal).holds(entry) else { return (try JournalMoment(journal), false) }
        try record(
            .recordUpload(
                entry.artifact.label, sha256: entry.artifact.sha256, bytes: entry.artifact.bytes,
                objectKey: key.text, store: store.url, catalogueKey: catalogueKey?.text), &journal)
        return (try JournalMoment(journal), true)
    }
}
