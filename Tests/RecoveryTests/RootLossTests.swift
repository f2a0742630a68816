import JournalFormat
import JournalStore
import Machines
import Recovery
import RecoveryKit
import ScratchSpace
import TestMachines
import Testing

/// The root of a server whose kit is lost is replaced, with the word of its workstation.
func replaceRoot(of rescued: RescuedServer) throws {
    let loss = RootLoss(rescued.machine, kit: rescued.file("after.age"), passphrase: typing())
    guard case .asked(let request, _, _) = try loss.ask("lost", new: NewPassphrase(make: typing())) else { return }
    let endorsing = RootEndorsing(rescued.machine)
    try loss.replace([endorsing.endorse(try endorsing.plan(request.text))])
}

@Suite("A root whose kit is lost")
struct RootLossTests {
    @Test("every workstation endorses the new one, and it takes the old one's place")
    func replaced() throws {
        let rescued = try RescuedServer()
        try replaceRoot(of: rescued)
        let now = try rescued.machine.currentEpoch()
        #expect(now.isRootReplaced && now.epoch == 2 && now.root != rescued.server.root.id)
        #expect(throws: KitError.rootRetired(by: 5)) {
            try EpochChange(rescued.machine, kit: rescued.kit, passphrase: typing()).changeSequencer(reason: "a test")
        }
    }

    @Test("without the word of one that is enrolled, nothing changes")
    func oneIsMissing() throws {
        let rescued = try RescuedServer()
        let other = JournalKey.generate(.author)
        try rescued.server.enrol(other, named: "ws2")
        let loss = RootLoss(rescued.machine, kit: rescued.file("after.age"), passphrase: typing())
        guard case .asked(let request, _, let authors) = try loss.ask("lost", new: NewPassphrase(make: typing()))
        else {
            Issue.record("not asked")
            return
        }
        #expect(authors.map(\.name) == ["ws", "ws2"])
        let endorsing = RootEndorsing(rescued.machine)
        let line = endorsing.endorse(try endorsing.plan(request.text))
        #expect(throws: EpochError.notEndorsed(by: "ws2", other.id)) { try loss.replace([line]) }
        #expect(throws: EpochError.notAnEndorsement) { try loss.replace([request.text]) }
        #expect(try rescued.machine.currentEpoch().epoch == 1)

        // What is recorded meanwhile needs their word again.
        try rescued.note()
        let size = try rescued.size
        #expect(throws: EpochError.endorsedBefore(size: size - 1, now: size)) { try loss.replace([line]) }
        #expect(throws: EndorsementError.tooOld(size: size, base: size - 1)) { _ = try endorsing.plan(request.text) }
        #expect(throws: EndorsementError.notARequest) { _ = try endorsing.plan(line) }
    }

    @Test("a workstation endorses only at the end of its own replica")
    func replicaBehind() throws {
        let rescued = try RescuedServer()
        let workstation = try rescued.server.workstation()
        let before = try rescued.size
        let loss = RootLoss(rescued.machine, kit: rescued.file("after.age"), passphrase: typing())
        guard case .asked(let request, _, _) = try loss.ask("lost", new: NewPassphrase(make: typing()))
        else {
            Issue.record("not asked")
            return
        }
        let base = request.replacement.baseSize
        #expect(throws: EndorsementError.tooNew(size: before, base: base)) {
            _ = try RootEndorsing(workstation.machine).plan(request.text)
        }
        try rescued.server.fetchReplica(for: workstation)
        let plan = try RootEndorsing(workstation.machine).plan(request.text)
        #expect(plan.oldRoots == [rescued.server.root.id] && plan.pinned == rescued.server.root.id)
        let other = try RescuedServer()
        #expect(throws: EndorsementError.otherJournal) { _ = try RootEndorsing(other.machine).plan(request.text) }
    }

    @Test("nobody enrolled, nobody to endorse; and no kit is made")
    func nobody() throws {
        let rescued = try RescuedServer()
        _ = try WorkstationKeys(rescued.machine).retire("ws", reason: "sold")
        let kit = rescued.file("after.age")
        #expect(throws: EpochError.nobodyToEndorse) {
            _ = try RootLoss(rescued.machine, kit: kit, passphrase: typing())
                .ask("lost", new: NewPassphrase(make: typing()))
        }
        #expect(!kit.isThere)
    }
}
