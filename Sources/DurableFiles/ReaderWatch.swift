internal import Glibc
internal import SystemPackage

/// Finds out that nobody reads what this process writes to a pipe or a connection, from outside of whatever writes.
package struct ReaderWatch {
    private let silence: Double
    private var written: Int?
    private var since = 0.0

    /// - Parameter silence: seconds after which a reader that takes nothing counts as gone.
    package init(silence: Double) {
        self.silence = silence
    }

    /// Takes one look.
    ///
    /// - Parameters:
    ///   - now: seconds of a clock that never goes back.
    ///   - written: bytes so far.
    ///   - isFull: whether the descriptor takes no more just now.
    package mutating func isOver(now: Double, written: Int, isFull: Bool) -> Bool {
        guard isFull, written == self.written else {
            (self.written, since) = (written, now)
            return false
        }
        return now - since >= silence
    }

    /// The same, for this process and one of its descriptors.
    package mutating func isOver(_ descriptor: Int32) -> Bool {
        var output = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let isFull = unsafe poll(&output, 1, 0) == 0
        return isOver(now: PatientWait.seconds(), written: Self.bytesWritten(), isFull: isFull)
    }

    /// `wchar` of `/proc/self/io` (proc_pid_io(5)).
    private static func bytesWritten() -> Int {
        guard let bytes = try? readFile("/proc/self/io", limit: 1 << 12) else { return -1 }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("wchar: ") }.flatMap { Int($0.dropFirst("wchar: ".count)) } ?? -1
    }
}
