internal import Glibc

/// Threads of their own, for what waits or computes for long.
///
/// The threads that tasks and queues share are hardly more than the cores. A task that waits on one of them for work
/// that needs another can find them all waiting like that, for ever.
///
/// No signal is delivered to them: signals are for the thread that knows what to do about them, and a write to a
/// closed pipe is an error (EPIPE) and not the end of the program.
package struct OwnThreads: ~Copyable {
    private var threads: [pthread_t] = []

    package init() {}

    package var count: Int { threads.count }

    /// - Returns: false where the system has no more threads.
    package mutating func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let thread = newThread(body) else { return false }
        threads.append(thread)
        return true
    }

    /// Waits for the end of all.
    package mutating func join() {
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    deinit {
        for thread in threads { pthread_detach(thread) }
    }
}

/// Runs `body` on a thread of its own and waits for it without holding one of those that tasks share.
package func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        var thread = OwnThreads()
        let isStarted = thread.start { continuation.resume(returning: body()) }
        precondition(isStarted, "no thread could be started")
    }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

private func newThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    let work = unsafe Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let status = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            blockSignals()
            unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, work.toOpaque())
    if status == 0 { return thread }
    unsafe work.release()
    return nil
}

private func blockSignals() {
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}
