import Digest
import Foundation
import JournalFormat
import Sodium
import Testing

/// A small journal of two epochs, and the keys that made it.
private struct SmallJournal {
    let root = Self.key(1, .root)
    let root2 = Self.key(2, .root)
    let first = Self.key(3, .sequencer)
    let second = Self.key(4, .sequencer)
    let author = Self.key(5, .author)
    let log = EventID(at: Timestamp(milliseconds: 1_769_889_600_000), random: [UInt8](repeating: 7, count: 10))
    private(set) var lines: [[UInt8]] = []
    private var head: SHA256Digest { lines.last.map { SHA256.hash($0.span) } ?? SHA256Digest() }

    static func key(_ seed: UInt8, _ role: KeyRole) -> JournalKey {
        var bytes = [UInt8](repeating: seed, count: 32)
        return JournalKey(Ed25519.SigningKey(seed: SecretBytes(moving: &bytes)), role: role)
    }

    /// Records 1 to 10: opened, ws enrolled, notes, root 2 enrolled, root 1 retired, epoch 2 by root 2, a note.
    init() throws {
        add(.journalOpened(dataset: "dev", root: root.publicKey, sequencer: first.publicKey), by: root)
        add(
            .keyEnrolled(
                role: KeyRole.author.rawValue, key: author.publicKey, name: "ws",
                proof: ProofOfPossession.make(author.key, log: log, role: .author)), by: first)
        for number in 1...4 { try note("note \(number)", by: author) }
        add(
            .rootEnrolled(key: root2.publicKey, proof: ProofOfPossession.make(root2.key, log: log, role: .root)),
            by: root)
        add(.rootRetired(root.id, reason: "kit lost"), by: root2)
        add(
            .epochStarted(
                epoch: 2, baseSize: 8, baseHead: head, sequencer: second.publicKey, reason: "new root"),
            by: root2)
        try note("in the new epoch", by: author)
    }

    mutating func add(_ event: KeyEvent, by key: JournalKey) { add(event.type, event.data, by: key) }

