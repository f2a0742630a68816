internal import Catalogue
internal import Digest
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// A line that is looked for in a listing.
struct WantedLine {
    enum Purpose {
        /// An inode that was changed: a directory's place, a file's content.
        case changed(UInt64)
        /// Content that is to be read again, by its number.
        case readAgain(Int)
    }

    /// The names on the way down, with zeros between: in this order listings are.
    let path: [UInt8]
    let purpose: Purpose

    init(_ names: [[UInt8]], _ purpose: Purpose) {
        path = Array(names.joined(separator: [0]))
        self.purpose = purpose
    }

    /// As the listing has it.
    var text: [UInt8] {
        if path.isEmpty { return TreePath.top.bytes }
        return path.split(separator: 0, omittingEmptySubsequences: false).reduce(into: TreePath.top.bytes) {
            $0.append(UInt8(ascii: "/"))
            $0.append(contentsOf: EscapedText.text(Array($1)))
        }
    }
}

/// The canonical listing of a parent, in a file that nobody else writes to: read through once, then here and there.
struct ParentListing: ~Copyable {
    static let tab = UInt8(ascii: "\t")
    private static let windowSize = 1 << 16

    private let file: OpenFile
    private let size: Int
    /// Part of the file, and where it begins.
    private var window: [UInt8] = []
    private var start = 0

    init(_ file: consuming OpenFile, size: Int) {
        self.file = file
        self.size = size
    }

    /// Reads it from the first byte to the last, once, and calls `found` for each of the wanted lines, which are in the
    /// order of their paths, with where it begins and the hash in its last field.
    ///
    /// - Returns: the hash of all, and whether every wanted line was there.
    mutating func readThrough(
        _ wanted: [WantedLine], found: (WantedLine, Int, SHA256Digest?) throws(Errno) -> Void
    ) throws(Errno) -> (digest: SHA256Digest, isComplete: Bool) {
        var digest = SHA256()
        var (offset, next) = (0, 0)
        var text = wanted.first.map { $0.text + [Self.tab] }
        while offset < size {
            let line = try self.line(at: offset)
            digest.update(window.span.extracting(line))
            // The same file can be wanted twice.
            while let wantedText = text, begins(line, wantedText) {
                try found(wanted[next], offset, hash(of: line))
                next += 1
                text = next < wanted.count ? wanted[next].text + [Self.tab] : nil
            }
            offset += line.count
        }
        return (digest.finish(), next == wanted.count)
    }

    /// Steps over whole lines as long as they begin with `prefix`, as far as one that begins with `end`.
    ///
    /// - Parameter body: is given the lines, several at a time.
    /// - Returns: where the first line begins that was not stepped over.
    mutating func lines(
        from offset: Int, within prefix: [UInt8], until end: [UInt8]?,
        _ body: (ArraySlice<UInt8>, Int) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        var offset = offset
        while offset < size {
            let first = try line(at: offset)
            var (position, count) = (first.lowerBound, 0)
            // As far as whole lines are in the window.
            var line = first
            while begins(line, prefix), end.map({ !begins(line, $0) }) ?? true {
                (position, count) = (line.upperBound, count + 1)
                guard let following = lineInWindow(at: position) else { break }
                line = following
            }
            if count == 0 { return offset }
            try body(window[first.lowerBound..<position], count)
            offset += position - first.lowerBound
        }
        return offset
    }

    /// The line that begins here, if it begins with `prefix`; its line feed is included.
    mutating func line(at offset: Int, beginning prefix: [UInt8]) throws(Errno) -> [UInt8]? {
        guard offset < size else { return nil }
        let line = try self.line(at: offset)
        return begins(line, prefix) ? Array(window[line]) : nil
    }

    private func begins(_ line: Range<Int>, _ prefix: [UInt8]) -> Bool {
        guard line.count >= prefix.count else { return false }
        return unsafe window.withUnsafeBytes { window in
            unsafe prefix.withUnsafeBytes { prefix in
                guard let mine = window.baseAddress, let theirs = prefix.baseAddress else { return false }
                return unsafe memcmp(mine + line.lowerBound, theirs, prefix.count) == 0
            }
        }
    }

    private func hash(of line: Range<Int>) -> SHA256Digest? {
        SHA256Digest(hex: String(decoding: window[line].dropLast().suffix(64), as: UTF8.self))
    }

    /// Where in the window the line is that begins at this offset of the file; the last one may lack a line feed.
    private mutating func line(at offset: Int) throws(Errno) -> Range<Int> {
        if offset >= start, offset < start + window.count, let line = lineInWindow(at: offset - start) { return line }
        var wanted = Self.windowSize
        while true {
            try fill(from: offset, wanted)
            if let line = lineInWindow(at: 0) { return line }
            if offset + window.count >= size { return 0..<window.count }
            wanted = window.count * 4
        }
    }

    private func lineInWindow(at position: Int) -> Range<Int>? {
        guard position < window.count else { return nil }
        return unsafe window.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            guard let end = unsafe memchr(base + position, Int32(UInt8(ascii: "\n")), bytes.count - position) else {
                return nil
            }
            return unsafe position..<(UnsafeRawPointer(end) - base + 1)
        }
    }

    private mutating func fill(from offset: Int, _ wanted: Int) throws(Errno) {
        let wanted = min(wanted, size - offset)
        if window.count < wanted { window = [UInt8](repeating: 0, count: wanted) }
        if window.count > wanted { window.removeLast(window.count - wanted) }
        start = offset
        var filled = 0
        while filled < wanted {
            do {
                let count = try unsafe window.withUnsafeMutableBytes { bytes in
                    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[filled..<wanted])
                    return try unsafe file.descriptor.read(fromAbsoluteOffset: Int64(offset + filled), into: part)
                }
                // It became shorter meanwhile.
                if count == 0 { throw Errno.ioError }
                filled += count
            } catch {
                throw error as? Errno ?? .ioError
            }
        }
    }
}
