import DurableFiles
import ObjectStore
import ScratchSpace
import Testing

@testable import Browsing

@Suite("An artifact that is read in a mirror")
struct MirroredArtifactTests {
    private let scratch: ScratchDirectory
    private let store: any ObjectStore
    private let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 16) }
    private let key: ObjectKey

    init() throws {
        scratch = try ScratchDirectory()
        store = try ObjectStores.create(url: "file://\(scratch.path.appending("bucket"))")
        key = try ObjectKey("dev/artifacts/one")
        _ = try store.put(key, bytes: bytes, if: .always)
    }

    @Test("parts that lie together are fetched at once, others by themselves, and nothing between them")
    func together() throws {
        // given
        let artifact = MirroredArtifact(store, key, bytes: bytes.count)
        let near = [1000..<200_000, 180_000..<400_000, 450_000..<500_000]
        let far = [1_500_000..<1_600_000]
        artifact.expect(near + far)
        let before = store.traffic
        // when
        for range in near + far { #expect(try artifact.read(range) == Array(bytes[range])) }
        // then
        #expect(store.traffic.requests - before.requests == 2)
        #expect(store.traffic.bytes - before.bytes == 499_000 + 100_000)
    }

    @Test("what was damaged on its way is fetched again; a small artifact comes whole")
    func again() throws {
        let artifact = MirroredArtifact(store, key, bytes: bytes.count)
        let before = store.traffic.requests
        for _ in 0..<3 { _ = try artifact.read(0..<10) }
        #expect(store.traffic.requests - before == 1)
        artifact.forget()
        _ = try artifact.read(0..<10)
        #expect(store.traffic.requests - before == 2)

        let small = try ObjectKey("dev/artifacts/small")
        _ = try store.put(small, bytes: Array(bytes[..<1000]), if: .always)
        let whole = MirroredArtifact(store, small, bytes: 1000)
        _ = try whole.read(500..<600)
        _ = try whole.read(0..<1000)
        #expect(store.traffic.requests - before == 3)
    }

    @Test("an object of another length, or another object in its place, is none of it")
    func other() throws {
        #expect(throws: MirroredLengthError.self) {
            try MirroredArtifact(store, key, bytes: bytes.count - 1).read(0..<10)
        }
        let artifact = MirroredArtifact(store, key, bytes: bytes.count)
        _ = try artifact.read(0..<10)
        _ = try store.put(key, bytes: bytes.reversed(), if: .always)
        #expect(throws: StoreError.self) { try artifact.read(50..<60) }
    }
}
