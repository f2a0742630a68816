internal import Backup
internal import Digest
internal import DurableFiles
internal import ObjectStore
internal import SystemPackage

/// The bytes of artifacts and catalogues on their way.
extension Push {
    /// Of an artifact that is there; only its catalogue is to come.
    func recordedKey(_ entry: BackupState.Entry) throws(MirrorError) -> ObjectKey? {
        guard let text = entry.objectKey else { return nil }
        return try orMirror { () throws(StoreError) in try ObjectKey(text) }
    }

    /// - Parameter replaces: what is there under the key is known not to be the artifact. A repair replaces, besides,
    ///   what turns out not to be it.
    func upload(
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
    func uploadCatalogue(
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
}
