import Age
import Backup
import Digest
import DurableFiles
import JournalStore
import Mirror
import ObjectStore
import ScratchSpace
import Testing

@Suite("Comparing a mirror with its journal")
struct CheckTests {
    let server: TestServer
    let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
        try server.register("2026-01", bytes: 300_000)
        try server.register("2026-02", bytes: 2_000_000)
        try server.push(to: bucket.store)
    }

    private func check(deep: Bool = false, hidingHashes: Bool = true) throws -> MirrorCheckReport {
        let store = WrappedStore(bucket.store)
        store.hidesHashes = hidingHashes
        let before = tree(bucket.path("")).sorted()
        let report = try MirrorCheck(server.reader(store), journal: server.journal, isDeep: deep).run()
        #expect(store.puts.isEmpty && tree(bucket.path("")).sorted() == before, "a check changes nothing")
        return report
    }

    /// `missing dev@2026-01…` and the like, without the folders.
    private func told(_ report: MirrorCheckReport) -> [String] {
        report.findings.map { "\($0.kind.rawValue) \($0.name.split(separator: "/").last ?? "")" }
    }

    private func artifact(_ label: String) throws -> String {
        try #require(try bucket.names.first { $0.contains("dev@\(label)") })
    }

    @Test("A mirror that was just pushed is complete", arguments: [false, true])
    func complete(deep: Bool) throws {
        let report = try check(deep: deep)
        #expect(report.findings.isEmpty && !report.isIncomplete)
        #expect(report.pending == (0, 0))
        // artifacts, a piece after each, manifests and checkpoint
        #expect(report.sound.objects == 2 + 2 + 2 + 1)
        #expect(report.superseded == 0)
    }

    @Test("What was not pushed yet is pending, and nothing is wrong")
    func pending() throws {
        try server.register("2026-03")
        try server.note()
        let report = try check()
        #expect(report.findings.isEmpty && report.pending == (1, 2))
    }

    @Test("Nothing mirrored yet is an error of its own")
    func nothing() throws {
        let other = try Bucket()
        let error = refusal {
            _ = try MirrorCheck(server.reader(other.store), journal: server.journal, isDeep: false).run()
        }
        guard case .nothingMirrored = error else {
            Issue.record("told as \(String(describing: error))")
            return
        }
    }

    @Test("An artifact that is gone or cut off is named, and a repair brings it back", arguments: [false, true])
    func artifacts(isCut: Bool) throws {
        let name = try artifact("2026-01")
        if isCut { try bucket.put(name, [1, 2, 3]) } else { try bucket.remove(name) }
        let report = try check()
        #expect(told(report) == ["\(isCut ? "damaged" : "missing") dev@2026-01.full.send.zst.age"])
        #expect(report.isIncomplete && report.findings.first?.repair == "devjournal push --repair")
        try server.push(to: bucket.store)
        #expect(try check().isIncomplete, "a plain push trusts what was recorded")
        try server.push(to: bucket.store, repair: .listed)
        #expect(try check(deep: true).findings.isEmpty)
        #expect(try server.isMirrored(in: bucket))
        #expect(try server.count(of: "artifact.uploaded") == 2)
    }

    @Test("A flipped bit is found where the bytes are fetched, or where the store knows the hash")
    func flipped() throws {
        for name in [try artifact("2026-01"), try artifact("2026-02")] {
            let right = try #require(try bucket.bytes(name))
            try bucket.damage(name)
            #expect(try check().findings.isEmpty, "a listing alone cannot tell")
            #expect(told(try check(deep: true)).map { $0.prefix(15) } == ["damaged dev@202"])
            #expect(try check(deep: true).findings.first?.repair == "devjournal push --repair --deep")
            #expect(told(try check(hidingHashes: false)).count == 1)
            let store = WrappedStore(bucket.store)
            store.hidesHashes = true
            try server.push(to: store, repair: .fetched)
            #expect(try bucket.bytes(name) == right)
        }
        #expect(try check(deep: true).findings.isEmpty)
    }

    @Test("A piece that is gone or damaged is named, and a repair brings its records back", arguments: [false, true])
    func pieces(isDamaged: Bool) throws {
        let size = try server.size
        let name = try #require(try bucket.names.first { $0.contains("00000000000\(size)-1-") })
        try isDamaged ? bucket.damage(name) : bucket.remove(name)
        let report = try check(deep: isDamaged)
        #expect(report.findings.map(\.kind) == [isDamaged ? .damaged : .missing])
        #expect(report.findings[0].name == (isDamaged ? name : "dev/journal/pieces/000000000001/*"))
        #expect(isDamaged || report.findings[0].detail == "record \(size)")
        #expect(report.findings[0].repair == "devjournal push --repair")
        let store = WrappedStore(bucket.store)
        store.hidesHashes = true
        try server.push(to: store, repair: .listed)
        #expect(try server.fetch(from: bucket.store).segments == server.segments)
        let repaired = try check(deep: true)
        #expect(repaired.findings.isEmpty && repaired.superseded == (isDamaged ? 1 : 0), "nothing is ever deleted")
    }

    @Test("A missing checkpoint is named with its repair")
    func checkpointMissing() throws {
        try bucket.remove(Bucket.checkpoint)
        let report = try check()
        #expect(told(report) == ["missing checkpoint.age"])
        #expect(report.findings[0].repair == "devjournal push --restore-checkpoint")
        try server.push(to: bucket.store, restoresCheckpoint: true)
        #expect(try check().findings.isEmpty)
    }

    @Test("A checkpoint that cannot be read is damaged, not missing")
    func checkpointDamaged() throws {
        try bucket.put(Bucket.checkpoint, [1, 2, 3])
        let report = try check()
        #expect(told(report) == ["damaged checkpoint.age"])
        #expect(report.findings[0].repair?.contains("--restore-checkpoint") == true)
    }

    @Test("A checkpoint that was set back is stale, whatever shows it, and a push mends it", arguments: [false, true])
    func rolledBack(onlyStateEnv: Bool) throws {
        // given
        let old = try #require(try bucket.bytes(Bucket.checkpoint))
        let before = try bucket.names
        try server.register("2026-03")
        try server.push(to: bucket.store)
        try bucket.put(Bucket.checkpoint, old)
        if onlyStateEnv {
            for name in try bucket.names where name.hasPrefix("dev/journal/") && !before.contains(name) {
                try bucket.remove(name)
            }
        }
        // then
        let report = try check()
        #expect(told(report).first == "stale checkpoint.age" && report.isIncomplete)
        #expect(report.findings[0].repair == "devjournal push")
        try server.push(to: bucket.store)
        #expect(try check().findings.isEmpty)
    }

    @Test("Manifests that are gone, unreadable or of another state", arguments: ["gone", "damaged", "other"])
    func manifests(kind: String) throws {
        let name = "dev/manifests/snapshots_v2.tsv.age"
        switch kind {
        case "gone": try bucket.remove(name)
        case "damaged": try bucket.damage(name)
        default: try bucket.put(name, AgeFile.encrypt([1].span, to: [server.identity.recipient]))
        }
        let report = try check()
        #expect(told(report) == ["\(kind == "gone" ? "missing" : "damaged") snapshots_v2.tsv.age"])
        try server.push(to: bucket.store)
        #expect(try check().findings.isEmpty)
    }

    @Test("Objects of nobody are foreign; those of an interrupted push and of an examination are not")
    func foreign() throws {
        let hash = String(repeating: "0", count: 64)
        try bucket.put("dev/journal/pieces/000000000001/\(hash)/000000000001-1-\(hash).jsonl.age", [1])
        try bucket.put("dev/journal/pieces/000000004097/\(hash)/000000000002-1-\(hash).jsonl.age", [1])
        try bucket.put("dev/artifacts/anchors/\(hash)/dev@2025-01.full.send.zst.age", [1])
        try bucket.put("dev/artifacts/doctor/lock-probe.age", [1])
        try bucket.put("dev/doctor/probe-1.age", [1])
        let name = try server.register("2026-03")
        let bytes = try #require(contents(server.home.appending(name.localPath)))
        try bucket.put("dev/artifacts/anchors/\(SHA256.hash(bytes.span).hex)/\(name)", bytes)
        let report = try check()
        #expect(
            told(report) == [
                "foreign dev@2025-01.full.send.zst.age", "foreign 000000000001-1-\(hash).jsonl.age",
                "foreign 000000000002-1-\(hash).jsonl.age",
            ])
        #expect(
            report.findings.suffix(2).map(\.detail) == [
                "records of another history than this journal", "nothing of this journal has this name",
            ])
        #expect(!report.isIncomplete)
    }

    @Test("A mirror that another journal, epoch or copy wrote is not compared")
    func others() throws {
        let old = try server.copied()
        try server.note()
        try server.push(to: bucket.store)
        func refused(_ server: TestServer) -> MirrorError? {
            refusal { _ = try MirrorCheck(server.reader(bucket.store), journal: server.journal, isDeep: false).run() }
        }
        guard case .mirrorIsAhead = refused(old) else {
            Issue.record("an old copy is not refused")
            return
        }
        guard case .otherJournal = refused(try TestServer(identity: server.identity)) else {
            Issue.record("another journal is not refused")
            return
        }
        try old.note(2)
        #expect(
            try MirrorCheck(old.reader(bucket.store), journal: old.journal, isDeep: false).run().findings.contains {
                $0.kind == .damaged && $0.name == Bucket.checkpoint
            }, "a fork")
    }

    @Test("Full segments: one that is gone is named by its records")
    func fullSegment() throws {
        let server = try TestServer.withFullSegment()
        let bucket = try Bucket()
        try server.push(to: bucket.store)
        let name = try #require(try bucket.names.first { $0.contains("000000000001-4096-") })
        try bucket.remove(name)
        let report = try MirrorCheck(server.reader(bucket.store), journal: server.journal, isDeep: false).run()
        #expect(report.findings.count == 1)
        #expect(report.findings[0].detail == "records 1 to 4096")
        #expect(report.findings[0].name.hasSuffix("/\(name.split(separator: "/").last ?? "")"))
    }
}
