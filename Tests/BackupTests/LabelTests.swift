import Backup
import Testing

@Suite("Labels and artifact names")
struct LabelTests {
    @Test(
        "A label is read and written unchanged",
        arguments: ["dev@2026-01", "dev@1970-12", "a@9999-12", "my_set-2@2026-10"])
    func labels(_ text: String) {
        #expect(Label(text)?.description == text)
    }

    @Test(
        "What is not a label",
        arguments: [
            "", "dev", "dev@", "@2026-01", "dev@2026", "dev@2026-1", "dev@2026-00", "dev@2026-13", "dev@1969-12",
            "dev@2026-01 ",
            "dev@2026_01", "dev@@2026-01", "dev@2026-01@x", "dev@-026-01", "dev@2026-+1", "dev@\u{ff12}026-01",
            "Dev@2026-01",
            "d v@2026-01", "$(id)@2026-01", "../x@2026-01", "-dev@2026-01", "d\n@2026-01", "dev@2026-01\n",
            String(repeating: "a", count: 33) + "@2026-01", "dev\u{301}@2026-01",
        ])
    func noLabels(_ text: String) {
        #expect(Label(text) == nil)
    }

    @Test("Months are counted over years")
    func months() throws {
        let label = try #require(Label("dev@2025-11"))
        #expect(label.adding(months: 1).description == "dev@2025-12")
        #expect(label.adding(months: 2).description == "dev@2026-01")
        #expect(label.adding(months: 14).description == "dev@2027-01")
        #expect(label.adding(months: -11).description == "dev@2024-12")
        #expect(label.adding(months: 0) == label)
        #expect(label.adding(months: 14).month - label.month == 14)
        for months in 0..<200 {
            let later = label.adding(months: months)
            #expect(Label(later.description) == later)
        }
        #expect(label < label.adding(months: 1))
    }

    @Test(
        "An artifact's name is read and written unchanged",
        arguments: ["dev@2026-01.full.send.zst.age", "dev@2026-02.incr.from_2026-01.send.zst.age"])
    func names(_ text: String) {
        #expect(ArtifactName(text)?.description == text)
    }

    @Test("The two kinds have their types, parents and places")
    func kinds() throws {
        let full = try #require(ArtifactName("dev@2026-01.full.send.zst.age"))
        #expect(full.kind == .full)
        #expect(full.kind.type == "full" && full.kind.parent == nil)
        #expect(full.localPath == "artifacts/anchors/dev@2026-01.full.send.zst.age")
        let increment = try #require(ArtifactName("dev@2026-03.incr.from_2026-01.send.zst.age"))
        #expect(increment.kind.type == "incr" && increment.kind.parent == full.label)
        #expect(increment.localPath == "artifacts/incr/dev@2026-03.incr.from_2026-01.send.zst.age")
        #expect(ArtifactKind(type: "incr", parent: nil) == nil)
        #expect(ArtifactKind(type: "full", parent: full.label) == nil)
        #expect(ArtifactKind(type: "incremental", parent: full.label) == nil)
    }

    @Test(
        "What is not an artifact's name",
        arguments: [
            "", ".send.zst.age", "dev@2026-01", "dev@2026-01.full.send.zst", "dev@2026-01.full.send.age",
            "dev@2026-01.send.zst.age", "dev@2026-01.incr.send.zst.age", "dev@2026-01.full.from_2025-12.send.zst.age",
            "dev@2026-02.incr.2026-01.send.zst.age", "dev@2026-02.incr.from_dev@2026-01.send.zst.age",
            "dev@2026-02.incr.from_2026-1.send.zst.age", "dev@2026-02.incr.from_.send.zst.age",
            "dev@2026-02.incr.from_2026-01.x.send.zst.age", "dev@2026-13.full.send.zst.age",
            "/dev@2026-01.full.send.zst.age",
            "../dev@2026-01.full.send.zst.age", "dev@2026-01..full.send.zst.age", "dev@2026-01.full.send.zst.age ",
            "dev@2026-01.FULL.send.zst.age", "dev@2026-01.full.send.zst.age\n",
        ])
    func noNames(_ text: String) {
        #expect(ArtifactName(text) == nil)
    }
}
