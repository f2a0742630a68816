import Age
import Catalogue
import Digest
import StockTools
import SystemPackage
import Testing

@testable import Sealing

@Suite("Parts of a catalogue")
struct CataloguePartsTests {
    private let scratch: Scratch
    private let key: TestKey
    private let table: FrameTable
    private let stored: [UInt8]
    private let clear: ClearCatalogue
    private let map: [UInt8]

    /// Of a listing of many frames.
    init() throws {
        scratch = try Scratch()
        key = try TestKey(in: scratch)
        let one: [UInt8] = [1]
        table = FrameTable([FrameTable.Frame(sha256: SHA256.hash(one.span), length: 1_048_721)])
        let (listing, map) = (try SpooledText(in: scratch.path("")), try SpooledText(in: scratch.path("")))
        listing.append(Array("devjournal/tree/v2\n.\tdir\t0755\t0:0\t-\t-\t-\t-\t-\t-\t-\t-\n".utf8))
        for number in 0..<20_000 { listing.append(Array(Self.line(number).utf8)) }
        self.map = (0..<900_000).flatMap { Array("line \($0)\n".utf8) }
        map.append(self.map)
        clear = try ClearCatalogue(frames: table, listing: listing, map: map, as: scratch.path("clear"))
        _ = try SealedCatalogue(clear, to: [key.recipient], as: scratch.path("stored"))
        stored = try scratch.read("stored")
    }

    private static func path(_ number: Int) -> String { String("\(1_000_000 + number)".dropFirst()) }

    private static func line(_ number: Int) -> String {
        let hash = SHA256.hash(Array("\(number)".utf8).span).hex
        return "./\(path(number))\tfile\t0644\t0:0\t1\t\(number)\t1700000000000000000\t-\t-\t-\t-\t\(hash)\n"
    }

    private final class Asked {
        var bytes = 0
    }

    private func parts(of file: [UInt8], _ asked: Asked = Asked(), sha256: SHA256Digest? = nil) throws -> CatalogueParts
    {
        let index = try #require(clear.index)
        return try CatalogueParts(
            index: (index.bytes, sha256 ?? index.sha256), fileLength: file.count, with: [key.identity]
        ) { range in
            asked.bytes += range.count
            return Array(file[range])
        }
    }

    /// The listing with lines put in, changed and left out here and there.
    private func changed() throws -> SpooledText {
        let listing = try SpooledText(in: scratch.path(""))
        listing.append(Array("devjournal/tree/v2\n.\tdir\t0755\t0:0\t-\t-\t-\t-\t-\t-\t-\t-\n".utf8))
        for number in 0..<20_000 where number != 3_000 {
            if number == 9_000 { listing.append(Array(Self.line(number).replacing("0644", with: "0600").utf8)) }
            listing.append(Array(Self.line(number).utf8))
        }
        return listing
    }

    @Test("the next catalogue takes over the frames that are the same, wherever lines came or went before them")
    func takenOver() throws {
        // given
        let known = KnownFrames(of: scratch.path("clear"))
        let before = try SpooledText(in: scratch.path(""))
        try CatalogueFile(clear: scratch.path("clear"), plainBytes: clear.plainBytes).copyListing(to: before, known)
        // when
        _ = try ClearCatalogue(frames: table, listing: changed(), known: known, as: scratch.path("by.change"))
        let whole = try ClearCatalogue(frames: table, listing: changed(), as: scratch.path("whole"))
        // then
        #expect(isEqual(try scratch.read("by.change"), try scratch.read("whole")))
        let frames = KnownFrames(of: scratch.path("whole"))
        let text = try SpooledText(in: scratch.path(""))
        try CatalogueFile(clear: scratch.path("whole"), plainBytes: whole.plainBytes).copyListing(to: text, frames)
        #expect(frames.hashes.count > 8)
        // The frame table's, the listing's first one with its length, the two that were changed, and the index.
        #expect(frames.hashes.subtracting(known.hashes).count <= 5)
        #expect(frames.hashes.allSatisfy { frames.frame(holding: $0) != nil })
    }

