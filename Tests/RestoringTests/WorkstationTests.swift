import Backup
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import Machines
import Restoring
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("By whose word a workstation takes a stream")
struct SealingEvidenceTests {
    private let label = TestMachine.label("2026-01")

    private func household(_ register: (TestMachine) throws -> Void) throws -> TestMachine {
        let server = try TestMachine.server()
        try register(server)
        return try server.workstation()
    }

    private func snapshot(_ workstation: TestMachine, trustsServer: Bool = false) throws -> SealingEvidence.Snapshot {
        let ledger = try WorkstationLedger(workstation.machine)
        let evidence = try SealingEvidence(ledger, trustsServer: trustsServer, workstation.reporter)
        let entry = try #require(ledger.state().entries[label])
        return try evidence.snapshot(of: entry)
    }

    @Test("its own key's word counts, frames included")
    func own() throws {
        let workstation = try household { try $0.register(TestMachine.name("2026-01"), "the first", tree: "ab") }
        let found = try snapshot(workstation)
        #expect(found.uuid == TestMachine.uuid("2026-01"))
        #expect(found.tree == "ab")
        #expect(found.frames?.count == 1)
        #expect(found.bytes == UInt64(10 * "the first".utf8.count))
        #expect(workstation.reporter.warned.isEmpty)
    }

    @Test("what another key has signed is refused by that key's name, and taken only on a person's word")
    func other() throws {
        let other = JournalKey.generate(.author)
        let workstation = try household { server in
            try server.enrol(other, named: "laptop")
            try server.register(TestMachine.name("2026-01"), "the first", by: other)
        }
        let error = #expect(throws: RestoreError.self) { _ = try snapshot(workstation) }
        #expect(error == .untrustedAuthor(label, name: "laptop (\(other.id))", key: other.id))
        #expect(error?.hint?.hasSuffix("devjournal replica trust \(other.id)") == true)
        let taken = try snapshot(workstation, trustsServer: true)
        #expect(taken.frames == nil)
        #expect(workstation.reporter.warned == ["what dev@2026-01 holds is taken on the server's word"])
    }

    @Test("where the journal is on this machine, everybody's word is its own")
    func oneMachine() throws {
        let server = try TestMachine.server()
        try server.register(TestMachine.name("2026-01"), "the first")
        #expect(try snapshot(server).frames != nil)
    }
}

@Suite("Where a restored tree is to be on the workstation")
struct RestoredPlaceTests {
    private let test: TestMachine
    private let label = TestMachine.label("2026-01")
    private var code: FilePath { test.machine.code }

    init() throws { test = try TestMachine.server() }

    private func find(replace: Bool = false) throws -> FilePath {
        try RestoredPlace(test.machine).find(for: label, replace: replace)
    }

    @Test("CODE where nothing is there, or an empty directory")
    func free() throws {
        #expect(try find() == code)
        try makeDirectories(code)
        #expect(try find() == code)
    }

    @Test("next to it where something is; in its place with --replace")
    func beside() throws {
        try plant(code.appending("a"))
        #expect(try find() == code.sibling("code.restored-2026-01"))
        #expect(try find(replace: true) == code)
        try plant(code.sibling("code.restored-2026-01").appending("a"))
        #expect(try find() == code.sibling("code.restored-2026-01.2026-02-01T000000"))
    }

    @Test("a link in its path is refused where CODE is to be replaced, and avoided else")
    func link() throws {
        let elsewhere = test.folder.appending("elsewhere")
        try makeDirectories(elsewhere)
        try plantLink(code, to: elsewhere)
        #expect(throws: WorkingCopyError.linkInPath(code: code, to: elsewhere)) { try find(replace: true) }
        #expect(try find() == code.sibling("code.restored-2026-01"))
        #expect(test.reporter.warned.first?.hasSuffix("; the tree is made next to it") == true)
    }
}

