import Backup
import BackupJournal
package import JournalFormat
package import JournalStore
import SystemPackage

/// What `verify` says: the journal's own verdict, and that on the lines kept of the one that it succeeds.
package struct JudgedJournal {
    package let verdict: Verdict
    private let before: (kept: JournalDirectory.KeptPredecessor, succession: Succession)?
    /// Nil where nobody asked, or the journal is not sound: then nothing that its notes say is worth anything.
    package let notes: NoteJudgement?

    /// - Parameter heads: those that were compared with the journal.
    fileprivate init(
        _ verdict: Verdict, in directory: JournalDirectory, _ question: NoteJudgement.Question?,
        heads: [SignedCheckpoint]
    ) throws {
        self.verdict = verdict
        notes = question.flatMap { question in
            guard verdict.kind == .sound || verdict.kind == .warnings else { return nil }
            let all = heads + (verdict.note.map { [$0] } ?? [])
            // An old sequencer's promise binds nobody any more.
            return NoteJudgement(question, all.filter { $0.checkpoint.epoch == verdict.epoch })
        }
        before = try verdict.succession.map { (try directory.judgePredecessor($0), $0) }
    }

    private var isDamagedBefore: Bool { if case .damaged = before?.kept { true } else { false } }

    package var kind: Verdict.Kind { isDamagedBefore ? .damaged : verdict.kind }

    package var json: JSONObject {
        var json = verdict.json
        json["verdict"] = .string(kind.rawValue)
        json["before"] = before.map { .string($0.kept.word) }
        for member in notes?.json.members ?? [] { json[member.key] = member.value }
        return json
    }

    /// Several lines for a person.
    package var text: String {
        var lines: [String] = []
        if isDamagedBefore, verdict.kind != .damaged {
            lines.append("damaged: the lines kept of the journal before this one; this one itself:")
        }
        lines.append(verdict.text)
        if let before { lines.append("before: \(before.kept.text(before.succession))") }
        lines += notes?.text ?? []
        return lines.joined(separator: "\n")
    }
}

extension ReadableJournal {
    /// Every line, every signature, every remembered head.
    ///
    /// - Parameters:
    ///   - file: more signed checkpoints that must fit.
    ///   - question: what they are to say besides.
    package func judge(heads file: String?, _ question: NoteJudgement.Question? = nil) throws -> JudgedJournal {
        guard let file else {
            return try JudgedJournal(try verdict(heads: []), in: directory, question, heads: heads)
        }
        let bytes = try Account.given(FilePath(file), limit: 1 << 20)
        let (more, refusal) = SignedCheckpoint.parseLeading(bytes)
        let verdict = try verdict(heads: more)
        // The journal may be sound, but what it was to be checked against cannot be read.
        return try JudgedJournal(
            refusal.map { verdict.failing(DamageError(record: 0, $0.reason)) } ?? verdict, in: directory, question,
            heads: heads + more)
    }
}
