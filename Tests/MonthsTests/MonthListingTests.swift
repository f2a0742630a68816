import Artifacts
import Backup
import Machines
import Months
import ScratchSpace
import Sealing
import SystemPackage
import TestMachines
import Testing

@Suite("How a month's tree is listed")
struct MonthListingTests {
    private let first = TestMachine.label("2026-01")
    private let second = TestMachine.label("2026-02")

    private func listing(_ household: Household, _ label: Label) throws -> ListingOrigin? {
        try household.server.state().sealed(label)?.stream.listing
    }

    private func catalogue(_ household: Household) -> FilePath { ClearCatalogues(household.machine).path(of: first) }

    @Test("given a month before: its snapshot, its listing out of this machine's catalogue, its recorded hash")
    func byChange() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        #expect(try listing(household, first)?.way == .full(why: "full"))
        _ = try await household.run("2026-02").begin()
        #expect(
            household.listed == [
                .init(name: "dev@2026-01", month: 1),
                .init(
                    name: "dev@2026-02", month: 2, parent: "dev@2026-01", listing: Household.listing(first),
                    tree: TestMachine.sha256(Household.listing(first))),
            ])
        #expect(try listing(household, second) == .init(.byChange(since: first), kernel: "6.18"))
    }

    @Test("given that catalogue is gone or damaged, all is read, and it is said and recorded why")
    func noCatalogue() async throws {
        let cases: [(ListingPlan.FullReason, (FilePath) throws -> Void)] = [
            (.catalogueMissing, { try removeTree($0) }),
            (.catalogueUnreadable, { try plant($0, Array("nothing".utf8)) }),
        ]
        for (reason, spoil) in cases {
            let household = try Household()
            try await household.hand("2026-01")
            try spoil(catalogue(household))
            _ = try await household.run("2026-02").begin()
            #expect(household.listed.last == .init(name: "dev@2026-02", month: 2))
            #expect(try listing(household, second)?.way == .full(why: reason.rawValue))
            #expect(
                household.workstation.reporter.said.contains("dev@2026-02: the whole tree is read: \(reason.text)"))
        }
    }

    @Test("given Btrfs cannot say what was changed, its reason is recorded")
    func refused() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        household.cannotSayWhatChanged("parent_touched")
        _ = try await household.run("2026-02").begin()
        #expect(try listing(household, second)?.way == .full(why: "parent_touched"))
    }

    @Test("a full one that was asked for is read as a whole, and so is the first month under another kernel")
    func whole() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        _ = try await household.run("2026-02", .init(isWhole: true, isFull: true)).begin()
        #expect(household.listed.last == .init(name: "dev@2026-02", month: 2))
        let other = try Household()
        try await other.hand("2026-01")
        other.runs(kernel: "7.0")
        _ = try await other.run("2026-02").begin()
        #expect(try listing(other, second) == .init(.full(why: "other_kernel"), kernel: "7.0"))
    }

    @Test("given files that are others though nothing changed them, they are named, recorded and counted")
    func damaged() async throws {
        let household = try Household()
        try await household.hand("2026-01")
        household.damages([
            .init(path: "new/a b", pathBefore: "old/a b", reason: nil),
            .init(path: "c", pathBefore: "c", reason: "Input/output error"),
        ])
        #expect(try await household.run("2026-02").begin().damaged == 2)
        #expect(try listing(household, second)?.damaged == .init(count: 2, first: ["new/a b", "c"]))
        #expect(
            household.workstation.reporter.warned.suffix(2) == [
                "dev@2026-02: new/a b has other content, though nothing changed it; "
                    + "on LS, devjournal extract dev@2026-01 --to DIR -- 'old/a b' brings it back as it was in dev@2026-01",
                "dev@2026-02: c cannot be read (Input/output error), though nothing changed it; "
                    + "on LS, devjournal extract dev@2026-01 --to DIR -- c brings it back as it was in dev@2026-01",
            ])
        let again = try await household.run("2026-02").begin()
        #expect(again.damaged == 2)
        try household.bring(again.files)
        _ = try await household.run("2026-02").end(again.files, follow: false)
        #expect(try await household.run("2026-02").begin().damaged == 0)
    }

    @Test("The series of a kernel is its first two numbers", arguments: ["6.18.5-amd64", "6.18", "6.18-rc1"])
    func kernel(_ release: String) { #expect(KernelSeries.of(release: release) == "6.18") }
}
