import Age
import Backup
import Digest
import DurableFiles
import JournalFormat
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
        #expect(report.uploaded.isEmpty && report.pieces == 0 && report.checkpoint == nil)
        #expect(try bucket.store.list(prefix: "") == before)
    }

    @Test("Each push stores just what is new, and lists nothing")
    func growing() throws {
        try server.push(to: bucket.store)
        for _ in 0..<3 {
            try server.note()
            let store = WrappedStore(bucket.store)
            #expect(try server.push(to: store).pieces == 1)
            #expect(store.lists == 0 && store.puts.count == 2, "a piece and the checkpoint")
            #expect(try server.isMirrored(in: bucket))
        }
        #expect(try bucket.pieces.map(\.records) == [1...2, 3...3, 4...4, 5...5])
    }

    @Test("A segment is pushed as a whole once it is full, and once")
    func full() throws {
        // given: most of a segment
        try server.note(4093)
        try server.push(to: bucket.store)
        // when: a record more than it holds
        try server.note(2)
        try server.push(to: bucket.store)
        // then
        #expect(try bucket.pieces.map(\.records) == [1...4095, 1...4096, 4097...4097])
        #expect(try server.isMirrored(in: bucket))
        try server.note()
        try server.push(to: bucket.store)
        #expect(try bucket.pieces.suffix(2).map(\.records) == [4097...4097, 4098...4098])
        #expect(try server.isMirrored(in: bucket))
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

    @Test("Records that are gone or damaged are pushed again by a repair, and no others", arguments: [false, true])
    func heals(isDamaged: Bool) throws {
        for _ in 0..<3 {
            try server.note()
            try server.push(to: bucket.store)
        }
        let name = try #require(try bucket.names.first { $0.contains("/000000000004-1-") })
        try isDamaged ? bucket.damage(name) : bucket.remove(name)
        #expect(try server.push(to: bucket.store).pieces == 0, "a plain push trusts the checkpoint")
        let store = WrappedStore(bucket.store)
        store.hidesHashes = true
        #expect(try server.push(to: store, repair: .listed).pieces == 1)
        #expect(
            try bucket.pieces.map(\.records) == (isDamaged ? [1...3, 4...4, 4...4, 5...5] : [1...3, 4...4, 5...5]))
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

    @Test("A push renews the checkpoint of an idle journal after half a day, and only that")
    func renewed() throws {
        func committed() throws -> SignedCheckpoint {
            try #require(try server.reader(bucket.store).checkpoint()).signed
        }
        try server.push(to: bucket.store)
        let first = try committed()
        server.hoursAhead.withLock { $0 = 10 }
        #expect(try server.push(to: bucket.store).checkpoint == nil)
        server.hoursAhead.withLock { $0 = 14 }
        let store = WrappedStore(bucket.store)
        #expect(try server.push(to: store).checkpoint?.checkpoint == first.checkpoint)
        #expect(store.puts.map(\.text) == [Bucket.checkpoint])
        #expect(try committed().due > first.due)
        #expect(server.checkpoint == Array(try committed().note.utf8), "what was shown is what lies here")
        // Set back, the clock takes nothing away from what was promised.
        server.hoursAhead.withLock { $0 = 0 }
        #expect(try server.push(to: bucket.store).checkpoint == nil)
        #expect(try committed().due > first.due)
    }

    @Test("What others signed below a checkpoint is kept in the mirror and here")
    func cosigned() throws {
        try server.push(to: bucket.store)
        let line = try #require(NoteSignature(line: "\u{2014} witness.example/w1 AAAAAAE="))
        let there = try #require(try server.reader(bucket.store).checkpoint()).signed
        let cosigned = there.adding([line])
        // given: signed by a witness here; a push brings it
        try writeFileAtomically(server.journal.checkpointPath, Array(cosigned.note.utf8))
        #expect(try server.push(to: bucket.store).checkpoint == cosigned)
        #expect(try server.push(to: bucket.store).checkpoint == nil)
        // given: only the mirror has it still
        try writeFileAtomically(server.journal.checkpointPath, Array(there.note.utf8))
        #expect(try server.push(to: bucket.store).checkpoint == nil)
        #expect(server.checkpoint == Array(cosigned.note.utf8))
    }
}
