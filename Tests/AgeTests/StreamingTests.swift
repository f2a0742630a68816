import Sodium
import Testing

@testable import Age

@Suite("Streams in pieces of any size")
struct StreamingTests {
    private static let sizes = [0, 1, 2, 65535, 65536, 65537, 131071, 131072, 131073, 200_000, 1_000_000]

    @Test("What is encrypted in any pieces is read in any pieces", arguments: sizes)
    func roundTrip(count: Int) {
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(count)
        for step in [1000, 65_535, 65_536, 65_537, 131_072, 1 << 22] {
            let file = write(plaintext, AgeEncryptor(recipients: [key.recipient]), step: step)
            let chunks = max(1, (count + 65_535) / 65_536)
            #expect(file.count == 168 + 16 + count + 16 * chunks)
            for step in [999, 65_536, 65_552, 65_553, 1 << 22] {
                #expect(read(file, with: .identities([key]), step: step) == Reading(plaintext: plaintext))
            }
        }
    }

    @Test("Byte by byte is the same as at once, for sound and broken files")
    func byteByByte() {
        var hand = HandMadeFile()
        let key = hand.key
        let plaintext = SeededGenerator.some(65_540)
        hand.payload =
            hand.chunk(Array(plaintext[..<65536]), number: 0, isLast: false)
            + hand.chunk(Array(plaintext[65536...]), number: 1, isLast: true)
        let sound = hand.bytes
        var broken = sound
        broken[sound.count - 1] ^= 1
        let files = [sound, broken, Array(sound.dropLast(20)), sound + [0], Array(sound.prefix(100)), []]
        for file in files {
            #expect(read(file, with: key, step: 1) == read(file, with: key))
        }
    }

    @Test("Bytes leave as early as they can, and not before")
    func latency() throws {
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(65_537)
        let file = write(plaintext, AgeEncryptor(recipients: [key.recipient]))
        let head = file.count - 65_537 - 32
        var decryptor = AgeDecryptor(identities: [key])
        var out = 0
        try decryptor.update(file.span.extracting(..<(head + 65_552))) { out += $0.count }
        #expect(out == 0)
        try decryptor.update(file.span.extracting((head + 65_552)..<(head + 65_553))) { out += $0.count }
        #expect(out == 65_536)
        try decryptor.update(file.span.extracting((head + 65_553)...)) { out += $0.count }
        try decryptor.finish { out += $0.count }
        #expect(out == 65_537)
    }

    @Test("After an error nothing more is let out, whatever comes")
    func afterError() {
        let key = AgeIdentity.generate()
        var file = write(SeededGenerator.some(300_000), AgeEncryptor(recipients: [key.recipient]))
        file[70_000] ^= 1
        var decryptor = AgeDecryptor(identities: [key])
        var out = 0
        var errors: [AgeError?] = []
        for _ in 0..<2 {
            do {
                try decryptor.update(file.span) { out += $0.count }
            } catch {
                errors.append(error as? AgeError)
            }
        }
        do {
            try decryptor.finish { out += $0.count }
        } catch {
            errors.append(error as? AgeError)
        }
        #expect(errors == [AgeError?](repeating: .damagedPayload(chunk: 1), count: 3))
        #expect(out == 65_536)
    }

    @Test("What the closure throws comes out as it is")
    func sinkFailure() {
        struct Full: Error {}
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(100_000)
        var encryptor = AgeEncryptor(recipients: [key.recipient])
        _ = encryptor.start()
        #expect(throws: Full.self) { try encryptor.update(plaintext.span) { _ throws(Full) in throw Full() } }

        let file = write(plaintext, AgeEncryptor(recipients: [key.recipient]))
        var decryptor = AgeDecryptor(identities: [key])
        #expect(throws: Full.self) { try decryptor.update(file.span) { _ in throw Full() } }
    }

    @Test("Several recipients: each opens it, nobody else")
    func recipients() {
        let keys = (0..<4).map { _ in AgeIdentity.generate() }
        let plaintext = SeededGenerator.some(1000)
        let file = AgeFile.encrypt(plaintext.span, to: keys.map(\.recipient))
        for key in keys {
            #expect(read(file, with: .identities([key])) == Reading(plaintext: plaintext))
            #expect(read(file, with: .identities([.generate(), key])) == Reading(plaintext: plaintext))
        }
        #expect(read(file, with: .identities([.generate()])) == Reading(error: .wrongKey))
    }

    @Test("No two files are alike")
    func freshness() {
        let key = AgeIdentity.generate()
        let plaintext: [UInt8] = [1, 2, 3]
        let one = AgeFile.encrypt(plaintext.span, to: [key.recipient])
        let other = AgeFile.encrypt(plaintext.span, to: [key.recipient])
        #expect(zip(one.suffix(19), other.suffix(19)).contains { $0 != $1 })
        #expect(one[30..<60] != other[30..<60])
        #expect(one.suffix(35).prefix(16) != other.suffix(35).prefix(16))
    }

    @Test("In memory: what was encrypted comes back, as bytes and as a secret")
    func inMemory() throws {
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(150_000)
        let file = AgeFile.encrypt(plaintext.span, to: [key.recipient])
        let isRecognized = AgeFile.isAgeFile(file.span)
        #expect(isRecognized)
        #expect(try AgeFile.decrypt(file.span, with: [key]) == plaintext)
        let opened = try AgeFile.decryptSecret(file.span, with: [key])
        let bytes = opened.withSpan { array($0) }
        #expect(bytes == plaintext)
        #expect(throws: AgeError.wrongKey) { try AgeFile.decrypt(file.span, with: [.generate()]) }
        #expect(throws: AgeError.trailingData) {
            let full = AgeFile.encrypt(Array(plaintext[..<65536]).span, to: [key.recipient]) + [0]
            _ = try AgeFile.decrypt(full.span, with: [key])
        }
    }
}
