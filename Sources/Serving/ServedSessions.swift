package import CLinux
package import DurableFiles
import Glibc
package import JournalFormat
package import Machines
package import SystemPackage

/// The requests that are being answered, each by a process of its own, so that those of a key can be ended when it is
/// retired.
///
/// A session is a file `KEYID.PID` that its process holds a kernel lock on; it says when the process began. One lock is
/// held by the process that adds a session or looks at them all, never while a client is waited for.
package struct ServedSessions {
    /// How many of one key there may be at a time: each may take memory for a delivery and a journal.
    private static let most = 8

    private let directory: FilePath
    private let lock: FilePath

    package init(_ directory: FilePath, lock: FilePath) {
        self.directory = directory
        self.lock = lock
    }

    /// This process begins to answer. To be called before the keyring is asked: so a command that retires the key
    /// either finds the session, or is found by it.
    package func begin(_ key: KeyID) throws -> ServedSession {
        try makeDirectories(directory, permissions: 0o700)
        let held = try FileLock(lock)
        defer { withExtendedLifetime(held) {} }
        guard try alive(key).count < Self.most else {
            throw ServingError.tooMany(Self.most)
        }
        let process = getpid()
        // What it starts is of its group, to be ended with it. A terminal reads only for the group in front.
        if isatty(STDIN_FILENO) == 0 { _ = setpgid(0, 0) }
        guard let start = ServedProcess.start(of: process) else {
            throw ServingError.sessionNotBegun("this process is not found in /proc")
        }
        let path = directory.appending("\(key).\(process)")
        try removeFile(path)
        let file = try OpenFile(path, .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
        try file.write(Array("\(start) \(getpgrp() == process ? "group" : "alone")\n".utf8).span)
        try file.close()
        guard let own = try FileLock.tryLock(path) else { throw ServingError.sessionNotBegun("\(path) is locked") }
        return ServedSession(own)
    }

    package struct Ended {
        package var ended = 0
        /// Processes that did not end.
        package var left: [pid_t] = []
    }

    /// Ends all of a key's, and waits for that, some seconds at most.
    package func end(of key: KeyID) throws -> Ended {
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
        package let path: FilePath
        package let process: ServedProcess
        package let leadsGroup: Bool
    }

    /// Files that nobody holds were left by processes that have ended, and are removed.
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
package final class ServedSession {
    private var lock: FileLock?

    package init(_ lock: consuming FileLock) {
        self.lock = consume lock
    }

    /// Another program takes this process's place, and continues with the same session.
    package func outliveProcess() throws {
        try lock.take()?.outliveProcess()
    }
}

extension ServerTree {
    package var sessions: ServedSessions {
        ServedSessions(locks.appending("sessions"), lock: locks.appending("sessions.lock"))
    }
}
