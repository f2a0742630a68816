import Sodium
import Testing

@testable import Age

/// The points whose order divides 8, as far as they are below 2^255: zero, one, the two of order 8, and p - 1, p, p + 1.
private let sharesOfSmallOrder: [[UInt8]] = [
    [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
        0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
        0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f], [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
    [0xee] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
]

@Suite("Each rule of the X25519 stanza")
struct X25519StanzaTests {
    private func reading(_ stanza: String, file: HandMadeFile) -> Reading {
        var file = file
        file.head = "age-encryption.org/v1\n" + stanza
        let alone = file.reading()
        // What is malformed is malformed wherever it stands.
        file.head += file.stanza()
        if case .malformedHeader = alone.error { #expect(file.reading() == alone) }
        file.head = "age-encryption.org/v1\n" + file.stanza() + stanza
        if case .malformedHeader = alone.error { #expect(file.reading() == alone) }
        return alone
    }

    private func encoded(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encodeUnpadded(bytes.span), as: UTF8.self)
    }

    @Test("Exactly one argument")
    func arguments() {
        let file = HandMadeFile()
        let (line, body) = file.stanzaLines()
        let error = AgeError.malformedHeader("an X25519 stanza must have one argument")
        #expect(reading("-> X25519\n\(body)\n", file: file).error == error)
        #expect(reading("\(line) AAAA\n\(body)\n", file: file).error == error)
    }

    @Test("The share is 32 bytes in canonical base64")
    func share() {
        let file = HandMadeFile()
        let (line, body) = file.stanzaLines()
        let share = Base64.decodeUnpadded(Array(line.dropFirst("-> X25519 ".count).utf8).span) ?? []
        let error = AgeError.malformedHeader("the share of an X25519 stanza must be 32 bytes in canonical base64")
        let good = encoded(share)
        let texts = [
            encoded(Array(share.prefix(31))), encoded(share + [0]), good + "=", String(good.dropLast()), "A",
            String(good.dropLast()) + "!", String(repeating: "A", count: 42) + "B",
        ]
        for text in texts { #expect(reading("-> X25519 \(text)\n\(body)\n", file: file).error == error, "\(text)") }
    }

    @Test("The body is 32 bytes, even where a longer one would open")
    func body() {
        let file = HandMadeFile()
        let (line, _) = file.stanzaLines()
        let error = AgeError.malformedHeader("the body of an X25519 stanza must be 32 bytes")
        for count in [0, 1, 31, 33, 47] {
            let body = encoded([UInt8](repeating: 1, count: count))
            #expect(reading("\(line)\n\(body)\n", file: file).error == error)
        }
        let full = encoded([UInt8](repeating: 1, count: 48))
        #expect(reading("\(line)\n\(full)\n\n", file: file).error == error)
    }

    @Test(
        "A share of small order is refused, also with the bit set that X25519 does not look at",
        arguments: sharesOfSmallOrder + sharesOfSmallOrder.map { $0.dropLast() + [$0[31] | 0x80] })
    func smallOrder(share: [UInt8]) {
        let file = HandMadeFile()
        let (_, body) = file.stanzaLines()
        var changed = file
        changed.head = "age-encryption.org/v1\n-> X25519 \(encoded(share))\n\(body)\n"
        #expect(
            changed.reading().error == .malformedHeader("the share of an X25519 stanza is a point of small order"))
    }

    @Test("A body that was changed is for nobody")
    func changedBody() {
        let file = HandMadeFile()
        let (line, body) = file.stanzaLines()
        let changed = (body.hasPrefix("A") ? "B" : "A") + body.dropFirst()
        #expect(reading("\(line)\n\(changed)\n", file: file).error == .wrongKey)
    }

    @Test("The key is found wherever its stanza stands, among identities in any order")
    func order() {
        var file = HandMadeFile()
        let others = (0..<5).map { _ in AgeIdentity.generate() }
        let stanzas = others.map { file.stanza(to: $0.recipient) }
        for place in 0...stanzas.count {
            var all = stanzas
            all.insert(file.stanza(), at: place)
            file.head = "age-encryption.org/v1\n" + all.joined()
            #expect(file.reading().error == nil)
            #expect(read(file.bytes, with: .identities([.generate(), others[0]])).error == nil)
            #expect(read(file.bytes, with: .identities([.generate()])).error == .wrongKey)
        }
    }

    @Test("The example keys of the specification belong together")
    func example() throws {
        let key = try identity("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX")
        #expect(key.recipient.description == "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")
    }
}
