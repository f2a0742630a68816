import Age
import JournalFormat
import Mirror
import ObjectStore
import Testing

@Suite("Examining a mirror")
struct DoctorTests {
    let server: TestServer
    let bucket: Bucket
    let store: ExaminableStore

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
        store = try ExaminableStore(bucket)
    }

    private func examine(
        as examined: TestServer? = nil, wasWritten: Bool = false, testsLock: Bool = false,
        identities: [AgeIdentity]? = nil
    ) throws -> [String: CheckResult] {
        let examined = examined ?? server
        let results = RemoteDoctor(
            store, layout: MirrorLayout(dataset: "dev"), identities: identities ?? [examined.identity],
            ours: try examined.journal.replay(growsTree: true).verifier.checkpoint(), wasWritten: wasWritten,
            testsLock: testsLock, unixSeconds: 1_000_000
        ).examine()
        #expect(results.map(\.name) == Self.names, "every check is reported, run or not")
        #expect(results.allSatisfy { $0.verdict != .failed || $0.remedy != nil })
        return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0) })
    }

    private static let names = [
        "reach", "clock", "list", "put", "get", "conditions", "delete", "journal", "uploads", "lock",
    ]

    private func verdicts(_ results: [String: CheckResult]) -> [CheckResult.Verdict?] {
        Self.names.map { results[$0]?.verdict }
    }

    @Test("A sound mirror is as before afterwards")
    func sound() throws {
        try server.register("2026-01")
        try server.push(to: bucket.store)
        let before = try bucket.store.list(prefix: "")
        let results = try examine()
        #expect(verdicts(results) == Array(repeating: .ok, count: 9) + [.notRun])
        #expect(try bucket.store.list(prefix: "") == before)
    }

    @Test("An empty place is all right too, and stays empty")
    func empty() throws {
        let results = try examine()
        #expect(verdicts(results) == Array(repeating: .ok, count: 9) + [.notRun])
        #expect(try bucket.names == [])
    }

    @Test("A place that this journal was mirrored to, and that is empty now, is not a new one")
    func emptied() throws {
        let journal = try #require(try examine(wasWritten: true)["journal"])
        #expect(journal.verdict == .failed)
        #expect(journal.remedy?.contains("devjournal push --restore-checkpoint") == true)
    }

    @Test("What an examination left that was cut off, the next one removes")
    func leftOver() throws {
        try bucket.put("dev/doctor/probe-1.age", [1])
        _ = try examine()
        #expect(try bucket.names == [])
    }

    @Test("A store out of reach fails one check, and the others did not run")
    func outOfReach() throws {
        store.fails[.reach] = StoreError(.unreachable, "nobody is there", hint: "look")
        let results = try examine()
        #expect(verdicts(results) == [.failed] + Array(repeating: .notRun, count: 9))
        #expect(results["reach"]?.remedy == "look")
    }

    @Test("Credentials that are refused fail the listing, and nothing is tried with them any more")
    func refusedCredentials() throws {
        store.fails[.list] = StoreError(.denied, "not these credentials", hint: "others")
        #expect(verdicts(try examine()) == [.ok, .ok, .failed] + Array(repeating: .notRun, count: 7))
    }

    @Test("A key that may only read")
    func readOnly() throws {
        store.fails[.put] = StoreError(.denied, "may not put", hint: "another key")
        #expect(
            verdicts(try examine())
                == [.ok, .ok, .ok, .failed, .notRun, .notRun, .notRun, .ok, .ok, .notRun])
    }

    @Test("What comes back changed, conditions that are ignored, deletions that are not done")
    func careless() throws {
        store.damagesWhatItReads = true
        #expect(try examine()["get"]?.verdict == .failed)
        store.damagesWhatItReads = false
        store.ignoresConditions = true
        #expect(try examine()["conditions"]?.verdict == .failed)
        store.ignoresConditions = false
        store.onlyPretendsToDelete = true
        #expect(try examine()["delete"]?.verdict == .failed)
        store.onlyPretendsToDelete = false
        store.fails[.delete] = StoreError(.denied, "may not delete", hint: "another key")
        #expect(try examine()["delete"]?.verdict == .failed)
    }

    @Test(
        "The clock: from a minute on a warning, from a quarter of an hour on a failure, either way",
        arguments: [
            (0, CheckResult.Verdict.ok), (59, .ok), (60, .warning), (899, .warning), (900, .failed), (nil, .notRun),
        ] as [(Int?, CheckResult.Verdict)])
    func clock(apart: Int?, verdict: CheckResult.Verdict) throws {
        for ahead in [apart, apart.map { -$0 }] {
            store.clockAhead = ahead
            let result = try examine()["clock"]
            #expect(result?.verdict == verdict)
            if let ahead, abs(ahead) >= 60 {
                #expect(result?.detail.hasPrefix("\(abs(ahead)) s \(ahead > 0 ? "behind" : "ahead of")") == true)
                #expect(result?.remedy == "timedatectl set-ntp true")
            }
        }
    }

    @Test("Whose journal is there")
    func journal() throws {
        // nothing, but leftovers of somebody
        try bucket.put("dev/journal/x", [1])
        #expect(try examine()["journal"]?.verdict == .failed)
        try bucket.remove("dev/journal/x")
        // ours, complete and older
        try server.push(to: bucket.store)
        #expect(try examine()["journal"]?.remedy == nil)
        let old = try server.copied()
        try server.note(2)
        let behind = try examine()["journal"]
        #expect(behind?.verdict == .ok && behind?.remedy == "devjournal push")
        #expect(behind?.detail.contains("2 fewer") == true)
        // an old copy of ours, another server's, and one that cannot be read
        try server.push(to: bucket.store)
        #expect(try examine(as: old)["journal"]?.verdict == .failed)
        let stranger = try examine(as: try TestServer(identity: server.identity))["journal"]
        #expect(stranger?.verdict == .failed && stranger?.remedy?.contains("MIRROR") == true)
        #expect(try examine(identities: [.generate()])["journal"]?.verdict == .failed)
        #expect(try examine(identities: [])["journal"]?.verdict == .warning)
        // a newer epoch
        _ = try server.takeOver(from: bucket.store)
        #expect(try examine()["journal"]?.verdict == .failed)
        // its checkpoint lost
        try bucket.remove(Bucket.checkpoint)
        #expect(try examine()["journal"]?.remedy?.contains("--restore-checkpoint") == true)
    }

    @Test("Unfinished uploads are reported when they are older than a day")
    func uploads() throws {
        let fresh = UnfinishedUpload(name: "dev/a", id: "1", begunAt: 1_000_000 - 86_400)
        store.uploads = [fresh]
        #expect(try examine()["uploads"]?.verdict == .ok)
        store.uploads = [fresh, UnfinishedUpload(name: "dev/b", id: "2", begunAt: 1_000_000 - 3 * 86_400)]
        let result = try examine()["uploads"]
        #expect(result?.verdict == .warning)
        #expect(
            result?.detail.hasPrefix("1 left unfinished for more than a day, such as dev/b, begun 3 days ago") == true)
        #expect(
            result?.remedy?.hasSuffix(
                "aws s3api abort-multipart-upload --bucket household --key backups/dev/b --upload-id 2") == true)
    }

    @Test("A lock is believed only where neither replacing nor deleting works")
    func lock() throws {
        let all = ["dev/artifacts/", "dev/catalogues/", "dev/journal/"]
        for locked in [[], [all[0]], [all[1], all[2]]] {
            store.locked = locked
            let result = try examine(testsLock: true)["lock"]
            #expect(result?.verdict == .failed)
            for prefix in all { #expect(result?.detail.contains(prefix) == !locked.contains(prefix)) }
        }
        store.locked = all
        for _ in 0..<2 { #expect(try examine(testsLock: true)["lock"]?.verdict == .ok) }
        #expect(try bucket.names == all.map { "\($0)doctor/lock-probe.age" }, "one object each, however often")
    }

    @Test("A first push goes ahead next to what a test of the lock has left")
    func pushAfterLockTest() throws {
        store.locked = ["dev/artifacts/", "dev/catalogues/", "dev/journal/"]
        _ = try examine(testsLock: true)
        try server.register("2026-01")
        try server.push(to: bucket.store)
        #expect(try examine()["journal"]?.verdict == .ok)
    }

    @Test("A rule for the whole bucket is found out: the checkpoint could not be replaced either")
    func lockedTooMuch() throws {
        store.locked = ["dev/"]
        let results = try examine()
        #expect(results["conditions"]?.verdict == .failed && results["delete"]?.verdict == .failed)
    }

    @Test("A directory has no lock rules")
    func directory() throws {
        store.bucket = nil
        #expect(try examine(testsLock: true)["lock"]?.verdict == .notRun)
        #expect(try bucket.names == [])
    }

    @Test("The rules cover what is never replaced, and nothing else")
    func rules() throws {
        let rules = LockRule.rules(
            for: MirrorLayout(dataset: "dev"), in: StoreBucket(name: "household", prefix: "backups/"))
        #expect(rules.map(\.prefix) == ["backups/dev/artifacts/", "backups/dev/catalogues/", "backups/dev/journal/"])
        #expect(
            rules.first?.command
                == "npx wrangler r2 bucket lock add household devjournal-backups-dev-artifacts backups/dev/artifacts/ "
                + "--retention-indefinite")
        try server.register("2026-01")
        try server.push(to: bucket.store)
        let uncovered = try bucket.names.filter { name in !rules.contains { "backups/\(name)".hasPrefix($0.prefix) } }
        #expect(uncovered.allSatisfy { $0.hasPrefix("dev/manifests/") } && !uncovered.isEmpty)
    }
}
