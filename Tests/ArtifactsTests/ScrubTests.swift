import Artifacts
import Backup
import DurableFiles
import Machines
import Mirror
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("Checking the server's artifacts")
struct ScrubTests {
    private let server: TestMachine
    private let january = TestMachine.name("2026-01")
    private let february = TestMachine.name("2026-02", over: "2026-01")

    /// Two registered months, the second resting on the first.
    init() throws {
        server = try TestMachine.server(["MIRROR=file://{}/mirror"])
        try Self.register(january, "anchor", server)
        try Self.register(february, "increment", server)
        server.reporter.forget()
    }

    private static func register(_ name: ArtifactName, _ content: String, _ server: TestMachine) throws {
        let file = try server.seal(name, content, catalogue: "names of \(content)")
        _ = try ArtifactRegistration(server.machine).run(name, from: file)
    }

    private func place(_ name: ArtifactName) -> FilePath { server.server.root.appending(name.localPath) }

    private func scrub(
        _ labels: [String] = [], every: Int = 0, share: Int = 100, repairs: Bool = false, _ state: BackupState? = nil
    ) throws -> ScrubReport {
        let state = try state ?? server.state()
        let plan = try Scrub.plan(labels, every: every, share: share, state, server.machine)
        return try Scrub.run(plan, state, server.machine, repairs: repairs) { _ in }
    }

    @Test("what is sound is recorded as checked, and nothing is left to do")
    func sound() throws {
        let report = try scrub()
        #expect(report.checked == 2)
        #expect(report.failure == nil)
        #expect(try server.types().suffix(2) == ["artifact.verified", "artifact.verified"])
        #expect(server.reporter.running == 0)
    }

    @Test("a damaged anchor is named with what cannot be restored without it")
    func damaged() throws {
        try plant(place(january), Array("rotten".utf8))
        let report = try scrub()
        #expect(
            report.failure == .notRestorable([january.label, february.label], wasRepairTried: false))
        #expect(try server.state().entries[january.label]?.condition == .damaged)
        #expect(report.findings.first { $0.label == january.label }?.foundSHA256 == TestMachine.sha256("rotten"))
    }

    @Test("a missing increment leaves the anchor restorable")
    func missing() throws {
        try removeFile(place(february))
        #expect(try scrub().failure == .notRestorable([february.label], wasRepairTried: false))
        #expect(try server.state().entries[february.label]?.condition == .missing)
    }

    @Test("what is known to be broken is recorded once")
    func once() throws {
        try removeFile(place(february))
        _ = try scrub(["2026-02"])
        let records = try server.types().count
        _ = try scrub(["2026-02"])
        #expect(try server.types().count == records)
    }

    @Test("a damaged catalogue is a failure only where the mirror can give it back")
    func catalogue() throws {
        try plant(server.server.catalogue(of: january.label), Array("rotten".utf8))
        #expect(try scrub(["2026-01"]).failure == nil)
        #expect(server.reporter.warned == ["the catalogue of dev@2026-01 is damaged"])
        _ = try MirrorPush(server.machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
        #expect(try scrub(["2026-02"]).failure == nil)
        try plant(server.server.catalogue(of: february.label), Array("rotten".utf8))
        #expect(try scrub(["2026-02"]).failure == .cataloguesUnsound([february.label], wasRepairTried: false))
    }

    @Test("given a sound one in the mirror, both artifact and catalogue are repaired and the damaged one is kept")
    func repair() throws {
        _ = try MirrorPush(server.machine, creates: true).run(restoresCheckpoint: false, repair: .nothing)
        try plant(place(january), Array("rotten".utf8))
        try removeFile(server.server.catalogue(of: january.label))
        let report = try scrub(["2026-01"], repairs: true)
        #expect(report.failure == nil)
        #expect(report.findings.map(\.text) == ["damaged repaired"])
        #expect(contents(place(january)) == Array("anchor".utf8))
        #expect(contents(server.server.catalogue(of: january.label)) == Array("names of anchor".utf8))
        #expect(tree(place(january).removingLastComponent()).count { $0.contains(".damaged-") } == 1)
        #expect(try server.state().entries[january.label]?.condition == .ok)
    }

    @Test("what no mirror has is not repaired, and the reason with what helps is said")
    func notRepaired() throws {
        try removeFile(place(february))
        let report = try scrub(["2026-02"], repairs: true)
        #expect(report.failure == .notRestorable([february.label], wasRepairTried: true))
        #expect(server.reporter.warned.contains { $0.hasPrefix("\(february) was not repaired: ") })
    }

    @Test("one that is withdrawn meanwhile is left out")
    func withdrawn() throws {
        let before = try server.state()
        try server.record(.withdraw(february.label, reason: "test", withChildren: false, login: nil))
        let report = try scrub(["2026-02"], before)
        #expect(report.findings.isEmpty)
        #expect(server.reporter.said == ["\(february) was withdrawn meanwhile; it is left out"])
    }

    @Test("a run reads its share, the longest unchecked first, and leaves the rest to later ones")
    func share() throws {
        server.clock.pass(seconds: 60)
        _ = try scrub(["2026-01"])
        let report = try scrub(share: 1)
        #expect(report.findings.map(\.label) == [february.label])
        #expect(report.left == 1)
        #expect(try scrub(every: 3_600_000).findings.isEmpty)
    }

    @Test("a second scrub at the same time is refused")
    func locked() throws {
        let lock = try FileLock.ofWork(server.server.scrubLock, "another scrub")
        #expect(throws: FileFailure.self) { _ = try scrub() }
        lock.unlock()
    }
}
