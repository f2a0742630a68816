import Backup
import JournalFormat
import Testing

@Suite("Keys and cuts are decided as all else is")
struct KeyChangeTests {
    private let key = JournalKey.generate(.author)

    @Test("a workstation's key is enrolled and retired by the server")
    func keys() {
        let enrolled = KeyEvent.keyEnrolled(role: "author", key: key.publicKey, name: "ws", proof: [])
        given().when(.changeKeys(enrolled)).then("key.enrolled")
        given().when(.changeKeys(.keyRetired(key.id, reason: "lost"))).then("key.retired")
    }

    @Test("no other key event is recorded on its own")
    func epochs() {
        given().when(.changeKeys(.rootRetired(key.id, reason: "old"))).thenRefused("not recorded on its own")
    }

    @Test("the workstation says what was given up")
    func cuts() throws {
        let events = try decide(.acceptCut(["base": .integer(4)]), .initial, thisMonth: label("2026-01"))
        #expect(events.map(\.author) == [.author] && events.map(\.type.description) == ["witness.accepted"])
        #expect(events.first?.data["base"]?.integer == 4)
    }
}
