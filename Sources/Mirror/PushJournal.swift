internal import Age
internal import Backup
internal import BackupJournal
package import JournalStore
internal import ObjectStore

/// The journal without the artifacts: what `push --journal` commits, again and again.
extension Push {
    /// Commits what the journal has by now. No artifact is brought, and where a checkpoint is there nothing is listed.
    ///
    /// A first checkpoint says that all of a mirror is there; here that is all that was recorded as uploaded to it. From the second
    /// commit on, each opens the journal once: while many append, each opening waits for them.
    ///
    /// - Parameters:
    ///   - agreed: what the commit before has left; it gets what this one leaves.
    ///   - open: opens the journal for a moment, never while anything travels.
    package func runJournal(
        turns: CommitTurns, _ agreed: inout Agreement, open: (Journal.Opening) throws -> Journal
    ) throws -> PushReport {
        var report = PushReport()
        let turn = try turns.begin()
        let moment: JournalMoment
        if agreed.mirrored == nil {
            (agreed, moment) = try begin(open, known: MirroredHead.read(below: root, of: store.url), &report)
            agreed.remembers = true
        } else {
            let journal = try open(.resuming(.anything))
            // Only now, when the last commit is there: who was overtaken has nothing to acknowledge.
            _ = try journal.writeCheckpoint()
            moment = try JournalMoment(journal)
        }
        agreed.extent = moment.extent
        if agreed.mirrored == nil { report.pieces += try pushPredecessor(moment) }
        try encrypting(to: moment.state.recipients).commit(moment, &agreed, in: turn, &report)
        turn.end()
        return report
    }

    /// Keys may have been replaced since this push began.
    private func encrypting(to texts: [String]) throws -> Push {
        let recipients = try texts.map { try AgeRecipient($0) }
        return Push(reader, recipients: recipients.isEmpty ? self.recipients : recipients, root: root)
    }
}
