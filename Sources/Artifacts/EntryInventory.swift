package import Backup
package import JournalFormat
package import Machines

extension ServerTree {
    /// An artifact as the manifest has it, whether it is here, and what is known of it.
    package func json(_ entry: BackupState.Entry) -> JSONObject {
        var json = entry.json
        let condition = condition(of: entry)
        json["present"] = .bool(condition != .missing)
        json["condition"] = .string(condition.rawValue)
        let catalogue = (try? Catalogues(self).condition(of: entry)) ?? nil
        json["catalogue"] = catalogue.map { .string($0.rawValue) } ?? .null
        return json
    }
}
