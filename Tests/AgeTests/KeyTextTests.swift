import Sodium
import Testing

@testable import Age

@Suite("Keys as text")
struct KeyTextTests {
    private let secretText = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    private let publicText = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    private func identityError(_ text: String) -> AgeError? {
        error { () throws(AgeError) in _ = try AgeIdentity(text: Array(text.utf8).span) }
    }

    private func recipientError(_ text: String) -> AgeError? {
        error { () throws(AgeError) in _ = try AgeRecipient(text) }
    }

    private func recipient(of key: [UInt8]) -> String {
        let text = Bech32.encode(key.span, as: Bech32.Form("age", isUpperCase: false))
        return text.withSpan { String(decoding: array($0), as: UTF8.self) }
    }

    @Test("Text comes back as it was")
    func roundTrip() throws {
        let key = try identity(secretText)
        #expect(text(of: key) == secretText)
        #expect(try AgeRecipient(publicText).description == publicText)
        #expect(try AgeRecipient(publicText) == key.recipient)
        for _ in 0..<20 {
            let new = AgeIdentity.generate()
            #expect(text(of: new).utf8.count == AgeIdentity.textSize)
            let again = try identity(text(of: new))
            #expect(again.recipient == new.recipient)
            #expect(try AgeRecipient(new.recipient.description) == new.recipient)
        }
    }

    @Test("An identity is all upper case")
    func identityCase() {
        #expect(identityError(secretText.lowercased()) != nil)
        for place in [0, 10, 20, 40, 73] {
            var characters = Array(secretText)
            characters[place] = Character(characters[place].lowercased())
            if String(characters) != secretText { #expect(identityError(String(characters)) != nil, "\(place)") }
        }
    }

    @Test("A recipient is all lower case")
    func recipientCase() {
        #expect(recipientError(publicText.uppercased()) != nil)
        #expect(recipientError(publicText.dropLast() + "J") == .malformedRecipient("it must be all lower case"))
    }

    @Test("Any mistyped character is found", arguments: 0..<74)
    func typing(place: Int) {
        var secretCharacters = Array(secretText)
        secretCharacters[place] = secretCharacters[place] == "Q" ? "P" : "Q"
        #expect(identityError(String(secretCharacters)) != nil)
        if place < publicText.count {
            var publicCharacters = Array(publicText)
            publicCharacters[place] = publicCharacters[place] == "q" ? "p" : "q"
            #expect(recipientError(String(publicCharacters)) != nil)
        }
    }

    @Test("What is missing, added or of another kind is refused")
    func malformed() {
        let texts = [
            "", "1", "age", "age1", "AGE-SECRET-KEY-1", secretText + "Q", String(secretText.dropLast()),
            " " + secretText, secretText + " ", secretText + "\n", publicText, publicText + "q", publicText + " ",
            " " + publicText, String(publicText.dropLast()), "age1pq1qqqq", "age1yubikey1qqqq", "ssh-ed25519 AAAA",
            "AGE-PLUGIN-YUBIKEY-1QQQQ", "AGE-SECRET-KEY-PQ-1QQQQ", publicText + "\u{e9}", "agé1",
        ]
        for text in texts where text != publicText { #expect(recipientError(text) != nil, "\(text)") }
        for text in texts where text != secretText { #expect(identityError(text) != nil, "\(text)") }
        #expect(recipientError("age1yubikey1qqqq") == .malformedRecipient("plugin recipients are not supported"))
        #expect(
            identityError("AGE-SECRET-KEY-PQ-1QQQQ") == .malformedIdentity("post-quantum identities are not supported"))
    }

    @Test("Another length than 32 bytes, or stray bits, are refused though the checksum is right")
    func length() {
        for count in [0, 31, 33, 64] {
            #expect(recipientError(recipient(of: [UInt8](repeating: 1, count: count))) != nil)
        }
    }

    @Test("A key that nobody can decrypt with is refused")
    func unusable() {
        let p: [UInt8] = [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
        let keys: [[UInt8]] = [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31), p,
            [0xee] + p.dropFirst(), [0xff] + p.dropFirst(), [0xec] + p.dropFirst(),
            [9] + [UInt8](repeating: 0, count: 30) + [0x80],
        ]
        for key in keys {
            #expect(
                recipientError(recipient(of: key))
                    == .malformedRecipient("it is not a public key that can be encrypted to"))
        }
        #expect(recipientError(recipient(of: [9] + [UInt8](repeating: 0, count: 31))) == nil)
    }

    @Test("No error repeats the text of an identity")
    func secrecy() {
        for place in [20, 40, 60] {
            var characters = Array(secretText)
            characters[place] = "b"
            let message = identityError(String(characters)).map(\.description) ?? ""
            #expect(!message.contains("GFPYY"))
        }
    }
}
