package import Backup
import BackupJournal
package import Digest
import JournalFormat
package import JournalStore

/// Judges the whole journal, every signature, and audits it on the way.
package struct Auditing {
    private let machine: Machine
    private let journal: ReadableJournal
    private let usesMirror: Bool
    private let keepsWorktree: Bool

    /// A workstation's configuration does not say what the server keeps, so there neither is expected.
    package init(_ machine: Machine, _ journal: ReadableJournal) {
        self.machine = machine
        self.journal = journal
        usesMirror = machine.mirror != nil
        keepsWorktree = machine.updatesWorktree && journal.replica == nil
    }

    /// - Parameter seq: the record whose hash is wanted.
    package func run(
        _ limits: AuditLimits, headOf seq: Int? = nil
    ) throws -> (audit: Audit, tornBytes: Int, head: SHA256Digest?) {
        var audit = Audit(limits: limits, usesMirror: usesMirror, keepsWorktree: keepsWorktree)
        var head: SHA256Digest?
        let replay = try journal.replay(signatures: .all) { record, _ in
            audit.take(record)
            if record.seq == seq { head = record.hash }
        }
        if let succession = audit.succession {
            let kept = try journal.directory.judgePredecessor(succession)
            if case .damaged = kept { throw AuditError.predecessorDamaged(kept.text(succession)) }
            if kept == .missing { machine.reporter.warn(kept.text(succession)) }
        }
        return (audit, replay.tail?.bytes.count ?? 0, head)
    }

    /// Records that a person has read the journal up to a record, with the findings about it.
    package func sign(upTo seq: Int, by reviewer: String) throws -> (review: Review, receipts: [Receipt]) {
        var journal = try machine.openJournal(.reading)
        let (audit, _, head) = try run(AuditLimits(), headOf: seq)
        guard let head else { throw AuditError.noRecord(seq, size: journal.size) }
        let report = audit.report(now: machine.now(), thisMonth: machine.thisMonth())
        let review = Review(upTo: seq, head: head, reviewer: reviewer, findings: report.findings)
        let receipts = try machine.record(.signReview(review), in: &journal)
        journal.close()
        return (review, receipts)
    }
}
