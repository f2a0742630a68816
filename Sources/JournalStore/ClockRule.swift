internal import DurableFiles
package import JournalFormat
internal import SystemPackage

/// Whether a clock may date the next line.
///
/// A record's time never goes back, so a clock that is ahead gives its time to all that follow, and what a slow clock
/// dates stays far from its place for ever. So a clock more than a day away from the last line, either way,
/// needs somebody who vouches for it: the kernel (NTP), or a person.
package struct ClockRule: Sendable {
    /// Milliseconds.
    private static let longestLeap = 86_400_000

    package let now: Timestamp
    private let isTrusted: @Sendable () -> Bool

    /// - Parameter isTrusted: asked only where the clock is far from the last line.
    package init(now: Timestamp, isTrusted: @escaping @Sendable () -> Bool) {
        self.now = now
        self.isTrusted = isTrusted
    }

    /// - Parameter last: the time of the last line; nil where there is none.
    package func check(against last: Timestamp?) throws(JournalError) {
        guard let last, abs(now.milliseconds - last.milliseconds) > Self.longestLeap, !isTrusted() else { return }
        throw .clockLeapt(now, last: last)
    }
}

extension JournalDirectory {
    /// The time of the last whole line as it stands there: nothing is judged, and the cost is that of one line. Nil
    /// where there is none, or it is not a record.
    package func lastTime() throws(JournalError) -> Timestamp? {
        let names = try orFile { () throws(FileFailure) in try segmentNames() } ?? []
        for name in names.reversed() {
            let path = path.appending(name)
            let bytes = try orFile { () throws(FileFailure) in
                let file = try OpenFile(regular: path, .readOnly)
                let wanted = min(try file.size(), Int64(2 * RecordLayout.maximumLineLength))
                return try file.read(Int(wanted), at: try file.size() - wanted)
            }
            let lines = wholeLines(Array(bytes[..<tornTailStart(bytes.span)]))
            // A segment that holds a torn line and nothing else has its last record in the one before.
            guard let line = lines.last else { continue }
            return try? RecordLayout(Array(line + [UInt8(ascii: "\n")]).span).ts
        }
        return nil
    }
}

extension Journal {
    /// What the next record says it is.
    package var time: Timestamp { max(clock.now, replay.verifier.lastTime) }
}

extension WorkstationFiles {
    /// The time of the last thing that this machine has heard or said.
    package func lastTime(_ outbox: OutboxContents) throws(JournalError) -> Timestamp? {
        [try replica.lastTime(), outbox.entries.last?.event.ts].compactMap(\.self).max()
    }
}
