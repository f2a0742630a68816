import Backup
package import JournalFormat
import JournalStore
import SystemPackage

/// What signed checkpoints say besides the journal: whether the next one is overdue, and whether enough others have signed.
package struct NoteJudgement {
    /// What a person wants to know.
    package struct Question {
        package let due: Bool
        package let policy: WitnessPolicy?
        package let now: Timestamp

        /// - Parameter policy: the file of a policy.
        package init(due: Bool, policy path: String?, now: Timestamp) throws {
            self.due = due
            self.now = now
            policy = try path.map { path in
                let bytes = try Account.given(FilePath(path), limit: WitnessPolicy.maximumLength + 1)
                do throws(WitnessPolicyError) { return try WitnessPolicy(parsing: bytes) } catch {
                    throw NoteError.noPolicy(path, error)
                }
            }
        }
    }

    /// Nil where nobody asked.
    package let standing: CheckpointDue.Standing?
    /// Of the checkpoint that covers most among those that meet the policy, or of the one that covers most.
    package let witnessed: (note: SignedCheckpoint, finding: WitnessPolicy.Finding)?
    private let hasPolicy: Bool

    /// - Parameter notes: signed by the sequencer of the journal's last epoch, as far as that is known.
    package init(_ question: Question, _ notes: [SignedCheckpoint]) {
        let judged = question.policy.map { policy in notes.map { (note: $0, finding: policy.judge($0)) } } ?? []
        let met = judged.filter(\.finding.isMet)
        witnessed = (met.isEmpty ? judged : met).max { Self.order($0.note) < Self.order($1.note) }
        hasPolicy = question.policy != nil
        // With a policy only what others have seen is a sign of life: a server that lies can set any deadline.
        let counted = hasPolicy ? met.map(\.note) : notes
        standing = question.due ? CheckpointDue.standing(of: counted.map(\.due), at: question.now) : nil
    }

    private static func order(_ note: SignedCheckpoint) -> (Int, Int, Timestamp) {
        (note.checkpoint.epoch, note.checkpoint.size, note.due)
    }

    package var isUnwitnessed: Bool { hasPolicy && witnessed?.finding.isMet != true }

    package var isSilent: Bool {
        switch standing {
        case nil, .awaited: false
        case .silent, .mistrusted, .unknown: true
        }
    }

    package var json: JSONObject {
        var json: JSONObject = [:]
        if let standing { json["due"] = .object(standing.json) }
        if hasPolicy {
            let cosigners = witnessed?.finding.cosigners ?? []
            json["policy"] = .object([
                "met": .bool(!isUnwitnessed), "records": witnessed.map { .integer($0.note.checkpoint.size) } ?? .null,
                "witnesses": .array(
                    cosigners.map { .object(["name": .string($0.witness.key.name), "time": .integer($0.time)]) }),
            ])
        }
        return json
    }

    /// Several lines for a person.
    package var text: [String] {
        (hasPolicy ? witnessText : []) + (standing.map { [$0.text] } ?? [])
    }

    private var witnessText: [String] {
        guard let witnessed else { return ["unwitnessed: there is no checkpoint that the policy could be about"] }
        let records = Plain.counted(witnessed.note.checkpoint.size, "record")
        let names = witnessed.finding.cosigners.map { cosigner in
            "\(cosigner.witness.key.name) at \(Timestamp(seconds: cosigner.time))"
        }
        let by = names.isEmpty ? "no witness of the policy" : names.joined(separator: ", ")
        if witnessed.finding.isMet { return ["witnessed: \(records), by \(by)"] }
        let why = witnessed.finding.isOfKnownLog ? "" : "; its log is none that the policy names"
        return ["unwitnessed: the checkpoint of \(records) is cosigned by \(by), and the policy asks for more\(why)"]
    }
}

extension Timestamp {
    /// What lies outside of the years that can be written becomes their end.
    fileprivate init(seconds: Int) {
        self.init(milliseconds: min(max(seconds, 0), Timestamp.last.milliseconds / 1000) * 1000)
    }
}

extension CheckpointDue.Standing {
    fileprivate var word: String {
        switch self {
        case .awaited: "awaited"
        case .silent: "silent"
        case .mistrusted: "mistrusted"
        case .unknown: "unknown"
        }
    }

    fileprivate var json: JSONObject {
        let time: JSONValue =
            switch self {
            case .awaited(let due), .silent(let due), .mistrusted(let due): .string("\(due)")
            case .unknown: .null
            }
        return ["standing": .string(word), "at": time]
    }

    fileprivate var text: String {
        switch self {
        case .awaited(let due): "due: the next checkpoint is due by \(due)"
        case .silent(let since):
            "silent: a checkpoint was due by \(since), and none is here; ask the server, which may be out of reach from here only"
        case .mistrusted(let due):
            "silent: the only deadline, \(due), is more than 7 days ahead and is not believed; compare the clocks"
        case .unknown: "silent: no checkpoint says when the next one is due"
        }
    }
}
