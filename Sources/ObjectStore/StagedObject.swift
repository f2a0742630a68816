internal import Digest
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// An object that is being written, in the store's `tmp`. It is locked as long as it has an owner; one without a
/// lock was left by a crash, and the next writer removes it. Let go without having been placed, it is removed.
struct StagedObject: ~Copyable {
    let directory: OpenDirectory
    let name: String
    let file: OpenFile
    private let lock: FileLock

    /// To be called under the store's lock, so that no other writer sees the file before it is locked.
    init(in area: borrowing OpenDirectory) throws(FileFailure) {
        _ = try area.makeDirectory("tmp")
        let directory = try area.directory("tmp")
        try Self.removeLeftovers(directory)
        let name = "\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        do {
            let file = try directory.file(name, .writeOnly, options: [.create, .exclusiveCreate])
            lock = try FileLock(on: directory.file(name, .readOnly))
            self.file = file
        } catch {
            try? directory.removeFile(name)
            throw error
        }
        self.name = name
        self.directory = directory
    }

    private static func removeLeftovers(_ directory: borrowing OpenDirectory) throws(FileFailure) {
        for name in try directory.names() {
            // One that cannot be removed, as it is another user's, only takes room.
            guard (try? directory.kind(of: name)) == .file, let file = try? directory.file(name, .readOnly),
                let lock = try? FileLock.tryLock(on: file)
            else { continue }
            try? directory.removeFile(name)
            _ = consume lock
        }
    }

    /// All of it is on the disk when this returns.
    func makeDurable(_ digest: SHA256Digest) throws(FileFailure) {
        try ContentHash.record(digest, on: file)
        try file.synchronize()
    }

    /// Gives it its name among the objects.
    func place(_ newName: String, in target: borrowing OpenDirectory, replacing: Bool) throws(FileFailure) {
        if replacing {
            try directory.rename(name, replacing: newName, in: target)
        } else {
            try directory.rename(name, toNewName: newName, in: target)
        }
    }

    deinit {
        try? directory.removeFile(name)
    }
}
