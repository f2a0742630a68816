import Artifacts
import Backup
import JournalFormat
import Machines
import Months
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("The first half of a month: snapshot, seal, announce")
struct MonthBeginTests {
    private let first = TestMachine.label("2026-01")
    private let second = TestMachine.label("2026-02")

    private func spooled(_ household: Household, _ month: String, over parent: String? = nil) -> FilePath {
        household.workstation.spool.appending(TestMachine.name(month, over: parent).description)
    }

    @Test("given nothing, the snapshot is taken and sealed, the server hears of both, and the artifact is to be sent")
    func first() async throws {
        let household = try Household()
        let steps = try await household.run("2026-01").begin()
        let artifact = spooled(household, "2026-01")
        #expect(steps.artifact == artifact && steps.files == [artifact])
        #expect(!steps.hasMore && !steps.follows)
        #expect(try household.server.types().suffix(2) == ["snapshot.taken", "artifact.sealed"])
        let sealing = try #require(try household.server.state().sealed(first))
        #expect(try ArtifactFile.hash(artifact).sha256.hex == sealing.artifact.sha256)
        #expect(sealing.stream.tree == TestMachine.sha256(Household.listing(first)))
        #expect(household.sent == ["dev@2026-01"] && household.requests == ["exchange"])
        #expect(try household.workstation.state().snapshots[first]?.uuid == household.uuid(first))
    }

    @Test("run again before anything was sent, it says the same, and nothing is taken, sealed or recorded twice")
    func again() async throws {
        let household = try Household()
        let steps = try await household.run("2026-01").begin()
        let records = try household.server.types().count
        let again = try await household.run("2026-01").begin()
        #expect(again.files == steps.files)
        #expect(household.sent.count == 1)
        #expect(try household.server.types().count == records)
        #expect(household.workstation.reporter.said.contains("dev@2026-01 is already taken: nothing to do"))
        #expect(household.workstation.reporter.said.contains("dev@2026-01 is sealed already"))
    }

    @Test("given the server is out of reach, what was sealed waits here, and the next run announces it")
    func outOfReach() async throws {
        let household = try Household()
        household.reach(false)
        let records = try household.server.types().count
        await #expect(throws: DeliveryError.outOfReach("server.example")) {
            _ = try await household.run("2026-01").begin()
        }
        #expect(household.workstation.reporter.said.last == "dev@2026-01 waits here")
        #expect(try household.server.types().count == records)
        household.reach(true)
        let steps = try await household.run("2026-01").begin()
        #expect(steps.files == [spooled(household, "2026-01")])
        #expect(household.sent.count == 1)
        #expect(try household.server.types().suffix(2) == ["snapshot.taken", "artifact.sealed"])
    }

    @Test(
        "given a month that was taken and has not reached the server, it comes first, and the asked one is still to come"
    )
    func waiting() async throws {
        let household = try Household()
        household.reach(false)
        await #expect(throws: DeliveryError.self) { _ = try await household.run("2026-01").begin() }
        household.reach(true)
        let steps = try await household.run("2026-02").begin()
        #expect(steps.files == [spooled(household, "2026-01")] && steps.hasMore)
        #expect(household.workstation.reporter.said.contains("dev@2026-01 was taken before and has not reached LS"))
        #expect(try household.server.types().suffix(3) == ["snapshot.taken", "artifact.sealed", "snapshot.taken"])
        try household.bring(steps.files)
        _ = try await household.run("2026-01").end(steps.files, follow: false)
        let rest = try await household.run("2026-02").begin()
        #expect(rest.files == [spooled(household, "2026-02", over: "2026-01")] && !rest.hasMore)
        #expect(household.sent == ["dev@2026-01", "dev@2026-02 dev@2026-01"])
    }

    @Test("given an increment would lose something, it is a full one, and the journal says why")
    func unfit() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        let lost = SourceError.punchedHoles("/snapshots/dev@2026-02", bytes: 4096)
        household.makeUnfit(lost)
        let steps = try await household.run("2026-02").begin()
        #expect(steps.files == [spooled(household, "2026-02")])
        let reason = try #require(try household.server.state().sealed(second)).artifact.reason
        #expect(reason?["rule"] == .string("unfit_increment") && reason?["why"] == .string(lost.description))
        #expect(household.sent.last == "dev@2026-02")
    }

    @Test("given the parent's snapshot is gone, it is a full one")
    func parentGone() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        try removeTree(household.machine.snapshots.appending("dev@2026-01"))
        let steps = try await household.run("2026-02").begin()
        #expect(steps.files == [spooled(household, "2026-02")])
        #expect(try household.server.state().sealed(second)?.artifact.reason?["rule"] == .string("parent_missing"))
    }

    @Test("a person who asks for a full one gets it")
    func full() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        let steps = try await household.run("2026-02", .init(isWhole: true, isFull: true)).begin()
        #expect(steps.files == [spooled(household, "2026-02")])
        #expect(try household.server.state().sealed(second)?.artifact.reason?["rule"] == .string("requested"))
    }

    @Test(
        "given the server has withdrawn the month meanwhile, what is here is set aside, and it is taken and sealed again"
    )
    func withdrawn() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        let was = household.uuid(first)
        try household.server.record(.withdraw(first, reason: "false", withChildren: false, login: nil))
        let steps = try await household.run("2026-01").begin()
        #expect(steps.files == [spooled(household, "2026-01")])
        let uuid = try #require(household.uuid(first))
        #expect(uuid != was)
        #expect(try household.server.state().sealed(first)?.stream.uuid == uuid)
        #expect(household.sent == ["dev@2026-01", "dev@2026-01"])
        #expect(tree(household.machine.snapshots).contains("dev@2026-01.withdrawn-\(try #require(was))"))
    }

    @Test("a dry run says what would be done, and neither takes, seals nor asks")
    func dry() async throws {
        let household = try Household()
        let records = try household.server.types().count
        let steps = try await household.run("2026-01", .init(isWhole: true, isDry: true)).begin()
        #expect(steps.artifact == nil && steps.files.isEmpty)
        #expect(
            household.workstation.reporter.said == [
                "would take \(household.machine.snapshots)/dev@2026-01 of \(household.machine.code)",
                "would seal dev@2026-01 as full (first) once its snapshot is taken",
                "would send the artifact to server.example, to be registered there",
            ])
        #expect(household.sent.isEmpty && household.requests.isEmpty)
        #expect(household.workstation.reporter.queued.isEmpty)
        #expect(try household.server.types().count == records)
    }

    @Test("without the whole month no snapshot is taken: one that was is sealed")
    func artifactOnly() async throws {
        let household = try Household()
        await #expect(throws: Household.NotTaken.self) { _ = try await household.run("2026-01", .init()).begin() }
        try await MonthSnapshot(first, household.machine, household.work(on: household.machine)).take(isDry: false)
        let steps = try await household.run("2026-01", .init()).begin()
        #expect(steps.files == [spooled(household, "2026-01")])
    }

    @Test("where root could be steered, nothing is begun")
    func steered() async throws {
        struct Steered: Error {}
        let household = try Household()
        let work = household.work(on: household.machine, places: { throw Steered() })
        let run = try MonthRun(first, household.machine, .init(isWhole: true), version: "test", work)
        await #expect(throws: Steered.self) { _ = try await run.begin() }
        #expect(household.requests.isEmpty && household.workstation.reporter.queued.isEmpty)
    }

    @Test("given the server on this machine, what is sealed is in its journal at once, and nobody is asked")
    func oneMachine() async throws {
        let household = try Household()
        let machine = household.server.machine
        let run = try MonthRun(first, machine, .init(isWhole: true), version: "test", household.work(on: machine))
        let steps = try await run.begin()
        #expect(steps.files == [household.server.spool.appending(TestMachine.name("2026-01").description)])
        #expect(try household.server.types().suffix(2) == ["snapshot.taken", "artifact.sealed"])
        #expect(household.requests.isEmpty)
    }
}

