import DurableFiles
import JournalFormat

extension LockWaiting {
    /// Says on standard error whom this process waits for.
    ///
    /// - Parameter limit: seconds.
    init(limit: Double?) {
        self.init(limit: limit) { path, holder in
            guard let holder else { return Terminal.say("waiting for \(path), which another process holds") }
            let since = holder.began.map { ", running since \(Timestamp(milliseconds: $0 * 1_000))" } ?? ""
            Terminal.say(
                "waiting for process \(holder.process) (\(holder.command))\(since), which holds \(path)"
                    + (holder.isStopped ? "; it is stopped" : ""))
        }
    }
}
