internal import Digest
internal import DurableFiles
internal import ObjectStore
internal import Synchronization
internal import SystemPackage
internal import Threads

/// The hash of an object's bytes as they arrive; nothing is kept of them. Nil where the store itself finds them damaged,
/// or has more than they must be.
func fetchedHash(_ key: ObjectKey, bytes: Int, _ store: any ObjectStore) throws(MirrorError) -> SHA256Digest? {
    let pipe = try orMirror { () throws(FileFailure) in
        try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
    }
    let result = HashResult()
    var threads = OwnThreads()
    let isStarted = threads.start { result.take(from: pipe.readEnd) }
    precondition(isStarted, "no thread could be started")
    let outcome: StoreError?
    do throws(StoreError) {
        // Its end closes the pipe, which ends the reading.
        let file = OpenFile(adopting: pipe.writeEnd, path: "a pipe")
        _ = try store.get(key, range: 0, limit: Int64(bytes), into: file)
        outcome = nil
    } catch {
        outcome = error
    }
    threads.join()
    guard let outcome else { return result.digest }
    if outcome.kind == .corrupt { return nil }
    throw outcome.kind == .missing ? .objectMissing(key) : .store(outcome)
}

private final class HashResult: Sendable {
    private let found = Mutex<SHA256Digest?>(nil)

    var digest: SHA256Digest? { found.withLock { $0 } }

    /// Reads to the end. Where that fails no hash is right.
    func take(from descriptor: FileDescriptor) {
        let file = OpenFile(adopting: descriptor, path: "a pipe")
        var hasher = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while let count = try? file.read(into: &buffer) {
            if count == 0 {
                let digest = hasher.finish()
                found.withLock { $0 = digest }
                return
            }
            hasher.update(buffer.span.extracting(..<count))
        }
    }
}
