import Backup
package import JournalFormat
package import Machines
package import Mirror

/// Checks what is in the mirror against the journal, and changes nothing.
package struct MirrorChecking {
    package let report: MirrorCheckReport

    /// - Parameter isDeep: whether every object is fetched and hashed.
    package init(_ machine: Machine, _ reader: MirrorReader, isDeep: Bool) throws {
        let check = MirrorCheck(
            reader, journal: machine.server.journal, pinnedRoot: try machine.server.pinnedRoot(), isDeep: isDeep)
        report = try check.run { name, bytes in
            machine.reporter.say("fetching \(name), \(Plain.bytes(bytes))")
        }
    }

    /// What the mirror lacks of the journal; nil where at most things of others are there.
    package var failure: MirroringError? {
        let wrong = report.findings.filter { $0.kind != .foreign }
        guard let first = wrong.first else { return nil }
        return .notTheJournals(
            first.name, first.kind.rawValue, more: wrong.count - 1, repairs: wrong.compactMap(\.repair))
    }

    package var json: JSONObject {
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
