internal import Glibc
internal import SystemPackage

/// Writes to somebody who may not read: who takes nothing for too long ends the writing with ETIMEDOUT.
package struct PatientOutput: ~Copyable {
    private let file: OpenFile
    private var wait: PatientWait
    /// The descriptor's flags before.
    private let flags: Int32?

    package init(_ file: consuming OpenFile, _ patience: Patience) {
        // Only where a write can wait for another process, and not on a terminal that others share.
        let type = try? file.descriptor.stat().type
        let canWait = type == .fifo || type == .socket
        let before = canWait ? fcntl(file.descriptor.rawValue, F_GETFL) : -1
        if before >= 0 { _ = fcntl(file.descriptor.rawValue, F_SETFL, before | O_NONBLOCK) }
        flags = before >= 0 ? before : nil
        self.file = file
        wait = PatientWait(patience)
    }

    /// Writes all of the bytes.
    package mutating func write(_ bytes: Span<UInt8>) throws(FileFailure) {
        let (descriptor, path) = (file.descriptor, file.path)
        var wait = self.wait
        defer { self.wait = wait }
        try attempt("write", path) {
            try unsafe bytes.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    guard !wait.isOver else { throw Errno.timedOut }
                    do {
                        let count = try unsafe descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
                        written += count
                        wait.moved(count)
                    } catch Errno.wouldBlock {
                        guard wait.wait(for: POLLOUT, on: descriptor.rawValue) else { throw Errno.timedOut }
                    }
                }
            }
        }
    }

    package consuming func close() throws(FileFailure) {
        if let flags { _ = fcntl(file.descriptor.rawValue, F_SETFL, flags) }
        try file.close()
    }
}

extension OpenFile {
    /// Everything to the end of a pipe or a connection; more than `limit` bytes are refused, and ETIMEDOUT is thrown
    /// where too little arrives.
    package func readToEnd(limit: Int, _ patience: Patience) throws(FileFailure) -> [UInt8] {
        var wait = PatientWait(patience)
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            guard wait.wait(for: POLLIN, on: descriptor.rawValue) else { throw FileFailure("read", path, .timedOut) }
            let count = try read(into: &piece)
            if count == 0 { return all }
            guard all.count + count <= limit else { throw FileFailure("read", path, .fileTooLarge) }
            all += piece[..<count]
            wait.moved(count)
        }
    }

    /// A line, without its LF, and not a byte beyond it; nil where the other side ends before it, or says more than
    /// `limit` bytes. ETIMEDOUT as above.
    package func readLine(limit: Int, _ patience: Patience) throws(FileFailure) -> [UInt8]? {
        var wait = PatientWait(patience)
        var line: [UInt8] = []
        var byte: [UInt8] = [0]
        while line.count < limit {
            guard wait.wait(for: POLLIN, on: descriptor.rawValue) else { throw FileFailure("read", path, .timedOut) }
            guard try read(into: &byte) > 0 else { return nil }
            if byte[0] == UInt8(ascii: "\n") { return line }
            line.append(byte[0])
            wait.moved(1)
        }
        return nil
    }

    /// Copies what a pipe or a connection brings into a file, at most `limit` bytes of it, and takes no more; ETIMEDOUT
    /// as above.
    ///
    /// - Returns: how many bytes came, up to that limit.
    package func copy(
        to file: borrowing OpenFile, limit: Int, _ patience: Patience
    ) throws(FileFailure) -> Int {
        var wait = PatientWait(patience)
        var done = 0
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while done < limit {
            guard wait.wait(for: POLLIN, on: descriptor.rawValue) else { throw FileFailure("read", path, .timedOut) }
            if limit - done < piece.count { piece.removeLast(piece.count - (limit - done)) }
            let count = try read(into: &piece)
            if count == 0 { break }
            try file.write(piece.span.extracting(0..<count))
            done += count
            wait.moved(count)
        }
        return done
    }
}
