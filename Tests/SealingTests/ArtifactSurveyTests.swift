import Age
import Catalogue
import Digest
import HandMadeStreams
import StockTools
import Synchronization
import SystemPackage
import Testing

@testable import Sealing

@Suite("What a catalogue says of a stored artifact, read again")
struct ArtifactSurveyTests {
    private let scratch: Scratch
    private let key: TestKey

    init() throws {
        scratch = try Scratch()
        key = try TestKey(in: scratch)
    }

    /// A stream of several frames.
    private func stream() -> [UInt8] {
        var stream = HandMadeStream()
        stream.begin()
        stream.add(3, "o1-7-0")
        stream.add(9, "o1-7-0", paths: [(16, "large")])
        let piece = mixedBytes(48_000)
        for index in 0..<220 { stream.write(piece, to: "large", at: index * piece.count) }
        stream.end()
        return stream.bytes
    }

    private func survey(
        _ path: FilePath, _ stored: StoredFileExpectation, outputLimit: UInt64 = .max, with identity: AgeIdentity? = nil
    ) async throws(OpenError) -> (ArtifactSurvey, map: [UInt8]) {
        let map = Mutex<[UInt8]>([])
        let found = try await ArtifactSurvey.of(
            path, expecting: stored, StreamExpectation(), outputLimit: outputLimit, with: [identity ?? key.identity],
            map: { piece in map.withLock { text in for index in piece.indices { text.append(piece[index]) } } })
        return (found, map.withLock { $0 })
    }

    private func sealed(_ bytes: [UInt8]) async throws -> (path: FilePath, StoredFileExpectation, FrameTable) {
        let source = try scratch.write(bytes, to: "stream")
        let sealed = try await Sealer(to: [key.recipient], content: .sendStream(StreamExpectation())).seal(
            .command(["cat", source.string]), as: scratch.path("artifact"))
        let (table, stored) = (sealed.frames, StoredFileExpectation(bytes: sealed.bytes, sha256: sealed.sha256))
        try sealed.finish()
        return (scratch.path("artifact"), stored, table)
    }

    @Test("frame table and map are those that sealing has made")
    func sameAsSealing() async throws {
        // given
        let bytes = stream()
        let (path, stored, table) = try await sealed(bytes)
        #expect(table.frames.count == 3)
        // when
        let (found, map) = try await survey(path, stored)
        // then
        #expect(found.frames == table)
        #expect(found.streamBytes == UInt64(bytes.count))
        #expect(isEqual(map, try recordedMap(bytes)))
    }

    @Test("an artifact that stock tools made is one frame, and has a map all the same")
    func ofStockTools() async throws {
        // given
        let bytes = stream()
        let source = try scratch.write(bytes, to: "stream")
        let path = scratch.path("stock")
        let command = "zstd -q <'\(source)' | age -r \(key.recipient) >'\(path)'"
        try runTool("bash", "-c", command)
        let stock = try scratch.read("stock")
        let stored = StoredFileExpectation(bytes: UInt64(stock.count), sha256: SHA256.hash(stock.span))
        // when
        let (found, map) = try await survey(path, stored)
        // then
        #expect(found.frames == nil)
        #expect(isEqual(map, try recordedMap(bytes)))
    }

    @Test("nothing comes of a file that is another one, is damaged, is too long, or is not ours")
    func refused() async throws {
        let bytes = stream()
        let (path, stored, _) = try await sealed(bytes)
        await #expect(throws: OpenError.self) {
            _ = try await survey(path, StoredFileExpectation(bytes: stored.bytes + 1, sha256: stored.sha256))
        }
        await #expect(throws: OpenError.self) {
            _ = try await survey(path, StoredFileExpectation(bytes: stored.bytes - 1, sha256: stored.sha256))
        }
        await #expect(throws: OpenError.self) {
            _ = try await survey(path, StoredFileExpectation(bytes: stored.bytes, sha256: SHA256Digest()))
        }
        await #expect(throws: OpenError.self) {
            _ = try await survey(path, stored, outputLimit: 1000)
        }
        await #expect(throws: OpenError.self) { _ = try await survey(path, stored, with: AgeIdentity.generate()) }
        var damaged = try scratch.read("artifact")
        damaged[damaged.count / 2] ^= 1
        let other = try scratch.write(damaged, to: "damaged")
        await #expect(throws: OpenError.self) { _ = try await survey(other, stored) }
    }
}
