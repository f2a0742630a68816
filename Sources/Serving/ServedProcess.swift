import CLinux
import DurableFiles
import Glibc
import SystemPackage

/// A process by its number and by when it began: numbers are used again.
struct ServedProcess {
    let id: pid_t
    let start: String

    /// Kills that process and no other, and with `withGroup` all of its group that may be killed.
    func end(withGroup: Bool) {
        let handle = clinux_open_process(id)
        if handle < 0 {
            // Its number is not given away again while somebody of its group lives, such as what holds the lock.
            if clinux_errno() == ESRCH, withGroup { _ = kill(-id, SIGKILL) }
            return
        }
        defer { _ = close(handle) }
        guard Self.start(of: id) == start else { return }
        if withGroup { _ = kill(-id, SIGKILL) }
        _ = clinux_kill_process(handle)
    }

    /// Waits for that, five seconds at most.
    func hasEnded() -> Bool {
        let handle = clinux_open_process(id)
        if handle < 0 { return true }
        defer { _ = close(handle) }
        guard Self.start(of: id) == start else { return true }
        var end = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&end, 1, 5_000) > 0
    }

    /// Its 22nd word in `/proc/PID/stat` (proc_pid_stat(5)): clock ticks since the machine was started. The second word
    /// is a name in parentheses that may hold anything.
    static func start(of id: pid_t) -> String? {
        guard let file = try? OpenFile(FilePath("/proc/\(id)/stat"), .readOnly),
            let bytes = try? file.readToEnd(limit: 1 << 16)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let name = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: name)...].split(separator: " ")
        return words.count > 19 ? String(words[19]) : nil
    }
}
