import JournalFormat
import Testing

@testable import Backup

@Suite("How the listing of a month is to be made")
struct ListingPlanTests {
    private let tree = sha256("the tree")
    private let february = increment("2026-02", from: "2026-01")

    /// January, sealed with a listing or without.
    private func january(
        tree: String?, catalogue: Bool = true,
        listing: JSONObject? = ["why": .string("full"), "kernel": .string("6.18")]
    ) -> BackupState {
        var more: JSONObject = ["uuid": .string(uuid("2026-01")), "parent_uuid": .null, "stream_bytes": .integer(300)]
        more["tree"] = tree.map { .string($0) }
        more["listing"] = listing.map { .object($0) }
        if catalogue {
            more["catalogue"] = .object([
                "bytes": .integer(10), "sha256": .string(sha256("a")), "plain_bytes": .integer(20),
                "plain_sha256": .string(sha256("b")),
            ])
        }
        return given([
            snapshot("2026-01"), artifact("artifact.sealed", full("2026-01"), 100, "", more),
            registered(full("2026-01")),
        ]).state
    }

    @Test("An increment's is made from the one before, whose hash and length the journal has")
    func byChange() {
        #expect(
            ListingPlan(february, january(tree: tree), kernel: "6.18")
                == .byChange(since: label("2026-01"), tree: tree, plainBytes: 20))
    }

    @Test("A full artifact's owes nothing to one before")
    func fullArtifact() {
        #expect(ListingPlan(BackupTests.full("2026-02"), january(tree: tree), kernel: "6.18") == .full(.fullArtifact))
    }

    @Test("Where the one before has no listing or catalogue, or is not known at all, everything is read")
    func notListed() {
        let states = [january(tree: nil), january(tree: tree, catalogue: false), BackupState.initial]
        for state in states {
            #expect(ListingPlan(february, state, kernel: "6.18") == .full(.parentNotListed))
        }
    }

    @Test("Under another series of the kernel, or where that was not recorded, everything is read once")
    func otherKernel() {
        #expect(ListingPlan(february, january(tree: tree), kernel: "7.0") == .full(.otherKernel))
        #expect(ListingPlan(february, january(tree: tree, listing: nil), kernel: "6.18") == .full(.otherKernel))
    }

    @Test("log and audit say how it was made, and how many files are damaged")
    func words() {
        func words(_ listing: JSONObject) -> (String, String) {
            let event = Happened(
                type: "artifact.sealed",
                data: ["label": .string("dev@2026-02"), "type": .string("incr"), "listing": .object(listing)])
            let read = record(event, 1).event
            guard case .ofLabel(let tell) = ArtifactSealed.wording.sentence else { return ("", "") }
            return (EventWording.line(read), tell(EventWords(read)))
        }
        let since = words(["since": .string("dev@2026-01"), "kernel": .string("6.18")])
        #expect(since.0 == "dev@2026-02 incr listed by change since dev@2026-01")
        #expect(since.1.hasSuffix(", listed by change since dev@2026-01"))
        let damaged = words([
            "since": .string("dev@2026-01"), "kernel": .string("6.18"),
            "damaged": .object(["count": .integer(2), "first": .array([.string("a"), .string("b")])]),
        ])
        #expect(damaged.0.hasSuffix("listed by change since dev@2026-01, 2 files damaged on the workstation"))
        let whole = words(["why": .string("other_kernel"), "kernel": .string("6.18")])
        #expect(whole.1.hasSuffix(", listed whole (other_kernel)"))
    }

    @Test("It is read from the event as it was written; one that says neither is refused")
    func event() throws {
        let origins = [
            ListingOrigin(.full(why: "full"), kernel: "6.18"),
            ListingOrigin(
                .byChange(since: label("2026-01")), kernel: "6.18",
                damaged: .init(count: 9, first: (1...9).map { "file \($0)" })),
        ]
        #expect(origins[1].damaged?.first.count == 5)
        for origin in origins {
            let state = january(tree: tree, listing: origin.json)
            #expect(state.entries[label("2026-01")]?.stream?.listing == origin)
        }
        var data: JSONObject = artifact("artifact.sealed", BackupTests.full("2026-01"), 100, "", [:]).data
        data["uuid"] = .string(uuid("2026-01"))
        data["stream_bytes"] = .integer(1)
        data["listing"] = .object(["kernel": .string("6.18")])
        #expect(throws: ProjectionError.self) {
            _ = try CoreEvents.read(record(Happened(type: "artifact.sealed", data: data), 1))
        }
    }
}
