import Digest
import Testing

/// A message and its digest, as NIST publishes them (FIPS 180-4 examples and the SHAVS short-message vectors).
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let message: [UInt8]
    let digest: String

    var testDescription: String { name }

    static let all: [Vector] = [
        Vector(
            name: "no bytes", message: [],
            digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        Vector(
            name: "abc", message: Array("abc".utf8),
            digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Vector(
            name: "448 bits", message: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        Vector(
            name: "896 bits",
            message: Array(
                ("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                    + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu").utf8),
            digest: "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
        Vector(
            name: "one byte", message: [0xD3],
            digest: "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
        Vector(
            name: "a million times a", message: [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
            digest: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]
}

struct SHA256Tests {
    @Test("The vectors of NIST come out", arguments: Vector.all)
    func vectors(vector: Vector) {
        #expect(SHA256.hash(vector.message.span).hex == vector.digest)
    }

    @Test("Pieces of any length give the digest of the whole", arguments: [1, 3, 55, 56, 63, 64, 65, 4_096])
    func pieces(length: Int) {
        let message = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var hasher = SHA256()
        for start in stride(from: 0, to: message.count, by: length) {
            hasher.update(Array(message[start..<min(start + length, message.count)]).span)
        }
        #expect(hasher.finish() == SHA256.hash(message.span))
    }

    @Test("After finish a new digest begins")
    func reuse() {
        // given
        var hasher = SHA256()
        hasher.update([1, 2, 3].span)
        _ = hasher.finish()
        // when
        hasher.update(Array("abc".utf8).span)
        // then
        #expect(hasher.finish() == SHA256.hash(Array("abc".utf8).span))
        #expect(hasher.finish() == SHA256.hash([UInt8]().span))
    }

    @Test("Two digests side by side do not disturb each other")
    func interleaved() {
        var first = SHA256()
        var second = SHA256()
        first.update(Array("a".utf8).span)
        second.update(Array("x".utf8).span)
        first.update(Array("bc".utf8).span)
        #expect(first.finish() == SHA256.hash(Array("abc".utf8).span))
        #expect(second.finish() == SHA256.hash(Array("x".utf8).span))
    }

    @Test("Many threads hash at once")
    func threads() async {
        let message = [UInt8](repeating: 7, count: 100_000)
        let expected = SHA256.hash(message.span)
        await withTaskGroup(of: SHA256Digest.self) { group in
            for _ in 0..<16 { group.addTask { SHA256.hash(message.span) } }
            for await digest in group { #expect(digest == expected) }
        }
    }
}
