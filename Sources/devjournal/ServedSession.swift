import CLinux
import DurableFiles
import Glibc
import JournalFormat
import Machines
import SystemPackage

/// The requests that are being answered, each by a process of its own, so that those of a key can be ended when it is
/// retired.
///
/// A session is a file `KEYID.PID` that its process holds a kernel lock on; it says when the process began. One lock is
/// held by whoever adds a session or looks at them all, never while a client is waited for.
struct ServedSessions {
    /// How many of one key there may be at a time: each may take memory for a delivery and a journal.
    private static let most = 8

    private let directory: FilePath
    private let lock: FilePath

    init(_ directory: FilePath, lock: FilePath) {
        self.directory = directory
        self.lock = lock
    }

    /// This process begins to answer. To be called before the keyring is asked: so whoever retires the key either finds
    /// the session, or is found by it.
    func begin(_ key: KeyID) throws -> ServedSession {
        try makeDirectories(directory, permissions: 0o700)
        let held = try FileLock(lock)
        defer { withExtendedLifetime(held) {} }
        guard try alive(key).count < Self.most else {
            throw Complaint(
                "\(Self.most) requests of this key are being answered", hint: "try again when one has ended", .refused)
        }
        let process = getpid()
        // What it starts is of its group, to be ended with it. A terminal reads only for the group in front.
        if isatty(STDIN_FILENO) == 0 { _ = setpgid(0, 0) }
        guard let start = ServedProcess.start(of: process) else {
            throw Complaint("this process is not found in /proc", .failed)
        }
        let path = directory.appending("\(key).\(process)")
        try removeFile(path)
        let file = try OpenFile(path, .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
        try file.write(Array("\(start) \(getpgrp() == process ? "group" : "alone")\n".utf8).span)
        try file.close()
        guard let own = try FileLock.tryLock(path) else { throw Complaint("\(path) is locked", .failed) }
        return ServedSession(own)
    }

    struct Ended {
        var ended = 0
        /// Processes that did not end.
        var left: [pid_t] = []
    }

    /// Ends all of a key's, and waits for that, some seconds at most.
    func end(of key: KeyID) throws -> Ended {
        var result = Ended()
        guard pathExists(directory) else { return result }
        let held = try FileLock(lock)
        defer { withExtendedLifetime(held) {} }
        let sessions = try alive(key)
        for session in sessions { session.process.end(withGroup: session.leadsGroup) }
        for session in sessions {
            if try session.process.hasEnded() && isFree(session.path, within: 5) {
                result.ended += 1
                try removeFile(session.path)
            } else {
                result.left.append(session.process.id)
            }
        }
        return result
    }

    private struct Session {
        let path: FilePath
        let process: ServedProcess
        let leadsGroup: Bool
    }

    /// Files that nobody holds were left behind by processes that have ended, and are removed.
    private func alive(_ key: KeyID) throws -> [Session] {
        var found: [Session] = []
        for name in try namesInDirectory(directory) ?? [] {
            let path = directory.appending(name)
            if try FileLock.tryLock(path) != nil {
                try removeFile(path)
                continue
            }
            let parts = name.split(separator: ".")
            guard parts.count == 2, parts[0] == key.description, let id = pid_t(parts[1]) else { continue }
            let words = String(decoding: try readFile(path, limit: 64), as: UTF8.self).split(
                whereSeparator: \.isWhitespace)
            found.append(
                Session(
                    path: path, process: ServedProcess(id: id, start: words.first.map(String.init) ?? ""),
                    leadsGroup: words.last == "group"))
        }
        return found
    }

    /// Whatever else held the lock, rsync's other processes among it, has ended with the group.
    private func isFree(_ path: FilePath, within seconds: Int) throws -> Bool {
        for _ in 0..<seconds * 50 {
            if try FileLock.tryLock(path) != nil { return true }
            usleep(20_000)
        }
        return false
    }
}

/// That this process answers a key's request.
final class ServedSession {
    private var lock: FileLock?

    init(_ lock: consuming FileLock) {
        self.lock = consume lock
    }

    /// Another program takes this process's place, and goes on with the same session.
    func outliveProcess() throws {
        try lock.take()?.outliveProcess()
    }
}

/// A process by its number and by when it began: numbers are used again.
private struct ServedProcess {
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
