package import Age
package import Catalogue
package import Digest
internal import Zstd

/// Reads parts of a stored catalogue: its index, and of the rest the frames that are wanted, each compared with the index.
package struct CatalogueParts: ~Copyable {
    private let source: ArtifactFrames.Source
    private let index: CatalogueIndex
    private var reader: AgeRangeReader
    private var decompressor: ZstdFrameDecompressor

    /// - Parameters:
    ///   - signed: of the index's frame, the length and the hash of what it says.
    ///   - fileLength: bytes of the stored file.
    /// - Throws: `CatalogueError`, `AgeError`, `ZstdError`, or what `source` throws.
    package init(
        index signed: (bytes: Int, sha256: SHA256Digest), fileLength: Int, with identities: [AgeIdentity],
        from source: @escaping ArtifactFrames.Source
    ) throws {
        var reader = try AgeRangeReader.opening(fileLength: fileLength, identities: identities, from: source)
        var decompressor = try ZstdFrameDecompressor()
        let end = reader.plainLength
        guard signed.bytes > 0, signed.bytes <= ZstdFrames.longest, signed.bytes <= end else {
            throw CatalogueError.format("its index is longer than it")
        }
        let text = try Self.opened(end - signed.bytes..<end, &reader, &decompressor, source)
        let content = try Self.withoutLine(text[...])
        guard SHA256.hash(content.span) == signed.sha256 else {
            throw CatalogueError.format("its index is not the one that was signed")
        }
        let index = try CatalogueIndex(parsing: content.span, longest: ZstdFrames.longest)
        guard index.starts.last == end - signed.bytes else {
            throw CatalogueError.format("its index is another catalogue's")
        }
        self.init(source, index, reader, decompressor)
    }

    private init(
        _ source: @escaping ArtifactFrames.Source, _ index: CatalogueIndex, _ reader: consuming AgeRangeReader,
        _ decompressor: consuming ZstdFrameDecompressor
    ) {
        self.source = source
        self.index = index
        self.reader = reader
        self.decompressor = decompressor
    }

    /// Which parts of the stored file hold these sections, and of the listing what holds a path, in the order of the file.
    package func fileRanges(of sections: Set<CatalogueText.Section>, listing path: [UInt8]?) -> [Range<Int>] {
        var wanted = Set(sections.flatMap { index.frames(of: $0) })
        if let path { wanted.formUnion(index.listingFrames(holding: path)) }
        return wanted.sorted().map { reader.fileRange(of: index.starts[$0]..<index.starts[$0 + 1]) }
    }

    /// A whole section but the listing, whose own hash was signed; nil where the catalogue has none.
    package mutating func section(_ section: CatalogueText.Section) throws -> [UInt8]? {
        let frames = index.frames(of: section)
        guard !frames.isEmpty else { return nil }
        var text = try plain(frames)[...]
        if section == .frames { text = try Self.withoutLine(text)[...] }
        return try Self.withoutLine(text)
    }

    /// The part of the listing that has a path's line if it is anywhere; nil where the catalogue has no listing.
    package mutating func listing(holding path: [UInt8]) throws -> ListingText? {
        guard !index.frames(of: .listing).isEmpty else { return nil }
        let frames = index.listingFrames(holding: path)
        let text = try plain(frames)
        if frames.lowerBound == index.frames(of: .listing).lowerBound {
            return try ListingText(try Self.withoutLine(text[...]))
        }
        return try ListingText(Array("\(ListingText.firstLine)\n".utf8) + text)
    }

    private mutating func plain(_ frames: Range<Int>) throws -> [UInt8] {
        var text: [UInt8] = []
        for number in frames {
            let frame = index.frames[number]
            let place = index.starts[number]..<index.starts[number + 1]
            let content = try Self.opened(place, &reader, &decompressor, source)
            guard content.count == frame.plainLength, SHA256.hash(content.span) == frame.sha256 else {
                throw CatalogueError.format("a part of it is not what its index says")
            }
            guard text.count + content.count <= CatalogueText.longest else {
                throw CatalogueError.format("a section is too long")
            }
            text += content
        }
        return text
    }

    /// The plain text of a frame.
    private static func opened(
        _ place: Range<Int>, _ reader: inout AgeRangeReader, _ decompressor: inout ZstdFrameDecompressor,
        _ source: ArtifactFrames.Source
    ) throws -> [UInt8] {
        let sealed = try source(reader.fileRange(of: place))
        let frame = try reader.open(sealed.span, holding: place)
        var content = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
        let count = try decompressor.decompress(frame.span, into: &content)
        content.removeLast(content.count - count)
        return content
    }

    private static func withoutLine(_ text: ArraySlice<UInt8>) throws(CatalogueError) -> [UInt8] {
        guard let end = text.firstIndex(of: UInt8(ascii: "\n")) else { throw .format("a line does not end") }
        return Array(text[(end + 1)...])
    }
}
