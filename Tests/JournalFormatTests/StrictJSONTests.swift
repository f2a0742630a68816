import JournalFixtures
import JournalFormat
import Testing

private func reason(_ text: String) -> Reason? { reason(Array(text.utf8)) }

private func reason(_ bytes: [UInt8]) -> Reason? {
    do throws(FormatError) {
        _ = try JSONValue(parsing: bytes)
        return nil
    } catch {
        return error.reason
    }
}

private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
}

@Suite("Strict JSON: one spelling for each value")
struct StrictJSONTests {
    @Test(
        "What is accepted is written again as it was",
        arguments: [
            "null", "true", "false", "0", "1", "-1", "10", "9007199254740991", "-9007199254740991", "\"\"", "\"a\"",
            "\"/\"", "\"\u{7f}\"", "\"\u{e9}\u{20ac}\u{1f600}\"", "\"\u{ffff}\"", "\"\u{2028}\"", #""\"\\\b\f\n\r\t""#,
            #""\u0000\u0001\u0007\u000b\u000e\u000f\u0010\u001a\u001f""#, "[]", "{}", "[1,[2,{}],\"3\"]", #"{"":0}"#,
            #"{"b":1,"a":{"b":2}}"#, #"{"a":1,"A":2}"#, "{\"\u{e9}\":1,\"e\u{301}\":2}", #"{"\n":1,"n":2}"#, nested(16),
            "\"12345678\\n12345678\\\"\"", "\"1234567\u{20ac}1234567\"",
        ])
    func accepted(_ text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(value.bytes == Array(text.utf8))
        #expect(value.text == text)
    }

