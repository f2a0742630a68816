import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import ObjectStore
import ScratchSpace
import Testing

@testable import Mirror

@Suite("A push of the journal alone")
struct JournalPushTests {
    private let server: TestServer
    private let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
    }

    private var remembered: MirroredHead? { MirroredHead.read(below: server.home, of: bucket.store.url) }

    @Test("It is the first one, or brings what is new: no artifact, and a projection once")
    func journal() throws {
        var agreed = Push.Agreement()
        try server.register("2026-01")
        #expect(try server.pushJournal(to: bucket.store, &agreed).checkpoint?.checkpoint.size == server.size)
        #expect(try bucket.store.list(prefix: "dev/artifacts/").isEmpty)
        #expect(agreed.checkpoint?.size == (try server.size))
        let store = WrappedStore(bucket.store)
        for _ in 1...2 {
            try server.note(3)
            #expect(try server.pushJournal(to: store, &agreed).pieces == 1)
        }
        #expect(store.lists == 0)
        // A piece and the checkpoint each time; the manifests are as they were, and were seen so.
        #expect(store.puts.count == 4)
        #expect(store.reads == 2, "the checkpoint, each time")
        // The artifact is the full push's.
        #expect(try server.push(to: bucket.store).uploaded.count == 1)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("Another process continues from what was committed last, and reads no more than that line of the journal")
    func remembering() throws {
        let long = try TestServer.withFullSegment()
        var agreed = Push.Agreement()
        _ = try long.pushJournal(to: bucket.store, &agreed)
        try long.note()
        // A journal that is damaged where nobody looks: reading all of it would find that.
        let first = long.journal.segmentPath(firstSeq: 1)
        var bytes = try #require(contents(first))
        bytes[1000] ^= 1
        try plant(first, bytes)
        var fresh = Push.Agreement()
        #expect(try long.pushJournal(to: bucket.store, &fresh).checkpoint?.checkpoint.size == 4099)
        // when: what is remembered is not what is there
        try removeFile(long.home.appending("manifests/mirrored"))
        try long.note(opening: .resuming(.line))
        var third = Push.Agreement()
        guard case .journal(.damaged) = refusal({ try long.pushJournal(to: bucket.store, &third) }) else {
            Issue.record("all of the journal must be read")
            return
        }
    }

    @Test("What is remembered is the checkpoint of this mirror that was committed last; anything else is nothing")
    func memory() throws {
        #expect(remembered == nil)
        try server.push(to: bucket.store)
        let before = try #require(remembered)
        #expect(before.signed.checkpoint.size == (try server.size))
        #expect(MirroredHead.read(below: server.home, of: "file:///elsewhere") == nil)
        try server.note()
        try server.push(to: bucket.store)
        #expect(remembered?.signed.checkpoint.size == before.signed.checkpoint.size + 1)
        let file = server.home.appending("manifests/mirrored")
        let text = try #require(contents(file))
        for damaged in [[], Array(text.dropLast()), text + [10], Array(text.reversed())] {
            try plant(file, damaged)
            #expect(remembered == nil)
        }
    }

    @Test("A history that does not hold what is remembered is a fork, and a mirror that is ahead is ahead")
    func otherHistory() throws {
        let copy = try server.copied()
        var agreed = Push.Agreement()
        try server.note(2)
        _ = try server.pushJournal(to: bucket.store, &agreed)
        try runCopy(of: "manifests/mirrored", from: server, to: copy)
        var other = Push.Agreement()
        guard case .mirrorIsAhead = refusal({ try copy.pushJournal(to: bucket.store, &other) }) else {
            Issue.record("it has less")
            return
        }
        try copy.note(3)
        guard case .forked = refusal({ try copy.pushJournal(to: bucket.store, &other) }) else {
            Issue.record("it has something else")
            return
        }
    }

    private func runCopy(of name: String, from: TestServer, to: TestServer) throws {
        try makeDirectories(to.home.appending("manifests"))
        try plant(to.home.appending(name), try #require(contents(from.home.appending(name))))
    }

    @Test("A mirror that has lost its checkpoint gets no new one from here")
    func lost() throws {
        try server.register("2026-01")
        try server.push(to: bucket.store)
        try bucket.remove("dev/manifests/checkpoint.age")
        var agreed = Push.Agreement()
        guard case .checkpointMissing = refusal({ try server.pushJournal(to: bucket.store, &agreed) }) else {
            Issue.record("it must be refused")
            return
        }
    }

    @Test("Commits of others in between are continued from; a server that took over ends it")
    func others() throws {
        var agreed = Push.Agreement()
        _ = try server.pushJournal(to: bucket.store, &agreed)
        try server.register("2026-01")
        try server.push(to: bucket.store)
        try server.note()
        #expect(try server.pushJournal(to: bucket.store, &agreed).pieces == 1)
        #expect(try server.isMirrored(in: bucket))
        _ = try server.takeOver(from: bucket.store)
        try server.note()
        guard case .newerEpoch = refusal({ try server.pushJournal(to: bucket.store, &agreed) }) else {
            Issue.record("it was replaced")
            return
        }
    }
}
