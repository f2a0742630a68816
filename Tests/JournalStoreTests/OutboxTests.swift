import DurableFiles
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("An outbox on the disk")
struct OutboxTests {
    private var machines: TwoMachines

    init() throws {
        machines = try TwoMachines()
    }

    @Test("It holds the events' exact bytes, one a line, and never loses one")
    mutating func bytes() throws {
        let (one, two) = (try machines.say("one"), try machines.say("two"))
        let lines = one.bytes + [10] + two.bytes + [10]
        #expect(contents(machines.files.outbox.events) == lines)
        try machines.deliver()
        #expect(contents(machines.files.outbox.events) == lines)
        #expect(try machines.place(of: one) == .recorded(seq: 3))
        #expect(try machines.contents().pending(recorded: [:]).count == 2)
    }

    @Test("A line that was not written to its end is kept aside at any length, and one of NULs")
    mutating func torn() throws {
        let one = try machines.say("one")
        let whole = contents(machines.files.outbox.events) ?? []
        let next = try machines.event("note", ["text": .string("two")]).bytes + [10]
        var tails = [1, 40, next.count - 1].map { Array(next[..<$0]) }
        tails.append(Array(next[..<50]) + [UInt8](repeating: 0, count: 30) + [10])
        for tail in tails {
            try plant(machines.files.outbox.events, whole + tail)
            #expect(try machines.contents().entries.map(\.bytes) == [one.bytes])
            #expect(contents(machines.files.outbox.events) == whole)
            let name = "torn-events-\(whole.count)-\(sha256(tail).prefix(16))"
            #expect(contents(machines.files.outbox.directory.appending(name)) == tail)
        }
    }

    @Test("A damaged line is named, and the others are delivered")
    mutating func damaged() throws {
        let events = [try machines.say("one"), try machines.say("two"), try machines.say("three")]
        let path = machines.files.outbox.events
        let (first, second) = (events[0].bytes + [10], events[1].bytes + [10])
        try plant(path, first + Array("{\"id\":1}\n".utf8) + second + first)
        let outbox = try machines.contents()
        #expect(outbox.entries.map(\.bytes) == [events[0].bytes, events[1].bytes])
        #expect(outbox.damaged.map(\.line) == [2, 4])
        #expect(outbox.damaged.last?.reason == .duplicateID)
        try machines.deliver()
        #expect(try machines.recordedEvents().suffix(2) == [events[0].bytes, events[1].bytes])
    }

    @Test("An event too large for a line, or for another journal's outbox, is not an event here")
    mutating func refused() throws {
        let big = try machines.event("x.big", ["a": .string(String(repeating: "a", count: 65_200))])
        #expect(complaint { try machines.say([big]) }?.contains("at most 65535") == true)
        #expect(!pathExists(machines.files.outbox.events) || contents(machines.files.outbox.events) == [])
        try machines.say("one")
        let other = try #require(EventID("019c15a8-a5e0-7000-8000-000000000001"))
        #expect(try machines.files.outbox.read(log: other).damaged.map(\.reason) == [.log])
    }

    @Test("After a sync that failed nobody appends before the repair, which writes the files again")
    mutating func poisoned() throws {
        try machines.say("one")
        let bytes = contents(machines.files.outbox.events)
        try plant(machines.files.outbox.directory.appending("poisoned"))
        #expect(complaint { try machines.say("two") }?.contains("not confirmed by the disk") == true)
        #expect(try machines.files.outbox.rewriteAfterFailedSync())
        #expect(try !machines.files.outbox.rewriteAfterFailedSync())
        #expect(contents(machines.files.outbox.events) == bytes)
        try machines.say("two")
        #expect(try machines.contents().entries.count == 2)
    }
}
