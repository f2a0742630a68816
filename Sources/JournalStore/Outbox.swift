internal import DurableFiles
package import JournalFormat
package import SystemPackage

/// Where an outbox's files are (journal-format.md, "The outbox").
///
///     outbox/events.jsonl     the workstation's events, as they were signed; only grows
///     outbox/refused.jsonl    those that the server will not record, and why; only grows
///     outbox/lock             held by the process that reads to the end or appends
///     outbox/poisoned         left by a write that the disk did not confirm
///     outbox/torn-…           bytes of a line that was not written to its end
package struct OutboxFiles: Sendable {
    package let directory: FilePath

    package init(_ directory: FilePath) {
        self.directory = directory
    }

    package var events: FilePath { directory.appending("events.jsonl") }
    package var refused: FilePath { directory.appending("refused.jsonl") }
    var lock: FilePath { directory.appending("lock") }
    var poison: FilePath { directory.appending("poisoned") }

    /// Whether anything was ever said here.
    package var isEmpty: Bool { ((try? events.stat().size) ?? 0) == 0 }

    /// What it holds now, all of it durable.
    package func read(log: EventID) throws(JournalError) -> OutboxContents {
        guard pathExists(directory) else { return OutboxContents(log: log, events: []) }
        let outbox = try Outbox(self, log: log)
        return outbox.contents
    }

    /// Writes the files again after a sync that failed: the kernel may show bytes that never reached the disk, and
    /// would call another sync of the same file a success.
    ///
    /// - Returns: whether there was anything to do.
    package func rewriteAfterFailedSync() throws(JournalError) -> Bool {
        guard pathExists(poison) else { return false }
        try orFile { () throws(FileFailure) in
            let lock = try FileLock(lock)
            for path in [events, refused] where pathExists(path) {
                try writeFileAtomically(path, try readFile(path, limit: 1 << 30), permissions: .ownerReadWrite)
            }
            try removeFile(poison)
            try synchronizeDirectory(directory)
            lock.unlock()
        }
        return true
    }
}

/// An outbox open for appending, under its lock.
package struct Outbox: ~Copyable {
    private let lock: FileLock
    private let log: EventID
    private var events: AppendOnlyLines
    private var refused: AppendOnlyLines
    package private(set) var contents: OutboxContents

    /// Opens the outbox of a journal, making it where it is missing.
    package init(_ files: OutboxFiles, log: EventID) throws(JournalError) {
        let lock = try orFile { () throws(FileFailure) in
            try makeDirectories(files.directory, permissions: 0o700)
            return try FileLock(files.lock)
        }
        let events = try AppendOnlyLines(files.events, poison: files.poison)
        let refused = try AppendOnlyLines(files.refused, poison: files.poison)
        self.lock = lock
        self.log = log
        contents = OutboxContents(log: log, events: events.bytes, refused: refused.bytes)
        self.events = events
        self.refused = refused
    }

    /// Bytes of a torn line that were kept aside when it was opened.
    package var tornBytes: Int { events.tornBytes + refused.tornBytes }

    /// Adds signed events, durably, all or none. Their ids must be new here.
    package mutating func append(_ signed: [SignedEvent]) throws(JournalError) {
        var bytes: [UInt8] = []
        for event in signed {
            guard event.bytes.count <= SignedEvent.maximumLength else { throw .eventTooLarge(event.bytes.count + 354) }
            bytes += event.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        try events.append(bytes)
        contents = OutboxContents(log: log, events: events.bytes, refused: refused.bytes)
    }

    /// Sets events aside that the server has refused.
    package mutating func refuse(_ new: [RefusedEvent]) throws(JournalError) {
        try refused.append(new.filter { contents.refused[$0.id] == nil }.flatMap(\.line))
        contents = OutboxContents(log: log, events: events.bytes, refused: refused.bytes)
    }
}
