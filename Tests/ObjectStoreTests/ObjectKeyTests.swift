import ObjectStore
import Testing

struct ObjectKeyTests {
    @Test(
        "A key is read as it is written",
        arguments: ["a", "a/b", "dev@2026-01.full.send.zst.age", "-", "...", "a=b/_.@", ".hidden/..x", "A/z/0/9"])
    func accepted(text: String) throws {
        #expect(try ObjectKey(text).text == text)
        #expect(try ObjectKey(text).components.joined(separator: "/") == text)
    }

    @Test(
        "What is not a key is refused",
        arguments: [
            "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "a/..", "a b", "a\tb", "a\n", "\u{7F}",
            "ä", "e\u{301}", "a\\b", "a+b", "a%2Fb", "a?b", "a#b", "a*", "a:b", "a~", "a&b", "(a)", "a,b",
            "a'b", "\"a\"", "a<b", "日",
        ])
    func refused(text: String) {
        let error = #expect(throws: StoreError.self) { try ObjectKey(text) }
        #expect(error?.kind == .invalid)
    }

    @Test("No control character is in a key, and none comes back in a message")
    func controlCharacters() {
        for code in Array(0..<0x20) + [0x7F] {
            let error = #expect(throws: StoreError.self) { try ObjectKey("a\(Unicode.Scalar(UInt8(code)))b") }
            #expect(error?.kind == .invalid)
            #expect(error?.description.utf8.contains { $0 < 0x20 || $0 == 0x7F } == false)
        }
    }

    @Test("A key has at most 1,024 bytes")
    func length() throws {
        #expect(try ObjectKey(String(repeating: "a", count: 1_024)).text.count == 1_024)
        #expect(throws: StoreError.self) { try ObjectKey(String(repeating: "a", count: 1_025)) }
    }

    @Test("Keys are in the order of their bytes")
    func order() throws {
        let keys = try ["a/b", "B", "a-b", "a.b", "a", "aa"].map { try ObjectKey($0) }
        #expect(keys.sorted().map(\.text) == ["B", "a", "a-b", "a.b", "a/b", "aa"])
    }

    @Test("Any beginning of a key is a prefix", arguments: ["", "a", "a/", "a/b", "a/.", "a/..", ".", "dev@"])
    func prefixes(text: String) throws {
        try ObjectKey.checkPrefix(text)
    }

    @Test(
        "What no key begins with is not a prefix",
        arguments: ["/", "a//", "./", "../a", "a/../", "a/./b", " ", "ä", "a\n"])
    func badPrefixes(text: String) {
        let error = #expect(throws: StoreError.self) { try ObjectKey.checkPrefix(text) }
        #expect(error?.kind == .invalid)
    }
}
