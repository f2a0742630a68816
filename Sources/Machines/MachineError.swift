import Backup
package import JournalFormat
package import SystemPackage

/// What keeps a machine from being used: its configuration, its keys, its journal or replica, the room on its disks.
package enum MachineError: OperationError {
    case configuration(_ problem: String, hint: String?)
    case notALabel(_ text: String, dataset: String)
    case nothingRegistered
    /// The repository is an account's, and this process is neither that account nor root.
    case repositoryOfOthers(_ what: String, command: String)
    case cannotBecome(_ account: String, owning: FilePath)
    case journalOfAnotherUser(FilePath, account: String)
    case ageIdentityMissing(FilePath)
    case ageIdentityUnreadable(FilePath, _ why: String)
    /// The line names what follows from it, not whether it is sound.
    case malformed(FilePath, _ what: String)
    case notSignedCheckpoints(_ name: String)
    case sequencerBeingChanged
    case projectionsNotWritten(upTo: Int, _ why: String)
    case journalDamaged(_ damage: String, journal: FilePath)
    case replicaEmpty
    case replicaHoldsNothing(fetch: String)
    case workstationOfAnotherJournal(EventID)
    case needsServersJournal
    case followedReplica
    case noRoom(_ refusal: String, in: FilePath, instead: String)
    case notPinned
    case noMirror
    case mirrorIsTheServers
    case noRecipients(dataset: String)
    case otherRecipients([String])
}

extension MachineError {
    package var description: String {
        switch self {
        case .configuration(let problem, _): problem
        case .notALabel(let text, _): "\(text) is not a label"
        case .nothingRegistered: "nothing is registered yet"
        case .repositoryOfOthers(let what, _): what
        case .cannotBecome(let account, let root): "root cannot become \(account), whose \(root) is"
        case .journalOfAnotherUser(let journal, _):
            "\(journal) belongs to another user, who could not continue with what root writes there"
        case .ageIdentityMissing(let path): "the age identity \(path) is not here"
        case .ageIdentityUnreadable(let path, let why): "\(path): \(why)"
        case .malformed(let path, let what): "\(path) holds \(what)"
        case .notSignedCheckpoints(let name): "\(name) holds no signed checkpoints"
        case .sequencerBeingChanged: "the sequencer's key is being changed"
        case .projectionsNotWritten(let size, let why):
            "recorded, up to record \(size), but its projections were not written: \(why)"
        case .journalDamaged(let damage, _): damage
        case .replicaEmpty: "this workstation's replica holds no record yet"
        case .replicaHoldsNothing: "the replica holds nothing yet, so nothing can be decided"
        case .workstationOfAnotherJournal(let log):
            "this is the workstation of journal \(log); a journal of its own would hide that one"
        case .needsServersJournal:
            "this needs the server's journal; a workstation has a replica of it, which it only reads"
        case .followedReplica: "--follow reads the server's journal only; this is a replica of it"
        case .noRoom(let refusal, let directory, _): "not enough space in \(directory): \(refusal)"
        case .notPinned: "this workstation does not know which journal is its own"
        case .noMirror: "no mirror is configured"
        case .mirrorIsTheServers: "no mirror is configured: on a workstation, the mirror is its server's"
        case .noRecipients: "no recipient is configured, so nobody could open the artifact"
        case .otherRecipients(let theirs):
            "the configured recipients are not the journal's: \(theirs.joined(separator: " "))"
        }
    }

    package var hint: String? {
        switch self {
        case .configuration(_, let hint): hint
        case .notALabel(_, let dataset): "a label is latest, 2026-01 or \(dataset)@2026-01"
        case .nothingRegistered: "ws_dev_run_month.sh makes the first backup"
        case .repositoryOfOthers(_, let command): command
        case .journalOfAnotherUser(_, let account): "run it as that user, such as: sudo -u \(account) devjournal …"
        case .ageIdentityMissing: "it is also in the recovery kit"
        case .notSignedCheckpoints: "devjournal checkpoint prints one"
        case .sequencerBeingChanged:
            "the command that changes it, run again, finishes it; so does devjournal key rotate"
        case .projectionsNotWritten: "do not record it again; once the cause is gone, run: devjournal rebuild"
        case .journalDamaged(_, let journal):
            "devjournal verify says more; a sound copy comes back from the mirror with: mv -T "
                + "\(shellWord(journal.string)) \(shellWord("\(journal).damaged")); "
                + "devjournal rebuild --from-mirror --kit KIT"
        case .replicaEmpty: "devjournal deliver -- COMMAND fetches the journal; so does ws_dev_run_month.sh"
        case .replicaHoldsNothing(let fetch): fetch
        case .workstationOfAnotherJournal:
            "run it on the server; if this machine should be the server, remove LS_HOST from its configuration"
        case .needsServersJournal, .followedReplica, .mirrorIsTheServers: "run it on the server"
        case .noMirror: "set MIRROR, such as file:///srv/mirror"
        case .noRoom(_, _, let instead): "make room there\(instead)"
        case .notPinned:
            "sudo init_WS.sh --pair 'LINE', with the line that init_LS.sh prints on the server; by hand: "
                + "devjournal replica pin --log ID --root FINGERPRINT; devjournal verify on the server prints both"
        case .noRecipients(let dataset):
            "RECIPIENTS=age1… in the configuration; it is in the server's keys/ls_\(dataset)_backup.pub"
        case .otherRecipients:
            "the server's age key was changed: init_WS.sh --pair 'LINE', with the line that init_LS.sh prints on the "
                + "server; or compare them with its key by eye, then set RECIPIENTS"
        case .cannotBecome, .ageIdentityUnreadable, .malformed: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .configuration, .notALabel, .noMirror, .followedReplica: .usage
        case .repositoryOfOthers, .cannotBecome, .noRoom: .failed
        case .journalOfAnotherUser, .sequencerBeingChanged, .replicaHoldsNothing, .workstationOfAnotherJournal,
            .otherRecipients:
            .refused
        case .nothingRegistered, .ageIdentityMissing, .replicaEmpty, .needsServersJournal, .notPinned, .noRecipients,
            .mirrorIsTheServers:
            .notFound
        case .malformed, .notSignedCheckpoints, .journalDamaged: .damaged
        case .ageIdentityUnreadable: .wrongKey
        case .projectionsNotWritten: .recordedOnly
        }
    }
}
