internal import JournalFormat

extension Succession {
    /// Reported by every audit, whatever a reviewer has signed: what was lost stays lost.
    var finding: AuditFinding {
        let covered =
            source.checkpoint.map { "\($0) of them under a signed checkpoint" }
            ?? "none of them under a signed checkpoint"
        return AuditFinding(
            .journalSucceeds, .notable, records: [], subject: old.log.description,
            "this journal succeeds journal \(old.log) (record \(Self.place)): \(reason); \(lost); its "
                + "\(Plain.counted(old.size, "record")), the last of \(lastTime), were known by their lines, \(covered)"
        )
    }
}
