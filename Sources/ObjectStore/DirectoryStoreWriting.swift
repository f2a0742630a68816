package import Digest
internal import DurableFiles
package import SystemPackage

extension DirectoryStore {
    package func put(
        _ key: ObjectKey, bytes: [UInt8], if condition: PutCondition
    ) throws(StoreError) -> ObjectInfo {
        try refuseEarly(key, condition)
        let digest = SHA256.hash(bytes.span)
        let staged = try stage()
        try storing { () throws(FileFailure) in
            try staged.file.write(bytes.span)
            try staged.makeDurable(digest)
        }
        return try place(staged, Self.info(key, Int64(bytes.count), digest), condition)
    }

    package func put(
        _ key: ObjectKey, file path: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        try refuseEarly(key, condition)
        let source = try openSource(path)
        let staged = try stage()
        var done: Int64 = 0
        let read = try readHashing(source, limit: size) { piece throws(StoreError) in
            do throws(FileFailure) {
                try staged.file.write(piece)
            } catch {
                throw StoreError(error)
            }
            done += Int64(piece.count)
            progress?(done)
        }
        if read.count != size {
            throw .corrupt("\(path) has \(read.count > size ? "more" : "fewer") than the announced \(size) bytes")
        }
        if read.sha256 != sha256 {
            throw .corrupt("\(path) has SHA-256 \(read.sha256), announced was \(sha256)")
        }
        try storing { () throws(FileFailure) in try staged.makeDurable(sha256) }
        return try place(staged, Self.info(key, size, sha256), condition)
    }

    private func openSource(_ path: FilePath) throws(StoreError) -> OpenFile {
        do throws(FileFailure) {
            return try OpenFile(regular: path, .readOnly, followsLinks: true)
        } catch {
            throw .invalid(error.description)
        }
    }

    /// Saves the copying where the end is known already. What counts is the check under the lock.
    private func refuseEarly(_ key: ObjectKey, _ condition: PutCondition) throws(StoreError) {
        if let directory = try directory(holding: key) {
            try demand(condition, key, in: directory)
        } else if case .ifMatches = condition {
            throw .conditionFailed("object \(key) to be replaced does not exist")
        }
    }

    private func demand(
        _ condition: PutCondition, _ key: ObjectKey, in directory: borrowing OpenDirectory
    ) throws(StoreError) {
        switch condition {
        case .always:
            // Refuses to replace what is not an object.
            _ = try open(key, in: directory) != nil
        case .ifAbsent:
            if try open(key, in: directory) != nil { throw .conditionFailed("object \(key) exists already") }
        case .ifMatches(let etag):
            guard let current = try describe(key, in: directory) else {
                throw .conditionFailed("object \(key) to be replaced does not exist")
            }
            if current.etag != etag {
                throw .conditionFailed("object \(key) was replaced meanwhile: it is \(current.etag), not \(etag)")
            }
        }
    }

    private func stage() throws(StoreError) -> StagedObject {
        try storing { () throws(FileFailure) in
            let area = try root.directory(Self.area)
            let lock = try Self.lock(area)
            return try withExtendedLifetime(lock) { () throws(FileFailure) in try StagedObject(in: area) }
        }
    }

    /// The folder's own descriptor is locked: a lock file would be one more file in the bucket.
    static func lock(_ area: borrowing OpenDirectory) throws(FileFailure) -> FileLock {
        try FileLock(on: area.file(".", .readOnly))
    }

    /// Checks the condition and gives the object its name, both under the store's lock. With `ifAbsent` the kernel
    /// refuses a taken name besides, should anybody write without the lock.
    private func place(
        _ staged: borrowing StagedObject, _ info: ObjectInfo, _ condition: PutCondition
    ) throws(StoreError) -> ObjectInfo {
        let lock = try storing { () throws(FileFailure) in try Self.lock(root.directory(Self.area)) }
        try withExtendedLifetime(lock) { () throws(StoreError) in
            try place(staged, info.key, info.key.components[...], in: root, condition)
        }
        return info
    }

    /// Walks down, making the directories that are missing, and makes every one on the way durable: one that is
    /// there may be a crashed writer's, whose name never reached the disk. What was made for nothing goes away again.
    private func place(
        _ staged: borrowing StagedObject, _ key: ObjectKey, _ path: ArraySlice<String>,
        in directory: borrowing OpenDirectory, _ condition: PutCondition
    ) throws(StoreError) {
        guard let name = path.first else { return }
        if path.count == 1 {
            try demand(condition, key, in: directory)
            try rename(staged, key, to: name, in: directory, condition)
        } else {
            let isNew = try storing { () throws(FileFailure) in try directory.makeDirectory(name) }
            do {
                let below = try storing { () throws(FileFailure) in try directory.directory(name) }
                try place(staged, key, path.dropFirst(), in: below, condition)
            } catch {
                if isNew { try? directory.removeDirectory(name) }
                throw error
            }
        }
        try storing { () throws(FileFailure) in try directory.synchronize() }
    }

    private func rename(
        _ staged: borrowing StagedObject, _ key: ObjectKey, to name: String, in directory: borrowing OpenDirectory,
        _ condition: PutCondition
    ) throws(StoreError) {
        do throws(FileFailure) {
            try staged.place(name, in: directory, replacing: condition != .ifAbsent)
        } catch {
            if error.errno == .fileExists { throw .conditionFailed("object \(key) exists already") }
            throw StoreError(error)
        }
    }
}