    @Test(
        "What has another spelling, or none, is refused with its reason",
        arguments: [
            ("", .syntax), (" 1", .syntax), ("1 ", .syntax), ("[1, 2]", .syntax), ("{\"a\" :1}", .syntax),
            ("1\n", .syntax),
            ("tru", .syntax), ("True", .syntax), ("nulL", .syntax), ("truefalse", .syntax), ("undefined", .syntax),
            ("+1", .syntax), (".5", .syntax), ("'a'", .syntax), ("[", .syntax), ("[1", .syntax), ("[1,", .syntax),
            ("[1,]", .syntax), ("[,1]", .syntax), ("[1}", .syntax), ("{", .syntax), ("{\"a\"", .syntax),
            ("{\"a\":", .syntax),
            ("{\"a\":1", .syntax), ("{\"a\":1,}", .syntax), ("{\"a\"1}", .syntax), ("{a:1}", .syntax),
            ("{1:1}", .syntax),
            ("]", .syntax), ("\"", .syntax), ("\"a", .syntax), ("\"a\tb\"", .syntax), ("\"a\nb\"", .syntax),
            ("\"12345678\u{1f}\"", .syntax), ("\"\u{0}\"", .syntax), ("1,2", .syntax), ("//", .syntax),
            ("1.0", .number), ("1.", .number), ("1e0", .number), ("1E5", .number), ("01", .number), ("00", .number),
            ("-0", .number), ("-", .number), ("--1", .number), ("-01", .number), ("-a", .number),
            ("9007199254740992", .number), ("-9007199254740992", .number), ("18446744073709551617", .number),
            ("10000000000000000", .number), ("99999999999999999999999999", .number), ("0x10", .syntax),
            ("[1.5]", .number),
            (#""\/""#, .escape), (#""\u0061""#, .escape), (#""\u000a""#, .escape), (#""\u000A""#, .escape),
            (#""\u001F""#, .escape), (#""\u0008""#, .escape), (#""\u0020""#, .escape), (#""\u0022""#, .escape),
            (#""\u00""#, .escape), (#""\ud800""#, .escape), (#""\x41""#, .escape), (#""\a""#, .escape),
            ("\"\\", .escape),
            ("\"\\u001", .escape), (#""\U001f""#, .escape), (#""\u001g""#, .escape), (#""\'""#, .escape),
            (#"{"a":1,"a":2}"#, .duplicateKey), (#"{"a":{"b":1,"c":2,"b":3}}"#, .duplicateKey),
            (#"{"":1,"":2}"#, .duplicateKey),
            ("{\"\\n\":1,\"\\n\":2}", .duplicateKey), (nested(17), .depth), ("[" + nested(16) + "]", .depth),
        ] as [(String, Reason)])
    func refused(_ text: String, _ expected: Reason) {
        #expect(reason(text) == expected)
    }

    @Test(
        "Bytes that are not UTF-8 are found before anything else",
        arguments: [
            [0xff], [0x80], [0xc0, 0xaf], [0xc1, 0x81], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
            [0xf0, 0x80, 0x80, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xc3],
        ] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        #expect(reason([0x22] + bytes + [0x22]) == .utf8)
        #expect(reason(Array(" \"".utf8) + bytes + [0x22]) == .utf8)
    }

    @Test("The first thing wrong from the left is the reason")
    func firstFault() {
        #expect(reason(#"[1.0,"\/"]"#) == .number)
        #expect(reason(#"["\/",1.0]"#) == .escape)
        #expect(reason(#"{"a":1,"a":1.0}"#) == .duplicateKey)
        #expect(reason(#"[ 1.0]"#) == .syntax)
    }

    @Test("A key said twice is found among few and among many, wherever the two stand")
    func manyKeys() {
        for count in [2, 23, 24, 25, 26, 60] {
            let keys = (0..<count).map { "\"k\($0)\":0" }
            #expect(reason("{" + keys.joined(separator: ",") + "}") == nil)
            for twice in [0, count / 2, count - 1] {
                #expect(reason("{" + (keys + ["\"k\(twice)\":0"]).joined(separator: ",") + "}") == .duplicateKey)
            }
        }
    }

    @Test("A quote, a backslash and a control character are seen at every place of a word")
    func placesInWords() throws {
        for before in 0..<20 {
            let text = String(repeating: "x", count: before)
            let quoted = "\"\(text)\\\"\(text)\""
            #expect(try JSONValue(parsing: Array(quoted.utf8)).string == "\(text)\"\(text)")
            #expect(reason("\"\(text)\u{1f}\(text)\"") == .syntax)
            #expect(reason("\"\(text)\u{20}\u{21}\u{5b}\u{5d}\u{7f}\u{80}\(text)\"") == nil)
            #expect(reason("\"\(text)\"\(text)") == (before == 0 ? nil : .syntax))
        }
    }

    @Test("Random values come back as they were, and have no second spelling")
    func randomValues() throws {
        var generator = SeededGenerator(1)
        for _ in 0..<3000 {
            let value = generator.value(depth: 1)
            let bytes = value.bytes
            let again = try JSONValue(parsing: bytes)
            #expect(again == value)
            #expect(again.bytes == bytes)
            // Whatever a change makes of it is refused, or is the one spelling of another value.
            let changed = generator.mutate(bytes)
            if let other = try? JSONValue(parsing: changed) { #expect(other.bytes == changed) }
        }
    }

    @Test("Keys that only look the same are two keys")
    func canonicallyEquivalentKeys() throws {
        let object: JSONObject = ["\u{e9}": .integer(1), "e\u{301}": .integer(2)]
        #expect(object.members.count == 2)
        #expect(object["\u{e9}"]?.integer == 1)
        #expect(object["e\u{301}"]?.integer == 2)
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    }
}

extension SeededGenerator {
    fileprivate mutating func value(depth: Int) -> JSONValue {
        switch below(depth > 15 ? 4 : 7) {
        case 0: pick([JSONValue.null, .bool(true), .bool(false)]) ?? .null
        case 1: .integer(Int.random(in: -9_007_199_254_740_991...9_007_199_254_740_991, using: &self))
        case 2: .integer(below(20) - 10)
        case 3: .string(text())
        case 4, 5: .array((0..<below(4)).map { _ in value(depth: depth + 1) })
        default: .object(object(depth: depth))
        }
    }

    private mutating func object(depth: Int) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<below(5) { object[text()] = value(depth: depth + 1) }
        return object
    }

    private mutating func text() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<below(12) {
            let limit = pick([0x20, 0x80, 0x800, 0x1_0000, 0x11_0000]) ?? 0x80
            if let scalar = Unicode.Scalar(UInt32(below(limit))) { text.append(scalar) }
        }
        return String(text)
    }
}
