package import Catalogue
package import Digest
internal import DurableFiles
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
    package init(
        frames: FrameTable, listing: SpooledText? = nil, map: SpooledText? = nil, as path: FilePath
    ) throws {
        let file = try TemporaryFile(for: path, .sealing)
        do {
            let descriptor = file.file.descriptor
            var text = CatalogueFrames(try ZstdFrameCompressor(level: Self.level)) { frame in
                try writeAll(frame, to: descriptor, path)
            }
            let table = frames.text
            text.begin(.frames, part: ZstdFrames.contentSize)
            try text.write(Array("\(CatalogueText.firstLine)\n".utf8).span)
            try text.write(CatalogueText.header(.frames, length: table.count).span)
            try text.write(table.span)
            try text.end()
            if let listing { try text.write(.listing, listing, part: CatalogueText.listingPart) }
            if let map {
                text.compress(with: try ZstdFrameCompressor(level: Self.mapLevel))
                try text.write(.map, map, part: ZstdFrames.contentSize)
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
    /// Bytes after which a frame ends with a line.
    private var part = ZstdFrames.contentSize
    /// Whether the frame at hand begins with a line of the section, and whether it is its first one.
    private var (beginsLine, isFirst) = (true, true)

    init(_ compressor: consuming ZstdFrameCompressor, _ give: @escaping (Span<UInt8>) throws -> Void) {
        self.compressor = compressor
        self.give = give
    }

    mutating func compress(with compressor: consuming ZstdFrameCompressor) { self.compressor = compressor }

    mutating func begin(_ section: CatalogueText.Section, part: Int) {
        (self.section, self.part) = (section, part)
        (beginsLine, isFirst) = (true, true)
    }

    mutating func end() throws { if filled > 0 { try giveFrame() } }

    mutating func write(_ section: CatalogueText.Section, _ content: SpooledText, part: Int) throws {
        begin(section, part: part)
        try write(CatalogueText.header(section, length: content.count).span)
        try content.read { try write($0) }
        try end()
    }

    mutating func write(_ text: Span<UInt8>) throws {
        digest.update(text)
        bytes += text.count
        var start = 0
        while start < text.count {
            let limit = min(text.count - start, gathered.count - filled)
            var count = min(limit, max(0, part - 1 - filled))
            for index in 0..<count { gathered[filled + index] = text[start + index] }
            var isFull = false
            while count < limit && !isFull {
                let byte = text[start + count]
                gathered[filled + count] = byte
                count += 1
                isFull = byte == UInt8(ascii: "\n") || filled + count == gathered.count
            }
            start += count
            filled += count
            if isFull { try giveFrame() }
        }
    }

    private mutating func giveFrame() throws {
        // The compressor must not be changed while a span of its neighbour is out.
        var (content, frame): ([UInt8], [UInt8]) = ([], [])
        swap(&content, &gathered)
        swap(&frame, &self.frame)
        let length = try compressor.compress(content.span.extracting(0..<filled), into: &frame)
        let path = isFirst ? [] : CatalogueIndex.path(ofLine: content.span.extracting(0..<filled))
        index.append(
            CatalogueIndex.Frame(
                sha256: SHA256.hash(content.span.extracting(0..<filled)), length: length, plainLength: filled,
                section: section, path: section == .listing && beginsLine ? path : nil))
        (beginsLine, isFirst) = (content[filled - 1] == UInt8(ascii: "\n"), false)
        filled = 0
        try give(frame.span.extracting(0..<length))
        swap(&content, &gathered)
        swap(&frame, &self.frame)
    }

    /// The last section, in a frame of its own; none where it does not fit into one.
    mutating func writeIndex() throws -> (bytes: Int, sha256: SHA256Digest)? {
        let text = index.text
        let header = CatalogueText.header(.index, length: text.count)
        guard header.count + text.count <= ZstdFrames.contentSize else { return nil }
        begin(.index, part: ZstdFrames.contentSize)
        try write((header + text).span)
        try end()
        return (index.frames[index.frames.count - 1].length, SHA256.hash(text.span))
    }

    /// - Returns: the text's length and hash.
    mutating func finish() -> (Int, SHA256Digest) { (bytes, digest.finish()) }
}
