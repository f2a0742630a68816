internal import CLinux
internal import DurableFiles
internal import Glibc
package import SystemPackage
internal import Threads
internal import VisibleText

/// The standard error of a child that repeats what others chose, a name in a stream or another machine's words: each
/// line is shown on ours, with nothing in it that a terminal obeys.
package enum ShownErrors {
    /// A longer line is shown in pieces.
    private static let longestLine = 4096

    /// Runs `body` with a descriptor that is to be its child's standard error, and to be closed once the child has it.
    ///
    /// Returns when `body` has, and when what the child wrote until then is shown; what the child started, and left
    /// with the same descriptor, is not waited for.
    ///
    /// - Parameter hasFailedAsSSH: whether the child has ended as ssh does when it has failed itself, with 255. Only then its
    ///   words are its own: a server's, which come the same way, may say anything.
    /// - Throws: `SSHError` where the child is ssh, and refused the key that answered or was refused by the server.
    package static func run<Result>(
        on output: FileDescriptor = .standardError, hasFailedAsSSH: (Result) -> Bool,
        _ body: (FileDescriptor) async throws -> Result
    ) async throws -> Result {
        let pipe = try ProcessPipe()
        let stop = try StopSignal()
        async let shown = onOwnThread { show(pipe.readEnd, until: stop, on: output) }
        do {
            let result = try await body(pipe.writeEnd)
            stop.stop()
            if let refused = await shown, hasFailedAsSSH(result) { throw refused }
            return result
        } catch {
            stop.stop()
            _ = await shown
            throw error
        }
    }

    private static func show(
        _ input: FileDescriptor, until stop: StopSignal, on output: FileDescriptor
    ) -> SSHError? {
        defer { try? input.close() }
        var watch = HostKeyWatch()
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        func write(_ line: [UInt8]) {
            let text = Array((VisibleText.line(line) + "\n").utf8)
            _ = try? unsafe text.withUnsafeBytes { try unsafe output.writeAll($0) }
        }
        while stop.allowsReading(input) || hasMore(input) {
            guard let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe input.read(into: $0) }), count > 0
            else { break }
            for byte in buffer[..<count] {
                if byte != UInt8(ascii: "\n") { line.append(byte) }
                if byte == UInt8(ascii: "\n") || line.count == longestLine { watch.take(ended(&line)).forEach(write) }
            }
        }
        if !line.isEmpty { watch.take(ended(&line)).forEach(write) }
        watch.finish().forEach(write)
        return watch.found
    }

    /// Whether a child that has ended left something to read, or nobody can write any more.
    private static func hasMore(_ input: FileDescriptor) -> Bool {
        var state = pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&state, 1, 0) > 0
    }

    /// The line so far, and the next one begins. ssh ends its lines as if a terminal were raw.
    private static func ended(_ line: inout [UInt8]) -> [UInt8] {
        defer { line.removeAll(keepingCapacity: true) }
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
