package import Backup
internal import BackupJournal
internal import Digest
internal import DurableFiles
internal import Glibc
internal import JournalStore
package import ObjectStore
internal import SystemPackage

/// An artifact that a push has left out.
package struct UnsoundArtifact: Sendable {
    package enum Problem: Sendable, Equatable {
        /// Missing or damaged on the server's disk; whether the mirror has it, so that it can be fetched from there.
        case here(BackupState.Condition, isMirrored: Bool)
        /// The mirror has something else under its key.
        case there
    }

    package let entry: BackupState.Entry
    package let problem: Problem

    init(_ entry: BackupState.Entry, _ problem: Problem) {
        self.entry = entry
        self.problem = problem
    }
}

extension BackupState {
    /// Whether it is registered still, and was not withdrawn meanwhile.
    func holds(_ entry: Entry) -> Bool { entries[entry.artifact.label]?.artifact == entry.artifact }
}

/// What becomes of an artifact that is not sound here.
extension Push {
    /// What is wrong with the file, where the failure was the file's; nil for any other failure, and where a look at
    /// the file finds nothing wrong with it.
    func condition(
        of entry: BackupState.Entry, after error: MirrorError
    ) throws(MirrorError) -> BackupState.Condition? {
        switch error {
        case .artifactMissing: return .missing
        case .artifactDamaged: break
        case .store(let error) where error.kind == .corrupt || error.kind == .invalid: break
        default: return nil
        }
        let path = root.appending(entry.localPath)
        do throws(FileFailure) {
            let file = try OpenFile(path, .readOnly, options: .nonBlocking)
            guard try file.state().isRegular, try file.size() == Int64(entry.artifact.bytes) else { return .damaged }
            var hasher = SHA256()
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = try file.read(into: &buffer)
                if count == 0 { break }
                hasher.update(buffer.span.extracting(..<count))
            }
            return hasher.finish().hex == entry.artifact.sha256 ? nil : .damaged
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory: return .missing
            case .ioError: return .damaged
            // A user who may not read it knows nothing of it.
            default: return nil
            }
        }
    }

    /// Journals the damage, once, so that everybody asks for what is needed.
    func note(
        _ entry: BackupState.Entry, _ condition: BackupState.Condition, _ open: (Journal.Opening) throws -> Journal,
        _ record: (Command, inout Journal) throws -> Void
    ) throws {
        var journal = try open(.resuming(.anything))
        guard try journal.replay.readableState().holds(entry) else { return }
        try record(
            .recordCheck(entry.artifact.label, sha256: entry.artifact.sha256, condition, found: nil), &journal)
    }
}

extension MirrorReader {
    /// Where the mirror has an artifact that no record says was uploaded, as after a push that was cut off: nil where
    /// nothing is there, or something else. Where the store does not know an object's hash, all of it is fetched.
    package func artifact(_ artifact: Artifact) throws(MirrorError) -> ObjectKey? {
        let key = try orMirror { () throws(StoreError) in
            try layout.artifact(artifact.name, sha256: artifact.sha256)
        }
        return try holds(key, bytes: artifact.bytes, sha256: artifact.sha256) ? key : nil
    }

    func holds(_ key: ObjectKey, _ catalogue: StoredCatalogue) throws(MirrorError) -> Bool {
        try holds(key, bytes: catalogue.bytes, sha256: catalogue.sha256)
    }

    private func holds(_ key: ObjectKey, bytes: Int, sha256: String) throws(MirrorError) -> Bool {
        guard let there = try orMirror({ () throws(StoreError) in try store.head(key) }), there.size == Int64(bytes)
        else { return false }
        if let known = there.sha256 { return known.hex == sha256 }
        return try fetchedHash(key, bytes: bytes, store)?.hex == sha256
    }
}
