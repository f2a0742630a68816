import BackupJournal
import JournalFormat
import JournalStore
import Machines
import Recovery
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("Heads that are remembered")
struct HeadMemoryTests {
    private func memory(_ rescued: RescuedServer) throws -> HeadMemory {
        HeadMemory(rescued.machine, try WitnessedJournal(rescued.machine, named: nil, root: nil))
    }

    @Test("the journal's own checkpoint is remembered once")
    func own() throws {
        let rescued = try RescuedServer()
        #expect(throws: WitnessError.noCheckpoint(onWorkstation: false)) { _ = try memory(rescued).remember(nil) }
        _ = try rescued.machine.openJournal(.reading).writeCheckpoint()
        let first = try memory(rescued).remember(nil)
        #expect(first.new == 1 && first.count == 1 && first.offered.map(\.size) == [3])
        let second = try memory(rescued).remember(nil)
        #expect(second.new == 0 && second.count == 1)
    }

    @Test("a note that says what is known is remembered with the later deadline, not as a new head")
    func renewed() throws {
        let rescued = try RescuedServer()
        let first = try rescued.machine.openJournal(.reading).writeCheckpoint()
        _ = try memory(rescued).remember(nil)
        let sequencer = try #require(try KeyFile.read(rescued.machine.server.sequencerKey, role: .sequencer))
        let later = Timestamp(milliseconds: first.due.milliseconds + 3_600_000)
        let renewed = SignedCheckpoint(first.checkpoint, due: later, signedBy: sequencer.key)
        let forged = SignedCheckpoint(first.checkpoint, due: .last, signedBy: JournalKey.generate(.sequencer).key)
        let file = rescued.server.folder.appending("head")
        try plant(file, Array(forged.note.utf8))
        #expect(throws: (any Error).self) { _ = try memory(rescued).remember(file.string) }
        #expect(try WitnessHeads(rescued.machine).read() == [first])
        try plant(file, Array(renewed.note.utf8))
        let told = try memory(rescued).remember(file.string)
        #expect(told.new == 0 && told.count == 1)
        #expect(try WitnessHeads(rescued.machine).read() == [renewed])
    }

    @Test("a file of heads that others signed at length stays readable")
    func long() throws {
        let rescued = try RescuedServer()
        let heads = WitnessHeads(rescued.machine)
        let first = try rescued.machine.openJournal(.reading).writeCheckpoint()
        let sequencer = try #require(try KeyFile.read(rescued.machine.server.sequencerKey, role: .sequencer))
        let line = "\u{2014} witness.example/w1 \(String(repeating: "AAAA", count: 10_000))"
        let long = try #require(NoteSignature(line: line))
        let known = first.checkpoint
        let many = (1...60).map { size in
            SignedCheckpoint(
                Checkpoint(log: known.log, epoch: 1, size: size, root: known.root, head: known.head), due: first.due,
                signedBy: sequencer.key
            ).adding([long])
        }
        let lock = try heads.lock()
        try heads.write(many)
        lock.unlock()
        let kept = try heads.read()
        #expect(kept.count < 30 && kept.last == many.last)
    }

    @Test("a head that the journal does not reach yet is not remembered, and is not evidence")
    func beyond() throws {
        let rescued = try RescuedServer()
        let before = rescued.server.folder.appending("before")
        try copyJournal(of: rescued, to: before)
        try rescued.note()
        let head = rescued.server.folder.appending("head")
        try plant(head, Array(try rescued.machine.openJournal(.reading).writeCheckpoint().note.utf8))
        let memory = HeadMemory(
            rescued.machine, try WitnessedJournal(rescued.machine, named: before.string, root: nil))
        let found = try disagreement { _ = try memory.remember(head.string) }
        #expect(found?.finding == found.map { .shorter(size: $0.size) })
        #expect(found?.isOffered == true && found?.isEvidence == false)
        #expect(try WitnessHeads(rescued.machine).read().isEmpty)
    }

