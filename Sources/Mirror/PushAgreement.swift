internal import Age
internal import Backup
internal import BackupJournal
internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import JournalStore
internal import ObjectStore
internal import Sodium
internal import SystemPackage

/// Whether a push may continue from what is there.
extension Push {
    /// What the mirror's checkpoint says, and what it takes to replace it.
    typealias Mirrored = (signed: SignedCheckpoint, etag: ETag)

    /// Decides whether this journal may continue from the checkpoint that is there; nil where there is none and this
    /// journal may write the first.
    ///
    /// - Parameter known: what this server has committed there last. All of the journal is read where it is another one.
    func agree(
        _ mirrored: Mirrored?, with moment: JournalMoment, known: MirroredHead? = nil
    ) throws(MirrorError) -> Mirrored? {
        guard let mirrored else {
            try agreeWithoutCheckpoint(moment)
            return nil
        }
        let their = mirrored.signed.checkpoint
        let ours = moment.signed.checkpoint
        try their.demandNotBeyond(ours, url: store.url)
        if known?.signed == mirrored.signed {
            let isHere = try orMirror { () throws(JournalError) in try moment.directory.holds(their) }
            if isHere { return mirrored }
        }
        guard try moment.directory.begins(with: mirrored.signed) else {
            throw .forked(theirs: mirrored.signed, ours: moment.signed)
        }
        return mirrored
    }

    private func agreeWithoutCheckpoint(_ moment: JournalMoment) throws(MirrorError) {
        if !restoresCheckpoint {
            // Twice: one damaged answer must not say that something was there.
            var isNew = try wasNeverCommitted(moment)
            if !isNew { isNew = try wasNeverCommitted(moment) }
            guard isNew else { throw .checkpointMissing(url: store.url) }
        }
        let support = try orMirror { () throws(StoreError) in
            try store.canary(try layout.canary()) { AgeFile.encrypt(randomBytes(32).span, to: recipients) }
        }
        guard support.isComplete else {
            throw support.refusesOwn ? .conditionsRefused(url: store.url) : .conditionsIgnored(url: store.url)
        }
    }

    /// Whether all that is there is what a first push of this journal leaves that was cut off before its checkpoint:
    /// no projections, which follow the commit, no lines of anybody else, and each artifact that was recorded.
    private func wasNeverCommitted(_ moment: JournalMoment) throws(MirrorError) -> Bool {
        for name in ProjectionFiles.names {
            let there = try orMirror { () throws(StoreError) in try store.head(try layout.projection(name)) }
            if there != nil { return false }
        }
        let objects = try orMirror { () throws(StoreError) in try store.list(prefix: layout.journalPrefix) }
            .filter { !layout.isLockProbe($0.key) && !isPredecessor($0, moment.state) }
        let pieces = objects.compactMap { MirroredPiece($0, in: layout) }
        guard pieces.count == objects.count else { return false }
        var heads: [Int: SHA256Digest] = [:]
        _ = try orMirror { () throws(JournalError) in
            try moment.directory.replay { record, _ in heads[record.seq] = record.hash }
        }
        guard pieces.allSatisfy({ heads[$0.name.lastSeq] == $0.name.head }) else { return false }
        return try vanished(moment.state).isEmpty
    }

    /// Far more than any checkpoint has: who keeps the bucket must not fill the server's disk.
    private static let longestUnreadable: Int64 = 1 << 26

    /// Keeps the object in the checkpoint's place as a file, before a push replaces just that object: what cannot be
    /// read here may be readable elsewhere.
    func keepUnreadable() throws(MirrorError) -> (etag: ETag, path: FilePath) {
        let key = try orMirror { () throws(StoreError) in try layout.checkpoint() }
        guard let there = try orMirror({ () throws(StoreError) in try store.head(key) }) else {
            throw .objectMissing(key)
        }
        let name = SHA256.hash(Array(there.etag.text.utf8).span).hex.prefix(16)
        let path = root.appending("manifests").appending("checkpoint.unreadable-\(name).age")
        try orMirror { () throws(FileFailure) in
            try makeDirectories(path.removingLastComponent())
            try removeFile(path)
        }
        do {
            let file = try OpenFile(
                path, .readWrite, options: [.create, .exclusiveCreate, .noFollow], permissions: [.ownerReadWrite])
            _ = try store.get(key, range: 0, limit: Self.longestUnreadable, into: file)
            try file.synchronize()
            try file.close()
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as FileFailure {
            throw .file(error)
        } catch {
            throw .checkpointUnreadable("\(error)")
        }
        return (there.etag, path)
    }

    private func isPredecessor(_ object: ObjectInfo, _ state: BackupState) -> Bool {
        state.succession.map { MirroredPiece(object, in: layout, of: $0.old.log) != nil } ?? false
    }

    /// The artifacts that were recorded as uploaded to this store but are not there, or visibly not as they were.
    ///
    /// Asked only where the checkpoint is missing too, or when told: to answer, a directory may have to read every
    /// artifact.
    func vanished(_ state: BackupState) throws(MirrorError) -> [BackupState.Entry] {
        let recorded = state.order.compactMap { state.entries[$0] }
            .filter { $0.objectKey != nil && $0.store == store.url }
        // Those that look so are looked at again.
        return try vanished(try vanished(recorded))
    }

    private func vanished(_ recorded: [BackupState.Entry]) throws(MirrorError) -> [BackupState.Entry] {
        if recorded.isEmpty { return [] }
        let there = try orMirror { () throws(StoreError) in
            try store.list(prefix: layout.artifactPrefix) + store.list(prefix: layout.cataloguePrefix)
        }
        let objects = Dictionary(there.map { ($0.key.text, $0) }) { first, _ in first }
        var vanished: [BackupState.Entry] = []
        for entry in recorded {
            for upload in MirrorComparison.Upload.all(of: entry) where try !isThere(upload, objects) {
                vanished.append(entry)
                break
            }
        }
        return vanished
    }

    private func isThere(
        _ upload: MirrorComparison.Upload, _ objects: [String: ObjectInfo]
    ) throws(MirrorError) -> Bool {
        guard let object = objects[upload.key], object.size == Int64(upload.bytes),
            object.sha256?.hex ?? upload.sha256 == upload.sha256
        else { return false }
        if repair != .fetched { return true }
        return try fetchedHash(object.key, bytes: upload.bytes, store)?.hex == upload.sha256
    }
}

extension JournalDirectory {
    /// Whether a checkpoint that somebody signed is of this journal's history. Reads all of it.
    func begins(with theirs: SignedCheckpoint) throws(MirrorError) -> Bool {
        let compared = try orMirror { () throws(JournalError) in
            try compare([theirs], pinnedRoot: nil, signatures: .head)
        }
        switch compared.findings[0] {
        case nil: return true
        case .cut, .fork, .shorter: return false
        case .damaged(let damage):
            guard damage.reason == .headSignature else { throw .journal(.damaged(damage)) }
            return false
        }
    }
}
