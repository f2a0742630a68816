import JournalFormat
import JournalStore
import Machines
import Mirror
import Recovery
import RecoveryKit
import ScratchSpace
import TestMachines
import Testing

@Suite("A new sequencer key, and one that was interrupted")
struct RotationTests {
    private func change(_ rescued: RescuedServer, _ text: String = passphrase) -> EpochChange {
        EpochChange(rescued.machine, kit: rescued.kit, passphrase: typing(text))
    }

    @Test("given the kit, another epoch begins with another key, and the server continues")
    func rotated() throws {
        let rescued = try RescuedServer()
        try change(rescued).changeSequencer(reason: "a test")
        let now = try rescued.machine.currentEpoch()
        #expect(now.epoch == 2 && now.root == rescued.server.root.id && !now.isRootReplaced)
        #expect(now.sequencer != rescued.server.sequencer.id)
        #expect(try KeyFile.read(rescued.server.server.sequencerKey, role: .sequencer)?.id == now.sequencer)
        try rescued.note()
        #expect(try rescued.server.types().suffix(2) == ["epoch.started", "note"])
    }

    enum Step: CaseIterable {
        /// All is kept; nothing was claimed, or nobody knows whether.
        case kept
        case linesWritten
        case keyInstalled
    }

    @Test("interrupted at any step, nothing is appended, and the same command continues", arguments: Step.allCases)
    func interrupted(_ step: Step) throws {
        let rescued = try RescuedServer()
        let server = rescued.server.server
        let next = JournalKey.generate(.sequencer)
        var replay = try server.journal.replay(growsTree: true)
        let start = try EpochStart.make(
            &replay, root: rescued.server.root, sequencer: next, reason: "a test", now: rescued.machine.now())
        let pending = PendingRotation(server.rotation)
        try pending.write(start, next, rescued.server.root.id)
        if step != .kept { try server.journal.write(start) }
        if step == .keyInstalled { try pending.installKey(as: server.sequencerKey) }
        #expect(throws: MachineError.sequencerBeingChanged) { _ = try rescued.machine.openJournal(.reading) }

        try change(rescued).changeSequencer(reason: "another reason")

        #expect(try rescued.machine.currentEpoch().sequencer == next.id)
        #expect(try rescued.machine.currentEpoch().epoch == 2)
        #expect(try !KeyRotation(rescued.machine).resume())
        try rescued.note()
    }

    @Test("claimed at the mirror and interrupted, it is finished, and a push continues")
    func interruptedBehindClaim() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        try change(rescued).changeSequencer(reason: "a test")
        try rescued.note()
        try rescued.push()
        #expect(rescued.server.reporter.said.contains { $0.contains("epoch 2 is claimed at \(rescued.url)") })
        #expect(try rescued.machine.currentEpoch().epoch == 2)
    }

    @Test("given a newer epoch at the mirror, nothing is claimed, and the journal is as it was")
    func overtaken() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let other = try EmptyServer()
        _ = try MirrorRebuild(other.machine, mirror: rescued.url, head: nil, witness: nil)
            .run(kit: rescued.kit.path, passphrase: typing())
        let size = try rescued.size
        #expect(throws: MirrorError.self) { try change(rescued).changeSequencer(reason: "a test") }
        #expect(try rescued.size == size)
        #expect(tree(rescued.server.server.rotation) == [])
        try rescued.note()
    }

    @Test("a wrong passphrase leaves nothing")
    func wrongPassphrase() throws {
        let rescued = try RescuedServer()
        let size = try rescued.size
        #expect(throws: RecoveryKit.OpeningError.self) {
            try change(rescued, "not these").changeSequencer(reason: "a test")
        }
        #expect(try rescued.size == size)
        #expect(tree(rescued.server.server.rotation) == [])
    }

    @Test("the kit of another journal is refused")
    func otherKit() throws {
        let rescued = try RescuedServer()
        let other = try RescuedServer()
        let change = EpochChange(rescued.machine, kit: other.kit, passphrase: typing())
        #expect(throws: KitError.otherJournal) { try change.changeSequencer(reason: "a test") }
    }

    @Test("a reason is some text, and not too much", arguments: ["", String(repeating: "x", count: 1001)])
    func reason(_ reason: String) throws {
        let rescued = try RescuedServer()
        #expect(throws: EpochError.unfitReason) { try change(rescued).changeSequencer(reason: reason) }
    }

    @Test("given a new root, the old kit signs no more, and the new one does")
    func newRoot() throws {
        let rescued = try RescuedServer()
        let new = rescued.file("new.age")
        #expect(try change(rescued).changeRoot(reason: "the kit was seen", to: new, .same))
        let now = try rescued.machine.currentEpoch()
        #expect(now.root != rescued.server.root.id && !now.isRootReplaced)
        #expect(try rescued.server.types().suffix(4) == ["kit.made", "root.enrolled", "root.retired", "epoch.started"])
        #expect(throws: KitError.rootRetired(by: 6)) { try change(rescued).changeSequencer(reason: "again") }
        try EpochChange(rescued.machine, kit: new, passphrase: typing()).changeSequencer(reason: "again")
        #expect(try rescued.machine.currentEpoch().epoch == 3)
    }

    @Test("a file that is there is no place for the new kit, and no epoch begins")
    func kitThere() throws {
        let rescued = try RescuedServer()
        let there = rescued.file("there.age")
        try plant(there.path, [1])
        #expect(throws: KitError.fileThere(there.path)) {
            _ = try change(rescued).changeRoot(reason: "a test", to: there, .same)
        }
        #expect(try rescued.machine.currentEpoch().epoch == 1)
    }
}
