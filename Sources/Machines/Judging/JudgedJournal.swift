import Backup
import BackupJournal
package import JournalFormat
package import JournalStore
import SystemPackage

/// What `verify` says: the journal's own verdict, and that on the lines kept of the one that it succeeds.
package struct JudgedJournal {
    package let verdict: Verdict
    private let before: (kept: JournalDirectory.KeptPredecessor, succession: Succession)?

    fileprivate init(_ verdict: Verdict, in directory: JournalDirectory) throws {
        self.verdict = verdict
        before = try verdict.succession.map { (try directory.judgePredecessor($0), $0) }
    }

    private var isDamagedBefore: Bool { if case .damaged = before?.kept { true } else { false } }

    package var kind: Verdict.Kind { isDamagedBefore ? .damaged : verdict.kind }

    package var json: JSONObject {
        var json = verdict.json
        json["verdict"] = .string(kind.rawValue)
        json["before"] = before.map { .string($0.kept.word) }
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
        return lines.joined(separator: "\n")
    }
}

extension ReadableJournal {
    /// Every line, every signature, every remembered head.
    ///
    /// - Parameter file: more signed checkpoints that must fit.
    package func judge(heads file: String?) throws -> JudgedJournal {
        try JudgedJournal(try verdict(file), in: directory)
    }

    private func verdict(_ file: String?) throws -> Verdict {
        guard let file else { return try verdict(heads: []) }
        let bytes = try Account.given(FilePath(file), limit: 1 << 20)
        let (heads, refusal) = SignedCheckpoint.parseLeading(bytes)
        let verdict = try verdict(heads: heads)
        // The journal may be sound, but what it was to be checked against cannot be read.
        return refusal.map { verdict.failing(DamageError(record: 0, $0.reason)) } ?? verdict
    }
}
