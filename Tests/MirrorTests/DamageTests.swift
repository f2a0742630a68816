import Age
import Backup
import Digest
import JournalFormat
import Mirror
import ObjectStore
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@Suite("What is damaged or missing is found")
struct DamageTests {
    let server: TestServer
    let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
    }

    private var segment: String {
        get throws { try #require(try bucket.names.first { $0.hasPrefix("dev/journal/") }) }
    }

    @Test("A bit that flipped in a piece")
    func damagedSegment() throws {
        try server.push(to: bucket.store)
        let name = try segment
        try bucket.damage(name)
        guard case .objectDamaged(let key) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not found")
            return
        }
        #expect(key.text == name)
    }

    @Test("A piece that a push left damaged which was cut off is put again, though its name is there")
    func leftDamagedSegment() throws {
        // given
        let cut = WrappedStore(bucket.store)
        cut.before = { _, key throws(StoreError) in
            if key.text == Bucket.checkpoint { throw StoreError(.unreachable, "lost on the way") }
        }
        _ = refusal { try server.push(to: cut) }
        try bucket.damage(try segment)
        // when
        let store = WrappedStore(bucket.store)
        store.hidesHashes = true
        try server.push(to: store)
        // then
        let fetched = try server.fetch(from: bucket.store)
        #expect(fetched.size == (try server.size))
        #expect(fetched.segments == server.segments)
    }

    @Test("A canary that was left damaged keeps nobody away")
    func leftDamagedCanary() throws {
        let canary = "dev/manifests/canary.age"
        try bucket.put(canary, [1, 2, 3])
        try bucket.damage(canary)
        try server.push(to: bucket.store)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("A damaged checkpoint is reported with what to do about it")
    func damagedCheckpoint() throws {
        try server.push(to: bucket.store)
        try bucket.damage(Bucket.checkpoint)
        let error = try #require(refusal { try server.push(to: bucket.store) })
        guard case .checkpointUnreadable = error else {
            Issue.record("\(error)")
            return
        }
        #expect(error.hint?.contains("--restore-checkpoint") == true)
    }

    @Test("A piece with other bytes under a key that fits them", arguments: ["lines", "key", "count"])
    func forgedSegment(kind: String) throws {
        // given: somebody who can write to the bucket and knows the public key makes this
        try server.push(to: bucket.store)
        let old = try segment
        let name = try #require(try bucket.pieces.first)
        var lines = try #require(try bucket.plaintext(old, server.identity))
        var count = name.count
        var recipient = server.identity.recipient
        switch kind {
        case "lines": lines[10] ^= 1
        case "count": count += 1
        default: recipient = AgeIdentity.generate().recipient
        }
        let bytes = AgeFile.encrypt(lines.span, to: [recipient])
        let forged = PieceName(firstSeq: 1, count: count, head: name.head)
        try bucket.remove(old)
        try bucket.put(
            try MirrorLayout(dataset: "dev").piece(forged, sha256: SHA256.hash(bytes.span)).text, bytes)
        // when, then
        guard case .objectDamaged = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not found")
            return
        }
    }

    @Test("A segment that is missing", arguments: [1, 4097])
    func missingSegment(firstSeq: Int) throws {
        let server = firstSeq > 1 ? try TestServer.withFullSegment() : server
        try server.push(to: bucket.store)
        let digits = firstSeq > 1 ? "/000000004097-" : "/000000000001-"
        try bucket.remove(try #require(try bucket.names.first { $0.contains(digits) }))
        guard case .recordMissing(let seq) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not found")
            return
        }
        #expect(seq == (firstSeq > 1 ? 4098 : 2))
    }

    @Test("What an older checkpoint covered is not taken for what the newer one covers")
    func olderVersion() throws {
        try server.push(to: bucket.store)
        let old = Set(try bucket.names)
        try server.note()
        try server.push(to: bucket.store)
        for name in try bucket.names where name.hasPrefix("dev/journal/") && !old.contains(name) {
            try bucket.remove(name)
        }
        guard case .recordMissing(3) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not found")
            return
        }
    }

    @Test("An artifact that is missing, longer, shorter or damaged on disk is left out, and all else is mirrored")
    func artifactOnDisk() throws {
        let path = server.home.appending(try server.register("2026-01").localPath)
        let other = try server.register("2026-02")
        let sound = try #require(contents(path))
        var flipped = sound
        flipped[100] ^= 1
        for bytes in [flipped, sound + [0], Array(sound.dropLast()), []] {
            try plant(path, bytes)
            let report = try server.push(to: bucket.store)
            #expect(report.unsound.map(\.problem) == [.here(.damaged, isMirrored: false)])
            try server.note()
        }
        try runTool("rm", path.string)
        let report = try server.push(to: bucket.store)
        #expect(report.unsound.map(\.problem) == [.here(.missing, isMirrored: false)])
        let there = try bucket.names.filter { $0.contains("artifacts") }
        #expect(there.count == 1 && there.allSatisfy { $0.hasSuffix(other.description) })
        #expect(try server.count(of: "artifact.uploaded") == 1)
        // Damaged, then missing: each is journalled once, and so is all of this mirrored.
        #expect(try server.count(of: "artifact.verified") == 2)
        try plant(path, sound)
        #expect(try server.push(to: bucket.store).unsound.isEmpty)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("What is lost here, and whole in the mirror after a push that was cut off, is mirrored", arguments: [0, 1])
    func artifactOnlyInBucket(flipped: UInt8) throws {
        // given
        let name = try server.register("2026-01")
        let path = server.home.appending(name.localPath)
        let bytes = try #require(contents(path))
        let key = try MirrorLayout(dataset: "dev").artifact(name, sha256: SHA256.hash(bytes.span).hex)
        var there = bytes
        there[100] ^= flipped
        try bucket.put(key.text, there)
        try runTool("rm", path.string)
        // when
        let report = try server.push(to: bucket.store)
        // then
        #expect(report.unsound.map(\.problem) == [.here(.missing, isMirrored: flipped == 0)])
        #expect(try server.count(of: "artifact.uploaded") == (flipped == 0 ? 1 : 0))
    }

    @Test("Of an artifact that is withdrawn while it is uploaded nothing is recorded; one that was to follow is left")
    func withdrawnMeanwhile() throws {
        // given
        let (first, second) = (try server.register("2026-01"), try server.register("2026-02"))
        // when
        let report = try server.push(
            to: bucket.store,
            uploading: {
                for name in [second, first] {
                    do { try server.withdraw(name) } catch { Issue.record(error) }
                }
            })
        // then
        #expect(report.uploaded.isEmpty && report.unsound.isEmpty)
        #expect(try server.count(of: "artifact.uploaded") == 0)
        let there = try bucket.names.filter { $0.contains("artifacts") }
        #expect(there.count == 1 && there.allSatisfy { $0.hasSuffix(first.description) })
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("Other bytes under an artifact's key are not taken for it", arguments: [0, 1])
    func artifactInBucket(more: Int) throws {
        // given
        let name = try server.register("2026-01")
        var bytes = try #require(contents(server.home.appending(name.localPath)))
        let key = try MirrorLayout(dataset: "dev").artifact(name, sha256: SHA256.hash(bytes.span).hex)
        bytes[100] ^= 1
        try bucket.put(key.text, bytes + [UInt8](repeating: 0, count: more))
        // when, then
        #expect(try server.push(to: bucket.store).unsound.map(\.problem) == [.there])
        #expect(try server.count(of: "artifact.uploaded") == 0)
        // A repair puts the artifact in its place.
        #expect(try server.push(to: bucket.store, repair: .listed).unsound.isEmpty)
        #expect(try bucket.bytes(key.text) == contents(server.home.appending(name.localPath)))
    }

    @Test("Another journal's root is refused")
    func otherRoot() throws {
        try server.push(to: bucket.store)
        let scratch = try ScratchDirectory()
        let root = try TestServer().root.id
        let error = refusal {
            _ = try server.reader(bucket.store).fetchJournal(into: scratch.path, pinnedRoot: root)
        }
        guard case .journal(.damaged(let damage)) = error else {
            Issue.record("not found")
            return
        }
        #expect(damage.reason == .root)
    }
}
