package import Catalogue
package import Digest
internal import DurableFiles
package import SystemPackage
internal import Zstd

/// A catalogue on the machine that made it, not encrypted, for its owner alone: zstd frames of 4 MiB.
package struct ClearCatalogue: Sendable {
    /// Most of a catalogue are hashes, which no level makes smaller.
    private static let level = 3

    package let path: FilePath
    /// Of the text.
    package let plainBytes: Int
    package let plainSHA256: SHA256Digest

    /// Writes it under that name, in place of what is there.
    package init(
        frames: FrameTable, listing: SpooledText? = nil, map: SpooledText? = nil, as path: FilePath
    ) throws {
        let file = try TemporaryFile(for: path, .sealing)
        do {
            let descriptor = file.file.descriptor
            var text = CompressedText(try ZstdFrameCompressor(level: Self.level)) { frame in
                try writeAll(frame, to: descriptor, path)
            }
            let table = frames.text
            try text.write(Array("\(CatalogueText.firstLine)\n".utf8).span)
            try text.write(CatalogueText.header(.frames, length: table.count).span)
            try text.write(table.span)
            for case (let section, let content?) in [(CatalogueText.Section.listing, listing), (.map, map)] {
                try text.write(CatalogueText.header(section, length: content.count).span)
                try content.read { try text.write($0) }
            }
            (plainBytes, plainSHA256) = try text.finish()
            self.path = path
            try TemporaryFile.makeDurable(descriptor, file.path, permissions: .ownerReadWrite)
            try file.publish(replacing: true)
        } catch {
            file.remove()
            throw error
        }
    }
}

/// Gathers text into frames of `ZstdFrames.contentSize` bytes, and hashes it.
private struct CompressedText: ~Copyable {
    private var compressor: ZstdFrameCompressor
    private let give: (Span<UInt8>) throws -> Void
    private var gathered = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
    private var frame = [UInt8](repeating: 0, count: ZstdFrames.longest)
    private var filled = 0
    private var bytes = 0
    private var digest = SHA256()

    init(_ compressor: consuming ZstdFrameCompressor, _ give: @escaping (Span<UInt8>) throws -> Void) {
        self.compressor = compressor
        self.give = give
    }

    mutating func write(_ text: Span<UInt8>) throws {
        digest.update(text)
        bytes += text.count
        var start = 0
        while start < text.count {
            let count = min(text.count - start, gathered.count - filled)
            for index in 0..<count { gathered[filled + index] = text[start + index] }
            start += count
            filled += count
            if filled == gathered.count { try giveFrame() }
        }
    }

    private mutating func giveFrame() throws {
        // The compressor must not be changed while a span of its neighbour is out.
        var (content, frame): ([UInt8], [UInt8]) = ([], [])
        swap(&content, &gathered)
        swap(&frame, &self.frame)
        let length = try compressor.compress(content.span.extracting(0..<filled), into: &frame)
        filled = 0
        try give(frame.span.extracting(0..<length))
        swap(&content, &gathered)
        swap(&frame, &self.frame)
    }

    /// - Returns: the text's length and hash.
    mutating func finish() throws -> (Int, SHA256Digest) {
        if filled > 0 { try giveFrame() }
        return (bytes, digest.finish())
    }
}