    @Test("a frame that its file has no longer as it was is compressed again")
    func rotten() throws {
        // given
        let known = KnownFrames(of: scratch.path("clear"))
        let before = try SpooledText(in: scratch.path(""))
        try CatalogueFile(clear: scratch.path("clear"), plainBytes: clear.plainBytes).copyListing(to: before, known)
        let rotten = try scratch.read("clear").map { $0 ^ 1 }
        _ = try scratch.write(rotten, to: "clear")
        // when
        _ = try ClearCatalogue(frames: table, listing: changed(), known: known, as: scratch.path("by.change"))
        _ = try ClearCatalogue(frames: table, listing: changed(), as: scratch.path("whole"))
        // then
        #expect(isEqual(try scratch.read("by.change"), try scratch.read("whole")))
        #expect(known.hashes.allSatisfy { known.frame(holding: $0) == nil })
    }

    @Test("a line of the listing costs the index and one frame, whichever it is; sections come out whole")
    func found() throws {
        for number in [0, 1, 700, 1700, 9_999, 19_999] {
            // when
            let asked = Asked()
            var parts = try parts(of: stored, asked)
            let listing = try parts.listing(holding: Array(Self.path(number).utf8))
            // then
            let entry = try listing?.entry(at: Array(Self.path(number).utf8))
            #expect(entry?.size == number)
            #expect(asked.bytes < 400_000, "of \(stored.count)")
        }
        var parts = try parts(of: stored)
        let top = try parts.listing(holding: [])?.entry(at: [])
        #expect(top?.kind == .directory)
        let none = try parts.listing(holding: Array("5".utf8))?.entry(at: Array("5".utf8))
        #expect(none == nil)
        let map = try parts.section(.map)
        #expect(isEqual(map ?? [], self.map))
        let frames = try parts.section(.frames)
        #expect(FrameTable(parsing: (frames ?? [])[...]) == table)
        let ranges = parts.fileRanges(of: [.frames, .map], listing: Array(Self.path(9_999).utf8))
        #expect(ranges.count == 1 + 1 + 3)
    }

    @Test("another index than the signed one, and a part that is not what its index says, are refused")
    func refused() throws {
        #expect(throws: CatalogueError.self) { _ = try parts(of: stored, sha256: SHA256.hash(map.span)) }
        #expect(throws: (any Error).self) { _ = try parts(of: Array(stored.dropLast())) }
        #expect(throws: (any Error).self) { _ = try parts(of: Array(stored.prefix(100))) }
        // One of the same length, with another number in its listing.
        let listing = try SpooledText(in: scratch.path(""))
        listing.append(Array("devjournal/tree/v2\n.\tdir\t0755\t0:0\t-\t-\t-\t-\t-\t-\t-\t-\n".utf8))
        let other = try ClearCatalogue(frames: table, listing: listing, as: scratch.path("other"))
        _ = try SealedCatalogue(other, to: [key.recipient], as: scratch.path("forged"))
        #expect(throws: (any Error).self) { _ = try parts(of: try scratch.read("forged")) }
    }

    @Test("an index that is signed but lies about a frame is found out")
    func lies() throws {
        // given: the index of another catalogue of the same form after the frames of this one
        let content: [UInt8] = Array("devjournal/catalogue/v1\nframes 0\n".utf8)
        var index = CatalogueIndex()
        index.append(
            CatalogueIndex.Frame(
                sha256: SHA256.hash(map.span), length: try compressed(content).count, plainLength: content.count,
                section: .frames))
        let text = index.text
        let last = try compressed(CatalogueText.header(.index, length: text.count) + text)
        let source = try scratch.write(try compressed(content) + last, to: "plain")
        _ = try bash("age -r \"$1\" -o \"$2\" \"$3\"", key.recipient.description, scratch.text("lying"), source.string)
        let file = try scratch.read("lying")
        // then
        var parts = try CatalogueParts(
            index: (last.count, SHA256.hash(text.span)), fileLength: file.count, with: [key.identity],
            from: { Array(file[$0]) })
        #expect(throws: CatalogueError.format("a part of it is not what its index says")) {
            _ = try parts.section(.frames)
        }
    }

    private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        let source = try scratch.write(bytes, to: "piece")
        return try stockOutput(["zstd", "-qc", source.string])
    }
}
