package import Backup
package import JournalFormat
package import Machines
package import SystemPackage

/// What keeps a restore from beginning, or one of its steps from being done here.
package enum RestoreError: OperationError {
    /// - Parameter hint: how root runs it.
    case needsRoot(_ what: String, hint: String)
    case anotherIsRunning
    case keepsNoWorkingCopy
    case notWithdrawn(Label)
    case receivedAlready(Label)
    case startsElsewhere(Label)
    case leadsOut(FilePath, of: FilePath)
    case notTheAccountsFile(FilePath)
    case unknownSnapshot(Label)
    case senderEnded(_ how: String)
    case unsigned(Label)
    case untrustedAuthor(Label, name: String, key: KeyID)
    case waitsForRelease(Label, workstation: String)
    case notEnrolled(_ workstation: String)
    case notTaken(hours: Int)
}

extension RestoreError {
    package var description: String {
        switch self {
        case .needsRoot(let what, _): what
        case .anotherIsRunning: "another restore is running"
        case .keepsNoWorkingCopy: "this server keeps no working copy (WORKTREE=off)"
        case .notWithdrawn(let label): "\(label) was not withdrawn"
        case .receivedAlready(let label): "\(label) was received already"
        case .startsElsewhere(let label):
            "the stream of \(label) starts from another subvolume than its name says"
        case .leadsOut(let path, let root): "\(path) leads out of \(root)"
        case .notTheAccountsFile(let file):
            "\(file) is not a plain file of the account that the repository belongs to"
        case .unknownSnapshot(let label):
            "the journal does not say what the snapshot of \(label) was, as it was imported"
        case .senderEnded(let how): how
        case .unsigned(let label):
            "no workstation has signed what the artifact of \(label) holds, so what the server sends cannot be checked"
        case .untrustedAuthor(let label, let name, _):
            "\(label) was sealed by \(name), which this workstation does not trust"
        case .waitsForRelease(let label, _): "restoring \(label) waits for somebody at the server to allow it"
        case .notEnrolled(let workstation): "no workstation \(workstation) is enrolled"
        case .notTaken(let hours): "the streams were not taken: nothing was read for \(hours) hours"
        }
    }

    package var hint: String? {
        switch self {
        case .needsRoot(_, let hint): hint
        case .startsElsewhere(let label):
            "find out who made it: devjournal log --label \(label); devjournal withdraw \(label)"
        case .unknownSnapshot:
            "restore it on the server once, so that its UUID is known; then run this again"
        case .senderEnded: "run it again: what arrived whole stays and is not sent again"
        case .unsigned(let label):
            "as root: LS_request.sh --trust-server \(label.monthText) takes it on the server's word"
        case .untrustedAuthor(_, _, let key):
            "compare that fingerprint with the one that its workstation showed when it was paired; "
                + "then: devjournal replica trust \(key)"
        case .waitsForRelease(let label, let workstation):
            "on the server: devjournal release \(label) --to \(workstation)"
        case .notEnrolled: "devjournal key list"
        case .anotherIsRunning, .keepsNoWorkingCopy, .notWithdrawn, .receivedAlready, .leadsOut, .notTheAccountsFile,
            .notTaken:
            nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .needsRoot, .anotherIsRunning, .senderEnded, .notTaken: .failed
        case .keepsNoWorkingCopy, .notWithdrawn, .receivedAlready, .notTheAccountsFile, .unknownSnapshot, .unsigned,
            .untrustedAuthor, .waitsForRelease:
            .refused
        case .startsElsewhere, .leadsOut: .damaged
        case .notEnrolled: .notFound
        }
    }
}