    @Test("two histories under one key are a fork, and both heads are evidence")
    func fork() throws {
        let rescued = try RescuedServer()
        let before = rescued.server.folder.appending("before")
        try copyJournal(of: rescued, to: before)
        try rescued.note("one")
        _ = try rescued.machine.openJournal(.reading).writeCheckpoint()
        _ = try memory(rescued).remember(nil)
        try removeTree(rescued.server.server.journal.path)
        try copyJournal(at: before, to: rescued.server.server.journal.path)
        try rescued.note("another")
        let ours = try rescued.machine.openJournal(.reading).writeCheckpoint()
        let found = try disagreement { _ = try memory(rescued).remember(nil) }
        #expect(found?.finding == .fork(record: ours.checkpoint.size))
        #expect(found?.isEvidence == true && found?.other == ours)
        #expect(try WitnessHeads(rescued.machine).read().count == 1)
    }

    @Test("a malformed fingerprint is refused")
    func fingerprint() throws {
        let rescued = try RescuedServer()
        #expect(throws: FingerprintError.malformed("xyz")) {
            _ = try WitnessedJournal(rescued.machine, named: nil, root: "xyz")
        }
    }
}

func copyJournal(of rescued: RescuedServer, to path: FilePath) throws {
    try copyJournal(at: rescued.server.server.journal.path, to: path)
}

func copyJournal(at source: FilePath, to target: FilePath) throws {
    for name in tree(source) {
        if let bytes = contents(source.appending(name)) { try plant(target.appending(name), bytes) }
    }
}

/// The disagreement that a call ends with; nil where it ends with none.
func disagreement(_ body: () throws -> Void) throws -> HeadDisagreement? {
    do {
        try body()
        return nil
    } catch WitnessError.disagrees(let found) {
        return found
    }
}

@Suite("A server that was lost before it mirrored")
struct CutTests {
    let rescued: RescuedServer
    let workstation: TestMachine
    let after: EmptyServer
    let mirrored: Int

    init() async throws {
        rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        mirrored = try rescued.size
        try rescued.note("lost")
        try rescued.note("lost too")
        workstation = try rescued.server.workstation()
        _ = try await OutboxDelivery(try Workstation(workstation.machine)).run(rescued.reached)
        after = try EmptyServer()
        _ = try MirrorRebuild(after.machine, mirror: nil, head: nil, witness: nil)
            .run(kit: rescued.kit.path, passphrase: typing())
    }

    private func deliver() async throws {
        _ = try await OutboxDelivery(try Workstation(workstation.machine)).run(exchange(with: after.machine))
    }

    @Test("nothing is delivered before a person has given the lost records up")
    func refused() async throws {
        await #expect {
            try await deliver()
        } throws: { error in
            guard case .conflict(let conflict) = error as? ReplicaError else { return false }
            return conflict.finding == .cut(base: mirrored) && (error as? ReplicaError)?.kind == .refused
        }
    }

    @Test("given up, they are kept, the journal says so, and deliveries continue")
    func accepted() async throws {
        var shown: [CutAcceptance.GivenUp] = []
        let acceptance = CutAcceptance(workstation.machine, reason: "the server burnt") { shown.append($0) }
        let outcome = try await acceptance.acceptThere(exchange(with: after.machine))
        guard case .given(let given) = outcome else {
            Issue.record("nothing was given up")
            return
        }
        #expect(given.base == mirrored && given.lost == 2 && shown.count == 1)
        let kept = try #require(given.kept.flatMap { contents($0) })
        #expect(String(decoding: kept, as: UTF8.self).contains("lost too"))
        try await deliver()
        var said: [String?] = []
        _ = try after.machine.replay { record, _ in
            if record.event.type == "witness.accepted" { said.append(record.event.data["reason"]?.string) }
        }
        #expect(said == ["the server burnt"])
        #expect(try await acceptance.acceptThere(exchange(with: after.machine)) == .nothing(heads: 2))
    }

    @Test("on a workstation it needs the way to the server")
    func here() throws {
        #expect(throws: WitnessError.needsServersJournal) {
            _ = try CutAcceptance(workstation.machine, reason: nil) { _ in }.acceptHere()
        }
    }
}
