import JournalFormat
import Testing

@testable import Backup

@Suite("Artifacts from before the journal")
struct ImportTests {
    private let one = String(repeating: "a", count: 64)
    private let two = String(repeating: "b", count: 64)

    private func parse(_ text: String) -> LegacyManifest { LegacyManifest(parsing: text, dataset: "dev") }

    private func imported(_ text: String, name: String = "old.tsv") -> ManifestImport {
        ManifestImport(
            .init(name: name, sha256: sha256(text), bytes: text.utf8.count),
            parse(text).rows.map { .init($0, localPath: $0.name.localPath) })
    }

    private func happened(_ manifest: ManifestImport) -> [Happened] {
        manifest.parts.map { Happened(type: "manifest.imported", data: $0) }
    }

    // MARK: Reading

    @Test("Without a header the columns are those of manifest v2; the object key may be missing")
    func withoutHeader() throws {
        let manifest = parse(
            "2026-01-31T10:00:00Z\tdev@2026-01\tfull\t-\t100\t\(one)\tartifacts/a\n"
                + "1770000000\t2026-02\tincremental\t2026-01\t10\t\(two.uppercased())\t/srv/b\tdev/key\n")
        #expect(manifest.problems == [])
        let (first, second) = (try #require(manifest.rows.first), try #require(manifest.rows.last))
        #expect(
            first.name == full("2026-01") && first.bytes == 100 && first.sha256 == one && first.path == "artifacts/a")
        #expect(first.ts?.description == "2026-01-31T10:00:00.000Z" && first.objectKey == nil)
        #expect(second.name == increment("2026-02", from: "2026-01") && second.sha256 == two)
        #expect(second.objectKey == "dev/key" && second.ts?.milliseconds == 1_770_000_000_000 && second.line == 2)
    }

    @Test("With a header the columns may stand in any order, under other names, with CR LF and comments")
    func withHeader() throws {
        let manifest = parse(
            "# sha256\tSize\tlabel\tremark\tkind\r\n\r\n\(one)\t100\t2026-01\thello\tanchor\r\n# a remark\r\n"
                + "\(two)\t10\tdev@2026-02\t\tincr\r\n")
        #expect(manifest.problems == [])
        #expect(manifest.rows.map(\.name) == [full("2026-01"), increment("2026-02", from: "2026-01")])
        #expect(manifest.rows.map(\.line) == [3, 5])
    }

    @Test("An incremental's parent is what its row says, else its file's name, else the row before")
    func parents() {
        let header = "label\ttype\tbytes\tsha256\tparent\tpath\n"
        let rows = "2026-01\tfull\t1\t\(one)\t\t\n2026-02\tincr\t1\t\(one)\t\t\n"
        let manifest = parse(
            header + rows + "2026-03\tincr\t1\t\(one)\tdev@2026-01\t\n"
                + "2026-04\tincr\t1\t\(one)\t-\t/x/dev@2026-04.incr.from_2026-02.send.zst.age\n")
        #expect(manifest.problems == [])
        #expect(manifest.rows.compactMap(\.name.kind.parent?.monthText) == ["2026-01", "2026-01", "2026-02"])
    }

