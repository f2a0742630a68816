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

    /// - Parameters:
    ///   - open: opens the journal for a moment. It is never held open while anything travels, so that others append
    ///     meanwhile, however long an upload takes.
    ///   - record: appends an event through the decider.
    ///   - progress: called before each artifact; what it returns is called with the bytes that are done.
    package func run(
        open: (Journal.Opening) throws -> Journal, record: (Command, inout Journal) throws -> Void,
        progress: (BackupState.Entry) -> TransferProgress?
    ) throws -> PushReport {
        var report = PushReport()
        let theirs: Mirrored?
        var unreadable: ETag?
        do {
            theirs = try theirCheckpoint(open)
        } catch MirrorError.checkpointUnreadable where restoresCheckpoint {
            theirs = nil
            (unreadable, report.keptCheckpoint) = try keepUnreadable()
        }
        // Where a checkpoint is there, all of the journal is read to check it against that.
        var moment = try JournalMoment(try open(theirs == nil ? .reading : .resuming(.anything)))
        var mirrored = try agree(theirs, with: moment)
        let lost = try mirrored == nil || repair != .nothing ? vanished(moment.state) : []
        report.pieces += try pushPredecessor(moment)
        let pending =
            missing(moment.state).map { ($0, isLost: false, isThere: isMirrored($0)) }
            + lost.map { ($0, isLost: repair != .nothing, isThere: false) }
        for (entry, isLost, isThere) in pending where moment.state.holds(entry) {
            var key: ObjectKey?
            do throws(MirrorError) {
                key = try isThere ? recordedKey(entry) : upload(entry, replacing: isLost, progress(entry))
            } catch {
                // One that is damaged keeps neither the others nor the journal out of the mirror.
                if case .objectDamaged = error {
                    report.unsound.append(UnsoundArtifact(entry, .there))
                } else if let condition = try condition(of: entry, after: error) {
                    key = isLost ? nil : try reader.artifact(entry.artifact)
                    // A copy of the mirror has what this server, rebuilt from one, has not fetched yet.
                    let isAdopted = key != nil && condition == .missing && entry.heldIn < moment.state.rebuiltIn
                    if !isAdopted {
                        report.unsound.append(UnsoundArtifact(entry, .here(condition, isMirrored: key != nil)))
                        try note(entry, condition, open, record)
                    }
                } else {
                    throw error
                }
            }
            guard let key else { continue }
            let catalogueKey = try uploadCatalogue(entry, replacing: isLost, &report)
            let isRecorded: Bool
            (moment, isRecorded) = try recorded(entry, as: key, catalogueKey, open, record)
            guard isRecorded else { continue }
            report.uploaded.append((entry.artifact.name, entry.artifact.bytes))
            // Committed after each artifact: a long upload must not keep the ones before it out of the mirror.
            mirrored = try commit(moment, over: mirrored, or: unreadable, &report)
        }
        if report.uploaded.count < pending.count || pending.isEmpty {
            if !pending.isEmpty { moment = try JournalMoment(try open(.resuming(.anything))) }
            _ = try commit(moment, over: mirrored, or: unreadable, &report)
        }
        // Only now: who was overtaken has nothing to acknowledge.
        _ = try open(.resuming(.anything)).writeCheckpoint()
        return report
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

    // MARK: Data

    /// Of an artifact that is there; only its catalogue is to come.
    private func recordedKey(_ entry: BackupState.Entry) throws(MirrorError) -> ObjectKey? {
        guard let text = entry.objectKey else { return nil }
        return try orMirror { () throws(StoreError) in try ObjectKey(text) }
    }

    /// - Parameter replaces: what is there under the key is known not to be the artifact. A repair replaces, besides,
    ///   what turns out not to be it.
    private func upload(
        _ entry: BackupState.Entry, replacing replaces: Bool, _ progress: TransferProgress?
    ) throws(MirrorError) -> ObjectKey {
        let artifact = entry.artifact
        let file = root.appending(entry.localPath)
        guard pathExists(file) else { throw .artifactMissing(file) }
        let key = try orMirror { () throws(StoreError) in try layout.artifact(artifact.name, sha256: artifact.sha256) }
        try put(file, as: key, (artifact.bytes, artifact.sha256), replacing: replaces, progress)
        return key
    }

    /// Nil where the artifact has none, or the server's is not what was registered: that keeps nothing else back.
    private func uploadCatalogue(
        _ entry: BackupState.Entry, replacing replaces: Bool, _ report: inout PushReport
    ) throws(MirrorError) -> ObjectKey? {
        guard let catalogue = entry.catalogue else { return nil }
        let label = entry.artifact.label
        let file = root.appending(catalogue.localPath)
        do throws(MirrorError) {
            let key = try orMirror { () throws(StoreError) in try layout.catalogue(label, sha256: catalogue.sha256) }
            guard pathExists(file) else {
                if try reader.holds(key, catalogue) { return key }
                throw .artifactMissing(file)
            }
            try put(file, as: key, (catalogue.bytes, catalogue.sha256), replacing: replaces, nil)
            return key
        } catch {
            switch error {
            case .artifactMissing, .artifactDamaged, .objectDamaged:
                report.unsoundCatalogues.append(label)
                return nil
            default: throw error
            }
        }
    }

    private func put(
        _ file: FilePath, as key: ObjectKey, _ content: (bytes: Int, sha256: String), replacing replaces: Bool,
        _ progress: TransferProgress?
    ) throws(MirrorError) {
        guard let sha256 = SHA256Digest(hex: content.sha256) else { throw .artifactDamaged(file.string) }
        let size = Int64(content.bytes)
        do {
            _ = try store.put(key, file: file, sha256: sha256, size: size, if: .ifAbsent, progress: progress)
        } catch {
            switch error.kind {
            case .corrupt:
                throw .artifactDamaged(file.string)
            case .conditionFailed:
                // Uploaded before a crash, but not recorded: the key holds the hash, the store says the size.
                func isRight(_ there: ObjectInfo?) -> Bool {
                    there.map { $0.size == size && $0.sha256 ?? sha256 == sha256 } ?? false
                }
                var found = try orMirror { () throws(StoreError) in try store.head(key) }
                if !isRight(found) { found = try orMirror { () throws(StoreError) in try store.head(key) } }
                guard let there = found else { throw .objectDamaged(key) }
                let isRight = isRight(there)
                guard isRight || replaces || repair != .nothing else { throw .objectDamaged(key) }
                // And perhaps damaged on its way: then it is replaced, and nobody else's is.
                try orMirror { () throws(StoreError) in
                    let isContradicted = isRight && !replaces ? try there.isContradicted(by: file) : true
                    if isContradicted {
                        _ = try store.put(key, file: file, sha256: sha256, size: size, if: .ifMatches(there.etag))
                    }
                }
            default:
                throw .store(error)
            }
        }
    }

    // MARK: Commit

    /// - Parameter unreadable: the object that a person wants replaced, where no checkpoint can be read.
    private func commit(
        _ moment: JournalMoment, over mirrored: Mirrored?, or unreadable: ETag?, _ report: inout PushReport
    ) throws(MirrorError) -> Mirrored {
        report.pieces += try pushLines(moment, committed: mirrored?.signed.checkpoint.size)
        let committed: Mirrored
        if let mirrored, mirrored.signed == moment.signed {
            committed = mirrored
        } else {
            let commit = MirrorCommit(reader, recipients: recipients)
            committed = (moment.signed, try commit.commit(moment.signed, replacing: mirrored?.etag ?? unreadable))
            report.checkpoint = moment.signed
        }
        try pushProjections(moment.state)
        return committed
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
