import Sodium
import Testing

@testable import Age

@Suite("Each rule of the header")
struct HeaderRuleTests {
    private let good = Reading(plaintext: Array("age".utf8))

    private func isMalformed(_ reading: Reading) -> Bool {
        if case .malformedHeader = reading.error { return reading.plaintext.isEmpty }
        return false
    }

    @Test("A file made by hand with nothing wrong opens")
    func sound() {
        #expect(HandMadeFile().reading() == good)
    }

    @Test(
        "What does not begin as an age file is none",
        arguments: ["", "x", "ag", "age encryption.org/v1\n", "Age-encryption.org/v1\n", "PK\u{3}\u{4}", "\u{0}"])
    func notAge(beginning: String) {
        let reading = read(Array(beginning.utf8), with: HandMadeFile().key)
        let isPart = "age-encryption.org/v1\n".hasPrefix(beginning)
        #expect(reading == Reading(error: isPart ? .truncated : .notAgeFile))
    }

    @Test(
        "The version line is exact",
        arguments: [
            "age-encryption.org/v2\n", "age-encryption.org/v10\n", "age-encryption.org/v1 \n",
            "age-encryption.org/v1\r\n", "age-encryption.org/V1\n", "age-encryption.org/\n",
            "age-encryption.org/v1\n\n", "age-encryption.org/v1" + String(repeating: "1", count: 80) + "\n",
        ])
    func version(line: String) {
        var file = HandMadeFile()
        file.head = line + file.stanza()
        #expect(isMalformed(file.reading()))
    }

    @Test("A header without a stanza is refused")
    func noStanza() {
        var file = HandMadeFile()
        file.head = "age-encryption.org/v1\n"
        #expect(isMalformed(file.reading()))
    }

    @Test(
        "A stanza that breaks the grammar is refused, known or not",
        arguments: [
            "->\n\n", "-> \n\n", "->X\n\n", "-> X  a\n\n", "-> X \n\n", "->  X\n\n", "-> X a \n\n", "-> X\ta\n\n",
            "-> X \u{e9}\n\n", "-> X \u{7f}\n\n", "-> X\r\n\n", "-> X\n\r\n", "-> X a\u{0}b\n\n", " -> X\n\n",
            "- > X\n\n", "--> X\n\n", "\n-> X\n\n", "-> X\n" + String(repeating: "A", count: 65) + "\n\n",
            "-> X\n" + String(repeating: "A", count: 68) + "\n", "-> X\nAAA=\n", "-> X\nAA==\n", "-> X\nA\n",
            "-> X\nAB\n", "-> X\nAAB\n", "-> X\nAA A\n", "-> X\n AAAA\n", "-> X\nAAAA \n", "-> X\nAA-_\n",
            "-> X\nAAAA\nAAAA\n", "-> X\n" + String(repeating: "A", count: 64) + "\n", "-> X\n",
            "-> X\n\n\n", "-> X\n" + String(repeating: "A", count: 64) + "\nAAAA\nAAAA\n", "-> X\nAAAA\r\n",
        ])
    func grammar(stanza: String) {
        var file = HandMadeFile()
        file.head += stanza
        #expect(isMalformed(file.reading()))
        file.head = "age-encryption.org/v1\n" + stanza + file.stanza()
        #expect(isMalformed(file.reading()))
    }

    @Test(
        "Unknown stanzas are skipped, whatever they hold",
        arguments: [
            "-> X\n\n", "-> X\nAAAA\n", "-> grease ~!@#$%^&*()_+ -> --- \"'\n\n", "-> x25519 AAAA\n\n",
            "-> Scrypt a b\n\n",
            "-> X\n" + String(repeating: "A", count: 64) + "\n\n",
            "-> X\n" + String(repeating: String(repeating: "/", count: 64) + "\n", count: 20) + "AA\n",
            "-> ---\n\n", "-> ->\n\n", "-> mlkem768x25519 AAAA\nAAAA\n",
        ])
    func unknown(stanza: String) {
        var file = HandMadeFile()
        let known = file.stanza()
        file.head = "age-encryption.org/v1\n" + stanza + known
        #expect(file.reading() == good)
        file.head = "age-encryption.org/v1\n" + known + stanza
        #expect(file.reading() == good)
        file.head = "age-encryption.org/v1\n" + stanza
        #expect(file.reading() == Reading(error: .wrongKey))
    }

