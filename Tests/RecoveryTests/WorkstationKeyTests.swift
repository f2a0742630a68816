import JournalFormat
import JournalStore
import Machines
import Recovery
import TestMachines
import Testing

@Suite("Keys of workstations")
struct WorkstationKeyTests {
    private func request(_ rescued: RescuedServer, log: EventID? = nil) -> String {
        EnrolmentRequest(JournalKey.generate(.author), log: log ?? rescued.server.log).text
    }

    @Test("made, enrolled once, and made again only where it is gone")
    func enrolled() throws {
        let rescued = try RescuedServer()
        let keys = WorkstationKeys(rescued.machine)
        let made = try #require(try keys.make())
        #expect(made.key == rescued.server.author.id)
        let other = request(rescued)
        let id = try keys.enrol(other, name: "ws2")
        let size = try rescued.size
        #expect(try keys.enrol(other, name: "ws2") == id)
        #expect(try rescued.size == size)
    }

    @Test("a request that proves nothing is refused")
    func refused() throws {
        let rescued = try RescuedServer()
        let keys = WorkstationKeys(rescued.machine)
        #expect(throws: KeyError.notARequest) { _ = try keys.enrol("a line", name: "ws2") }
        #expect(throws: KeyError.unfitName) { _ = try keys.enrol(request(rescued), name: "two words") }
        let other = try RescuedServer().server.log
        #expect(throws: KeyError.requestOfOtherJournal) {
            _ = try keys.enrol(request(rescued, log: other), name: "ws2")
        }
        // The proof of another key.
        let mine = request(rescued).split(separator: ":")
        let theirs = request(rescued).split(separator: ":")
        let forged = (mine.prefix(3) + theirs.suffix(1)).joined(separator: ":")
        #expect(throws: KeyError.notProven) { _ = try keys.enrol(forged, name: "ws2") }
    }

    @Test("retired by its name, it never comes back")
    func retired() throws {
        let rescued = try RescuedServer()
        let keys = WorkstationKeys(rescued.machine)
        let line = EnrolmentRequest(rescued.server.author, log: rescued.server.log).text
        let first = try keys.retire("ws", reason: "sold")
        #expect(first.isNew && first.record == 4 && first.entry.id == rescued.server.author.id)
        let second = try keys.retire(rescued.server.author.id.description, reason: "sold")
        #expect(!second.isNew && second.record == 4)
        #expect(throws: KeyError.wasRetired) { _ = try keys.enrol(line, name: "ws") }
    }

    @Test("only a workstation's key is retired so, and only one that is meant")
    func notRetired() throws {
        let rescued = try RescuedServer()
        let keys = WorkstationKeys(rescued.machine)
        let (root, sequencer) = (rescued.server.root.id, rescued.server.sequencer.id)
        #expect(throws: KeyError.isRoot(root)) { _ = try keys.retire("\(root)", reason: "a test") }
        #expect(throws: KeyError.isSequencer(sequencer)) { _ = try keys.retire("\(sequencer)", reason: "a test") }
        #expect(throws: KeyError.noneCalled("nobody")) { _ = try keys.retire("nobody", reason: "a test") }
        _ = try keys.enrol(request(rescued), name: "ws")
        #expect(throws: KeyError.ambiguous("ws", count: 2)) { _ = try keys.retire("ws", reason: "a test") }
        #expect(throws: EpochError.unfitReason) { _ = try keys.retire("ws", reason: "") }
    }

    @Test("a workstation trusts whom a person names, and only workstations")
    func trusted() throws {
        let rescued = try RescuedServer()
        let other = JournalKey.generate(.author)
        try rescued.server.enrol(other, named: "ws2")
        let workstation = try rescued.server.workstation()
        let authors = SealingAuthors(try Workstation(workstation.machine))
        #expect(throws: KeyError.notAnAuthor(rescued.server.root.id)) {
            try authors.trust(["\(other.id)", "\(rescued.server.root.id)"])
        }
        #expect(try !TrustedAuthors(Workstation(workstation.machine)).keys.contains(other.id))
        try authors.trust(["\(other.id)"])
        #expect(try TrustedAuthors(Workstation(workstation.machine)).keys.contains(other.id))
        #expect(try authors.list().map(\.standing) == [.own])
    }
}
