import Catalogue
import Digest
import Testing

@Suite("Reading the canonical listing")
struct ListingTextTests {
    /// In the listing's order: `a` with what is in it, then `a!`, `a-`, `ab`; `a\x20b` comes before `a!`.
    private static let paths = [
        ".", "./\\x01", "./a", "./a/b", "./a/b/c", "./a/c", "./a\\x20b", "./a\\x20b/x", "./a!", "./a-", "./a-/y",
        "./ab",
        "./b", "./b/a", "./\\xff",
    ]

    private static let directories = [".", "./a", "./a/b", "./a\\x20b", "./a-", "./b"]

    private func listing() throws -> ListingText {
        let lines = Self.paths.map { path in
            Self.directories.contains(path)
                ? "\(path)\tdir\t0755\t0:0\t-\t-\t\(path == "." ? "-" : "1")\t-\t-\t-\t-\t-"
                : "\(path)\tfifo\t0644\t0:0\t1\t0\t1\t-\t-\t-\t-\t-"
        }
        return try ListingText(Array(("devjournal/tree/v2\n" + lines.map { $0 + "\n" }.joined()).utf8))
    }

    private func raw(_ path: String) -> [UInt8] {
        var raw: [UInt8] = []
        let bytes = Array(path.utf8.dropFirst(2))
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x5c {
                raw.append(UInt8(String(decoding: bytes[index + 2..<index + 4], as: UTF8.self), radix: 16) ?? 0)
                index += 4
            } else {
                raw.append(bytes[index])
                index += 1
            }
        }
        return raw
    }

    @Test("each path is found, and no other")
    func find() throws {
        let listing = try listing()
        for path in Self.paths {
            #expect(try listing.entry(at: raw(path))?.path == raw(path), "\(path)")
            #expect(try listing.entry(at: raw(path) + [0x7a]) == nil, "\(path)z")
            if path != "." { #expect(try listing.entry(at: raw(path) + [0x2f, 0x7a]) == nil, "\(path)/z") }
        }
        for path in [[0x61, 0x2f], [0x00], [0x62, 0x2f, 0x61, 0x2f], [0x61, 0x2f, 0x62, 0x21]] as [[UInt8]] {
            #expect(try listing.entry(at: path) == nil)
        }
    }

    @Test("what is in a directory, and below it, in order")
    func children() throws {
        let listing = try listing()
        func children(_ path: String) throws -> [[UInt8]] {
            var found: [[UInt8]] = []
            try listing.forEachChild(of: raw(path)) { found.append($0.path) }
            return found
        }
        func below(_ path: String) throws -> [[UInt8]] {
            var found: [[UInt8]] = []
            try listing.forEach(below: raw(path)) { found.append($0.path) }
            return found
        }
        #expect(
            try children(".") == ["./\\x01", "./a", "./a\\x20b", "./a!", "./a-", "./ab", "./b", "./\\xff"].map(raw))
        #expect(try children("./a") == ["./a/b", "./a/c"].map(raw))
        #expect(try children("./a-") == ["./a-/y"].map(raw))
        #expect(try children("./ab") == [])
        #expect(try children("./nothing") == [])
        #expect(try below("./a") == ["./a", "./a/b", "./a/b/c", "./a/c"].map(raw))
        #expect(try below("./b") == ["./b", "./b/a"].map(raw))
        #expect(try below("./nothing") == [])
        #expect(try below(".") == Self.paths.map(raw))
        var all: [[UInt8]] = []
        try listing.forEach { all.append($0.path) }
        #expect(all == Self.paths.map(raw))
    }

    private func entry(_ line: String) -> ListingEntry? {
        let bytes = Array(line.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\t").utf8)
        return ListingEntry(parsing: bytes.span)
    }

    private static let hash = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"

    @Test("the fields of a line")
    func fields() throws {
        let top = try #require(entry(". dir 0755 0:0 - - - - - - user.note=6869 -"))
        #expect(top.path == [] && top.kind == .directory && top.mode == 0o755 && top.links == nil && top.size == nil)
        #expect(top.modified == nil && top.attributes == [.init(key: Array("user.note".utf8), value: [0x68, 0x69])])
        let file = try #require(
            entry(
                "./in\\x20b/file file 4750 1000:4294967295 2 3 -1500000000 - - ./a/f k\\x2c\\x3d\\x20=,b=00 \(Self.hash)"
            ))
        #expect(file.path == Array("in b/file".utf8) && file.mode == 0o4750 && file.group == .max && file.size == 3)
        #expect(file.modified == -1_500_000_000 && file.links == 2 && file.same == Array("a/f".utf8))
        #expect(file.attributes == [.init(key: Array("k,= ".utf8), value: []), .init(key: [0x62], value: [0])])
        #expect(file.sha256?.hex == Self.hash)
        let link = try #require(entry("./l link 0777 0:0 1 9 1 - in\\x20b/file - - -"))
        #expect(link.target == Array("in b/file".utf8) && link.sha256 == nil)
        let dash = try #require(entry("./l link 0777 0:0 1 1 1 - - - - -"))
        #expect(dash.target == [0x2d])
        let device = try #require(entry("./n block 0600 0:0 1 0 1 8:1 - - - -"))
        #expect(device.kind == .blockDevice && device.device?.major == 8 && device.device?.minor == 1)
    }

    @Test(
        "a line that no tree has",
        arguments: [
            "", ".", ". dir 0755 0:0 - - - - - - -", ". dir 0755 0:0 - - - - - - - - -",
            "a dir 0755 0:0 - - 1 - - - - -",
            "./.. dir 0755 0:0 - - 1 - - - - -", "./a/ dir 0755 0:0 - - 1 - - - - -", ". dir 0755 0:0 - - 1 - - - - -",
            "./a dir 755 0:0 - - 1 - - - - -", "./a dir 0855 0:0 - - 1 - - - - -", "./a dir 0755 0 - - 1 - - - - -",
            "./a dir 0755 0:4294967296 - - 1 - - - - -", "./a dir 0755 0:0 1 - 1 - - - - -",
            "./a dir 0755 0:0 - 0 1 - - - - -", "./a dir 0755 0:0 - - - - - - - -", "./a dir 0755 0:0 - - +1 - - - - -",
            "./a dir 0755 0:0 - - 01 - - - - -", "./a dir 0755 0:0 - - 1 1:1 - - - -",
            "./a dir 0755 0:0 - - 1 - x - - -",
            "./a dir 0755 0:0 - - 1 - - ./a - -", "./a dir 0755 0:0 - - 1 - - - x -",
            "./a dir 0755 0:0 - - 1 - - - x=0 -",
            "./a dir 0755 0:0 - - 1 - - - =00 -", "./a dir 0755 0:0 - - 1 - - - a=00, -",
            "./a pipe 0755 0:0 1 0 1 - - - - -",
            "./a dir 0755 0:0 - - 1 - - - - \(hash)", "./a file 0755 0:0 1 0 1 - - - - -",
            "./a file 0755 0:0 1 - 1 - - - - \(hash)",
            "./a file 0755 0:0 1 0 1 - - - - \(hash)0", "./a link 0755 0:0 1 0 1 - \\x61 - - -",
            "./a char 0755 0:0 1 0 1 - - - - -", "./a fifo 0755 0:0 1 0 1 - - ../a - -",
        ])
    func malformed(line: String) { #expect(entry(line) == nil) }

    @Test("a text of another format, and one out of order, are survived")
    func hostile() throws {
        for text in ["", "devjournal/tree/v1\n", "devjournal/tree/v2", "x\n"] {
            #expect(throws: CatalogueError.self) { try ListingText(Array(text.utf8)) }
        }
        for text in ["\n", "\n\n\n", "./b\n./a\n", ".\\\n", "./\\x\n", "./a\\xf\n", "x\n", "..\n", "./a\tb\n"] {
            let listing = try ListingText(Array("devjournal/tree/v2\n\(text)".utf8))
            for path in [[], [0x61], [0x61, 0x2f, 0x62], [0xff]] as [[UInt8]] {
                do throws(CatalogueError) {
                    #expect(try listing.entry(at: path) == nil)
                } catch { #expect(!error.description.isEmpty) }
                _ = try? listing.forEachChild(of: path) { _ in }
                _ = try? listing.forEach(below: path) { _ in }
            }
            #expect(throws: CatalogueError.self) { try listing.forEach { _ in } }
        }
        let none = try ListingText(Array("devjournal/tree/v2\n".utf8))
        #expect(try none.entry(at: []) == nil)
    }
}
