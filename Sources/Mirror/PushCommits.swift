internal import Age
internal import Backup
internal import BackupJournal
package import JournalFormat
package import JournalStore
internal import ObjectStore

/// What a push commits.
extension Push {
    /// The checkpoint that this journal may continue from, as it was last seen.
    package struct Agreement {
        /// Nil where there is none, and this journal may write the first.
        var mirrored: Mirrored?
        /// The object that a person wants replaced, where no checkpoint can be read.
        var unreadable: ETag?
        /// Nobody else has had a turn since.
        var isJustRead = false
        /// Whether all that the checkpoint covers was looked for, or is trusted to be there.
        var areLinesThere = false
        /// Whether what was committed last from here is believed without reading the journal.
        var remembers = false
        /// The projections that were last seen there, by their names.
        var projections: [String: String] = [:]

        /// Nothing is known yet.
        package init() {}

        /// Where the journal ended when it was open for this.
        package internal(set) var extent: JournalExtent?

        /// The checkpoint that is there.
        package var checkpoint: Checkpoint? { mirrored?.signed.checkpoint }
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
        try pushProjections(moment.state, &agreed)
        turn.noteCommit()
        if let mirrored = agreed.mirrored {
            MirroredHead(url: store.url, signed: mirrored.signed).remember(below: root)
        }
    }

    /// Others may have committed since this push last did; the ETag is that of this moment.
    private func readAgain(_ agreed: inout Agreement, _ moment: JournalMoment) throws(MirrorError) {
        if agreed.unreadable != nil { return }
        let there = try reader.checkpoint()
        if there?.signed == agreed.mirrored?.signed {
            agreed.mirrored = there
        } else {
            let known = agreed.remembers ? MirroredHead.read(below: root, of: store.url) : nil
            agreed.mirrored = try agree(there, with: moment, known: known)
            agreed.projections = [:]
        }
    }

    private func pushProjections(_ state: BackupState, _ agreed: inout Agreement) throws(MirrorError) {
        for (name, text) in ProjectionFiles.contents(state) where agreed.projections[name] != text {
            agreed.projections[name] = nil
            if try !reader.holds(projection: name, text) {
                let sealed = AgeFile.encrypt(Array(text.utf8).span, to: recipients)
                _ = try orMirror { () throws(StoreError) in
                    try store.put(try layout.projection(name), bytes: sealed, if: .always)
                }
            }
            agreed.projections[name] = text
        }
    }
}
