internal import Digest
package import DurableFiles
internal import Synchronization
internal import SystemPackage

extension DirectoryStore {
    /// `invalid` where the key's path leads over a file or a symbolic link, or to anything but a plain file.
    package func head(_ key: ObjectKey) throws(StoreError) -> ObjectInfo? {
        counter.add(requests: 1, bytes: 0)
        guard let directory = try directory(holding: key) else { return nil }
        return try describe(key, in: directory)
    }

    package func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into target: borrowing OpenFile,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        guard let directory = try directory(holding: key), let file = try open(key, in: directory) else {
            throw .missing("there is no object \(key)")
        }
        let state = try storing { () throws(FileFailure) in try file.state() }
        guard 0...state.size ~= offset else {
            throw .invalid("object \(key) has \(state.size) bytes, none at \(offset)")
        }
        if state.size > limit {
            throw .corrupt("object \(key) has \(state.size) bytes, more than the \(limit) that it must have")
        }
        let recorded = ContentHash.recorded(on: file, state)
        let whole: SHA256Digest? = if offset > 0, recorded == nil { try hash(of: file) } else { recorded }
        try seek(file, to: offset)
        var done: Int64 = 0
        let read = try readHashing(file, limit: state.size - offset) { piece throws(StoreError) in
            do throws(FileFailure) {
                try target.write(piece)
            } catch {
                throw StoreError(error)
            }
            done += Int64(piece.count)
            progress?(done)
        }
        counter.add(requests: 1, bytes: Int(read.count))
        if read.count != state.size - offset { throw .corrupt("object \(key) changed while it was read") }
        if let recorded, offset == 0, recorded != read.sha256 { throw damaged(key, recorded, read.sha256) }
        return Self.info(key, state.size, whole ?? read.sha256)
    }

    package func read(_ key: ObjectKey, limit: Int) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)? {
        guard let directory = try directory(holding: key), let file = try open(key, in: directory) else { return nil }
        let state = try storing { () throws(FileFailure) in try file.state() }
        if state.size > limit {
            throw .invalid("object \(key) has \(state.size) bytes, more than the \(limit) that are expected")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(state.size))
        let read = try readHashing(file, limit: state.size) { piece throws(StoreError) in
            unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        }
        counter.add(requests: 1, bytes: bytes.count)
        if read.count != state.size { throw .corrupt("object \(key) changed while it was read") }
        if let recorded = ContentHash.recorded(on: file, state), recorded != read.sha256 {
            throw damaged(key, recorded, read.sha256)
        }
        return (bytes, Self.info(key, state.size, read.sha256))
    }

    package var traffic: StoreTraffic { counter.traffic }

    package func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) {
        guard range.lowerBound >= 0, !range.isEmpty else { throw .invalid("an empty part of \(key) was asked for") }
        guard let directory = try directory(holding: key), let file = try open(key, in: directory) else {
            throw .missing("there is no object \(key)")
        }
        let state = try storing { () throws(FileFailure) in try file.state() }
        if let known, known.size != state.size { throw .corrupt("object \(key) changed while it was read") }
        guard range.upperBound <= state.size else {
            throw .invalid("object \(key) has \(state.size) bytes, fewer than \(range.upperBound)")
        }
        let stamp = try storing { () throws(FileFailure) in try file.stamp() }
        let recorded = ContentHash.recorded(on: file, state)
        let whole: SHA256Digest = if let recorded { recorded } else { try hash(of: file, stamp) }
        let info = Self.info(key, state.size, whole)
        if let known, known.etag != info.etag { throw .corrupt("object \(key) changed while it was read") }
        let bytes = try storing { () throws(FileFailure) in try file.read(range.count, at: range.lowerBound) }
        counter.add(requests: 1, bytes: bytes.count)
        guard bytes.count == range.count, try storing({ () throws(FileFailure) in try file.stamp() }) == stamp else {
            throw .corrupt("object \(key) changed while it was read")
        }
        return (bytes, info)
    }

    private func hash(of file: borrowing OpenFile, _ stamp: FileStamp) throws(StoreError) -> SHA256Digest {
        if let last = lastHashed.withLock({ $0 }), last.stamp == stamp { return last.sha256 }
        let sha256 = try hash(of: file)
        lastHashed.withLock { $0 = (stamp, sha256) }
        return sha256
    }

    /// The object under the last component of a key; nil where there is none.
    func describe(_ key: ObjectKey, in directory: borrowing OpenDirectory) throws(StoreError) -> ObjectInfo? {
        guard let file = try open(key, in: directory) else { return nil }
        let state = try storing { () throws(FileFailure) in try file.state() }
        if let recorded = ContentHash.recorded(on: file, state) { return Self.info(key, state.size, recorded) }
        return Self.info(key, state.size, try hash(of: file))
    }

    static func info(_ key: ObjectKey, _ size: Int64, _ digest: SHA256Digest) -> ObjectInfo {
        ObjectInfo(key: key, size: size, etag: ETag("\"\(digest.hex)\""), sha256: digest)
    }

    /// The directory at a key's path; nil where it is not there.
    func directory(holding key: ObjectKey) throws(StoreError) -> OpenDirectory? {
        if key.components.first == Self.area {
            throw .invalid("object key \(key) lies in \(Self.area), which belongs to the store")
        }
        do throws(FileFailure) {
            var directory = try root.reopened()
            for component in key.components.dropLast() { directory = try directory.directory(component) }
            return directory
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw StoreError(error)
        }
    }

    /// Opens the last component of a key for reading.
    func open(_ key: ObjectKey, in directory: borrowing OpenDirectory) throws(StoreError) -> OpenFile? {
        let name = key.components.last ?? ""
        switch try storing({ () throws(FileFailure) in try directory.kind(of: name) }) {
        case nil: return nil
        case .file: break
        case .directory: throw .invalid("\(directory.path.appending(name)) is a directory, not an object")
        case .other: throw .invalid("\(directory.path.appending(name)) is a symbolic link or a device, not an object")
        }
        do throws(FileFailure) {
            return try directory.file(name, .readOnly)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw StoreError(error)
        }
    }

    private func hash(of file: borrowing OpenFile) throws(StoreError) -> SHA256Digest {
        try seek(file, to: 0)
        return try readHashing(file, limit: .max) { _ throws(StoreError) in }.sha256
    }

    private func seek(_ file: borrowing OpenFile, to offset: Int64) throws(StoreError) {
        do {
            _ = try file.descriptor.seek(offset: offset, from: .start)
        } catch {
            throw .unreachable("cannot read \(file.path)")
        }
    }

    private func damaged(_ key: ObjectKey, _ recorded: SHA256Digest, _ found: SHA256Digest) -> StoreError {
        .corrupt("object \(key) is damaged: stored with SHA-256 \(recorded), now \(found)")
    }
}
