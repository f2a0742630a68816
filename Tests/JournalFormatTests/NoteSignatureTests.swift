import Foundation
import JournalFixtures
import JournalFormat
import Sodium
import Testing

@Suite("Signatures below a checkpoint")
struct NoteSignatureTests {
    private let key: JournalKey
    private let note: SignedCheckpoint

    init() throws {
        key = try Vectors().key(.sequencer)
        note = try SignedCheckpoint(note: Array(try Fixtures.text("good-month/checkpoint").utf8))
    }

    private func signature(_ name: String, _ bytes: [UInt8] = [1]) throws -> NoteSignature {
        try #require(NoteSignature(line: "\u{2014} \(name) \(Base64.encode([0, 0, 0, 1] + bytes))"))
    }

    private func signatures(_ count: Int) throws -> [NoteSignature] {
        try (0..<count).map { try signature("witness.example/\($0)") }
    }

    private func due(_ milliseconds: Int) -> SignedCheckpoint {
        SignedCheckpoint(note.checkpoint, due: Timestamp(milliseconds: milliseconds), signedBy: key.key)
    }

    @Test("Others' lines are read and written as they are, wherever the sequencer's is among them")
    func kept() throws {
        let text = try Fixtures.text("good-cosigned/checkpoint")
        let cosigned = try SignedCheckpoint(note: Array(text.utf8))
        #expect(cosigned.note == text)
        #expect(cosigned.signatures.count == 1 + SignedCheckpoint.maximumOthers)
        #expect(cosigned.signatures.first?.name == "witness.example/w2")
        #expect(cosigned.isSigned(by: key.publicKey))
    }

    @Test("A newer signature takes the place of an older one by the same key, and what is too many goes, oldest first")
    func adding() throws {
        let some = note.adding(try signatures(3))
        #expect(
            some.signatures.map(\.name).dropFirst() == ["witness.example/0", "witness.example/1", "witness.example/2"])
        let newer = some.adding([try signature("witness.example/1", [2])])
        #expect(newer.signatures.count == 4 && newer.signatures[2].signature == [2])
        let full = note.adding(try signatures(16)).adding([try signature("one.more")])
        #expect(full.signatures.count == 17)
        #expect(full.signatures[1].name == "witness.example/1" && full.signatures[16].name == "one.more")
        #expect(full.isSigned(by: key.publicKey))
        #expect(try SignedCheckpoint(note: Array(full.note.utf8)) == full)
    }

    @Test("Nobody else's line takes the place of the sequencer's")
    func own() throws {
        let own = try #require(note.signatures.first)
        let forged = try #require(
            NoteSignature(line: "\u{2014} \(own.name) \(Base64.encode(own.keyHash + [UInt8](repeating: 0, count: 64)))")
        )
        #expect(note.adding([forged]) == note)
        let other = try SignedCheckpoint(note: Array("\(note.text)\n\(forged.line)\n".utf8))
        #expect(!other.isSigned(by: key.publicKey))
        #expect(note.merged(with: other) == note)
    }

    @Test("A note never gets longer than a reader takes")
    func length() throws {
        let long = try (0..<16).map { try signature("w\($0)", [UInt8](repeating: 7, count: 5000)) }
        for made in [note.adding(long), note.merged(with: note.adding(Array(long.prefix(9)))).adding(long)] {
            #expect(made.note.utf8.count <= SignedCheckpoint.maximumLength && made.signatures.count > 5)
            #expect(made.isSigned(by: key.publicKey))
        }
    }

    @Test("Of two notes that say the same the later deadline counts; of one text the signatures come together")
    func merging() throws {
        let (early, late) = (due(1_800_000_000_000), due(1_800_003_600_000))
        #expect(early != late && early.checkpoint == late.checkpoint)
        #expect(early.adding(try signatures(2)).merged(with: late) == late)
        #expect(late.merged(with: early) == late)
        let left = late.adding([try signature("a", [1]), try signature("b")])
        let right = late.adding([try signature("a", [2]), try signature("c")])
        #expect(left.merged(with: right).signatures.dropFirst().map(\.name) == ["a", "b", "c"])
        #expect(left.merged(with: right).signatures[1].signature == [1])
        #expect(note.renewing(nil) == note && late.renewing(early) == late && early.renewing(late) == late)
    }

    @Test("A deadline is 36 hours ahead, on the hour, and no year has five digits")
    func deadline() {
        let hour = 3_600_000
        let now = Timestamp(milliseconds: 500_000 * hour + 1)
        let due = CheckpointDue.after(now)
        #expect(due.milliseconds == 500_037 * hour)
        #expect(CheckpointDue.after(Timestamp(milliseconds: 500_000 * hour)).milliseconds == 500_036 * hour)
        #expect(CheckpointDue.isFresh(due, at: now))
        #expect(CheckpointDue.isFresh(due, at: Timestamp(milliseconds: due.milliseconds - 24 * hour)))
        #expect(!CheckpointDue.isFresh(due, at: Timestamp(milliseconds: due.milliseconds - 24 * hour + 1)))
        #expect(!CheckpointDue.isFresh(due, at: Timestamp(milliseconds: now.milliseconds - hour)))
        #expect("\(CheckpointDue.after(.last))" == "9999-12-31T23:59:59.999Z")
        #expect(CheckpointDue.isFresh(CheckpointDue.after(.last), at: .last))
    }

    @Test(
        "What is not a verifier key",
        arguments: [
            "", "a", "a+6c512e10", "a++", "+6c512e10+AR089pzum/xOczbEppvA5zly4wnawIEY/StAfI/Y6Eql",
            "a+00000000+AR089pzum/xOczbEppvA5zly4wnawIEY/StAfI/Y6Eql",
            "a b+6c512e10+AR089pzum/xOczbEppvA5zly4wnawIEY/StAfI/Y6Eql",
        ])
    func noKey(_ text: String) throws {
        #expect(VerifierKey(text) == nil)
        let real = VerifierKey(name: "a", key: key.publicKey).description
        for changed in [real + "\n", real.uppercased(), "\u{e9}" + real, real.replacing("+AR", with: "+AB")] {
            #expect(VerifierKey(changed) == nil, "\(changed)")
        }
        let other = VerifierKey(name: "a", algorithm: .cosignature, key: key.publicKey)
        #expect(VerifierKey(other.description) == other && other.description != real)
    }
}
