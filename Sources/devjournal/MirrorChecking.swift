import ArgumentParser
import Backup
import JournalFormat
import Machines
import Mirror
import VisibleText

/// What `push --check` shows.
struct MirrorChecking {
    private let machine: Machine
    private let reader: MirrorReader

    init(_ machine: Machine, _ reader: MirrorReader) {
        self.machine = machine
        self.reader = reader
    }

    func run(isDeep: Bool, asJSON: Bool) throws {
        let check = MirrorCheck(
            reader, journal: machine.server.journal, pinnedRoot: try machine.server.pinnedRoot(),
            isDeep: isDeep)
        let report = try check.run { name, bytes in Terminal.say("fetching \(name), \(Terminal.bytes(bytes))") }
        if asJSON { Terminal.json(Self.json(report)) } else { show(report) }
        let wrong = report.findings.filter { $0.kind != .foreign }
        if let first = wrong.first {
            var repairs: [String] = []
            for repair in wrong.compactMap(\.repair) where !repairs.contains(repair) { repairs.append(repair) }
            throw Complaint(
                "the mirror is not what the journal says: \(first.name) is \(first.kind.rawValue)"
                    + (wrong.count > 1 ? ", and \(wrong.count - 1) more" : ""),
                hint: repairs.isEmpty ? nil : repairs.joined(separator: "; then: "), .incomplete)
        }
        if !report.findings.isEmpty { throw ExitCode(ExitStatus.warnings.rawValue) }
    }

    private func show(_ report: MirrorCheckReport) {
        for finding in report.findings {
            Terminal.data(
                "\(finding.kind.rawValue)\t\(VisibleText.line(finding.name))\t\(VisibleText.line(finding.detail))")
        }
        Terminal.say(
            "\(Plain.counted(report.sound.objects, "object")) (\(Terminal.bytes(report.sound.bytes))) as the journal says, "
                + (report.isDeep ? "each fetched and hashed" : "by keys and sizes")
                + (report.superseded > 0 ? "; \(report.superseded) earlier versions of segments" : ""))
        if report.pending.artifacts > 0 || report.pending.records > 0 {
            Terminal.say(
                "not pushed yet: \(Plain.counted(report.pending.artifacts, "artifact")), "
                    + Plain.counted(report.pending.records, "record"))
        }
    }

    private static func json(_ report: MirrorCheckReport) -> JSONObject {
        [
            "findings": .array(
                report.findings.map { finding in
                    .object([
                        "kind": .string(finding.kind.rawValue), "name": .string(finding.name),
                        "detail": .string(finding.detail), "repair": finding.repair.map { .string($0) } ?? .null,
                    ])
                }),
            "objects": .integer(report.sound.objects), "bytes": .integer(report.sound.bytes),
            "superseded": .integer(report.superseded), "deep": .bool(report.isDeep),
            "pending_artifacts": .integer(report.pending.artifacts),
            "pending_records": .integer(report.pending.records),
        ]
    }
}
