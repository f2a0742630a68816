import JournalFormat
import Testing

@Suite("A workstation's request to be enrolled")
struct EnrolmentRequestTests {
    private let log = EventID("019c15a4-1200-767e-aacb-e773cdde221d")
    private let key = JournalKey.generate(.author)

    @Test("What is written is read again, and its proof is the key's own")
    func roundTrip() throws {
        let request = EnrolmentRequest(key, log: try #require(log))
        #expect(request.text.hasPrefix("devjournal-enrol-v1:019c15a4-1200-767e-aacb-e773cdde221d:"))
        let read = try #require(EnrolmentRequest(request.text))
        #expect(read == request && read.key == key.publicKey)
        #expect(ProofOfPossession.isValid(read.proof, by: read.key, log: read.log, role: .author))
    }

    @Test("Nothing else is taken for one")
    func refused() throws {
        let text = EnrolmentRequest(key, log: try #require(log)).text
        let parts = text.split(separator: ":").map(String.init)
        for other in [
            "", " \(text)", "\(text)\n", "\(text):", text.replacing("enrol", with: "root"),
            text.replacing("019c", with: "019C"), parts.dropLast().joined(separator: ":"),
            (parts.dropLast() + [String(parts[3].dropLast(4))]).joined(separator: ":"),
        ] {
            #expect(EnrolmentRequest(other) == nil, "\(other)")
        }
    }
}
