import Age
import Backup
import Digest
import JournalFormat
import Mirror
import ObjectStore
import ScratchSpace
import Testing

@Suite("Taking a journal over")
struct TakeoverTests {
    let server: TestServer
    let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
        try server.register("2026-01")
        try server.push(to: bucket.store)
    }

    /// Pushes all but the checkpoint, and the server is lost.
    private func pushWithoutCommit() throws {
        let store = WrappedStore(bucket.store)
        store.before = { _, key throws(StoreError) in
            if key.text == Bucket.checkpoint { throw StoreError(.unreachable, "lost on the way") }
        }
        _ = refusal { try server.push(to: store) }
    }

    @Test("The new server continues where the old one stopped, and the old one is refused")
    func goesOn() throws {
        let successor = try server.takeOver(from: bucket.store)
        #expect(try successor.size == server.size + 1)
        #expect(refusal { try server.push(to: bucket.store) } != nil)
        try successor.note()
        let path = ArtifactName(try #require(Label("dev@2026-01")), .full).localPath
        try plant(successor.home.appending(path), try #require(contents(server.home.appending(path))))
        let report = try successor.push(to: bucket.store)
        #expect(report.uploaded.isEmpty)
        #expect(try successor.isMirrored(in: bucket))
        #expect(refusal { try server.push(to: bucket.store) } != nil)
    }

    @Test("A claim against a checkpoint that was changed is refused, and nothing is acknowledged")
    func refusedClaim() throws {
        var acknowledged: [UInt8]?
        let error = refusal {
            _ = try server.takeOver(from: bucket.store) {
                try server.note()
                try server.push(to: bucket.store)
                acknowledged = try bucket.plaintext(Bucket.checkpoint, server.identity)
            }
        }
        guard case .overtaken = error else {
            Issue.record("not refused: \(String(describing: error))")
            return
        }
        #expect(try bucket.plaintext(Bucket.checkpoint, server.identity) == acknowledged)
        #expect(server.checkpoint == acknowledged)
        // What the claim left stands in nobody's way.
        try server.push(to: bucket.store)
        #expect(try server.fetch(from: bucket.store).segments == server.segments)
        try server.note()
        try server.push(to: bucket.store)
        #expect(try server.fetch(from: bucket.store).segments == server.segments)
        _ = try server.takeOver(from: bucket.store)
    }

    @Test("Of two servers that claim at once one wins, and a third can take over from it")
    func race() throws {
        var winner: TestServer?
        let error = refusal {
            _ = try server.takeOver(from: bucket.store) { winner = try server.takeOver(from: bucket.store) }
        }
        guard case .overtaken = error else {
            Issue.record("both won")
            return
        }
        let successor = try #require(winner)
        #expect(try successor.fetch(from: bucket.store).segments == successor.segments)
        let third = try successor.takeOver(from: bucket.store)
        #expect(try third.size == successor.size + 1)
    }

    @Test("What an old server pushed while it was replaced does not get into the new history", arguments: [1, 4096])
    func leftoverOfTheOldServer(records: Int) throws {
        // given: the takeover happens between the old server's reading of the checkpoint and its writing of segments
        try server.note(records)
        var successor: TestServer?
        let store = WrappedStore(bucket.store)
        store.before = { [server, bucket] _, key throws(StoreError) in
            if key.text.contains("/journal/"), successor == nil {
                successor = try? server.takeOver(from: bucket.store)
            }
        }
        // when
        let error = refusal { try server.push(to: store) }
        // then
        guard case .overtaken = error else {
            Issue.record("not overtaken: \(String(describing: error))")
            return
        }
        let new = try #require(successor)
        #expect(try new.fetch(from: bucket.store).segments == new.segments)
        try new.note(records)
        try new.push(to: bucket.store)
        #expect(try new.fetch(from: bucket.store).segments == new.segments)
    }

    @Test("Records beyond the checkpoint are adopted")
    func beyond() throws {
        try server.note(3)
        try pushWithoutCommit()
        let fetched = try server.fetch(from: bucket.store)
        #expect(fetched.beyondCheckpoint == 3)
        #expect(fetched.segments == server.segments)
        #expect(fetched.verdict == .sound)
        let successor = try server.takeOver(from: bucket.store)
        #expect(try successor.size == server.size + 1)
    }

    @Test(
        "Where what was committed is damaged, the beginning of a longer piece of the same history stands in, and no other"
    )
    func longerPiece() throws {
        // given: a fork that was never committed, and what the server pushed after its commit and was lost
        let fork = try server.copied()
        try fork.note(4)
        try fork.store(4...fork.size, in: bucket)
        try server.note()
        try server.push(to: bucket.store)
        try server.note(2)
        try server.store(4...server.size, in: bucket)
        // when
        try bucket.damage(try #require(try bucket.names.first { $0.contains("/000000000005-1-") }))
        // then
        let fetched = try server.fetch(from: bucket.store)
        #expect(fetched.segments == server.segments)
        #expect(fetched.beyondCheckpoint == 2)
    }

    @Test("Whole segments beyond the checkpoint are adopted")
    func segmentsBeyond() throws {
        try server.note(4096)
        try pushWithoutCommit()
        let fetched = try server.fetch(from: bucket.store)
        #expect(fetched.beyondCheckpoint == 4096)
        #expect(fetched.segments == server.segments)
    }

    @Test("What is not sound beyond the checkpoint is passed over", arguments: ["damaged", "forged", "next"])
    func unsoundBeyond(kind: String) throws {
        let committed = server.segments
        let size = try server.size
        try server.note()
        try pushWithoutCommit()
        let name = try #require(try bucket.names.last { $0.contains("/00000000000\(size + 1)-1-") })
        switch kind {
        case "damaged":
            try bucket.damage(name)
        default:
            // Somebody who knows the public key can make objects that open.
            let line = Array("{}\n".utf8)
            let lines = kind == "next" ? line : try #require(server.segments["000000000001.jsonl"]) + line
            let forged = PieceName(
                firstSeq: kind == "next" ? size + 1 : 1, count: kind == "next" ? 1 : size + 2,
                head: SHA256.hash(line.span))
            try bucket.remove(name)
            try server.store(lines, as: forged, in: bucket)
        }
        let fetched = try server.fetch(from: bucket.store)
        #expect(fetched.beyondCheckpoint == 0)
        #expect(fetched.segments == committed)
        #expect(fetched.verdict == .sound)
    }

    @Test("A mirror that was rolled back is seen by who remembers a head, and by nobody else")
    func rolledBack() throws {
        // given
        let old = try bucket.names.map { ($0, try bucket.bytes($0)) }
        try server.note()
        try server.push(to: bucket.store)
        let head = try SignedCheckpoint(note: try #require(server.checkpoint))
        // when
        for name in try bucket.names { try bucket.remove(name) }
        for (name, bytes) in old { try bucket.put(name, try #require(bytes)) }
        // then
        #expect(try server.fetch(from: bucket.store).size == server.size - 1)
        guard
            case .rolledBack(head.checkpoint, let found) = refusal({
                _ = try server.fetch(from: bucket.store, heads: [head])
            })
        else {
            Issue.record("not seen")
            return
        }
        #expect(try found == server.size - 1)
    }

    @Test("What a claim pushes opens for every recipient that the journal names")
    func recipients() throws {
        let second = AgeIdentity.generate()
        try server.record(.setRecipients([server.identity, second].map(\.recipient.description)))
        try server.push(to: bucket.store)
        let before = Set(try bucket.names)
        _ = try server.takeOver(from: bucket.store)
        for name in Set(try bucket.names).subtracting(before).union([Bucket.checkpoint]) {
            #expect(try bucket.plaintext(name, second) != nil, "\(name)")
            #expect(try bucket.plaintext(name, server.identity) != nil, "\(name)")
        }
    }

    @Test("A claim whose answer was lost is a claim")
    func lostAnswer() throws {
        let store = WrappedStore(bucket.store)
        store.after = { _, key throws(StoreError) in
            if key.text == Bucket.checkpoint { throw StoreError(.unreachable, "lost on the way") }
        }
        let successor = try server.takeOver(from: store)
        #expect(try successor.fetch(from: bucket.store).segments == successor.segments)
    }
}
