package import DurableFiles
package import JournalFormat
package import SystemPackage

/// The right to commit to one mirror: one process has it at a time, and never sooner than the store takes it
/// (`ObjectStore.writesOfKeyApart`).
///
/// Each commit replaces checkpoint and manifests. The lock's file says when the last commit ended, so a process waits too
/// that begins where another one has just ended.
package struct CommitTurns: Sendable {
    private let path: FilePath
    fileprivate let now: @Sendable () -> Timestamp
    private let pause: @Sendable (_ milliseconds: Int) -> Void

    /// - Parameter path: the lock's file, one for each mirror.
    package init(
        _ path: FilePath, now: @escaping @Sendable () -> Timestamp, pause: @escaping @Sendable (Int) -> Void
    ) {
        self.path = path
        self.now = now
        self.pause = pause
    }

    /// Waits for a turn: a commit takes seconds.
    package func begin() throws(FileFailure) -> CommitTurn { CommitTurn(try FileLock(path), of: self) }

    /// Waits, without keeping anybody from a turn, until the last commit is so long ago.
    ///
    /// - Parameter apart: milliseconds.
    package func wait(untilApart apart: Int) {
        guard let file = try? OpenFile(path, .readOnly), let bytes = try? file.readToEnd(limit: 20) else { return }
        pause(untilApart: apart, bytes)
    }

    /// A clock that was set may say anything: it is waited for once as long as was asked for, or not at all.
    fileprivate func pause(untilApart apart: Int, _ bytes: [UInt8]) {
        guard let last = Int(String(decoding: bytes, as: UTF8.self)) else { return }
        let passed = now().milliseconds - last
        if (0..<apart).contains(passed) { pause(apart - passed) }
    }

    /// For a turn that takes long itself: refused at once where another one has it, as `FileLock.ofWork` says.
    package func begin(orRefuse others: String) throws(FileFailure) -> CommitTurn {
        CommitTurn(try FileLock.ofWork(path, others), of: self)
    }
}

/// A turn, until it ends.
package struct CommitTurn: ~Copyable {
    private let lock: FileLock
    private let turns: CommitTurns

    fileprivate init(_ lock: consuming FileLock, of turns: CommitTurns) {
        self.lock = lock
        self.turns = turns
    }

    /// Waits until the store takes another write of what the last commit wrote.
    ///
    /// Where that was too short, what the store refuses is sent again.
    ///
    /// - Parameter apart: milliseconds from the end of a commit to the next write of the checkpoint.
    func wait(untilApart apart: Int) {
        if let bytes = try? read() { turns.pause(untilApart: apart, bytes) }
    }

    private func read() throws(FileFailure) -> [UInt8] {
        try lock.file.seek(to: 0)
        return try lock.file.readToEnd(limit: 20)
    }

    /// Remembers that a commit ends now. Where that cannot be written, the next one does not wait.
    func noteCommit() {
        do throws(FileFailure) {
            try lock.file.truncate(to: 0)
            try lock.file.seek(to: 0)
            try lock.file.write(Array("\(turns.now().milliseconds)".utf8).span)
        } catch {}
    }

    /// Lets others commit.
    package consuming func end() {}
}
