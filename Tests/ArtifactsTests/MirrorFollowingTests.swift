import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ScratchSpace
import TestMachines
import Testing

@testable import Artifacts

@Suite("The mirror follows the journal")
struct MirrorFollowingTests {
    private let server: TestMachine

    init() throws {
        server = try TestMachine.server(["MIRROR=file://{}/mirror", "PUSH_INTERVAL=30"])
        _ = try MirrorPush(server.machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
        try server.server.journal.clearGrowthMark()
        server.clock.pass(days: 1)
    }

    private var journal: JournalDirectory { server.server.journal }
    private var size: Int { get throws { try server.types().count } }

    private func note() throws {
        _ = try SingleAppend(server.machine, nil).run(
            ScriptEvent(type: "note", id: nil, ["text": .string("a")]), expecting: nil)
    }

    /// - Returns: the sizes of what was committed, and whether it was this process that followed.
    private func follow(
        _ meanwhile: @escaping (_ commits: Int) throws -> Void = { _ in }
    ) throws -> (sizes: [Int], isOurs: Bool) {
        var sizes: [Int] = []
        var failure: (any Error)?
        let following = try MirrorFollowing(server.machine) { commit in
            sizes.append(commit.checkpoint.size)
            do { try meanwhile(sizes.count) } catch { failure = error }
        }
        let isOurs = try following.run()
        if let failure { throw failure }
        return (sizes, isOurs)
    }

    @Test("Nothing to do is nothing done, and takes a mark away that was left for nothing")
    func nothing() throws {
        #expect(try follow().sizes.isEmpty)
        journal.markGrowth()
        #expect(try follow().sizes.isEmpty)
        #expect(!journal.hasGrown)
    }

    @Test("Nothing is asked of a mirror that has all of the journal, as this machine remembers")
    func away() throws {
        let mirror = server.folder.appending("mirror")
        try renameToNewName(mirror, server.folder.appending("away"))
        #expect(try follow().sizes.isEmpty)
        try note()
        #expect(throws: (any Error).self) { try follow() }
        #expect(journal.hasGrown)
    }

    @Test("What is appended while it commits is committed by the same run, an interval later")
    func looksAgain() throws {
        try note()
        #expect(journal.hasGrown)
        let before = server.clock.now().milliseconds
        let first = try size
        let (sizes, _) = try follow { commits in
            if commits <= 2 { for _ in 0..<3 { try note() } }
        }
        #expect(sizes == [first, first + 3, first + 6])
        #expect(server.clock.now().milliseconds - before == 60_000, "two intervals")
        #expect(!journal.hasGrown)
        #expect(try MirrorPush(server.machine).check(isDeep: true).report.pending.records == 0)
    }

    @Test("An interval counts from the last commit, also of another process")
    func interval() throws {
        try note()
        _ = try MirrorPush(server.machine).run(restoresCheckpoint: false, repair: .nothing)
        server.clock.pass(seconds: 10)
        let before = server.clock.now().milliseconds
        try note()
        #expect(try follow().sizes.count == 1)
        #expect(server.clock.now().milliseconds - before == 20_000)
    }

    @Test("Another one leaves at once; what it came for is committed by the first, even if that was about to leave")
    func another() throws {
        try note()
        let lock = try FileLock(server.server.followLock)
        #expect(try !follow().isOurs)
        #expect(journal.hasGrown, "for the one that holds the lock")
        lock.unlock()
        let (sizes, isOurs) = try follow()
        let all = try size
        #expect(isOurs && sizes == [all])
        #expect(!journal.hasGrown)
    }

    @Test("A mirror that has lost its checkpoint is an error, and the mark stays for the next run")
    func lostCheckpoint() throws {
        try note()
        try removeFile(server.folder.appending("mirror/dev/manifests/checkpoint.age"))
        do {
            _ = try follow()
            Issue.record("it must be refused")
        } catch MirrorError.checkpointMissing {}
        #expect(journal.hasGrown)
    }

    @Test("A mirror that is away is waited for in steps that double up to a minute, for ten minutes")
    func patience() {
        for random in [0.0, 0.4, 1.0] {
            var patience = MirrorPatience()
            var pauses: [Int] = []
            while let pause = patience.pause(random: random) { pauses.append(pause) }
            #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(pauses.first == 1_000 - Int(500 * random))
            #expect(pauses.max() == 60_000 - Int(30_000 * random))
            #expect((600_000...660_000).contains(pauses.reduce(0, +)))
        }
    }
}