    mutating func note(_ text: String, by key: JournalKey) throws {
        add(try #require(EventType("note")), ["text": .string(text)], by: key)
    }

    mutating func add(_ type: EventType, _ data: JSONObject, by key: JournalKey) {
        let number = lines.count + 1
        let time = Timestamp(milliseconds: 1_769_889_600_000 + number * 1000)
        let id = EventID(at: time, random: [UInt8](repeating: UInt8(number), count: 10))
        let epoch = number < 9 ? 1 : 2
        let event = SignedEvent(id: id, log: log, type: type, ts: time, data: data, signedBy: key)
        let line = event.line(
            at: RecordPlace(log: log, epoch: epoch, seq: number, prev: head, ts: time),
            signedBy: epoch == 1 ? first : second)
        lines.append(line)
    }

    func checkpoint(_ size: Int) throws -> SignedCheckpoint {
        var verifier = Verifier()
        for line in lines.prefix(size) { try verifier.accept(line.span) }
        let checkpoint = verifier.checkpoint()
        return SignedCheckpoint(try #require(checkpoint), due: due, signedBy: (size < 9 ? first : second).key)
    }

    let due = Timestamp(milliseconds: 1_770_000_000_000)

    func isKeyEvent(_ seq: Int) -> Bool { [1, 2, 7, 8, 9].contains(seq) }

    func excerpt(_ size: Int, with seq: Int? = nil) -> [[UInt8]] {
        (1...size).filter { isKeyEvent($0) || $0 == seq }.map { lines[$0 - 1] }
    }

    func inclusion(_ seq: Int, size: Int) throws -> ProofFile {
        var prover = MerkleProver(inclusionOf: seq - 1, size: size)
        var hasher = SHA256()
        for line in lines { prover.append(line.span, &hasher) }
        return ProofFile(
            .inclusion(index: seq - 1), path: prover.path(), lines: excerpt(size, with: seq),
            checkpoint: try checkpoint(size))
    }

    func consistency(_ from: Int, _ to: Int) throws -> ProofFile {
        var prover = MerkleProver(consistencyFrom: from, to: to)
        var hasher = SHA256()
        for line in lines { prover.append(line.span, &hasher) }
        return ProofFile(
            .consistency(from: from), path: prover.path(), lines: excerpt(to), checkpoint: try checkpoint(to))
    }
}

@Suite("Proof files")
struct ProofFileTests {
    private let journal: SmallJournal
    init() throws { journal = try SmallJournal() }

    @Test("Every record is proven under every checkpoint that covers it, through the file and back")
    func inclusion() throws {
        for size in 1...10 {
            for seq in 1...size {
                let file = try ProofFile(parsing: Array(try journal.inclusion(seq, size: size).text.utf8))
                let shown = try file.check(pinnedRoot: journal.root.id)
                #expect(shown.record?.seq == seq)
                let line = journal.lines[seq - 1]
                let hash = SHA256.hash(line.span)
                #expect(shown.record?.hash == hash)
                #expect(shown.root == journal.root.id && shown.isRootPinned)
            }
        }
    }

    @Test("Every checkpoint is shown to continue every one before it in the journal")
    func consistency() throws {
        for to in 1...10 {
            for from in 1...to {
                let file = try ProofFile(parsing: Array(try journal.consistency(from, to).text.utf8))
                let head = try journal.checkpoint(from)
                #expect(try file.check(pinnedRoot: nil, heads: [head]).older == head)
            }
        }
    }

    @Test("The fixtures' proofs, made by another program, hold and have the same bytes when written again")
    func fixtures() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures/proofs")
        func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }
        let root = try #require(KeyID("a90a30c3ec98375a73f5082d5bc28349"))
        let inclusion = try ProofFile(parsing: try bytes("good-month-5.tlog-proof"))
        #expect(try inclusion.check(pinnedRoot: root).record?.event.type == "snapshot.taken")
        #expect(Array(inclusion.text.utf8) == (try bytes("good-month-5.tlog-proof")))
        // The record is a key event itself: of the lines carried it is not the last.
        let first = try ProofFile(parsing: try bytes("good-month-1.tlog-proof"))
        #expect(try first.check(pinnedRoot: root).record?.event.type == "journal.opened")
        #expect(Array(first.text.utf8) == (try bytes("good-month-1.tlog-proof")))
        let head = try SignedCheckpoint(note: try bytes("good-month-3.checkpoint"))
        let consistency = try ProofFile(parsing: try bytes("good-month-from-3.proof"))
        #expect(try consistency.check(pinnedRoot: root, heads: [head]).older == head)
        #expect(Array(consistency.text.utf8) == (try bytes("good-month-from-3.proof")))
    }

