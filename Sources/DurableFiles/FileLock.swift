internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// How this process waits for locks that others hold.
package struct LockWaiting: Sendable {
    /// Seconds after which it learns whom a lock is waited for.
    package static let patience = 2.0

    /// Seconds after which a lock is given up; nil: never.
    package let limit: Double?
    /// Learns, once for each lock that is waited for so long, whose file that is and who holds it.
    package let tell: @Sendable (FilePath, LockHolder?) -> Void

    package init(limit: Double?, tell: @escaping @Sendable (FilePath, LockHolder?) -> Void) {
        self.limit = limit
        self.tell = tell
    }

    fileprivate static let current = Mutex(LockWaiting(limit: nil) { _, _ in })

    /// For all locks that are taken from now on.
    package func begin() { Self.current.withLock { $0 = self } }
}

/// A kernel lock (`flock(2)`) on a file of its own, or on a directory: the kernel lets it go when the process ends,
/// however it ends, so a stale lock cannot exist.
package struct FileLock: ~Copyable {
    package let file: OpenFile
    private var isKept = false

    /// Waits until no other process holds the lock, or as long as `LockWaiting` says.
    package init(_ path: FilePath) throws(FileFailure) {
        try self.init(on: Self.open(path))
    }

    /// Waits for the lock on a file or directory that is already open. Each opening of a file counts as a holder of its
    /// own, so two threads of one process exclude each other too.
    package init(on file: consuming OpenFile) throws(FileFailure) {
        if try !Self.take(file) { try Self.wait(for: file) }
        self.file = file
    }

    /// Nil where another process holds the lock.
    package static func tryLock(_ path: FilePath) throws(FileFailure) -> FileLock? {
        try tryLock(on: open(path))
    }

    /// Nil where another opening of the file holds the lock.
    package static func tryLock(on file: consuming OpenFile) throws(FileFailure) -> FileLock? {
        try take(file) ? FileLock(holding: file) : nil
    }

    /// The lock of work that may take hours: it is waited for only where `LockWaiting` has a limit, and refused at once
    /// elsewhere. Both failures name who holds it.
    ///
    /// - Parameter work: what the holder does, such as `another push`.
    package static func ofWork(_ path: FilePath, _ work: String) throws(FileFailure) -> FileLock {
        let file = try open(path)
        if try take(file) { return FileLock(holding: file) }
        guard LockWaiting.current.withLock({ $0.limit }) == nil else {
            try wait(for: file)
            return FileLock(holding: file)
        }
        let holder = LockHolder.of(file)
        let who = holder.map { ": process \($0.process) (\($0.command))" + ($0.isStopped ? ", stopped" : "") } ?? ""
        throw FileFailure(
            "lock", path, .resourceBusy, reason: "\(work) is running\(who)",
            hint: whenHeld(holder, "run it again when that has ended; --lock-timeout SECONDS waits for it"))
    }

    /// Keeps the lock when another program takes this process's place (execve(2)), and for as long as that runs.
    package consuming func outliveProcess() throws(FileFailure) {
        let path = file.path
        let descriptor = try attempt("keep", path) { try file.descriptor.duplicate() }
        isKept = true
        try check(fcntl(descriptor.rawValue, F_SETFD, 0), "keep", path)
    }

    /// Lets the lock go now.
    package consuming func unlock() {}

    private static func open(_ path: FilePath) throws(FileFailure) -> OpenFile {
        try OpenFile(regular: path, .readWrite, options: .create, permissions: [.ownerReadWrite, .groupReadWrite])
    }

    private init(holding file: consuming OpenFile) {
        self.file = file
    }

    /// A child that another thread is just starting holds a copy of the open file until it becomes its program, and
    /// with it the lock, unless that is given up.
    deinit {
        if !isKept { _ = clinux_flock(file.descriptor.rawValue, LOCK_UN) }
    }

    // MARK: Waiting

    private static func take(_ file: borrowing OpenFile) throws(FileFailure) -> Bool {
        if clinux_flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
        if clinux_errno() == EWOULDBLOCK { return false }
        throw FileFailure("lock", file.path, Errno(rawValue: clinux_errno()))
    }

    private static func wait(for file: borrowing OpenFile) throws(FileFailure) {
        let waiting = LockWaiting.current.withLock { $0 }
        let start = PatientWait.seconds()
        var isTold = false
        while true {
            let waited = PatientWait.seconds() - start
            if let limit = waiting.limit, waited >= limit { throw deadlinePassed(file, limit) }
            if waited >= LockWaiting.patience, !isTold {
                waiting.tell(file.path, LockHolder.of(file))
                isTold = true
            }
            let next = [waiting.limit, isTold ? nil : LockWaiting.patience].compactMap(\.self).min()
            // Zero: until the lock is there, or any signal.
            let milliseconds = next.map { Int(max(0, $0 - waited) * 1_000) + 1 } ?? 0
            if clinux_flock_for(file.descriptor.rawValue, milliseconds) == 0 { return }
            let errno = Errno(rawValue: clinux_errno())
            if errno != .interrupted { throw FileFailure("lock", file.path, errno) }
        }
    }

    private static func deadlinePassed(_ file: borrowing OpenFile, _ limit: Double) -> FileFailure {
        let holder = LockHolder.of(file)
        let who = holder.map { "process \($0.process) (\($0.command))" } ?? "another process"
        let seconds = limit == limit.rounded() ? "\(Int(limit))" : "\(limit)"
        return FileFailure(
            "lock", file.path, .timedOut, reason: "\(who) still holds it after \(seconds) s",
            hint: whenHeld(holder, "run it again when that has ended"))
    }

    private static func whenHeld(_ holder: LockHolder?, _ otherwise: String) -> String {
        guard let holder, holder.isStopped else { return otherwise }
        return "kill -CONT \(holder.process) lets it continue, kill -KILL \(holder.process) ends it; what it has "
            + "acknowledged stays"
    }
}

extension FileFailure {
    /// Whether a lock was given up because others held it for too long.
    package var isLockTimeout: Bool { action == "lock" && errno == .timedOut }
}
