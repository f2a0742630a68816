import Backup
import JournalFormat
package import JournalStore

/// What a person hears of a replica, an outbox or an answer that cannot be used.
extension ReplicaError {
    /// Where it is the journal's error that counts.
    package var cause: JournalError? {
        switch self {
        case .replica(.damaged), .replica(.poisoned), .outbox(.poisoned): nil
        case .replica(let error), .outbox(let error): error
        case .unreadable, .wrong, .line, .conflict: nil
        }
    }

    private var isRootReplaced: Bool {
        switch self {
        case .replica(.damaged(let damage)), .line(let damage): damage.reason == .rootReplaced
        default: false
        }
    }

    package var problem: String {
        switch self {
        case .replica(.poisoned(let path)), .outbox(.poisoned(let path)):
            "an earlier write was not confirmed by the disk (\(path))"
        case .conflict(let conflict): conflict.problem
        case .replica, .outbox, .unreadable, .wrong, .line: description
        }
    }

    package var hint: String? {
        if isRootReplaced {
            return "nothing was written; if you know why, compare the new fingerprint on the server's own screen, "
                + "then: sudo init_WS.sh --pair 'LINE', with the line that init_LS.sh prints there; "
                + "by hand: devjournal replica pin --log ID --root NEW -- COMMAND"
        }
        switch self {
        case .replica(.damaged):
            return "move it away and run devjournal deliver: it is copied again, and nothing in the outbox is lost"
        case .replica(.poisoned), .outbox(.poisoned): return "check the disk, then run: devjournal outbox repair"
        case .conflict(let conflict): return conflict.hint
        case .unreadable, .wrong, .line: return "nothing in the outbox is lost; look at the server"
        case .replica, .outbox: return nil
        }
    }

    package var kind: FailureKind {
        if isRootReplaced { return .refused }
        switch self {
        case .replica(.poisoned), .outbox(.poisoned), .replica, .outbox:
            if case .replica(.damaged) = self { return .damaged }
            return .failed
        case .conflict(let conflict):
            if case .cut = conflict.finding { return .refused }
            return .damaged
        case .unreadable, .wrong, .line: return .damaged
        }
    }
}

extension HeadConflict {
    fileprivate var problem: String {
        switch finding {
        case .cut(let base):
            "the server's newer epoch starts after record \(base), below the remembered head of \(size) "
                + "records: those between were lost; nothing was delivered"
        case .fork(let record):
            "fork: the server has another record \(record) than this machine remembers; nothing was delivered"
        case .shorter(let end):
            "the server's journal ends with record \(end), before the remembered head of "
                + "\(Plain.counted(size, "record")); nothing was delivered"
        case .damaged(let damage):
            "the server's answer is wrong: the remembered head of \(Plain.counted(size, "record")): \(damage)"
        }
    }

    fileprivate var hint: String {
        finding.remedy(accepting: "devjournal witness accept -- COMMAND")
            ?? "nothing in the outbox is lost; look at the server"
    }
}
