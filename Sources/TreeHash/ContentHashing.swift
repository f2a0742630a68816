internal import Digest
internal import Dispatch
internal import Synchronization
internal import SystemPackage
internal import Threads

/// Hashes the content of files on a few threads while the walk continues. Results are asked for by number.
///
/// The walk opens the files, so it must not hand in more than it wants open at a time. They are handed on by the batch:
/// most files are small, and waking a thread for each costs more than hashing it.
final class ContentHashing: Sendable {
    private struct Job: Sendable {
        let number: Int
        let file: FileDescriptor
    }

    /// Files, and bytes, after which a batch is handed on.
    private static let filesInBatch = 16
    private static let bytesInBatch = 1 << 20

    private struct State {
        /// Not handed on yet.
        var batch: [Job] = []
        var batchBytes = 0
        var jobs: [[Job]] = []
        var next = 0
        var results: [Int: Result<SHA256Digest, Errno>] = [:]
        var isOver = false
    }

    private let state = Mutex(State())
    private let done = Atomic(0)
    private let arrivals = DispatchSemaphore(value: 0)
    private let results = DispatchSemaphore(value: 0)
    private let threads = Mutex(OwnThreads())

    init(threads: Int) {
        self.threads.withLock { own in
            for _ in 0..<threads where !own.start({ self.work() }) { break }
            // Fewer threads are slower, no more.
            precondition(own.count > 0, "no thread could be started")
        }
    }

    /// Bytes that are hashed so far.
    var bytes: Int { done.load(ordering: .relaxed) }

    /// Takes over an open file; it is closed when it is hashed.
    func add(_ number: Int, _ file: FileDescriptor, bytes: Int) {
        let isFull = state.withLock { state in
            state.batch.append(Job(number: number, file: file))
            state.batchBytes += bytes
            return state.batch.count >= Self.filesInBatch || state.batchBytes >= Self.bytesInBatch
        }
        if isFull { handOn() }
    }

    private func handOn() {
        let isAny = state.withLock { state in
            if state.batch.isEmpty { return false }
            state.jobs.append(state.batch)
            (state.batch, state.batchBytes) = ([], 0)
            return true
        }
        if isAny { arrivals.signal() }
    }

    /// The result once it is there; it is given out once.
    func result(_ number: Int) throws(Errno) -> SHA256Digest? {
        guard let result = state.withLock({ $0.results.removeValue(forKey: number) }) else { return nil }
        return try result.get()
    }

    /// Waits until some files are done; they may have been asked for already. A large file takes its time: so it waits
    /// no longer than a moment.
    func waitForAny() {
        handOn()
        _ = results.wait(timeout: .now() + .milliseconds(200))
    }

    /// Drops what is not begun and waits for the threads.
    func finish() {
        let dropped = state.withLock { state in
            state.isOver = true
            defer { (state.jobs, state.batch) = ([], []) }
            return state.jobs[state.next...].flatMap { $0 } + state.batch
        }
        for job in dropped { try? job.file.close() }
        threads.withLock { own in
            for _ in 0..<own.count { arrivals.signal() }
            own.join()
        }
    }

    private func work() {
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            arrivals.wait()
            let (batch, isOver) = state.withLock { state -> ([Job], Bool) in
                if state.isOver || state.next == state.jobs.count { return ([], state.isOver) }
                let batch = state.jobs[state.next]
                state.next += 1
                if state.next == state.jobs.count { (state.jobs, state.next) = ([], 0) }
                return (batch, false)
            }
            if isOver { return }
            if batch.isEmpty { continue }
            let hashes = batch.map { job in
                let result = hash(job.file, &digest, &buffer)
                try? job.file.close()
                return (job.number, result)
            }
            state.withLock { state in
                for (number, result) in hashes { state.results[number] = result }
            }
            results.signal()
        }
    }

    private func hash(
        _ file: FileDescriptor, _ digest: inout SHA256, _ buffer: inout [UInt8]
    ) -> Result<SHA256Digest, Errno> {
        do throws(Errno) {
            let zeros = FilePieces.zeros
            var pieces = FilePieces(file)
            while let piece = try pieces.next(&buffer) {
                if state.withLock({ $0.isOver }) { throw .canceled }
                switch piece {
                case .data(let count): digest.update(buffer.span.extracting(0..<count))
                case .zeros(let count): digest.update(zeros.span.extracting(0..<count))
                }
                done.add(piece.count, ordering: .relaxed)
            }
            return .success(digest.finish())
        } catch {
            _ = digest.finish()
            return .failure(error)
        }
    }
}
