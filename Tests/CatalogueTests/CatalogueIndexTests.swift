import Digest
import Testing

@testable import Catalogue

@Suite("The index of a catalogue")
struct CatalogueIndexTests {
    private static let longest = 1 << 22
    private let hash = String(repeating: "5b", count: 32)

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func parsed(_ text: String) throws -> CatalogueIndex {
        try CatalogueIndex(parsing: bytes(text).span, longest: Self.longest)
    }

    /// Of a listing whose frames begin with these paths; one of nil continues the frame before.
    private func index(_ paths: [String?]) throws -> CatalogueIndex {
        var index = CatalogueIndex()
        let sha256 = try #require(SHA256Digest(hex: hash))
        func append(_ section: CatalogueText.Section, _ path: String? = nil) {
            index.append(
                CatalogueIndex.Frame(
                    sha256: sha256, length: 10, plainLength: 20, section: section, path: path.map(bytes)))
        }
        append(.frames)
        for path in paths { append(.listing, path) }
        append(.map)
        append(.map)
        return index
    }

    @Test("what was written is read again; paths are written as in a listing")
    func roundTrip() throws {
        let index = try index(["", "a b/c", nil, "z\u{fc}"])
        let text = String(decoding: index.text, as: UTF8.self)
        #expect(text.contains("\(hash) 10 20 listing .\n\(hash) 10 20 listing ./a\\x20b/c\n\(hash) 10 20 listing\n"))
        #expect(try parsed(text) == index)
        #expect(index.starts == [0, 10, 20, 30, 40, 50, 60, 70])
        #expect(index.frames(of: .map) == 5..<7)
        #expect(index.frames(of: .frames) == 0..<1)
    }

    @Test(
        "a path is looked for where it would stand in the listing's order",
        arguments: [
            ("", 1..<2), ("a", 1..<2), ("d/a", 1..<2), ("d/b", 2..<4), ("d/b/c", 2..<4), ("d", 1..<2), ("d.x", 4..<5),
            ("d/zzz", 2..<4), ("e", 5..<6), ("\u{1}", 1..<2),
        ])
    func found(path: String, frames: Range<Int>) throws {
        // The slash that ends a name comes before any byte of one.
        let index = try index(["", "d/b", nil, "d.x", "e"])
        #expect(index.listingFrames(holding: bytes(path)) == frames)
    }

    @Test("a catalogue without a listing has no frame of one")
    func none() throws {
        #expect(try index([]).listingFrames(holding: bytes("a")).isEmpty)
        #expect(try index([]).frames(of: .listing).isEmpty)
    }

    @Test(
        "what no index says is refused",
        arguments: [
            "", "HASH 1 1 frames", "HASH 1 1\n", "HASH 0 1 map\n", "HASH 1 0 map\n", "HASH 4194305 1 map\n",
            "HASH 1 4194305 map\n", "HASH 01 1 map\n", "HASH 1 1 index\n", "HASH 1 1 other\n", "HASH 1 1 map .\n",
            "HASH 1 1 listing a\n", "HASH 1 1 listing ./../a\n", "HASH 1 1 listing ./a b\n", "HASH  1 1 map\n",
            "HASHf 1 1 map\n", "HASH 1 1 map\n\n", "HASH 9223372036854775807 1 map\n", "HASH -1 1 map\n",
        ])
    func refused(text: String) {
        #expect(throws: CatalogueError.self) { try parsed(text.replacing("HASH", with: hash)) }
    }
}