@Suite("The second half of a month: registered, followed, cleared")
struct MonthEndTests {
    private let first = TestMachine.label("2026-01")

    @Test("what has arrived is registered, the working copy follows, and the month is done")
    func done() async throws {
        let household = try Household(["WORKTREE=on", "KEEP_SPOOL=registered"], server: ["WORKTREE=on"])
        let steps = try await household.run("2026-01").begin()
        #expect(steps.follows)
        try household.bring(steps.files)
        #expect(try await household.run("2026-01").end(steps.files, follow: true))
        #expect(household.requests == ["exchange", "settle"])
        #expect(try household.workstation.state().entries[first] != nil)
        #expect(try household.workstation.state().worktree == first)
        #expect(
            household.workstation.reporter.said.suffix(3) == [
                "dev@2026-01 is safe on LS", "LS's working copy follows dev@2026-01",
                "dev@2026-01 is registered: its artifact left the spool",
            ])
        #expect(tree(household.workstation.spool).isEmpty)
        let again = try await household.run("2026-01").begin()
        #expect(again.files.isEmpty && !again.follows && !again.hasMore)
    }

    @Test("given rsync has not brought it, the server's refusal is the run's, and it waits here")
    func notBrought() async throws {
        let household = try Household()
        let steps = try await household.run("2026-01").begin()
        await #expect(throws: SaidElsewhereError(status: 2)) {
            _ = try await household.run("2026-01").end(steps.files, follow: false)
        }
        #expect(try household.workstation.state().entries.isEmpty)
        #expect(contents(steps.files[0]) != nil)
    }

    @Test("given the working copy cannot follow, the month is registered, and the run says that it is older")
    func behind() async throws {
        let household = try Household(["WORKTREE=on"], server: ["WORKTREE=on"])
        household.asked.steps.fail("place", SaidElsewhereError(status: 6))
        let steps = try await household.run("2026-01").begin()
        try household.bring(steps.files)
        #expect(try await !household.run("2026-01").end(steps.files, follow: true))
        #expect(try household.workstation.state().entries[first] != nil)
        #expect(try household.workstation.state().worktree == nil)
    }

    @Test("given the server has lost its copy, what is still in the spool is handed over again")
    func lost() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        let entry = try #require(try household.server.state().entries[first])
        try removeTree(household.server.server.root.appending(entry.localPath))
        let steps = try await household.run("2026-01").begin()
        #expect(steps.files == [household.workstation.spool.appending(TestMachine.name("2026-01").description)])
        #expect(
            household.workstation.reporter.said.contains("LS's copy of dev@2026-01, or its catalogue, is missing"))
    }
}
