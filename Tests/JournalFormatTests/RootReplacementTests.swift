import Digest
import JournalFixtures
import JournalFormat
import Sodium
import Testing

@Suite("A new root and who endorses it: the lines that are pasted")
struct RootReplacementTests {
    private let author: JournalKey
    private let root: JournalKey
    private let log: EventID
    private let replacement: RootReplacement

    init() throws {
        let vectors = try Vectors()
        author = try vectors.key(.author)
        root = try vectors.key(.root)
        log = try #require(EventID("019c15a4-1200-767e-aacb-e773cdde221d"))
        replacement = RootReplacement(
            root: root.publicKey, baseSize: 7, baseHead: SHA256.hash([7].span), reason: "kit lost: mold, größer")
    }

    private var request: RootRequest {
        RootRequest(
            log: log, replacement: replacement, proof: ProofOfPossession.make(root.key, log: log, role: .root))
    }

    private var endorsed: EndorsedRoot {
        EndorsedRoot(log: log, replacement: replacement, endorsement: replacement.endorsed(by: author.key, log: log))
    }

    @Test("A line that was written is read again")
    func roundTrip() {
        #expect(RootRequest(request.text) == request)
        #expect(EndorsedRoot(endorsed.text) == endorsed)
        #expect(!request.text.contains(" ") && !endorsed.text.contains(" "))
    }

    @Test("A line with another byte anywhere is another line or none")
    func changed() {
        for (text, isRead) in [
            (request.text, { RootRequest($0) == request }), (endorsed.text, { EndorsedRoot($0) == endorsed }),
        ] as [(String, (String) -> Bool)] {
            let bytes = Array(text.utf8)
            for index in bytes.indices {
                var changed = bytes
                changed[index] = changed[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
                #expect(!isRead(String(decoding: changed, as: UTF8.self)))
            }
            for text in ["", " \(text)", "\(text) ", "\(text):", "\(text)\n", String(text.dropLast())] {
                #expect(!isRead(text))
            }
        }
    }

    @Test("A request whose proof is not the new root's own is none")
    func proof() {
        let forged = RootRequest(
            log: log, replacement: replacement, proof: ProofOfPossession.make(author.key, log: log, role: .root))
        #expect(RootRequest(forged.text) == nil)
        let other = RootRequest(
            log: log, replacement: replacement, proof: ProofOfPossession.make(root.key, log: log, role: .author))
        #expect(RootRequest(other.text) == nil)
    }

    @Test("Sizes have one spelling, and a reason is 1 to 1000 bytes of UTF-8")
    func values() {
        for (old, new) in [(":7:", ":07:"), (":7:", ":+7:"), (":7:", ":0:"), (":7:", ":-7:")] {
            #expect(EndorsedRoot(endorsed.text.replacing(old, with: new)) == nil)
        }
        func line(_ reason: [UInt8]) -> String {
            let mine = Base64.encode(Array(replacement.reason.utf8))
            return endorsed.text.replacing(mine, with: Base64.encode(reason))
        }
        #expect(EndorsedRoot(line([UInt8](repeating: 65, count: 1000))) != nil)
        #expect(EndorsedRoot(line([UInt8](repeating: 65, count: 1001))) == nil)
        #expect(EndorsedRoot(line([])) == nil)
        #expect(EndorsedRoot(line([0xff])) == nil)
    }

    @Test("An endorsement is good for one journal, one head, one root and one reason")
    func bound() throws {
        let signature = endorsed.endorsement.signature
        func isGood(_ other: RootReplacement, _ log: EventID) -> Bool {
            other.isEndorsed(by: author.publicKey, signature, log: log)
        }
        func other(root: Ed25519.PublicKey? = nil, size: Int = 7, head: UInt8 = 7, reason: String? = nil)
            -> RootReplacement
        {
            RootReplacement(
                root: root ?? replacement.root, baseSize: size, baseHead: SHA256.hash([head].span),
                reason: reason ?? replacement.reason)
        }
        #expect(isGood(other(), log))
        #expect(!isGood(other(root: author.publicKey), log))
        #expect(!isGood(other(size: 8), log))
        #expect(!isGood(other(head: 8), log))
        #expect(!isGood(other(reason: "a drill"), log))
        #expect(!isGood(other(), try #require(EventID("019c15a4-1200-767e-aacb-e773cdde221e"))))
        #expect(!replacement.isEndorsed(by: root.publicKey, signature, log: log))
    }
}
