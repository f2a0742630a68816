import Glibc
import Synchronization
import Threads

/// Ends work for somebody who is gone: a workstation whose connection broke, a process that asked for root's help. What
/// tells is that nobody reads standard output any more. The work is cancelled so that it can clear up; where it does not
/// end soon, the process does, and with it its locks: the next restore clears up then.
package enum ClientWatch {
    private static let grace = Duration.seconds(10)
    private static let interval = Duration.milliseconds(200)

    /// - Parameter endProcess: ends this process where the work does not end by itself.
    package static func run(
        endProcess: @escaping @Sendable () -> Void, _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await work()
                return true
            }
            group.addTask {
                while !isReaderGone() {
                    // That it was cancelled says that the work has ended.
                    do { try await Task.sleep(for: interval) } catch { return false }
                }
                endLater(endProcess)
                throw ServingError.clientGone
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next() {
                if isDone { return }
            }
        }
    }

    /// A pipe without a reader, a socket without a peer, a terminal that was closed. Files are none of that.
    private static func isReaderGone() -> Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return unsafe poll(&output, 1, 0) > 0 && Int32(output.revents) & (POLLERR | POLLHUP) != 0
    }

    private static func endLater(_ endProcess: @escaping @Sendable () -> Void) {
        Task.detached {
            try? await Task.sleep(for: grace)
            endProcess()
        }
    }
}
