import Age
import Backup
import Digest
import JournalFormat
import JournalStore
import Mirror
import ObjectStore
import ScratchSpace
import Sodium
import Testing

@Suite("Where mirror and journal do not go together")
struct DisagreementTests {
    let server: TestServer
    let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
        try server.register("2026-01")
        try server.push(to: bucket.store)
    }

    /// The push is refused, and the bucket is as before.
    private func refusedPush(_ server: TestServer, _ sourceLocation: SourceLocation = #_sourceLocation) throws
        -> MirrorError?
    {
        let before = try bucket.store.list(prefix: "")
        let checkpoint = server.checkpoint
        let error = refusal { try server.push(to: bucket.store) }
        #expect(try bucket.store.list(prefix: "") == before, sourceLocation: sourceLocation)
        #expect(server.checkpoint == checkpoint, "nothing is acknowledged", sourceLocation: sourceLocation)
        return error
    }

    @Test("A mirror that holds another journal is refused")
    func otherJournal() throws {
        guard case .otherJournal = try refusedPush(TestServer(identity: server.identity)) else {
            Issue.record("not told as another journal")
            return
        }
    }

    @Test("An old server that comes back after a takeover is refused, with or without new records")
    func newerEpoch() throws {
        _ = try server.takeOver(from: bucket.store)
        for _ in 0..<2 {
            guard case .newerEpoch(let theirs, let ours) = try refusedPush(server) else {
                Issue.record("not told as a newer epoch")
                return
            }
            #expect(theirs.epoch == 2 && ours.epoch == 1)
            try server.note(10)
        }
    }

    @Test("A journal that was restored from an old copy is refused")
    func mirrorIsAhead() throws {
        let old = try server.copied()
        try server.note()
        try server.push(to: bucket.store)
        guard case .mirrorIsAhead(let theirs, let ours) = try refusedPush(old) else {
            Issue.record("not told as ahead")
            return
        }
        #expect(theirs.size == ours.size + 1)
    }

    @Test("Two histories of one journal are a fork, whichever is longer", arguments: [1, 2])
    func forked(records: Int) throws {
        let other = try server.copied()
        try server.note()
        try server.push(to: bucket.store)
        try other.note(records)
        guard case .forked(let theirs, let ours) = try refusedPush(other) else {
            Issue.record("not told as a fork")
            return
        }
        #expect(theirs.checkpoint.head != ours.checkpoint.head)
        #expect(ours.checkpoint.size == theirs.checkpoint.size - 1 + records)
    }

    @Test("A checkpoint that nobody of this journal signed is refused")
    func forged() throws {
        // given
        let checkpoint = try #require(try server.journal.replay(growsTree: true).verifier.checkpoint())
        let note = SignedCheckpoint(
            checkpoint, due: CheckpointDue.after(TestServer.now()), signedBy: JournalKey.generate(.sequencer).key
        ).note
        try bucket.put(Bucket.checkpoint, AgeFile.encrypt(Array(note.utf8).span, to: [server.identity.recipient]))
        // when, then
        guard case .forked = try refusedPush(server) else {
            Issue.record("not refused by a push")
            return
        }
        guard case .journal(.damaged(let damage)) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not refused by a fetch")
            return
        }
        #expect(damage.reason == .checkpointSignature)
    }

    @Test("A checkpoint that was lost is written again only when told so")
    func checkpointMissing() throws {
        try bucket.remove(Bucket.checkpoint)
        for error in [try refusedPush(server), refusal { _ = try server.fetch(from: bucket.store) }] {
            guard case .checkpointMissing = error else {
                Issue.record("not told as missing")
                return
            }
            #expect(error?.hint?.contains("--restore-checkpoint") == true)
        }
        try server.push(to: bucket.store, restoresCheckpoint: true)
        #expect(try server.isMirrored(in: bucket))
        #expect(try server.count(of: "artifact.uploaded") == 1)
    }

    @Test("A mirror that was emptied is not filled again unless told so, and then all of it")
    func emptied() throws {
        for name in try bucket.names { try bucket.remove(name) }
        guard case .checkpointMissing = try refusedPush(server) else {
            Issue.record("not told as missing")
            return
        }
        try server.push(to: bucket.store, restoresCheckpoint: true)
        #expect(try server.isMirrored(in: bucket))
        #expect(try server.count(of: "artifact.uploaded") == 1)
    }

    @Test("Lines of somebody else without a checkpoint are not taken for a push that was cut off")
    func strangeLines() throws {
        // given: only the journal, one record of it not ours
        let other = try server.copied()
        try other.note()
        try other.push(to: bucket.store)
        for name in try bucket.names where !name.hasPrefix("dev/journal/") { try bucket.remove(name) }
        // when, then
        guard case .checkpointMissing = try refusedPush(server) else {
            Issue.record("not told as missing")
            return
        }
    }

    @Test("A checkpoint that cannot be read is reported as such", arguments: ["garbage", "no note", "empty", "cut"])
    func unreadable(kind: String) throws {
        let recipient = server.identity.recipient
        switch kind {
        case "garbage": try bucket.put(Bucket.checkpoint, randomBytes(500))
        case "no note": try bucket.put(Bucket.checkpoint, AgeFile.encrypt([1, 2, 3].span, to: [recipient]))
        case "empty": try bucket.put(Bucket.checkpoint, [])
        default:
            let bytes = try #require(try bucket.bytes(Bucket.checkpoint))
            try bucket.put(Bucket.checkpoint, Array(bytes.dropLast()))
        }
        for error in [try refusedPush(server), refusal { _ = try server.fetch(from: bucket.store) }] {
            guard case .checkpointUnreadable = error else {
                Issue.record("not told as unreadable")
                return
            }
        }
    }

    @Test("A checkpoint for another key is reported as such")
    func wrongKey() throws {
        let reader = server.reader(bucket.store, identity: .generate())
        guard case .checkpointUnreadable(let why) = refusal({ _ = try reader.checkpoint() }) else {
            Issue.record("not told as unreadable")
            return
        }
        #expect(why.contains("no key"))
    }

    @Test("A checkpoint of any size is not read into memory")
    func hugeCheckpoint() throws {
        try bucket.put(Bucket.checkpoint, [UInt8](repeating: 0, count: 1 << 20))
        guard case .checkpointUnreadable(let why) = try refusedPush(server) else {
            Issue.record("not refused")
            return
        }
        #expect(why.contains("more than the 81920"))
    }

    @Test("A checkpoint that claims more than any journal has does no harm")
    func hugeSize() throws {
        let real = try #require(try server.journal.replay(growsTree: true).verifier.checkpoint())
        let claimed = Checkpoint(log: real.log, epoch: 1 << 52, size: 1 << 52, root: real.root, head: real.head)
        let note = SignedCheckpoint(
            claimed, due: CheckpointDue.after(TestServer.now()), signedBy: server.sequencer.key
        ).note
        try bucket.put(Bucket.checkpoint, AgeFile.encrypt(Array(note.utf8).span, to: [server.identity.recipient]))
        guard case .newerEpoch = try refusedPush(server),
            case .recordMissing = refusal({ _ = try server.fetch(from: bucket.store) })
        else {
            Issue.record("not refused")
            return
        }
    }

    @Test("A checkpoint that is replaced between reading and writing it stays")
    func overtaken() throws {
        // given: somebody else writes as soon as this push is about to commit
        try server.note()
        let store = WrappedStore(bucket.store)
        store.before = { [server, bucket] _, key throws(StoreError) in
            guard key.text == Bucket.checkpoint else { return }
            // The same note, encrypted again, is another object.
            guard let note = try? bucket.plaintext(key.text, server.identity) else { return }
            let bytes = AgeFile.encrypt(note.span, to: [server.identity.recipient])
            _ = try bucket.store.put(key, bytes: bytes, if: .always)
        }
        let acknowledged = server.checkpoint
        let manifest = try bucket.bytes("dev/manifests/state.env.age")
        // when
        let error = refusal { try server.push(to: store) }
        // then
        guard case .overtaken = error else {
            Issue.record("not told as overtaken: \(String(describing: error))")
            return
        }
        #expect(server.checkpoint == acknowledged)
        #expect(try bucket.bytes("dev/manifests/state.env.age") == manifest, "only who commits replaces it")
    }

    @Test("A store that ignores conditions gets no journal")
    func conditionsIgnored() throws {
        let empty = try Bucket()
        let store = WrappedStore(empty.store)
        store.ignoresConditions = true
        guard case .conditionsIgnored = refusal({ try TestServer().push(to: store) }) else {
            Issue.record("not found out")
            return
        }
        #expect(try empty.names == ["dev/manifests/canary.age"])
    }

    @Test("Nothing mirrored is reported as such")
    func nothing() throws {
        let empty = try Bucket()
        guard case .nothingMirrored = refusal({ _ = try server.fetch(from: empty.store) }) else {
            Issue.record("not told")
            return
        }
    }
}
