import Sodium
import Testing

@testable import Age

@Suite("Each rule of the scrypt stanza")
struct ScryptStanzaTests {
    private let passphrase = "correct horse"

    private func reading(_ stanzas: String, _ key: Key? = nil) -> Reading {
        var file = HandMadeFile()
        file.head = "age-encryption.org/v1\n" + stanzas
        return read(file.bytes, with: key ?? .passphrase(passphrase))
    }

    private func parts() throws -> (salt: String, body: String) {
        let stanza = try HandMadeFile.scryptStanza(passphrase)
        let lines = stanza.split(separator: "\n")
        return (String(lines[0].split(separator: " ")[2]), String(lines[1]))
    }

    @Test("A file for a passphrase opens with it, and with nothing else")
    func sound() throws {
        let stanza = try HandMadeFile.scryptStanza(passphrase)
        #expect(reading(stanza) == Reading(plaintext: Array("age".utf8)))
        #expect(reading(stanza, .passphrase("correct horsf")) == Reading(error: .wrongKey))
        #expect(reading(stanza, .passphrase("")) == Reading(error: .wrongKey))
        #expect(reading(stanza, .identities([.generate()])) == Reading(error: .wrongKey))
    }

    @Test("It stands alone, whatever is next to it, whichever key is given")
    func alone() throws {
        let file = HandMadeFile()
        let stanza = try HandMadeFile.scryptStanza(passphrase)
        let error = AgeError.malformedHeader("a scrypt stanza must stand alone")
        for other in [file.stanza(), try HandMadeFile.scryptStanza(passphrase), "-> grease\n\n"] {
            #expect(reading(stanza + other).error == error)
            #expect(reading(other + stanza).error == error)
            #expect(reading(stanza + other, file.key).error == error)
            #expect(reading(other + stanza, file.key).error == error)
        }
    }

    @Test("Exactly two arguments")
    func arguments() throws {
        let (salt, body) = try parts()
        let error = AgeError.malformedHeader("a scrypt stanza must have two arguments")
        for arguments in ["", " \(salt)", " 4", " \(salt) 4 4", " \(salt) 4 x"] {
            #expect(reading("-> scrypt\(arguments)\n\(body)\n").error == error)
        }
    }

    @Test("The salt is 16 bytes in canonical base64")
    func salt() throws {
        let (salt, body) = try parts()
        let error = AgeError.malformedHeader("the salt of a scrypt stanza must be 16 bytes in canonical base64")
        let texts = [
            "AAAA", salt + "==", String(salt.dropLast()), String(repeating: "A", count: 21) + "B", salt + "AA",
            String(repeating: "A", count: 43),
        ]
        for text in texts { #expect(reading("-> scrypt \(text) 4\n\(body)\n").error == error, "\(text)") }
    }

    @Test(
        "The work factor is decimal without leading zeros",
        arguments: ["0", "04", "004", "+4", "-4", "0x4", "4x", "x4", "4.0", "4e1", "\u{0664}", "4,", "00"])
    func workFactorDigits(text: String) throws {
        let (salt, body) = try parts()
        let error = reading("-> scrypt \(salt) \(text)\n\(body)\n").error
        if case .malformedHeader = error { return }
        Issue.record("\(text): \(error.map(\.description) ?? "accepted")")
    }

    @Test(
        "A work factor above the limit is refused before any work",
        arguments: ["23", "24", "64", "100", "18446744073709551616", "9999999999999999999999999999999999999999"])
    func workFactorLimit(text: String) throws {
        let (salt, body) = try parts()
        #expect(reading("-> scrypt \(salt) \(text)\n\(body)\n").error == .workFactorTooHigh(limit: 22))
    }

    @Test("The limit can be set lower")
    func lowerLimit() throws {
        var file = HandMadeFile()
        file.head = "age-encryption.org/v1\n" + (try HandMadeFile.scryptStanza(passphrase, workFactor: 5))
        func opens(_ limit: Int) -> AgeError? {
            error { () throws(AgeError) in
                _ = try AgeFile.decryptSecret(file.bytes.span, passphrase: secret(passphrase), maximumWorkFactor: limit)
            }
        }
        #expect(opens(4) == .workFactorTooHigh(limit: 4))
        #expect(opens(5) == nil)
    }

    @Test("Another work factor than the one used opens nothing")
    func workFactorChanged() throws {
        let (salt, body) = try parts()
        #expect(reading("-> scrypt \(salt) 5\n\(body)\n").error == .wrongKey)
    }

    @Test("The body is 32 bytes")
    func body() throws {
        let (salt, _) = try parts()
        let error = AgeError.malformedHeader("the body of a scrypt stanza must be 32 bytes")
        for count in [0, 16, 31, 33] {
            let bytes = [UInt8](repeating: 1, count: count)
            let body = String(decoding: Base64.encodeUnpadded(bytes.span), as: UTF8.self)
            #expect(reading("-> scrypt \(salt) 4\n\(body)\n").error == error)
        }
    }

    @Test("What is encrypted with a passphrase comes back, a wrong MAC is noticed")
    func encryption() throws {
        let plaintext = SeededGenerator.some(70_000)
        let file = try AgeFile.encrypt(plaintext.span, passphrase: secret(passphrase), workFactor: 3)
        #expect(read(file, with: .passphrase(passphrase)) == Reading(plaintext: plaintext))
        #expect(read(file, with: .passphrase("another")) == Reading(error: .wrongKey))
        let opened = try AgeFile.decryptSecret(file.span, passphrase: secret(passphrase))
        let bytes = opened.withSpan { array($0) }
        #expect(bytes == plaintext)
    }
}

extension SeededGenerator {
    static func some(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(count))
        return generator.bytes(count)
    }
}
