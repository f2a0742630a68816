internal import Backup
internal import Digest
internal import DurableFiles
package import JournalFormat
package import JournalStore
package import SystemPackage

/// A workstation whose server was lost with its recovery kit, and which continues with a journal that succeeds the old
/// one (journal-format.md, "A journal that succeeds another").
///
///     before/LOG/    what it knew of the old journal, as it was; kept for ever
///     succeeds       the old journal's pin, which the new one is checked against
extension WorkstationFiles {
    /// What is known of a journal that was given up, laid out as here.
    package func predecessor(_ log: EventID) -> WorkstationFiles {
        WorkstationFiles(directory.appending("before").appending(log.description))
    }

    package var succeeds: FilePath { directory.appending("succeeds") }
    /// Artifacts that wait to be handed over.
    package var spool: FilePath { directory.appending("spool") }

    /// Everything that is of one journal, and not of this machine. The pin is written, not moved: it says how far this
    /// is.
    private static let ofOneJournal = [
        "outbox", "replica", "replica.lost", "heads", "heads.superseded", "spool",
    ]

    /// Sets everything of the old journal aside and pins the new one. Interrupted anywhere, the same can be done again.
    ///
    /// A journal that was pinned in between and turned out not to continue the one before it is put aside, too, but the
    /// next one is checked against that one all the same.
    package func succeed(_ old: ReplicaPin, by new: ReplicaPin) throws(JournalError) {
        let wasRefused: Bool
        switch try judgeSuccession(old) {
        case .fits, .beyond: wasRefused = false
        case .nothing, .conflict: wasRefused = pathExists(succeeds)
        }
        try orFile { () throws(FileFailure) in
            let aside = predecessor(old.log)
            try makeDirectories(aside.directory, permissions: 0o700)
            try synchronizeDirectory(directory)
            try old.write(aside.pin)
            if !wasRefused { try old.write(succeeds) }
            for name in Self.ofOneJournal where pathExists(directory.appending(name)) {
                try renameToNewName(directory.appending(name), aside.freeName(name))
            }
            try synchronizeDirectory(directory)
            try new.write(pin)
        }
    }

    /// What a run that was interrupted has put there stays; somebody has made the name again since.
    private func freeName(_ name: String) -> FilePath {
        var (path, number) = (directory.appending(name), 1)
        while pathExists(path) {
            number += 1
            path = directory.appending("\(name).\(number)")
        }
        return path
    }
}

/// What the new journal says of the old one, checked against what this machine knows of that.
package enum SuccessionFinding: Sendable, Equatable {
    /// No journal was given up for this one, or nothing of it has arrived yet.
    case nothing
    /// The head that it names is the old replica's; so many records after that are not known to it.
    case fits(log: EventID, unknownThere: Int)
    /// It names more records than the old replica has, so nobody here can tell.
    case beyond(log: EventID, named: Int, here: Int)
    /// It continues something else.
    case conflict(String)
}

extension WorkstationFiles {
    /// - Parameter current: the journal that is pinned.
    package func judgeSuccession(_ current: ReplicaPin) throws(JournalError) -> SuccessionFinding {
        guard pathExists(succeeds) else { return .nothing }
        let read = try orFile { () throws(FileFailure) in try ReplicaPin.read(succeeds) }
        guard let old = read else { return .conflict("\(succeeds) holds no journal's id and fingerprint") }
        // The old one is pinned as long as putting it aside has not ended.
        guard old.log != current.log else { return .nothing }
        let size = try replica.countLines()
        if size == 0 { return .nothing }
        guard size >= Succession.place, let named = try replica.succession() else {
            return .conflict("it does not say that it succeeds journal \(old.log), which this workstation knew")
        }
        guard named.old.log == old.log else {
            return .conflict("it succeeds journal \(named.old.log), and this workstation knew \(old.log)")
        }
        let kept = predecessor(old.log).replica
        let here = try kept.countLines()
        guard named.old.size <= here else { return .beyond(log: old.log, named: named.old.size, here: here) }
        guard let head = try kept.heads(at: [named.old.size]).first, head.hash == named.old.head else {
            return .conflict(
                "it succeeds another history of journal \(old.log): record \(named.old.size) is not the one that this "
                    + "workstation has")
        }
        return .fits(log: old.log, unknownThere: here - named.old.size)
    }
}

extension JournalDirectory {
    /// Whole lines, judged by nobody.
    fileprivate func countLines() throws(JournalError) -> Int {
        try orFile { () throws(FileFailure) in
            guard let names = try segmentNames(), let last = names.last else { return 0 }
            let bytes = try readFile(path.appending(last), limit: Self.segmentSizeLimit)
            return (names.count - 1) * Self.recordsInSegment + bytes.count { $0 == UInt8(ascii: "\n") }
        }
    }

    /// What record 2 of a replica says; nil where it is another event.
    fileprivate func succession() throws(JournalError) -> Succession? {
        guard let line = try lines(from: Succession.place, through: Succession.place).first else { return nil }
        do {
            let layout = try RecordLayout(line.span)
            let record = try Record(layout, line.span, hash: SHA256.hash(line.span))
            return try Succession.said(in: record)
        } catch let error as JournalError {
            throw error
        } catch let refusal as ProjectionError {
            throw .unreadable(refusal)
        } catch {
            throw .damaged(DamageError(record: Succession.place, .syntax))
        }
    }
}
