import Age
import Backup
import Digest
import DurableFiles
import JournalStore
import Mirror
import ObjectStore
import ScratchSpace
import Sodium
import Testing

@Suite("Pushing")
struct PushTests {
    let server: TestServer
    let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
    }

    @Test("What was pushed comes back as the same bytes, and nothing in the bucket is plaintext")
    func roundTrip() throws {
        try server.register("2026-01")
        try server.register("2026-02", bytes: 100_000)
        let report = try server.push(to: bucket.store)
        #expect(report.uploaded.map(\.name.label.monthText) == ["2026-01", "2026-02"])
        #expect(report.checkpoint?.checkpoint.size == (try server.size))
        #expect(try server.isMirrored(in: bucket))
        #expect(try server.count(of: "artifact.uploaded") == 2)
        for name in try bucket.names {
            #expect(name.hasPrefix("dev/"))
            let bytes = try #require(try bucket.bytes(name))
            let isAge = AgeFile.isAgeFile(bytes.span)
            #expect(isAge, "\(name)")
        }
        #expect(try bucket.names.contains("dev/manifests/canary.age"))
    }

    @Test("Every immutable object's key names the hash of its bytes")
    func keys() throws {
        try server.register("2026-01")
        try server.push(to: bucket.store)
        for name in try bucket.names where !name.hasPrefix("dev/manifests/") {
            let bytes = try #require(try bucket.bytes(name))
            #expect(name.split(separator: "/").contains { $0 == SHA256.hash(bytes.span).hex }, "\(name)")
        }
    }

    @Test("A second push writes nothing")
    func twice() throws {
        try server.register("2026-01")
        try server.push(to: bucket.store)
        let before = try bucket.store.list(prefix: "")
        let store = WrappedStore(bucket.store)
        let report = try server.push(to: store)
        #expect(store.puts == [])
        #expect(report.uploaded.isEmpty && report.segments == 0 && report.checkpoint == nil)
        #expect(try bucket.store.list(prefix: "") == before)
    }

    @Test("A segment that is not full is pushed as it is, as often as it grows")
    func growing() throws {
        var counts: [Int] = []
        for _ in 0..<3 {
            try server.note()
            try server.push(to: bucket.store)
            counts.append(try server.size)
            #expect(try server.isMirrored(in: bucket))
        }
        #expect(try bucket.segments.map(\.count) == counts)
    }

    @Test("A full segment is pushed once")
    func full() throws {
        // given: a full segment, and two records of the next
        let server = try TestServer.withFullSegment()
        try server.push(to: bucket.store)
        // when
        try server.note()
        try server.push(to: bucket.store)
        // then
        #expect(try bucket.segments.map(\.firstSeq) == [1, 4097, 4097])
        #expect(try bucket.segments.map(\.count) == [4096, 2, 3])
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("Objects that are not segments are left alone, whatever they are called")
    func strangeNames() throws {
        try server.push(to: bucket.store)
        let hash = String(repeating: "0", count: 64)
        for name in [
            "000000000001-9223372036854775807-\(hash)", "9223372036854775807-9223372036854775807-\(hash)",
            "000000000001-4097-\(hash)", "000000000001-0-\(hash)", "000000000002-1-\(hash)", "000000000000-1-\(hash)",
            "000000004097-01-\(hash)", "00000000000001-1-\(hash)", "000000000001-1-short", "x",
        ] {
            try bucket.put("dev/journal/\(hash)/\(name).jsonl.age", [1])
            #expect(SegmentName("\(name).jsonl.age") == nil)
        }
        try bucket.put("dev/journal/deeper/\(hash)/000000000001-1-\(hash).jsonl.age", [1])
        try server.note()
        try server.push(to: bucket.store)
        #expect(try server.fetch(from: bucket.store).segments == server.segments)
    }

    @Test("Others append while anything travels, and what they append is not pushed before it is signed for")
    func appendingMeanwhile() throws {
        // given: a record more before each write, as soon as nobody holds the journal
        try server.register("2026-01")
        try server.register("2026-02")
        let store = WrappedStore(bucket.store)
        var appended = 0
        store.before = { [server] _, _ in
            guard let lock = try? FileLock.tryLock(server.home.appending("lock")) else { return }
            lock.unlock()
            if (try? server.note()) != nil { appended += 1 }
        }
        // when
        let report = try server.push(to: store)
        // then
        #expect(appended == store.puts.count && appended > 8)
        let fetched = try server.fetch(from: bucket.store)
        #expect(fetched.size == report.checkpoint?.checkpoint.size && fetched.beyondCheckpoint == 0)
        #expect(try fetched.size < server.size)
        try server.push(to: bucket.store)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("A segment that is gone or damaged is pushed again", arguments: [false, true])
    func heals(isDamaged: Bool) throws {
        try server.note()
        try server.push(to: bucket.store)
        let name = try #require(try bucket.names.first { $0.hasPrefix("dev/journal/") })
        try isDamaged ? bucket.damage(name) : bucket.remove(name)
        let report = try server.push(to: bucket.store)
        #expect(report.segments == 1)
        #expect(try server.fetch(from: bucket.store).segments == server.segments)
    }

    @Test("Manifests that are gone or damaged are pushed again", arguments: ["gone", "damaged", "other"])
    func projections(kind: String) throws {
        try server.push(to: bucket.store)
        let name = "dev/manifests/state.env.age"
        switch kind {
        case "gone": try bucket.remove(name)
        case "damaged": try bucket.damage(name)
        default: try bucket.put(name, AgeFile.encrypt([1].span, to: [server.identity.recipient]))
        }
        try server.push(to: bucket.store)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("Another mirror gets everything, and its own events")
    func otherMirror() throws {
        try server.register("2026-01")
        try server.push(to: bucket.store)
        let other = try Bucket()
        try server.push(to: other.store)
        #expect(try server.isMirrored(in: other))
        #expect(try server.count(of: "artifact.uploaded") == 2)
    }
}
