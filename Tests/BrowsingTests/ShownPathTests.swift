import Browsing
import Testing

@Suite("Paths as a person types and reads them")
struct ShownPathTests {
    @Test(
        "what is shown is read back",
        arguments: [
            [], Array("a/b c".utf8), Array("é/ü".utf8), [0xff, 0x2f, 0x41], [0x0a], [0x5c], Array("\\x41".utf8),
            [0xe2, 0x80, 0xae], Array("a\u{7f}".utf8), [0x0f, 0xc3],
        ])
    func roundTrip(path: [UInt8]) throws {
        let shown = ShownPath.text(path)
        #expect(try ShownPath.bytes(shown) == path)
        #expect(!shown.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f })
    }

    @Test("what leads nowhere is left out", arguments: ["a/b", "./a/b", "/a/b/", "a//b", "./a/./b"])
    func normalized(text: String) throws {
        #expect(try ShownPath.bytes(text) == Array("a/b".utf8))
    }

    @Test("a way out of the snapshot, and a NUL, are refused", arguments: ["..", "a/../b", "a\\x00"])
    func refused(text: String) {
        #expect(throws: BrowsingError.notAPath(text)) { try ShownPath.bytes(text) }
    }

    @Test(
        "a pattern is compared with names, or with paths if it has a slash",
        arguments: [
            ("*.swift", "src/main.swift", true), ("*.swift", "main.swiftx", false), ("main*", "main/other", false),
            ("src/*", "src/a/b", true), ("/src/*", "src/a", true), ("src/*", "other/src/a", false),
            ("[ab]c", "x/bc", true),
            ("?", "x/y", true), ("\\x2a", "*", true), ("\\x2a", "a", false), ("\\*", "*", true), ("\\*", "a", false),
        ])
    func patterns(pattern: String, path: String, matches: Bool) throws {
        #expect(try PathSearch(pattern).matches(Array(path.utf8)) == matches)
    }

    @Test("case is ignored where that is asked for")
    func cases() throws {
        #expect(try PathSearch("READ*", ignoresCase: true).matches(Array("readme".utf8)))
        #expect(try !PathSearch("READ*").matches(Array("readme".utf8)))
    }
}
