internal import CCRC32C
package import Catalogue
package import Digest
internal import DurableFiles
internal import Glibc
package import SystemPackage
internal import Zstd

/// A catalogue on the machine that made it, not encrypted, for its owner alone: zstd frames of one section each, and what
/// each of them is as the last section.
package struct ClearCatalogue: Sendable {
    /// Most of a listing are hashes, which no level makes smaller.
    private static let level = 3
    /// A map is text, and all of it is needed for one file.
    private static let mapLevel = 9

    package let path: FilePath
    /// Of the text.
    package let plainBytes: Int
    package let plainSHA256: SHA256Digest
    /// Of the frame of its index, the length and the hash of what that says; nil where it would be too long for a frame.
    package let index: (bytes: Int, sha256: SHA256Digest)?

    /// Writes it under that name, in place of what is there.
    ///
    /// - Parameter known: frames that need not be compressed again.
    package init(
        frames: FrameTable, listing: SpooledText? = nil, map: SpooledText? = nil, known: KnownFrames? = nil,
        as path: FilePath
    ) throws {
        let file = try TemporaryFile(for: path, .sealing)
        do {
            let descriptor = file.file.descriptor
            var text = CatalogueFrames(try ZstdFrameCompressor(level: Self.level)) { frame in
                try writeAll(frame, to: descriptor, path)
            }
            let table = frames.text
            text.begin(.frames)
            try text.write(Array("\(CatalogueText.firstLine)\n".utf8).span)
            try text.write(CatalogueText.header(.frames, length: table.count).span)
            try text.write(table.span)
            try text.end()
            if let listing { try text.write(.listing, listing, known) }
            if let map {
                text.compress(with: try ZstdFrameCompressor(level: Self.mapLevel))
                try text.write(.map, map, nil)
            }
            index = try text.writeIndex()
            (plainBytes, plainSHA256) = text.finish()
            self.path = path
            try TemporaryFile.makeDurable(descriptor, file.path, permissions: .ownerReadWrite)
            try file.publish(replacing: true)
        } catch {
            file.remove()
            throw error
        }
    }
}

/// Gathers text into frames of a section each, hashes it, and keeps what the index says of them.
private struct CatalogueFrames: ~Copyable {
    private var compressor: ZstdFrameCompressor
    private let give: (Span<UInt8>) throws -> Void
    private var gathered = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
    private var frame = [UInt8](repeating: 0, count: ZstdFrames.longest)
    private var filled = 0
    private var bytes = 0
    private var digest = SHA256()
    private var index = CatalogueIndex()
    private var section = CatalogueText.Section.frames
    private var known: KnownFrames?
    /// Where the line at hand begins in what is gathered.
    private var line = 0
    /// Whether the frame at hand begins with a line of the section, and whether it is its first one.
    private var (beginsLine, isFirst) = (true, true)

    init(_ compressor: consuming ZstdFrameCompressor, _ give: @escaping (Span<UInt8>) throws -> Void) {
        self.compressor = compressor
        self.give = give
    }

    mutating func compress(with compressor: consuming ZstdFrameCompressor) { self.compressor = compressor }

    mutating func begin(_ section: CatalogueText.Section, _ known: KnownFrames? = nil) {
        (self.section, self.known) = (section, known)
        (beginsLine, isFirst) = (true, true)
    }

    mutating func end() throws { if filled > 0 { try giveFrame() } }

    mutating func write(_ section: CatalogueText.Section, _ content: SpooledText, _ known: KnownFrames?) throws {
        begin(section, known)
        try write(CatalogueText.header(section, length: content.count).span)
        try content.read { try write($0) }
        try end()
    }

    mutating func write(_ text: Span<UInt8>) throws {
        digest.update(text)
        bytes += text.count
        var start = 0
        while start < text.count {
            let end = section == .listing ? Self.lineEnd(in: text, from: start) : text.count
            let count = min(end - start, gathered.count - filled)
            gather(text.extracting(start..<start + count))
            start += count
            if filled == gathered.count { try giveFrame() } else if section == .listing { try endLine() }
        }
    }

    /// After the next LF, or where the text ends.
    private static func lineEnd(in text: Span<UInt8>, from start: Int) -> Int {
        unsafe text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
            else { return bytes.count }
            return unsafe UnsafeRawPointer(found) - base + 1
        }
    }

    private mutating func gather(_ piece: Span<UInt8>) {
        let place = filled
        unsafe gathered.withUnsafeMutableBytes { gathered in
            unsafe piece.withUnsafeBytes { piece in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: gathered[place...])
                unsafe rest.copyMemory(from: piece)
            }
        }
        filled += piece.count
    }

    /// Ends the frame where the line that ends here says so.
    private mutating func endLine() throws {
        guard gathered[filled - 1] == UInt8(ascii: "\n") else { return }
        let line = self.line..<filled
        self.line = filled
        guard filled >= CatalogueText.listingFrame.lowerBound else { return }
        let sum = unsafe gathered.withUnsafeBufferPointer { bytes in
            unsafe bytes.baseAddress.map { unsafe ccrc32c_update(0, $0 + line.lowerBound, line.count) } ?? 0
        }
        if sum & CatalogueText.lastLine == 0 || filled >= CatalogueText.listingFrame.upperBound { try giveFrame() }
    }

    private mutating func giveFrame() throws {
        // The compressor must not be changed while a span of its neighbour is out.
        var (content, frame): ([UInt8], [UInt8]) = ([], [])
        swap(&content, &gathered)
        swap(&frame, &self.frame)
        let hash = SHA256.hash(content.span.extracting(0..<filled))
        let length: Int
        if let before = known?.frame(holding: hash), before.count <= frame.count {
            length = before.count
            try give(before.span)
        } else {
            length = try compressor.compress(content.span.extracting(0..<filled), into: &frame)
            try give(frame.span.extracting(0..<length))
        }
        let path = isFirst ? [] : CatalogueIndex.path(ofLine: content.span.extracting(0..<filled))
        index.append(
            CatalogueIndex.Frame(
                sha256: hash, length: length, plainLength: filled,
                section: section, path: section == .listing && beginsLine ? path : nil))
        (beginsLine, isFirst) = (content[filled - 1] == UInt8(ascii: "\n"), false)
        (filled, line) = (0, 0)
        swap(&content, &gathered)
        swap(&frame, &self.frame)
    }

    /// The last section, in a frame of its own; none where it does not fit into one.
    mutating func writeIndex() throws -> (bytes: Int, sha256: SHA256Digest)? {
        let text = index.text
        let header = CatalogueText.header(.index, length: text.count)
        guard header.count + text.count <= ZstdFrames.contentSize else { return nil }
        begin(.index)
        try write((header + text).span)
        try end()
        return (index.frames[index.frames.count - 1].length, SHA256.hash(text.span))
    }

    /// - Returns: the text's length and hash.
    mutating func finish() -> (Int, SHA256Digest) { (bytes, digest.finish()) }
}
