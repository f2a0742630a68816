import Backup
import JournalFormat
import JournalStore
import Machines

/// Two histories where there should be one: both signed heads on standard output, as `witness remember` prints them.
enum HeadConflictReport {
    static func complaint(_ conflict: HeadConflict) -> Complaint {
        if let ours = conflict.ours { Terminal.exact(ours.note) }
        Terminal.exact(conflict.theirs.note)
        switch conflict.kind {
        case .cut(let base):
            return Complaint(
                "the server's newer epoch starts after record \(base), below the remembered head of \(conflict.size) "
                    + "records: those between were lost; nothing was delivered",
                hint: "devjournal rebuild --witness brings them back; "
                    + "devjournal witness accept -- COMMAND gives them up",
                .refused)
        case .fork(let record):
            return Complaint(
                "fork: the server has another record \(record) than this machine remembers; nothing was delivered",
                hint: "both signed heads were printed; keep them as evidence, and do not write to either side", .damaged
            )
        case .shorter(let size):
            return Complaint(
                "the server's journal ends with record \(size), before the remembered head of \(Plain.counted(conflict.size, "record")); "
                    + "nothing was delivered",
                hint: "it was cut off or restored from an old copy: move its directory away, then devjournal rebuild "
                    + "--from-mirror --kit KIT brings it back",
                .damaged)
        }
    }
}

extension Complaint {
    init(replica error: ReplicaError) {
        switch error {
        case .conflict(let conflict):
            self = HeadConflictReport.complaint(conflict)
        case .replica(.damaged(let damage)) where damage.reason == .rootReplaced,
            .line(let damage) where damage.reason == .rootReplaced:
            self.init(
                error.description,
                hint: "nothing was written; if you know why, compare the new fingerprint on the server's own screen, "
                    + "then: sudo init_WS.sh --pair 'LINE', with the line that init_LS.sh prints there; "
                    + "by hand: devjournal replica pin --log ID --root NEW -- COMMAND", .refused)
        case .replica(.damaged):
            self.init(
                error.description,
                hint: "move it away and run devjournal deliver: it is copied anew, and nothing in the outbox is lost",
                .damaged)
        case .replica(.poisoned(let path)), .outbox(.poisoned(let path)):
            self.init(
                "an earlier write was not confirmed by the disk (\(path))",
                hint: "check the disk, then run: devjournal outbox repair", .failed)
        case .replica(let error), .outbox(let error):
            self.init(error)
        case .unreadable, .wrong, .line:
            self.init(error.description, hint: "nothing in the outbox is lost; the server is to be looked at", .damaged)
        }
    }
}
