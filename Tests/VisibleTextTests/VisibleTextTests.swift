import Testing
import VisibleText

@Suite("Text of others is shown, and obeyed by nobody")
struct VisibleTextTests {
    @Test(
        "a character that steers a terminal becomes its code",
        arguments: [
            ("\u{00}", #"\u0000"#), ("\u{07}", #"\u0007"#), ("\u{08}", #"\u0008"#), ("\t", #"\u0009"#),
            ("\n", #"\u000a"#), ("\r", #"\u000d"#), ("\r\n", #"\u000d\u000a"#), ("\u{1b}[31m", #"\u001b[31m"#),
            ("\u{1f}", #"\u001f"#), ("\u{7f}", #"\u007f"#), ("\u{80}", #"\u0080"#), ("\u{9b}31m", #"\u009b31m"#),
            ("\u{9f}", #"\u009f"#), ("\u{061c}", #"\u061c"#), ("\u{200e}", #"\u200e"#), ("\u{200f}", #"\u200f"#),
            ("\u{2028}", #"\u2028"#), ("\u{2029}", #"\u2029"#), ("\u{202a}", #"\u202a"#), ("\u{202b}", #"\u202b"#),
            ("\u{202c}", #"\u202c"#), ("\u{202d}", #"\u202d"#), ("\u{202e}", #"\u202e"#), ("\u{2066}", #"\u2066"#),
            ("\u{2067}", #"\u2067"#), ("\u{2068}", #"\u2068"#), ("\u{2069}", #"\u2069"#),
        ])
    func control(_ text: String, _ shown: String) {
        #expect(VisibleText.line("a\(text)b") == "a\(shown)b")
        #expect(VisibleText.line(Array("a\(text)b".utf8)) == "a\(shown)b")
    }

    @Test(
        "everything else stays as it is, neighbours of the controls included",
        arguments: [
            "", "dev@2026-01", #"C:\new\u0041"#, "naïve café", "日本語", "שלום", "👩‍💻", "e\u{301}", "\u{a0}", "\u{2027}",
            "\u{202f}", "\u{2065}", "\u{206a}", "\u{feff}", "\u{fffd}", "~",
        ])
    func plain(_ text: String) {
        #expect(Array(VisibleText.line(text).unicodeScalars) == Array(text.unicodeScalars))
        #expect(Array(VisibleText.line(Array(text.utf8)).unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test("line feeds and tabs of our own stay in lines, and nothing else does")
    func lines() {
        let text = "a\tb\n\u{1b}c\r\n\u{202e}d"
        #expect(VisibleText.lines(text) == "a\tb\n\\u001bc\\u000d\n\\u202ed")
        #expect(VisibleText.lines(Array(text.utf8)) == VisibleText.lines(text))
        #expect(VisibleText.columns(text) == "a\tb\\u000a\\u001bc\\u000d\\u000a\\u202ed")
    }

    @Test(
        "a byte that is not UTF-8 becomes its value",
        arguments: [
            ([0xff], #"\xff"#), ([0x9b], #"\x9b"#), ([0x61, 0xe2, 0x80], #"a\xe2\x80"#),
            ([0xe2, 0x80, 0x61], #"\xe2\x80a"#),
            ([0xc0, 0x9b], #"\xc0\x9b"#), ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
            ([0xe2, 0x80, 0xae, 0xae], #"\u202e\xae"#),
            ([0xf4, 0x90, 0x80, 0x80, 0x0a], #"\xf4\x90\x80\x80\u000a"#),
        ] as [([UInt8], String)])
    func invalid(_ bytes: [UInt8], _ shown: String) {
        #expect(VisibleText.line(bytes) == shown)
    }

    @Test("what was escaped once stays the same when it is escaped again")
    func idempotent() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let once = VisibleText.line(bytes)
            #expect(VisibleText.line(once) == once)
            #expect(VisibleText.lines(once) == once)
            #expect(!once.unicodeScalars.contains(where: VisibleText.isControl))
        }
    }
}
