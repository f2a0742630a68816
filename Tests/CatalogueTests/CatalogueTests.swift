import Catalogue
import Digest
import Testing

@Suite("Catalogues")
struct CatalogueTests {
    private let table = FrameTable([
        FrameTable.Frame(sha256: SHA256.hash([1].span), length: 1_048_721),
        FrameTable.Frame(sha256: SHA256.hash([2].span), length: 7),
    ])

    private func parsed(_ text: some Collection<UInt8>, step: Int = .max) throws -> [CatalogueText.Section: [UInt8]] {
        var parser = CatalogueParser()
        var found: [CatalogueText.Section: [UInt8]] = [:]
        var rest = Array(text)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            try parser.update(piece.span) { section, bytes in
                for index in bytes.indices { found[section, default: []].append(bytes[index]) }
                if bytes.isEmpty { found[section, default: []] += [] }
            }
            rest = rest.dropFirst(piece.count)
        }
        try parser.finish()
        return found
    }

    private var text: [UInt8] {
        let first = Array("\(CatalogueText.firstLine)\n".utf8)
        return first + CatalogueText.header(.frames, length: table.text.count) + table.text
    }

    @Test("what was written is read, in pieces of any size", arguments: [1, 2, 3, 7, 64, 1_000])
    func roundTrip(step: Int) throws {
        let all = text + CatalogueText.header(.listing, length: 4) + Array("a\nb\n".utf8) + Array("map 0\n".utf8)
        let found = try parsed(all, step: step)
        #expect(FrameTable(parsing: (found[.frames] ?? [])[...]) == table)
        #expect(found[.listing] == Array("a\nb\n".utf8))
        #expect(found[.map] == [])
        #expect(try parsed("devjournal/catalogue/v1\nframes 0\n".utf8) == [.frames: []])
    }

    @Test("its text is what the format says")
    func format() {
        let lines = [
            "devjournal/catalogue/v1", "frames 140",
            "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a 1048721",
            "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986 7", "",
        ]
        #expect(String(decoding: text, as: UTF8.self) == lines.joined(separator: "\n"))
    }

    @Test("a section of a later version is stepped over")
    func laterSection() throws {
        let later =
            Array("devjournal/catalogue/v1\nlater 4\na\nb\n".utf8) + text.dropFirst(24) + Array("last 0\n".utf8)
        #expect(try parsed(later) == [.frames: table.text])
    }

    @Test(
        "what was never written is refused",
        arguments: [
            "", "devjournal/catalogue/v1", "devjournal/catalogue/v2\nframes 0\n", "devjournal/catalogue/v1\n",
            "devjournal/catalogue/v1\nframes\n", "devjournal/catalogue/v1\nframes 1\n",
            "devjournal/catalogue/v1\nframes 00\n", "devjournal/catalogue/v1\nframes -1\n",
            "devjournal/catalogue/v1\nframes +0\n", "devjournal/catalogue/v1\nframes 99999999999999999999\n",
            "devjournal/catalogue/v1\nframes 0\nframes 0\n", "devjournal/catalogue/v1\nframes 0\n 0\n",
            "devjournal/catalogue/v1\r\nframes 0\r\n",
            "devjournal/catalogue/v1\nlisting 0\n",
        ])
    func malformed(text: String) {
        #expect(throws: CatalogueError.self) { try parsed(text.utf8) }
    }

    @Test("a frame table that was never written is refused", arguments: ["\n", "x\n", "00 1\n"])
    func malformedTable(text: String) {
        #expect(FrameTable(parsing: Array(text.utf8)[...]) == nil)
    }

    @Test("any cut and any changed byte of a table is refused, or another table")
    func mutations() {
        for place in text.indices {
            #expect(throws: CatalogueError.self, "cut at \(place)") { try parsed(text[..<place]) }
            var changed = text
            changed[place] ^= 1
            let found = (try? parsed(changed))?[.frames].flatMap { FrameTable(parsing: $0[...]) }
            #expect(found != table, "byte \(place)")
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