    @Test("A header with CR LF is refused")
    func carriageReturns() {
        var file = HandMadeFile()
        file.head = file.head.split(separator: "\n").map { $0 + "\r\n" }.joined()
        #expect(isMalformed(file.reading()))
        file = HandMadeFile()
        file.macLine = " \(file.rightMAC)\r\n"
        #expect(isMalformed(file.reading()))
    }

    @Test("The MAC line is exact")
    func macLine() {
        let file = HandMadeFile()
        let mac = file.rightMAC
        let last = String(mac.dropLast())
        let lines = [
            "\n", " \n", "\(mac)\n", "  \(mac)\n", " \(mac) \n", " \(mac)=\n", " \(last)\n", " \(mac)A\n",
            " \(mac)AAAA\n",
            "- \(mac)\n", "\t\(mac)\n", " \(mac) \(mac)\n", " \(last)!\n", " \(last)\n ", " " + "A\n",
            // 43 characters carry 258 bits: the last two must be zero.
            " " + String(repeating: "A", count: 42) + "B\n",
        ]
        for line in lines {
            var changed = file
            changed.macLine = line
            #expect(isMalformed(changed.reading()), "\(line)")
        }
    }

    @Test("A MAC that does not match is refused after the key was found, and only then")
    func mac() {
        var file = HandMadeFile()
        file.macLine = " " + String(repeating: "A", count: 43) + "\n"
        #expect(file.reading() == Reading(error: .changedHeader))
        #expect(read(file.bytes, with: .identities([.generate()])) == Reading(error: .wrongKey))

        // A stanza added later by somebody else.
        file = HandMadeFile()
        file.macLine = " \(file.rightMAC)\n"
        file.head += "-> X\n\n"
        #expect(file.reading() == Reading(error: .changedHeader))
    }

    @Test("A header that ends too early is truncated")
    func truncation() {
        let file = HandMadeFile()
        let header = file.header
        for count in 0..<(header.count + 16) {
            #expect(read(Array(file.bytes.prefix(count)), with: file.key) == Reading(error: .truncated))
        }
    }

    @Test("A header longer than 1 MiB is refused as soon as it is, one just below is read")
    func size() {
        var file = HandMadeFile()
        let known = file.stanza()
        file.head = "age-encryption.org/v1\n-> X " + String(repeating: "x", count: 1_048_000) + "\n\n" + known
        #expect(file.reading(step: 4096) == good)
        file.head = "age-encryption.org/v1\n-> X " + String(repeating: "x", count: 1_048_576)
        #expect(isMalformed(file.reading(step: 4096)))
    }

    @Test("Nobody's identity opens nothing")
    func noIdentity() {
        #expect(read(HandMadeFile().bytes, with: .identities([])) == Reading(error: .wrongKey))
        #expect(read(HandMadeFile().bytes, with: .passphrase("age")) == Reading(error: .wrongKey))
    }

    @Test("A stanza is written as it is read")
    func roundTrip() throws {
        for count in [0, 1, 2, 3, 32, 47, 48, 49, 95, 96, 97, 1000] {
            let stanza = Stanza(arguments: ["X", "a", "~"], body: [UInt8](repeating: 0xa5, count: count))
            var file = HandMadeFile()
            file.head = "age-encryption.org/v1\n" + String(decoding: stanza.lines, as: UTF8.self)
            var parser = HeaderParser()
            var offset = 0
            let header = try #require(try parser.parse(file.bytes.span, from: &offset))
            #expect(header.stanzas == [stanza])
            #expect(offset == file.header.count)
            #expect(header.authenticated == Array((file.head + "---").utf8))
        }
    }
}
