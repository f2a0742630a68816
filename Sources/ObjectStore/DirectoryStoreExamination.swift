internal import DurableFiles
internal import SystemPackage

extension DirectoryStore: ExaminedStore {
    package var bucket: StoreBucket? { nil }

    package func reach() throws(StoreError) -> StoreReach {
        _ = try storing { () throws(FileFailure) in try root.names() }
        return StoreReach(description: "the directory is there and marked as a store", clockAhead: nil)
    }

    /// The directories that held nothing else go with it; under the store's lock, as a writer may be about to use them.
    package func delete(_ key: ObjectKey) throws(StoreError) {
        let lock = try storing { () throws(FileFailure) in try Self.lock(root.directory(Self.area)) }
        try withExtendedLifetime(lock) { () throws(StoreError) in
            try delete(key, key.components[...], in: root)
        }
    }

    private func delete(
        _ key: ObjectKey, _ path: ArraySlice<String>, in directory: borrowing OpenDirectory
    ) throws(StoreError) {
        guard let name = path.first, try storing({ () throws(FileFailure) in try directory.kind(of: name) }) != nil
        else { return }
        if path.count == 1 {
            // Refuses to delete what is not an object.
            guard try open(key, in: directory) != nil else { return }
            try storing { () throws(FileFailure) in
                try directory.removeFile(name)
                try directory.synchronize()
            }
        } else {
            let below = try storing { () throws(FileFailure) in try directory.directory(name) }
            try delete(key, path.dropFirst(), in: below)
            // One that still holds something stays.
            try? directory.removeDirectory(name)
        }
    }

    /// Objects that a writer was about to write when it ended; the next writer removes them.
    package func unfinishedUploads(prefix: String) throws(StoreError) -> [UnfinishedUpload] {
        try storing { () throws(FileFailure) in
            let area = try root.directory(Self.area)
            guard try area.kind(of: "tmp") == .directory else { return [] }
            let staging = try area.directory("tmp")
            var found: [UnfinishedUpload] = []
            for name in try staging.names().sorted() {
                // One that is locked has its writer still.
                guard try staging.kind(of: name) == .file, let file = try? staging.file(name, .readOnly),
                    let lock = try? FileLock.tryLock(on: file)
                else { continue }
                lock.unlock()
                found.append(UnfinishedUpload(name: name, id: nil, begunAt: nil))
            }
            return found
        }
    }
}
