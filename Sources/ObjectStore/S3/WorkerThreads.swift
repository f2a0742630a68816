internal import Glibc

/// Threads that all run the same work, for calls that wait on the network: there are more of them than cores.
final class WorkerThreads {
    private var threads: [pthread_t] = []

    init(_ count: Int, _ work: @escaping () -> Void) {
        for _ in 0..<count {
            var thread = pthread_t()
            let status = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, Unmanaged.passRetained(Work(work)).toOpaque())
            precondition(status == 0, "no thread could be started")
            threads.append(thread)
        }
    }

    /// Waits for the end of all.
    func join() {
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }
}

private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
        self.body = body
    }
}
