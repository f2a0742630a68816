internal import Age
internal import Backup
internal import BackupJournal
internal import JournalFormat
internal import ObjectStore

/// What a push commits.
extension Push {
    /// The checkpoint that this journal may continue from, as it was last seen.
    struct Agreement {
        /// Nil where there is none, and this journal may write the first.
        var mirrored: Mirrored?
        /// The object that a person wants replaced, where no checkpoint can be read.
        var unreadable: ETag?
        /// Nobody else has had a turn since.
        var isJustRead = false
        /// Whether all that the checkpoint covers was looked for, or is trusted to be there.
        var areLinesThere = false
    }

    /// Stores the new lines, replaces the checkpoint, then the projections.
    func commit(
        _ moment: JournalMoment, _ agreed: inout Agreement, in turn: borrowing CommitTurn, _ report: inout PushReport
    ) throws(MirrorError) {
        if !agreed.isJustRead { try readAgain(&agreed, moment) }
        agreed.isJustRead = false
        let isTrusted = repair == .nothing || agreed.areLinesThere
        report.pieces += try pushLines(moment, committed: isTrusted ? agreed.mirrored?.signed.checkpoint.size : nil)
        agreed.areLinesThere = true
        let note = moment.signed.renewing(agreed.mirrored?.signed)
        if agreed.mirrored?.signed != note {
            let etag = try MirrorCommit(reader, recipients: recipients)
                .commit(note, replacing: agreed.mirrored?.etag ?? agreed.unreadable, in: turn)
            (agreed.mirrored, agreed.unreadable) = ((note, etag), nil)
            report.checkpoint = note
        }
        try pushProjections(moment.state)
        turn.noteCommit()
    }

    /// Others may have committed since this push last did; the ETag is that of this moment.
    private func readAgain(_ agreed: inout Agreement, _ moment: JournalMoment) throws(MirrorError) {
        if agreed.unreadable != nil { return }
        let there = try reader.checkpoint()
        if there?.signed == agreed.mirrored?.signed {
            agreed.mirrored = there
        } else {
            agreed.mirrored = try agree(there, with: moment)
        }
    }

    private func pushProjections(_ state: BackupState) throws(MirrorError) {
        for (name, text) in ProjectionFiles.contents(state) where try !reader.holds(projection: name, text) {
            let sealed = AgeFile.encrypt(Array(text.utf8).span, to: recipients)
            _ = try orMirror { () throws(StoreError) in
                try store.put(try layout.projection(name), bytes: sealed, if: .always)
            }
        }
    }
}
