extension AuditFinding {
    /// What ends the finding: a command, or what a reviewer does. Two findings never end: nothing is to be done.
    package var remedy: String {
        let label = subject ?? "LABEL"
        return switch slug {
        case .monthMissing where records.isEmpty: "on the workstation: ws_dev_run_month.sh YYYY-MM, of this month"
        case .snapshotNotSealed, .sealedNotRegistered:
            "on the workstation: ws_dev_run_month.sh \(label); if a later month is registered, \(signing)"
        case .registeredNotSealed:
            "if it should not be there: devjournal withdraw \(label) --reason TEXT; else \(signing)"
        case .notUploaded: "devjournal push; if there should be no mirror any more, \(signing)"
        case .storedNotRestored: "devjournal restore \(label); if none is wanted, \(signing)"
        case .releasedNotRestored:
            "the next delivery of the workstation that has restored it (devjournal deliver); else \(signing)"
        case .anchorOverdue: "the next month becomes a full one: ws_dev_run_month.sh YYYY-MM on the workstation"
        case .drillExpired, .drillNever:
            "devjournal restore LABEL, of one that is not received yet, compares it; so does LS_request.sh LABEL on a "
                + "workstation that lacks its snapshot"
        case .longSilence where records.isEmpty: "the next month ends it; so does: devjournal append note text=TEXT"
        case .artifactDamaged:
            "devjournal scrub --repair \(label); if no mirror has it: ws_dev_run_month.sh \(label) on the workstation, "
                + "while its spool has it, or devjournal withdraw \(label) --reason TEXT"
        case .artifactOnlyMirrored: "devjournal fetch"
        case .artifactUnverified: "devjournal scrub --all"
        case .worktreeBehind: "devjournal restore latest; WORKTREE=off if the server should keep none"
        case .unreadable: "a version of devjournal that knows that event"
        case .rootReplaced, .journalSucceeds: "nothing to do: every audit reports it for ever"
        case .monthMissing, .longSilence, .newSigner, .keyEnrolled, .keyRetired, .epochStarted, .authorClockSkew,
            .clockStandsStill, .clockJump, .sizeOutlier, .artifactWithdrawn, .journalRepaired, .cutAccepted:
            signing
        }
    }

    /// Whether it is about the present or an expected event, so that more than reading it is to be done.
    package var needsMore: Bool { severity == .missing || isStanding }

    private var signing: String {
        "read it, then: devjournal audit sign --up-to \(records.last.map(String.init) ?? "SEQ") --reviewer NAME"
    }
}
