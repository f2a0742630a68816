import JournalFormat
import Testing

@Suite("Ids and types have one spelling")
struct NameTests {
    @Test("Event ids are read and written unchanged")
    func eventIDs() {
        for text in [
            "019c15a4-1200-767e-aacb-e773cdde221d", "00000000-0000-7000-8000-000000000000",
            "ffffffff-ffff-7fff-bfff-ffffffffffff",
        ] {
            #expect(EventID(text)?.description == text)
        }
    }

    @Test(
        "What is not a UUID of version 7 in lower case is not an event id",
        arguments: [
            "", "019c15a4-1200-767e-aacb-e773cdde221", "019c15a4-1200-767e-aacb-e773cdde221d0",
            "019C15A4-1200-767e-aacb-e773cdde221d", "019c15a4-1200-467e-aacb-e773cdde221d",
            "019c15a4-1200-767e-7acb-e773cdde221d", "019c15a4-1200-767e-cacb-e773cdde221d",
            "019c15a41200-767e-aacb-e773cdde221d-", "019c15a4-1200-767e-aacb+e773cdde221d",
            "g19c15a4-1200-767e-aacb-e773cdde221d", "019c15a4-1200-767e-aacb-e773cdde22\u{e9}",
        ])
    func eventIDRefused(_ text: String) {
        #expect(EventID(text) == nil)
    }

    @Test("A made event id holds the time and the ten random bytes, but version and variant")
    func madeEventID() throws {
        let time = try #require(Timestamp("2026-01-31T20:05:00.000Z"))
        let none = EventID(at: time, random: [UInt8](repeating: 0, count: 10))
        #expect(none.description == "019c15a8-a5e0-7000-8000-000000000000")
        let all = EventID(at: time, random: [UInt8](repeating: 0xff, count: 10))
        #expect(all.description == "019c15a8-a5e0-7fff-bfff-ffffffffffff")
        #expect(EventID(all.description) == all)
        let last = EventID(at: time, random: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(last.description.hasSuffix("1") && last != none)
    }

    @Test("A key id is 32 lower-case hex digits and nothing else")
    func keyIDs() {
        let text = "00000000000000ff0123456789abcdef"
        #expect(KeyID(text)?.description == text)
        for bad in [
            "", "0", text + "0", String(text.dropLast()), text.uppercased(), "g" + text.dropFirst(),
            " " + text.dropFirst(),
        ] {
            #expect(KeyID(bad) == nil)
        }
    }

    @Test(
        "Event types",
        arguments: [
            "note", "x.a", "x.1", "snapshot.taken", "a", "a1", "a-b_c", "a.b.c", "x.my-script.done", "a.0",
            String(repeating: "a", count: 64),
        ])
    func types(_ text: String) {
        #expect(EventType(text)?.description == text)
    }

    @Test(
        "What is not an event type",
        arguments: [
            "", ".", "a.", ".a", "a..b", "1a", "_a", "-a", "a._b", "a.-b", "A", "a.B", "a b", "a/b", "\u{e9}",
            "x.\u{e9}", "a\n",
            String(repeating: "a", count: 65),
        ])
    func typesRefused(_ text: String) {
        #expect(EventType(text) == nil)
    }

    @Test("Who may say what: a workstation claims no upload, root says nothing else, scripts have x.")
    func roles() throws {
        func roles(_ type: String) throws -> [KeyRole] {
            let type = try #require(EventType(type))
            return KeyRole.allCases.filter(type.mayBeAuthored)
        }
        #expect(try roles("artifact.uploaded") == [.sequencer])
        #expect(try roles("snapshot.taken") == [.author])
        #expect(try roles("epoch.started") == [.root])
        #expect(try roles("x.mine") == [.sequencer, .author])
        #expect(try roles("xx.mine") == [.sequencer, .author])
        #expect(try roles("snapshot.restored") == [.sequencer, .author])
        #expect(EventType("x.mine")?.isKnown == true)
        #expect(EventType("x")?.isKnown == false)
        #expect(EventType("unheard.of")?.isKnown == false)
    }
}
