import Age
import Testing

@Suite("Ranges of an age file")
struct AgeRangeReaderTests {
    private static let identity = AgeIdentity.generate()

    private static func plain(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private func file(_ plain: [UInt8]) -> [UInt8] { AgeFile.encrypt(plain.span, to: [Self.identity.recipient]) }

    private func read(
        _ range: Range<Int>, of file: [UInt8], with identity: AgeIdentity = Self.identity
    ) throws -> [UInt8] {
        let head = Array(file.prefix(AgeRangeReader.usualHead))
        var reader = try AgeRangeReader(head: head.span, fileLength: file.count, identities: [identity])
        let sealed = Array(file[reader.fileRange(of: range)])
        return try reader.open(sealed.span, holding: range)
    }

    @Test("any range comes out as it went in", arguments: [1, 2, 65_535, 65_536, 65_537, 131_072, 200_001])
    func ranges(count: Int) throws {
        // given
        let plain = Self.plain(count)
        let file = file(plain)
        // when
        var places = [0..<1, 0..<count, count - 1..<count]
        for chunk in stride(from: 65_536, to: count, by: 65_536) {
            places += [chunk - 1..<chunk, chunk..<chunk + 1, chunk - 1..<min(chunk + 1, count)]
        }
        // then
        for place in places {
            let found = try read(place, of: file)
            #expect(found == Array(plain[place]), "\(place)")
        }
        var reader = try AgeRangeReader(head: file.span, fileLength: file.count, identities: [Self.identity])
        let length = reader.plainLength
        #expect(length == count)
        let nothing: [UInt8] = []
        let refused = Result { () throws(AgeError) in try reader.open(nothing.span, holding: 0..<1) }
        #expect(refused == .failure(.truncated))
    }

    @Test("a changed chunk, one at another place, and one of a longer file are refused")
    func damaged() throws {
        let file = file(Self.plain(200_000))
        var flipped = file
        flipped[file.count - 50_000] ^= 1
        #expect(throws: AgeError.damagedPayload(chunk: 2)) { try read(150_000..<150_001, of: flipped) }
        #expect(try read(0..<1, of: flipped) == [0])
        // Its last chunk was not the last one of that file.
        let start = file.count - (200_000 + 4 * 16)
        let cut = Array(file[..<(start + 2 * 65_552)])
        #expect(throws: AgeError.damagedPayload(chunk: 1)) { try read(70_000..<70_001, of: cut) }
        #expect(throws: AgeError.wrongKey) { try read(0..<1, of: file, with: .generate()) }
        let short = Array(file.prefix(100))
        var isRefused = false
        do { _ = try AgeRangeReader(head: short.span, fileLength: file.count, identities: [Self.identity]) } catch {
            isRefused = error == .truncated
        }
        #expect(isRefused)
    }
}