    @Test("What is wrong is reported line by line")
    func problems() {
        let manifest = parse(
            [
                "ts\tlabel\ttype\tparent\tbytes\tsha256\tlocal_path",
                "-\t2026-01\tfull\t-\tmany\t\(one)\tx", "-\t2026-01\tfull\t-\t1\tabc\tx",
                "-\t2026-13\tfull\t-\t1\t\(one)\tx",
                "-\tcode@2026-01\tfull\t-\t1\t\(one)\tx", "-\t2026-01\tdiff\t-\t1\t\(one)\tx", "-\t2026-01\tfull",
                "-\t2026-01\tfull\t2025-12\t1\t\(one)\tx", "-\t2026-02\tincr\t2026-01\t1\t\(one)\tx",
                "-\t2026-02\tincr\t2026-03\t1\t\(one)\tx", "-\t2026-05\tfull\t-\t-\t\(one)\tx",
                "-\t2026-06\tfull\t-\t9007199254740992\t\(one)\tx",
            ].joined(separator: "\n"))
        #expect(
            manifest.problems.map(\.description) == [
                "line 2: many is not a number of bytes", "line 3: abc is not a SHA-256 in hex",
                "line 4: 2026-13 is not a label of data set dev", "line 5: code@2026-01 is not a label of data set dev",
                "line 6: diff is not a type: full or incr", "line 7: 3 columns instead of 7",
                "line 8: a full artifact has no parent", "line 9: the parent dev@2026-01 is not in the manifest",
                "line 10: dev@2026-02 stands in line 9 already",
                "line 10: the parent dev@2026-03 is not before dev@2026-02",
                "line 11: no bytes", "line 12: 9007199254740992 is not a number of bytes",
            ])
    }

    @Test("A header without a column that is needed, one named twice, an empty file")
    func headers() {
        #expect(
            parse("label\ttype\tbytes\n").problems.map(\.description) == ["line 1: the header names no column sha256"])
        #expect(
            parse("label\ttype\tbytes\tsize\tsha256\n").problems.map(\.description)
                == ["line 1: the header names the column bytes twice"])
        #expect(parse("").problems.map(\.description) == ["line 1: there is no artifact in it"])
    }

    // MARK: Deciding and projecting

    private var rows: String {
        "-\t2026-02\tincr\t2026-01\t10\t\(two)\tx\n2026-01-31\t2026-01\tfull\t-\t100\t\(one)\tx\told/key\n"
    }

    @Test("Manifest, policy and plan come from the imported rows, in the order of their labels")
    func projections() throws {
        let state = given(happened(imported(rows))).state
        let lines = Manifest.tsv(state).split(separator: "\n").dropFirst().map { line in
            line.split(separator: "\t").joined(separator: " ")
        }
        let ts = record(snapshot("2026-01"), 2).ts
        let first =
            "2026-01-31T00:00:00.000Z dev@2026-01 full - 100 \(one) artifacts/anchors/\(full("2026-01")) old/key"
        let second = "\(ts) dev@2026-02 incr dev@2026-01 10 \(two) "
        #expect(lines.first == first)
        #expect(lines.last == second + "artifacts/incr/dev@2026-02.incr.from_2026-01.send.zst.age -")
        #expect(lines.count == 2)
        #expect(StateEnv.text(state).contains("INCR_BYTES=10\n"))
        let steps = try RestorePlan(label("2026-02"), state).steps
        #expect(steps.map(\.artifact.name) == [full("2026-01"), increment("2026-02", from: "2026-01")])
    }

    @Test("Given no artifacts, an import is recorded; the same again is nothing; another one is refused")
    func decisions() {
        given().when(.importManifest(imported(rows))).then("manifest.imported").with("part", "1").with("parts", "1")
        given(happened(imported(rows))).when(.importManifest(imported(rows))).then()
        given(happened(imported(rows))).when(.importManifest(imported(rows + "\n")))
            .thenRefused("2 registered artifacts already")
        given(month(full("2026-01"))).when(.importManifest(imported(rows))).thenRefused(
            "1 registered artifacts already")
        given().when(.importManifest(imported(rows)), in: "2026-01").thenRefused("lies in the future")
        given().when(.importManifest(imported(""))).thenRefused("holds no artifact")
    }

    @Test("Many rows are split over records that fit a line, and count only when the last part is there")
    func parts() throws {
        // given
        let text = (0..<300).map { number in
            let label = Label(dataset: "dev", year: 1990, month: 1).adding(months: number)
            return "-\t\(label)\tfull\t-\t1\t\(one)\tx\n"
        }.joined()
        let events = happened(imported(text))
        // then
        #expect(events.count > 1)
        for event in events { #expect(JSONValue.object(event.data).bytes.count < 64_000) }
        #expect(given(Array(events.dropLast())).state.order.isEmpty)
        #expect(given(events).state.order.count == 300)
        // An interrupted import is forgotten when another begins.
        #expect(given(Array(events.dropLast()) + events).state.order.count == 300)
        // A part that is not due is refused, and changes nothing.
        var state = given().state
        #expect(throws: ProjectionError(record: 2, message: "manifest.imported is not the part that is due")) {
            try evolve(&state, record(events[1], 2))
        }
        #expect(state.seq == 1)
    }

    @Test(
        "An event whose row could not stand in a manifest's line, or stands there twice, is refused",
        arguments: [
            (#""object_key":"old/key""#, #""object_key":"a\tb""#), (#""object_key":"old/key""#, #""object_key":"""#),
            (#""object_key":"old/key""#, #""object_key":7"#), (#""ts":null"#, #""ts":"yesterday""#),
            ("dev@2026-02.incr", "dev@2026-02.full"), (#""bytes":10"#, #""bytes":-1"#),
        ])
    func spoiltRows(member: String, spoilt: String) throws {
        let data = JSONValue.object(try #require(imported(rows).parts.first))
        #expect(data.text.contains(member))
        let text = data.text.replacing(member, with: spoilt)
        guard case .object(let other) = try JSONValue(parsing: Array(text.utf8)) else { return }
        var state = given().state
        #expect(throws: ProjectionError.self) {
            try evolve(&state, record(Happened(type: "manifest.imported", data: other), 2))
        }
        #expect(state.order.isEmpty && state.seq == 1)
    }

    @Test("An event that has a label twice is refused")
    func labelTwice() throws {
        var data = try #require(imported(rows).parts.first)
        let list = try #require(data["rows"]?.array)
        data["rows"] = .array(list + list.suffix(1))
        var state = given().state
        #expect(throws: ProjectionError(record: 2, message: "dev@2026-02 is registered twice")) {
            try evolve(&state, record(Happened(type: "manifest.imported", data: data), 2))
        }
        #expect(state.order.isEmpty)
    }

    @Test("The chain continues from an imported artifact once a restore has told its UUID")
    func goingOn() {
        let next = increment("2026-03", from: "2026-02")
        let before = happened(imported(rows)) + [snapshot("2026-03")]
        given(before).when(seal(next)).thenRefused("which is not dev@2026-02")
        let restored = Happened(
            type: "snapshot.restored",
            data: [
                "label": .string("dev@2026-02"), "uuid": .string(uuid("2026-02", 2)),
                "received_uuid": .string(uuid("2026-02")), "path": .string("/restore/dev@2026-02"),
            ])
        given(before + [restored]).when(seal(next)).then("artifact.sealed")
    }
}
