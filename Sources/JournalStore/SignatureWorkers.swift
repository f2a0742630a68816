internal import Digest
internal import Dispatch
internal import JournalFormat
internal import Synchronization
internal import Threads

/// Checks the signatures of lines that a verifier accepts, on all cores, while the verifier continues.
///
/// The caller's own thread is one of those that check: it does so whenever enough lines are waiting for the others.
/// What waits is bounded in bytes. Threads are started with the first lines handed out, so a short journal has none.
struct SignatureWorkers: ~Copyable {
    /// A journal up to a record.
    struct Prefix: Sendable {
        let size: Int
        let head: SHA256Digest
    }

    /// So many that handing them over costs nothing, so few that no core is idle for long at the end.
    private static let linesAtOnce = 64
    private static let bytesAtOnce = 1 << 17

    private let work: SignatureWork
    private let helpers: Int
    private var threads = OwnThreads()
    private var unchecked: UncheckedLines?

    /// - Parameter cores: threads that check, the caller's own included.
    init(cores: Int) {
        helpers = cores - 1
        work = SignatureWork(capacity: 2 * helpers)
    }

    /// The verifier's `accept`, with the signatures left to the workers.
    ///
    /// - Throws: the first rule broken that is not about the signatures, or anything once a signature was found bad:
    ///   then there is no use in continuing.
    mutating func accept(_ line: Span<UInt8>, by verifier: inout Verifier) throws(DamageError) -> RecordLayout {
        var lines = unchecked.take() ?? UncheckedLines(after: verifier)
        let layout: RecordLayout
        do {
            layout = try verifier.accept(line, leavingSignaturesTo: &lines)
        } catch {
            unchecked = lines
            throw error
        }
        if lines.count >= Self.linesAtOnce || lines.length >= Self.bytesAtOnce {
            startThreads()
            work.add(lines)
            if work.firstBad != nil { throw DamageError(record: verifier.size, .recordSignature) }
        } else {
            unchecked = lines
        }
        return layout
    }

    /// Waits until all lines are checked.
    ///
    /// - Returns: what precedes the first piece of the journal that holds a bad signature; nil where all are good.
    mutating func finish() -> Prefix? {
        if let lines = unchecked.take() { work.check(lines) }
        work.finish(threads: threads.count)
        threads.join()
        return work.firstBad
    }

    private mutating func startThreads() {
        guard threads.count == 0 else { return }
        // Fewer threads are slower, no more.
        for _ in 0..<helpers where !threads.start({ [work] in work.run() }) { return }
    }
}

/// What the threads share.
private final class SignatureWork: Sendable {
    private struct State {
        var waiting: [UncheckedLines] = []
        var firstBad: SignatureWorkers.Prefix?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    var firstBad: SignatureWorkers.Prefix? { state.withLock { $0.firstBad } }

    /// Leaves the lines to another thread, or checks them here where enough are waiting.
    func add(_ lines: UncheckedLines) {
        let isTaken = state.withLock { state in
            guard state.waiting.count < capacity else { return false }
            state.waiting.append(lines)
            return true
        }
        if isTaken { arrivals.signal() } else { check(lines) }
    }

    /// Checks what is still waiting, and lets the threads end.
    func finish(threads: Int) {
        while let lines = next() { check(lines) }
        state.withLock { $0.isFinished = true }
        for _ in 0..<threads { arrivals.signal() }
    }

    /// A thread's work, until the end.
    func run() {
        while true {
            arrivals.wait()
            if let lines = next() { check(lines) } else if state.withLock({ $0.isFinished }) { return }
        }
    }

    func check(_ lines: UncheckedLines) {
        guard !lines.areSigned() else { return }
        state.withLock { state in
            if let first = state.firstBad, first.size <= lines.size { return }
            state.firstBad = .init(size: lines.size, head: lines.head)
        }
    }

    private func next() -> UncheckedLines? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }
}
