import Backup
import Digest
package import JournalFormat
import JournalStore
import SystemPackage

/// Judges signed checkpoints by themselves: with a file of them and the sequencer's verifier key, and no journal.
package struct NoteReport {
    package let key: VerifierKey
    /// In the file's order; all are that key's.
    package let notes: [SignedCheckpoint]
    package let judgement: NoteJudgement

    /// - Parameters:
    ///   - key: the text of a verifier key.
    ///   - path: the file of notes.
    package init(_ path: String, signedBy text: String, _ question: NoteJudgement.Question) throws {
        guard let key = VerifierKey(text), key.algorithm == .ed25519 else { throw NoteError.noKey(text) }
        let bytes = try Account.given(FilePath(path), limit: 1 << 20)
        let notes: [SignedCheckpoint]
        do { notes = try SignedCheckpoint.parseAll(bytes) } catch { throw MachineError.notSignedCheckpoints(path) }
        for note in notes {
            guard note.checkpoint.origin == key.name, note.isSigned(by: key.key) else {
                throw NoteError.notSigned(size: note.checkpoint.size, key)
            }
        }
        for note in notes {
            let other = notes.first { other in
                other.checkpoint.size == note.checkpoint.size && other.checkpoint != note.checkpoint
            }
            if let other { throw NoteError.fork(note, other) }
        }
        self.key = key
        self.notes = notes
        judgement = NoteJudgement(question, notes)
    }

    private var newest: Checkpoint? { notes.map(\.checkpoint).max { $0.size < $1.size } }

    package var json: JSONObject {
        var json: JSONObject = [
            "verdict": .string("signed"), "notes": .integer(notes.count),
            "records": newest.map { .integer($0.size) } ?? .null, "epoch": newest.map { .integer($0.epoch) } ?? .null,
            "head": newest.map { .string($0.head.hex) } ?? .null,
        ]
        for member in judgement.json.members { json[member.key] = member.value }
        return json
    }

    /// Several lines for a person.
    package var text: String {
        var lines = ["signed: \(Plain.counted(notes.count, "checkpoint")), by \(key)"]
        if let newest { lines.append("head: record \(newest.size), \(newest.head.hex), epoch \(newest.epoch)") }
        lines += judgement.text
        lines.append("not checked: the journal itself")
        return lines.joined(separator: "\n")
    }
}

/// Why notes could not be judged by themselves, or are not what they should be.
package enum NoteError: OperationError {
    case noKey(String)
    case noPolicy(_ path: String, WitnessPolicyError)
    case notSigned(size: Int, VerifierKey)
    /// Two histories under one key.
    case fork(SignedCheckpoint, SignedCheckpoint)
}

extension NoteError {
    package var description: String {
        switch self {
        case .noKey(let text): "'\(text)' is not a sequencer's verifier key"
        case .noPolicy(let path, let why): "\(path) is not a witness policy: \(why)"
        case .notSigned(let size, let key): "the checkpoint of \(Plain.counted(size, "record")) is not signed by \(key)"
        case .fork(let note, _):
            "two checkpoints of \(Plain.counted(note.checkpoint.size, "record")) say different things: a fork; both follow"
        }
    }

    package var hint: String? {
        switch self {
        case .noKey: "devjournal checkpoint --vkey prints it"
        case .noPolicy: "devjournal-verify(1) shows one"
        case .notSigned: "after a rebuild or a rotation another key signs: devjournal key list --vkey"
        case .fork: "keep both: together they prove that the sequencer's key signed two histories"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noKey, .noPolicy: .usage
        case .notSigned, .fork: .damaged
        }
    }

    /// Both signed heads.
    package var evidence: String? {
        if case .fork(let note, let other) = self { note.note + other.note } else { nil }
    }
}
