internal import Digest
internal import Dispatch
internal import Synchronization
internal import SystemPackage

/// Hashes the content of files on a few threads while the walk goes on. Results are asked for by number.
///
/// The walk opens the files, so it must not hand in more than it wants open at a time.
final class ContentHashing: Sendable {
    private struct Job: Sendable {
        let number: Int
        let file: FileDescriptor
    }

    private struct State {
        var jobs: [Job] = []
        var next = 0
        var results: [Int: Result<SHA256Digest, Errno>] = [:]
        var isOver = false
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)
    private let results = DispatchSemaphore(value: 0)
    private let workers = DispatchGroup()
    private let threads: Int

    init(threads: Int) {
        self.threads = threads
        let queue = DispatchQueue(label: "devjournal.tree", attributes: .concurrent)
        for _ in 0..<threads {
            queue.async(group: workers) { self.work() }
        }
    }

    /// Takes over an open file; it is closed when it is hashed.
    func add(_ number: Int, _ file: FileDescriptor) {
        state.withLock { $0.jobs.append(Job(number: number, file: file)) }
        arrivals.signal()
    }

    /// The result once it is there; it is given out once.
    func result(_ number: Int) throws(Errno) -> SHA256Digest? {
        guard let result = state.withLock({ $0.results.removeValue(forKey: number) }) else { return nil }
        return try result.get()
    }

    /// Waits until some file is done; it may have been asked for already.
    func waitForAny() { results.wait() }

    /// Drops what is not begun and waits for the threads.
    func finish() {
        let dropped = state.withLock { state in
            state.isOver = true
            defer { state.jobs = [] }
            return state.jobs[state.next...]
        }
        for job in dropped { try? job.file.close() }
        for _ in 0..<threads { arrivals.signal() }
        workers.wait()
    }

    private func work() {
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            arrivals.wait()
            let (job, isOver) = state.withLock { state -> (Job?, Bool) in
                if state.isOver || state.next == state.jobs.count { return (nil, state.isOver) }
                let job = state.jobs[state.next]
                state.next += 1
                if state.next == state.jobs.count { (state.jobs, state.next) = ([], 0) }
                return (job, false)
            }
            if isOver { return }
            guard let job else { continue }
            let result = hash(job.file, &digest, &buffer)
            try? job.file.close()
            state.withLock { $0.results[job.number] = result }
            results.signal()
        }
    }

    private func hash(
        _ file: FileDescriptor, _ digest: inout SHA256, _ buffer: inout [UInt8]
    ) -> Result<SHA256Digest, Errno> {
        do {
            while true {
                let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                if count == 0 { return .success(digest.finish()) }
                if state.withLock({ $0.isOver }) { throw Errno.canceled }
                digest.update(buffer.span.extracting(0..<count))
            }
        } catch {
            _ = digest.finish()
            return .failure(error as? Errno ?? .ioError)
        }
    }
}
