package import Backup
import Glibc
import JournalFormat
package import Machines
import Restoring

/// The month's snapshot, taken and recorded.
package struct MonthSnapshot {
    private let label: Label
    private let machine: Machine
    private let outbox: Bool
    private let work: SnapshotWork

    /// - Parameters:
    ///   - outbox: whether it is recorded there, also where `LS_HOST` names no other machine.
    ///   - work: nil for what this machine's Btrfs does.
    package init(_ label: Label, _ machine: Machine, outbox: Bool = false, _ work: SnapshotWork? = nil) {
        (self.label, self.machine) = (label, machine)
        self.outbox = outbox || ServerConnection(machine.settings) != nil
        self.work = work ?? .ofThisMachine(machine, usesOutbox: self.outbox)
    }

    package func take(isDry: Bool) async throws {
        switch try await work.take(label, isDry) {
        case .onServer(let label):
            machine.reporter.say(
                "\(label) is on the server; its snapshot is not here, and the next month is a full one")
        case .recorded: machine.reporter.say("\(label) is already taken: nothing to do")
        case .taken(let data): try record(data)
        case .wouldTake(let path): machine.reporter.say("would take \(path) of \(machine.code)")
        }
    }

    private func record(_ data: JSONObject) throws {
        guard let uuid = data["uuid"]?.string, let path = data["path"]?.string else {
            preconditionFailure("a snapshot has a UUID and a place")
        }
        var details = data
        details["label"] = .string(label.description)
        details["host"] = .string(hostName())
        let ledger = try WorkstationLedger.ofMonth(machine, outbox: outbox)
        let snapshot = Snapshot(label: label, uuid: uuid, path: path)
        try ledger.record(.recordSnapshot(snapshot, details: details), author: try ledger.author())
        machine.reporter.say("\(label) taken: \(path)")
    }

    private func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
