import Artifacts
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

extension ServerTree {
    var sessions: ServedSessions {
        ServedSessions(locks.appending("sessions"), lock: locks.appending("sessions.lock"))
    }

    /// A step of a plan, whether its artifact is here, and what is known of it.
    func json(_ entry: BackupState.Entry) -> JSONObject {
        var json = entry.json
        let condition = condition(of: entry)
        json["present"] = .bool(condition != .missing)
        json["condition"] = .string(condition.rawValue)
        let catalogue = (try? Catalogues(self).condition(of: entry)) ?? nil
        json["catalogue"] = catalogue.map { .string($0.rawValue) } ?? .null
        return json
    }
}
