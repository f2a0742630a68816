import JournalFormat
import Testing

@testable import Backup

@Suite("What a month has to do")
struct MonthPlanTests {
    private func followed(_ month: String) -> Happened {
        Happened(
            type: "worktree.updated",
            data: ["label": .string("dev@\(month)"), "path": .string("/home/chuck/code"), "kept": .null])
    }

    private func plan(
        _ events: [Happened], _ month: String, snapshots: [String] = [], spool: [ArtifactName] = [],
        lacking: [ArtifactName: String] = [:], keepsUntilMirrored: Bool = true, hasWorkingCopy: Bool = true
    ) -> MonthPlan {
        MonthPlan(
            MonthPlan.Known(
                given(events).state, label(month), snapshots: Set(snapshots.map(label)), spool: Set(spool),
                lacking: lacking, keepsUntilMirrored: keepsUntilMirrored, hasWorkingCopy: hasWorkingCopy))
    }

    private let january = month(full("2026-01"))
    private let february = increment("2026-02", from: "2026-01")

    @Test("Given nothing, the first month waits for nothing, and the working copy follows it")
    func first() {
        let plan = plan([], "2026-01")
        #expect(plan.waiting == [] && plan.first(of: label("2026-01")) == label("2026-01"))
        #expect(plan.workingCopy == .due && !plan.isRegistered && !plan.isDone)
    }

    @Test("Given months that were taken while the server was away, they come first, oldest first")
    func waiting() {
        let events = january + [snapshot("2026-02"), snapshot("2026-03"), snapshot("2026-04")]
        let months = ["2026-04", "2026-03", "2026-02", "2026-01"]
        let plan = plan(events, "2026-04", snapshots: months)
        #expect(plan.waiting == [label("2026-02"), label("2026-03")])
        #expect(plan.first(of: label("2026-04")) == label("2026-02"))
    }

    @Test("What was never recorded as taken, has no snapshot here, or is older than the last one, does not wait")
    func notWaiting() {
        let events = january + month(february) + [snapshot("2026-03"), snapshot("2026-04")]
        #expect(plan(events, "2026-05", snapshots: ["2026-01", "2026-02", "2026-04"]).waiting == [label("2026-04")])
        #expect(plan(january, "2026-05", snapshots: ["2026-03"]).waiting == [])
    }

    @Test("Given a month that is registered and followed, nothing is left")
    func done() {
        let plan = plan(january + [followed("2026-01")], "2026-01", snapshots: ["2026-01"], spool: [full("2026-01")])
        #expect(plan.isDone && plan.workingCopy == .followed)
    }

    @Test("The working copy: an older month does not take it back, and where there is none it is left alone")
    func workingCopy() {
        let both = january + month(february) + [followed("2026-02")]
        #expect(plan(both, "2026-01").workingCopy == .staysAt(label("2026-02")))
        #expect(plan(january, "2026-01").workingCopy == .due)
        #expect(plan(january, "2026-01", hasWorkingCopy: false).workingCopy == .none)
        #expect(plan(january, "2026-01", hasWorkingCopy: false).isDone)
    }

    @Test("What the server has lost is handed over again, where it is in the spool and no mirror has it")
    func handedOverAgain() {
        let lacking = [full("2026-01"): "missing", february: "damaged"]
        let both = january + month(february)
        let spool = [february, full("2026-01")]
        let again = plan(both, "2026-02", spool: spool, lacking: lacking).handedOverAgain
        #expect(again == [full("2026-01"), february])
        #expect(plan(both, "2026-02", spool: spool).handedOverAgain == [])
        #expect(plan(both, "2026-02", spool: [february], lacking: lacking).handedOverAgain == [february])
        let mirrored = both + [uploaded("2026-01")]
        #expect(plan(mirrored, "2026-02", spool: spool, lacking: lacking).handedOverAgain == [february])
        #expect(!plan(both + [followed("2026-02")], "2026-02", spool: spool, lacking: lacking).isDone)
    }

    @Test("An artifact leaves the spool once it is as far as the configuration wants, and no sooner")
    func cleared() {
        let events = january + [uploaded("2026-01")] + month(february) + [snapshot("2026-03")]
        let march = increment("2026-03", from: "2026-02")
        let spool = [full("2026-01"), february, march]
        #expect(plan(events, "2026-03", spool: spool).cleared == [full("2026-01")])
        let sooner = plan(events, "2026-03", spool: spool, keepsUntilMirrored: false)
        #expect(sooner.cleared == [full("2026-01"), february])
        // Another artifact of that month is none that was registered.
        #expect(plan(events, "2026-03", spool: [full("2026-02")], keepsUntilMirrored: false).cleared == [])
    }

    @Test("The end of a handover, as a line and back")
    func settlement() throws {
        let request = SettlementRequest(
            [.init(full("2026-01"), catalogue: 812), .init(february, catalogue: 0)], follow: label("2026-02"),
            delivery: 1830)
        #expect(SettlementRequest(parsing: Array(request.line.utf8.dropLast()), dataset: "dev") == request)
        #expect(SettlementRequest(parsing: Array(request.line.utf8.dropLast()), dataset: "notes") == nil)
        let none = SettlementRequest([], follow: nil, delivery: 1)
        #expect(SettlementRequest(parsing: Array(none.line.utf8.dropLast()), dataset: "dev") == none)
    }

    @Test(
        "What no workstation says is refused",
        arguments: [
            "", "{}", #"{"register":[],"follow":null,"delivery":0}"#, #"{"register":[],"follow":7,"delivery":1}"#,
            #"{"register":[],"follow":"../x","delivery":1}"#, #"{"register":[],"delivery":1}"#,
            #"{"register":[{"name":"../x","catalogue":0}],"follow":null,"delivery":1}"#,
            #"{"register":[{"name":"dev@2026-01.full.send.zst.age","catalogue":-1}],"follow":null,"delivery":1}"#,
        ])
    func refused(_ line: String) {
        #expect(SettlementRequest(parsing: Array(line.utf8), dataset: "dev") == nil)
    }

    @Test("What the server reports, as a line and back; a server that says anything else is not understood")
    func report() {
        var report = ServerReport()
        report.streamVersion = 2
        report.lacking = [full("2026-01"): "missing", february: "damaged"]
        (report.register, report.follow, report.answer) = (11, 6, 9120)
        #expect(ServerReport(parsing: Array(report.line.utf8.dropLast())) == report)
        #expect(ServerReport(parsing: Array(ServerReport().line.utf8.dropLast())) == ServerReport())
        for line in [
            "", "{}", #"{"lacking":[],"register":256,"follow":null,"answer":1}"#,
            #"{"lacking":[{"name":"x","condition":"missing"}],"register":0,"follow":null,"answer":1}"#,
            #"{"lacking":[],"register":0,"follow":null,"answer":-1}"#,
            #"{"lacking":[],"register":0,"follow":null,"answer":1,"stream_version":0}"#,
        ] {
            #expect(ServerReport(parsing: Array(line.utf8)) == nil)
        }
    }
}
