import Digest
import Mirror
import ObjectStore
import ScratchSpace
import Testing

@Suite("One damaged answer is not a verdict")
struct OneDamagedAnswerTests {
    let server: TestServer
    let bucket: Bucket
    let store: WrappedStore

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
        try server.register("2026-01")
        try server.push(to: bucket.store)
        store = WrappedStore(bucket.store)
    }

    @Test("A listing without the journal's segment, or with a flipped bit in its name", arguments: [false, true])
    func listing(isFlipped: Bool) throws {
        // given
        store.listed = { number, objects in
            guard number == 1 else { return objects }
            return objects.compactMap { object in
                guard object.key.text.hasPrefix("dev/journal/") else { return object }
                let flipped = try? ObjectKey(object.key.text.replacing("/0", with: "/8"))
                return isFlipped
                    ? flipped.map { ObjectInfo(key: $0, size: object.size, etag: object.etag, sha256: nil) } : nil
            }
        }
        // when, then
        #expect(try server.fetch(from: store).size == (try server.size))
        #expect(store.lists > 1)
    }

    @Test(
        "A checkpoint that is gone, or damaged, and a segment that is", arguments: ["checkpoint", "journal"],
        [true, false])
    func object(name: String, isGone: Bool) throws {
        // given
        var met = 0
        store.answered = { _, key, bytes in
            guard key.text.contains(name), met == 0 else { return bytes }
            met += 1
            return isGone ? nil : bytes.dropLast(100) + [UInt8](repeating: 7, count: 100)
        }
        // when, then
        #expect(try server.fetch(from: store).size == (try server.size))
        #expect(met == 1)
        met = 0
        try server.note()
        try server.push(to: store)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("A check calls nothing missing, damaged or foreign that only one listing shows so")
    func check() throws {
        for number in 1...2 {
            let store = WrappedStore(bucket.store)
            store.hidesHashes = true
            store.listed = { count, objects in
                if count != number { return objects }
                return objects.filter { !$0.key.text.contains("/artifacts/") }.map { object in
                    ObjectInfo(
                        key: object.key, size: object.key.text.contains("canary") ? 1 : object.size, etag: object.etag,
                        sha256: nil)
                } + [ObjectInfo(key: objects[0].key, size: 3, etag: objects[0].etag, sha256: nil)]
            }
            let report = try MirrorCheck(server.reader(store), journal: server.journal, isDeep: false).run()
            #expect(report.findings.isEmpty, "\(report.findings)")
        }
    }

    @Test("What a check finds twice it tells")
    func foundTwice() throws {
        try bucket.remove(try #require(try bucket.names.first { $0.contains("/artifacts/") }))
        let report = try MirrorCheck(server.reader(store), journal: server.journal, isDeep: false).run()
        #expect(report.findings.map(\.kind) == [.missing])
    }

    @Test("A checkpoint that cannot be read is replaced where a person says so, and kept: nothing is deleted")
    func unreadable() throws {
        // given
        try bucket.put(Bucket.checkpoint, [1, 2, 3])
        let error = try #require(refusal { try server.push(to: bucket.store) })
        #expect(error.hint?.contains("remove") == false)
        // when
        let report = try server.push(to: bucket.store, restoresCheckpoint: true)
        // then
        #expect(try server.isMirrored(in: bucket))
        #expect(contents(try #require(report.keptCheckpoint)) == [1, 2, 3])
        #expect(try server.push(to: bucket.store).keptCheckpoint == nil)
    }

    @Test("A checkpoint that somebody else writes meanwhile is not replaced for an unreadable one")
    func unreadableAndOvertaken() throws {
        try bucket.put(Bucket.checkpoint, [1, 2, 3])
        store.before = { _, key throws(StoreError) in
            if key.text == Bucket.checkpoint {
                _ = try bucket.store.put(key, bytes: [4, 5, 6], if: .always)
            }
        }
        let error = refusal { try server.push(to: store, restoresCheckpoint: true) }
        #expect(error != nil)
        #expect(try bucket.bytes(Bucket.checkpoint) == [4, 5, 6])
    }
}