    @Test("A root enrolled later vouches once it has started an epoch, and not before")
    func laterRoot() throws {
        #expect(try journal.inclusion(3, size: 10).check(pinnedRoot: journal.root2.id).isRootPinned)
        #expect(throws: ProofCheckError.line(DamageError(record: 1, .root))) {
            try journal.inclusion(3, size: 8).check(pinnedRoot: journal.root2.id)
        }
        #expect(throws: ProofCheckError.line(DamageError(record: 1, .root))) {
            try journal.inclusion(3, size: 10).check(pinnedRoot: journal.author.id)
        }
    }

    @Test("No bit of a proof can be changed")
    func everyBit() throws {
        let text = Array(try journal.inclusion(4, size: 10).text.utf8)
        for index in stride(from: 0, to: text.count, by: 11) {
            var changed = text
            changed[index] ^= 1
            #expect(throws: ProofCheckError.self) {
                try ProofFile(parsing: changed).check(pinnedRoot: journal.root.id)
            }
        }
        #expect(throws: ProofCheckError.format) { try ProofFile(parsing: text + [10]) }
        #expect(throws: ProofCheckError.format) { try ProofFile(parsing: Array(text.dropLast())) }
        #expect(throws: ProofCheckError.format) { try ProofFile(parsing: []) }
    }

    @Test("Other lines than key events and the record are refused, and so is a proof that lacks some")
    func otherLines() throws {
        let right = try journal.inclusion(4, size: 10)
        func with(_ lines: [[UInt8]]) -> ProofFile {
            ProofFile(right.statement, path: right.path, lines: lines, checkpoint: right.checkpoint)
        }
        #expect(throws: ProofCheckError.lines) {
            try with((1...10).filter { journal.isKeyEvent($0) || $0 == 4 || $0 == 5 }.map { journal.lines[$0 - 1] })
                .check(pinnedRoot: nil)
        }
        #expect(throws: ProofCheckError.lines) { try with(journal.excerpt(10)).check(pinnedRoot: nil) }
        #expect(throws: ProofCheckError.self) { try with([]).check(pinnedRoot: nil) }
        #expect(throws: ProofCheckError.self) { try with([journal.lines[3]]).check(pinnedRoot: nil) }
        for left in [1, 2, 7, 9] {
            let lines = (1...10).filter { ($0 == 4 || journal.isKeyEvent($0)) && $0 != left }
            #expect(throws: ProofCheckError.self, "without line \(left)") {
                try with(lines.map { journal.lines[$0 - 1] }).check(pinnedRoot: nil)
            }
        }
    }

    @Test("A checkpoint that an older sequencer signed for the newer lines is refused")
    func oldSequencer() throws {
        let right = try journal.inclusion(4, size: 10)
        let new = right.checkpoint.checkpoint
        let old = Checkpoint(log: new.log, epoch: 1, size: new.size, root: new.root, head: new.head)
        for signed in [
            SignedCheckpoint(old, due: journal.due, signedBy: journal.first.key),
            SignedCheckpoint(new, due: journal.due, signedBy: journal.first.key),
        ] {
            let file = ProofFile(right.statement, path: right.path, lines: right.lines, checkpoint: signed)
            #expect(throws: ProofCheckError.self) { try file.check(pinnedRoot: nil) }
        }
    }

    @Test("A consistency proof needs the older head, and sees a fork and a cut")
    func olderHeads() throws {
        let file = try journal.consistency(6, 10)
        #expect(throws: ProofCheckError.noHead(size: 6)) { try file.check(pinnedRoot: nil) }
        #expect(throws: ProofCheckError.noHead(size: 6)) {
            try file.check(pinnedRoot: nil, heads: [try journal.checkpoint(5)])
        }
        let right = try journal.checkpoint(6)
        let other = SignedCheckpoint(
            Checkpoint(log: journal.log, epoch: 1, size: 6, root: SHA256Digest(), head: right.checkpoint.head),
            due: journal.due, signedBy: journal.first.key)
        #expect(throws: ProofCheckError.fork(older: right, newer: other)) {
            try file.check(pinnedRoot: nil, heads: [right, other])
        }
        #expect(throws: ProofCheckError.path) { try file.check(pinnedRoot: nil, heads: [other]) }
        let unsigned = SignedCheckpoint(right.checkpoint, due: journal.due, signedBy: journal.second.key)
        #expect(throws: ProofCheckError.headSignature) { try file.check(pinnedRoot: nil, heads: [unsigned]) }
        let lost = SignedCheckpoint(
            Checkpoint(log: journal.log, epoch: 1, size: 9, root: SHA256Digest(), head: SHA256Digest()),
            due: journal.due, signedBy: journal.first.key)
        let fromNine = try journal.consistency(9, 10)
        #expect(throws: ProofCheckError.cut(base: 8, older: lost, newer: fromNine.checkpoint)) {
            try fromNine.check(pinnedRoot: nil, heads: [lost])
        }
    }
}
