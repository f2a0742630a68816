import Catalogue
import Digest
import Testing

@Suite("Catalogues")
struct CatalogueTests {
    private let table = FrameTable([
        FrameTable.Frame(sha256: SHA256.hash([1].span), length: 1_048_721),
        FrameTable.Frame(sha256: SHA256.hash([2].span), length: 7),
    ])

    @Test("what was written is read")
    func roundTrip() throws {
        #expect(try Catalogue(parsing: Catalogue(frames: table).text).frames == table)
        #expect(try Catalogue(parsing: Catalogue(frames: FrameTable()).text).frames == FrameTable())
    }

    @Test("its text is what the format says")
    func text() {
        let lines = [
            "devjournal/catalogue/v1", "frames 140",
            "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a 1048721",
            "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986 7", "",
        ]
        #expect(String(decoding: Catalogue(frames: table).text, as: UTF8.self) == lines.joined(separator: "\n"))
    }

    @Test("a section of a later version is stepped over")
    func laterSection() throws {
        let text = Catalogue(frames: table).text
        let later =
            Array("devjournal/catalogue/v1\nlisting 4\na\nb\n".utf8) + text.dropFirst(24) + Array("map 0\n".utf8)
        #expect(try Catalogue(parsing: later).frames == table)
    }

    @Test(
        "what was never written is refused",
        arguments: [
            "", "devjournal/catalogue/v1", "devjournal/catalogue/v2\nframes 0\n", "devjournal/catalogue/v1\n",
            "devjournal/catalogue/v1\nframes\n", "devjournal/catalogue/v1\nframes 1\n",
            "devjournal/catalogue/v1\nframes 00\n", "devjournal/catalogue/v1\nframes -1\n",
            "devjournal/catalogue/v1\nframes +0\n", "devjournal/catalogue/v1\nframes 99999999999999999999\n",
            "devjournal/catalogue/v1\nframes 0\nframes 0\n", "devjournal/catalogue/v1\nframes 1\n\n",
            "devjournal/catalogue/v1\r\nframes 0\r\n", "devjournal/catalogue/v1\nframes 2\nx\n",
        ])
    func malformed(text: String) {
        #expect(throws: CatalogueError.self) { try Catalogue(parsing: Array(text.utf8)) }
    }

    @Test("any cut and any changed byte of a table is refused, or another table")
    func mutations() {
        let text = Catalogue(frames: table).text
        for place in text.indices {
            #expect(throws: CatalogueError.self, "cut at \(place)") { try Catalogue(parsing: Array(text[..<place])) }
            var changed = text
            changed[place] ^= 1
            let found = try? Catalogue(parsing: changed)
            #expect(found != Catalogue(frames: table), "byte \(place)")
        }
    }

    @Test("the hashes of frames are one line each, and hashed as such")
    func hashes() throws {
        let hashes = table.hashes
        #expect(hashes.text.count == 2 * FrameHashes.lineLength)
        #expect(FrameHashes(parsing: hashes.text) == hashes)
        #expect(hashes.sha256 == SHA256.hash(hashes.text.span))
        let bad: [[UInt8]] = [
            hashes.text.dropLast(), hashes.text + [10], Array(repeating: 10, count: FrameHashes.lineLength),
        ]
        for bad in bad {
            #expect(FrameHashes(parsing: bad) == nil)
        }
    }
}
