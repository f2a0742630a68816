package import Age
package import Catalogue
package import Digest
internal import DurableFiles
package import SystemPackage
internal import Zstd

/// A catalogue in a file, to be read once from its start to its end.
package struct CatalogueFile: Sendable {
    private static let blockSize = 1 << 20

    private enum Source {
        case path(FilePath)
        case spool(SpooledText)
    }

    private let source: Source
    /// What the file has to hold; nil for one of this machine's own, which is compared by its text.
    private let stored: (bytes: Int, sha256: SHA256Digest)?
    /// Nil for one that is not encrypted.
    private let identities: [AgeIdentity]?
    /// Of its text; more is refused before it is looked at.
    private let plainBytes: Int

    /// One as it is stored.
    package init(
        _ path: FilePath, bytes: Int, sha256: SHA256Digest, plainBytes: Int, with identities: [AgeIdentity]
    ) {
        source = .path(path)
        stored = (bytes, sha256)
        self.identities = identities
        self.plainBytes = plainBytes
    }

    /// One that this machine made.
    package init(clear path: FilePath, plainBytes: Int) {
        source = .path(path)
        stored = nil
        identities = nil
        self.plainBytes = plainBytes
    }

    /// One that another machine has opened and sent.
    package init(spooled text: SpooledText, plainBytes: Int) {
        source = .spool(text)
        stored = nil
        identities = nil
        self.plainBytes = plainBytes
    }

    /// Gives out the sections in pieces, the first of each empty. Nothing of it counts before this has returned.
    ///
    /// - Returns: the text's hash.
    /// - Throws: `CatalogueError`, `AgeError`, `ZstdError`, `FileFailure`, or what `take` throws.
    @discardableResult
    package func read(_ take: (CatalogueText.Section, Span<UInt8>) throws -> Void) throws -> SHA256Digest {
        var digest = SHA256()
        try readFrames({ _, _, content in digest.update(content) }, take)
        return digest.finish()
    }

    /// - Parameter frame: gets each frame, where it begins, and what came of it.
    private func readFrames(
        _ frame: TextOfFrames.Undone, _ take: (CatalogueText.Section, Span<UInt8>) throws -> Void
    ) throws {
        guard plainBytes <= CatalogueText.longest else { throw CatalogueError.format("it is too long") }
        var text = TextOfFrames(limit: plainBytes, try ZstdFrameDecompressor())
        try readOpened { try text.update($0, frame, take) }
        try text.finish()
    }

    /// Appends it as it was before it was encrypted: what the machine that made it keeps (`ClearCatalogue`). Only once this
    /// has returned it is known to be what was recorded.
    ///
    /// - Throws: `CatalogueError`, `AgeError`, `FileFailure`.
    package func copyOpened(to text: SpooledText) throws { try readOpened { text.append($0) } }

    private func readOpened(_ take: (Span<UInt8>) throws -> Void) throws {
        guard let identities else { return try readStored(take) }
        var decryptor = AgeDecryptor(identities: identities)
        try readStored { try decryptor.update($0, take) }
        try decryptor.finish(take)
    }

    /// As it is stored, which is compared with what was recorded.
    private func readStored(_ take: (Span<UInt8>) throws -> Void) throws {
        switch source {
        case .spool(let text): try text.read(take)
        case .path(let path):
            let file = try OpenFile(regular: path, .readOnly)
            var digest = SHA256()
            var bytes = 0
            var buffer = [UInt8](repeating: 0, count: Self.blockSize)
            while case let count = try file.read(into: &buffer), count > 0 {
                bytes += count
                if let stored, bytes > stored.bytes { throw CatalogueError.otherContent(path.string) }
                digest.update(buffer.span.extracting(0..<count))
                try take(buffer.span.extracting(0..<count))
            }
            if let stored, bytes != stored.bytes || digest.finish() != stored.sha256 {
                throw CatalogueError.otherContent(path.string)
            }
        }
    }

    /// The sections that are wanted, and the text's hash; of them together no more than so many bytes.
    package func sections(
        _ wanted: Set<CatalogueText.Section>, limit: Int = CatalogueText.longest
    ) throws -> (found: [CatalogueText.Section: [UInt8]], hash: SHA256Digest) {
        var found: [CatalogueText.Section: [UInt8]] = [:]
        var bytes = 0
        let hash = try read { section, piece in
            guard wanted.contains(section) else { return }
            bytes += piece.count
            guard bytes <= limit else { throw CatalogueError.format("the section \(section.rawValue) is too long") }
            unsafe piece.withUnsafeBufferPointer { unsafe found[section, default: []].append(contentsOf: $0) }
        }
        return (found, hash)
    }

    /// Appends its listing, whose hash is the caller's to compare.
    ///
    /// - Parameter known: takes note of the frames of a catalogue in the clear.
    package func copyListing(to text: SpooledText, _ known: KnownFrames? = nil) throws {
        try readFrames({ compressed, start, content in known?.add(compressed, from: start, holding: content) }) {
            section, piece in
            if section == .listing { text.append(piece) }
        }
    }

    /// The frame table alone.
    package func frames() throws -> FrameTable {
        let text = try sections([.frames], limit: CatalogueText.longestFrames).found[.frames] ?? []
        guard let table = FrameTable(parsing: text[...]) else {
            throw CatalogueError.format("the frame table is malformed")
        }
        return table
    }
}

/// Undoes frames while they flow by, and takes their text apart.
private struct TextOfFrames: ~Copyable {
    /// A frame, where it begins, and what came of it.
    typealias Undone = (Span<UInt8>, Int, Span<UInt8>) -> Void

    private let limit: Int
    private var decompressor: ZstdFrameDecompressor
    private var parser = CatalogueParser()
    private var cutter = ZstdFrameCutter(ofAnySize: true)
    private var waiting: [UInt8] = []
    private var content = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
    private var bytes = 0
    /// Where the next frame begins.
    private var place = 0

    init(limit: Int, _ decompressor: consuming ZstdFrameDecompressor) {
        self.limit = limit
        self.decompressor = decompressor
    }

    mutating func update(
        _ piece: Span<UInt8>, _ undone: Undone, _ take: (CatalogueText.Section, Span<UInt8>) throws -> Void
    ) throws {
        // Nothing of it may be changed while a span of its neighbour is out.
        var (waiting, content): ([UInt8], [UInt8]) = ([], [])
        swap(&waiting, &self.waiting)
        swap(&content, &self.content)
        unsafe piece.withUnsafeBufferPointer { unsafe waiting.append(contentsOf: $0) }
        var start = 0
        while let length = try cutter.cut(waiting.span.extracting(start..<waiting.count)) {
            let count = try decompressor.decompress(
                waiting.span.extracting(start..<start + length), into: &content)
            bytes += count
            guard bytes <= limit else { throw CatalogueError.format("it is longer than was recorded") }
            undone(waiting.span.extracting(start..<start + length), place, content.span.extracting(0..<count))
            start += length
            place += length
            try parser.update(content.span.extracting(0..<count), take)
        }
        waiting.removeFirst(start)
        swap(&waiting, &self.waiting)
        swap(&content, &self.content)
    }

    consuming func finish() throws {
        let rest = waiting
        try cutter.finish(rest.span)
        guard bytes == limit else { throw CatalogueError.format("it is shorter than was recorded") }
        try parser.finish()
    }
}
