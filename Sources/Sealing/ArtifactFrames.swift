package import Age
package import Catalogue
internal import Digest
internal import Zstd

/// Reads parts of a stored artifact's stream: only the frames that hold them are read, opened and undone, each compared
/// with the frame table.
package struct ArtifactFrames: ~Copyable {
    /// Brings bytes of the stored file.
    package typealias Source = (Range<Int>) throws -> [UInt8]

    /// Frames that are kept: a file's pieces can lie in several by turns.
    private static let keptAtMost = 8

    private let table: FrameTable
    /// Where each frame begins in the age plaintext, and where the last one ends.
    private let starts: [Int]
    private let source: Source
    /// Brings them a second time, for what was damaged on its way.
    private let again: Source?
    /// Nil where the source has opened them already.
    private let opening: Opening?
    private var decompressor: ZstdFrameDecompressor
    /// The one that was used last comes last.
    private var kept: [(number: Int, content: [UInt8])] = []
    /// Of frames that cannot be had: none of them is tried for each piece in it.
    private var failures: [Int: any Error] = [:]
    /// Bytes of the stored file that were read.
    package private(set) var bytesRead: Int

    /// - Parameters:
    ///   - table: of the artifact; the caller has compared its hash.
    ///   - fileLength: bytes of the stored file.
    ///   - again: asked once more for a frame that is not what was sealed.
    /// - Throws: `FrameError`, `AgeError`, `ZstdError`, or what `source` throws.
    package init(
        _ table: FrameTable, fileLength: Int, with identities: [AgeIdentity], from source: @escaping Source,
        again: Source? = nil
    ) throws {
        var bytesRead = 0
        let reader = try AgeRangeReader.opening(fileLength: fileLength, identities: identities) { range in
            let head = try source(range)
            bytesRead += head.count
            return head
        }
        let starts = try Self.starts(table, within: reader.plainLength)
        self.init(table, starts, source, again, Opening(reader), try ZstdFrameDecompressor(), bytesRead: bytesRead)
    }

    /// Of an artifact that another machine opens.
    ///
    /// - Parameters:
    ///   - table: as above.
    ///   - source: brings bytes of the age plaintext, a whole frame at a time.
    /// - Throws: `FrameError`, `ZstdError`.
    package init(_ table: FrameTable, openedBy source: @escaping Source) throws {
        self.init(
            table, try Self.starts(table, within: .max), source, nil, nil, try ZstdFrameDecompressor(), bytesRead: 0)
    }

    private init(
        _ table: FrameTable, _ starts: [Int], _ source: @escaping Source, _ again: Source?,
        _ opening: Opening?, _ decompressor: consuming ZstdFrameDecompressor, bytesRead: Int
    ) {
        self.table = table
        self.starts = starts
        self.source = source
        self.again = again
        self.opening = opening
        self.decompressor = decompressor
        self.bytesRead = bytesRead
    }

    /// Where each frame begins in the age plaintext, which is so long, and where the last one ends.
    package static func starts(_ table: FrameTable, within length: Int) throws(FrameError) -> [Int] {
        var starts = [0]
        var end = 0
        for frame in table.frames {
            guard frame.length > 0, frame.length <= ZstdFrames.longest, frame.length <= length - end else {
                throw .tableDoesNotFit
            }
            end += frame.length
            starts.append(end)
        }
        return starts
    }

    /// Gives out a range of the plain stream in pieces.
    ///
    /// - Throws: `FrameError`, `AgeError`, `ZstdError`, or what source and `take` throw.
    package mutating func read(_ range: Range<Int>, _ take: (Span<UInt8>) throws -> Void) throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let (number, within) = offset.quotientAndRemainder(dividingBy: FrameTable.frameSize)
            let content = try frame(number)
            let count = min(content.count - within, range.upperBound - offset)
            guard count > 0 else { throw FrameError.beyondStream }
            try take(content.span.extracting(within..<within + count))
            offset += count
        }
    }

    /// Which parts of the stored file hold these ranges of the plain stream: those of their frames, each once, in the order
    /// of the file. What lies beyond the stream is left out.
    package func fileRanges(holding ranges: some Sequence<Range<Int>>) -> [Range<Int>] {
        table.numbers(holding: ranges).map { place($0) }
    }

    /// Where the source has a frame.
    private func place(_ number: Int) -> Range<Int> {
        let range = starts[number]..<starts[number + 1]
        return opening?.fileRange(of: range) ?? range
    }

    /// A frame as it is before age seals it, once it was found to be the one of the table.
    ///
    /// - Throws: as `read`.
    package mutating func compressed(_ number: Int) throws -> [UInt8] {
        try fetched(number).compressed
    }

    private mutating func frame(_ number: Int) throws -> [UInt8] {
        if let index = kept.lastIndex(where: { $0.number == number }) {
            let found = kept.remove(at: index)
            kept.append(found)
            return found.content
        }
        let content = try fetched(number).content
        if kept.count == Self.keptAtMost { kept.removeFirst() }
        kept.append((number, content))
        return content
    }

    /// A frame as it is before age seals it, and its content, asked for once more where it is not the one of the table.
    private mutating func fetched(_ number: Int) throws -> (compressed: [UInt8], content: [UInt8]) {
        guard table.frames.indices.contains(number) else { throw FrameError.beyondStream }
        if let failure = failures[number] { throw failure }
        let place = place(number)
        do {
            return try undone(try source(place), number)
        } catch let error where again == nil || !Self.isDamage(error) {
            if Self.isDamage(error) { failures[number] = error }
            throw error
        } catch {
            do { return try undone(try again?(place) ?? [], number) } catch {
                failures[number] = error
                throw error
            }
        }
    }

    /// Not one of who brings the bytes.
    private static func isDamage(_ error: any Error) -> Bool {
        error is AgeError || error is ZstdError || error is FrameError
    }

    private mutating func undone(
        _ sealed: [UInt8], _ number: Int
    ) throws -> (compressed: [UInt8], content: [UInt8]) {
        bytesRead += sealed.count
        let compressed = try opening?.open(sealed, holding: starts[number]..<starts[number + 1]) ?? sealed
        var content = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
        let count = try decompressor.decompress(compressed.span, into: &content)
        content.removeLast(content.count - count)
        guard SHA256.hash(content.span) == table.frames[number].sha256 else { throw FrameError.damaged(number) }
        return (compressed, content)
    }
}

/// The age file that an artifact is.
private final class Opening {
    private var reader: AgeRangeReader

    init(_ reader: consuming AgeRangeReader) { self.reader = reader }

    func fileRange(of plain: Range<Int>) -> Range<Int> { reader.fileRange(of: plain) }

    func open(_ sealed: [UInt8], holding plain: Range<Int>) throws(AgeError) -> [UInt8] {
        try reader.open(sealed.span, holding: plain)
    }
}

/// A part of an artifact that cannot be read.
package enum FrameError: Error, Equatable, CustomStringConvertible {
    case tableDoesNotFit
    case beyondStream
    /// Its plain bytes are not those that were sealed; counted from 0.
    case damaged(Int)

    package var description: String {
        switch self {
        case .tableDoesNotFit: "the frame table is another artifact's"
        case .beyondStream: "the stream is shorter than its map says"
        case .damaged(let number): "frame \(number) is not what was sealed"
        }
    }
}