@Suite("A workstation hears that a label was withdrawn")
struct WithdrawnHereTests {
    private let server: TestMachine
    private let kernel = DirectorySubvolumes()
    private let label = TestMachine.label("2026-01")
    private let name = TestMachine.name("2026-01")

    init() throws {
        server = try TestMachine.server(programs: AnsweringPrograms(kernel.answer))
        try server.register(name, "the first")
    }

    private func withdraw() throws {
        try server.record(.withdraw(label, reason: "false", withChildren: false, login: nil))
    }

    private func setAside() async throws { try await WithdrawnHere(server.machine).setAside(server.state()) }

    @Test("its artifact moves below its hash, with the catalogue next to it, and is not handed over again")
    func artifact() async throws {
        try plant(server.spool.appending(name.description), Array("the first".utf8))
        try plant(server.spool.appending(label.catalogueName), Array("names".utf8))
        try withdraw()
        try await setAside()
        let kept = "withdrawn/\(TestMachine.sha256("the first"))"
        #expect(
            tree(server.spool).filter { !$0.hasSuffix("withdrawn") && $0 != kept } == [
                "\(kept)/\(label.catalogueName)", "\(kept)/\(name)",
            ])
        server.reporter.forget()
        try await setAside()
        #expect(server.reporter.said.isEmpty)
    }

    @Test("what was sealed since under that name stays")
    func sealedSince() async throws {
        try withdraw()
        try server.seal(name, "again")
        try await setAside()
        #expect(tree(server.spool) == [name.description])
    }

    @Test("its snapshot gets a name with its UUID; another one than the withdrawn stays")
    func snapshot() async throws {
        let path = server.machine.snapshots.appending("dev@2026-01")
        let made = try kernel.make(path, ["a": "one"], isReadOnly: true)
        try withdraw()
        try await setAside()
        #expect(tree(server.machine.snapshots).contains("dev@2026-01"), "a UUID that nobody withdrew")
        try removeTree(path)
        let uuid = try #require(UUID(uuidString: TestMachine.uuid("2026-01")))
        let again = try kernel.make(path, ["a": "one"], received: uuid, isReadOnly: true)
        #expect(again.uuid != made.uuid)
        try await setAside()
        #expect(
            try #require(server.reporter.said.last)
                == "dev@2026-01 was withdrawn on the server: its snapshot is kept as "
                + "\(server.machine.snapshots)/dev@2026-01.withdrawn-\(again.uuid.text)")
    }
}

@Suite("CODE is recognised from month to month")
struct CodeIdentityTests {
    private let test: TestMachine

    init() throws { test = try TestMachine.server() }

    @Test("what is remembered is read back, and what is not a UUID and an owner is refused")
    func remembered() throws {
        #expect(try CodeIdentity.remembered(test.machine) == nil)
        let identity = CodeIdentity(uuid: TestMachine.uuid("2026-01"), owner: 1000)
        try identity.remember(test.machine)
        #expect(try CodeIdentity.remembered(test.machine) == identity)
        let file = test.machine.workstationState.appending("code")
        for text in ["", "x 1000\n", "\(identity.uuid)\n", "\(identity.uuid) me\n", "\(identity.uuid) 1 2\n"] {
            try plant(file, Array(text.utf8))
            #expect(throws: MonthSnapshotError.rememberedUnreadable(file)) {
                _ = try CodeIdentity.remembered(test.machine)
            }
        }
    }

    @Test("what is not a subvolume, and what a link leads to, is not taken for it")
    func others() throws {
        let code = test.machine.code
        #expect(throws: MonthSnapshotError.notASubvolume(code: code)) {
            _ = try CodeIdentity.recognise(test.machine, accept: true)
        }
        try plant(test.folder.appending("elsewhere/a"))
        try plantLink(code, to: test.folder.appending("elsewhere"))
        #expect(throws: WorkingCopyError.linkInPath(code: code, to: test.folder.appending("elsewhere"))) {
            _ = try CodeIdentity.recognise(test.machine, accept: true)
        }
        #expect(!pathExists(test.machine.workstationState.appending("code")))
    }
}
