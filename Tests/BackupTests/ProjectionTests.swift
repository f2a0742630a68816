import Foundation
import JournalFixtures
import JournalFormat
import StockTools
import Testing

@testable import Backup

@Suite("Projections")
struct ProjectionTests {
    private let events =
        month(full("2026-01"), bytes: 1000) + [uploaded("2026-01")]
        + month(increment("2026-02", from: "2026-01"), bytes: 70)

    private let manifest = """
        ts\tlabel\ttype\tparent\tbytes\tsha256\tlocal_path\tobject_key
        2026-01-31T20:04:00.000Z\tdev@2026-01\tfull\t-\t1000\t\(sha256(""))\tartifacts/anchors/dev@2026-01.full.send.zst.age\tdev/2026-01
        2026-01-31T20:08:00.000Z\tdev@2026-02\tincr\tdev@2026-01\t70\t\(sha256(""))\tartifacts/incr/dev@2026-02.incr.from_2026-01.send.zst.age\t-

        """

    /// What a shell makes of `script`, with `input` as standard input.
    private func shell(_ script: String, input: String) throws -> [String] {
        let output = try stockOutput(["sh", "-euc", script], input: Array(input.utf8))
        return String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    @Test("The manifest's text")
    func manifestText() {
        #expect(Manifest.tsv(given(events).state) == manifest)
        #expect(Manifest.tsv(given().state) == Manifest.header)
    }

    @Test("The state's text, to be sourced")
    func stateText() {
        let state = given(events).state
        #expect(
            StateEnv.text(state) == """
                LAST_LABEL=dev@2026-02
                ANCHOR_LABEL=dev@2026-01
                ANCHOR_BYTES=1000
                INCR_BYTES=70
                ANCHOR_DUE_FROM=dev@2027-01
                SEQ=8
                HEAD=\(state.head.hex)

                """)
    }

    @Test("A shell that sources the state has its values, also of an empty journal")
    func sourced() throws {
        for (events, values) in [
            (events, ["dev@2026-02", "dev@2026-01", "1000", "70", "dev@2027-01", "8"]),
            ([], ["", "", "0", "0", "", "1"]),
        ] {
            let lines = try shell(
                #"eval "$(cat)"; printf '%s\n' "$LAST_LABEL" "$ANCHOR_LABEL" "$ANCHOR_BYTES" "$INCR_BYTES" "$ANCHOR_DUE_FROM" "$SEQ""#,
                input: StateEnv.text(given(events).state))
            #expect(lines == values)
        }
    }

    @Test("A shell that reads the manifest by tabs finds all eight fields in every line")
    func readByTabs() throws {
        let lines = try shell(
            #"t=$(printf '\t'); while IFS="$t" read -r ts label type parent bytes sum path key rest; do"#
                + #" printf '%s\n' "$label|$type|$parent|$bytes|$key|$rest"; done"#,
            input: Manifest.tsv(given(events).state))
        #expect(
            lines == [
                "label|type|parent|bytes|object_key|", "dev@2026-01|full|-|1000|dev/2026-01|",
                "dev@2026-02|incr|dev@2026-01|70|-|",
            ])
    }

    @Test("Replayed in one go or in pieces, of any kind of event, the projections are the same")
    func pieces() throws {
        for name in ["good-month", "good-two-epochs", "good-x-types", "good-roots"] {
            let lines = try Fixtures.lines(name)
            for cut in 0...lines.count {
                var (whole, piece) = (BackupState.initial, BackupState.initial)
                var verifier = Verifier()
                for (index, line) in lines.enumerated() {
                    if index == cut { piece = try replay(lines[..<cut]) }
                    let record = try accept(line, &verifier)
                    try evolve(&whole, record)
                    if index >= cut { try evolve(&piece, record) } else { piece = whole }
                }
                #expect(Manifest.tsv(whole) == Manifest.tsv(piece))
                #expect(StateEnv.text(whole) == StateEnv.text(piece))
                #expect(whole == piece)
            }
        }
    }

    private func replay(_ lines: ArraySlice<[UInt8]>) throws -> BackupState {
        var state = BackupState.initial
        var verifier = Verifier()
        for line in lines { try evolve(&state, accept(line, &verifier)) }
        return state
    }

    private func accept(_ line: [UInt8], _ verifier: inout Verifier) throws -> Record {
        let layout = try verifier.accept(line.span)
        return Record(
            seq: layout.seq, epoch: layout.epoch, ts: layout.ts, kid: layout.kid,
            event: try layout.event.event(in: line.span),
            hash: verifier.head)
    }
}

@Suite("Restore plans")
struct RestorePlanTests {
    private let events =
        month(full("2026-01"), bytes: 50) + month(increment("2026-02", from: "2026-01"), bytes: 3)
        + month(increment("2026-03", from: "2026-02"), bytes: 4) + month(full("2026-04"), bytes: 60)

    private func plan(_ month: String, _ events: [Happened]) throws(RestorePlanError) -> [String] {
        try RestorePlan(label(month), given(events).state).steps.map(\.artifact.label.monthText)
    }

    @Test("A label's chain begins with its anchor")
    func chain() throws {
        #expect(try plan("2026-01", events) == ["2026-01"])
        #expect(try plan("2026-03", events) == ["2026-01", "2026-02", "2026-03"])
        #expect(try plan("2026-04", events) == ["2026-04"])
        #expect(try RestorePlan(label("2026-03"), given(events).state).bytes == 57)
    }

    @Test("An unknown label and a missing parent are named")
    func failures() {
        #expect(throws: RestorePlanError.unknownLabel(label("2026-05"))) { try plan("2026-05", events) }
        #expect(throws: RestorePlanError.missingParent(label("2026-02"), of: label("2026-03"))) {
            try plan("2026-03", events + [withdrawn("2026-02")])
        }
    }

    @Test("An increment from itself or from a later label ends in an error, not in a circle")
    func circles() {
        let circle = [
            registered(increment("2026-02", from: "2026-03")), registered(increment("2026-03", from: "2026-02")),
        ]
        #expect(throws: RestorePlanError.self) { try plan("2026-03", circle) }
        #expect(throws: RestorePlanError.self) {
            try plan("2026-02", [registered(increment("2026-02", from: "2026-02"))])
        }
    }
}
