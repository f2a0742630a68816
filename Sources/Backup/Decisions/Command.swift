package import JournalFormat

/// What somebody wants to be recorded.
package enum Command: Sendable {
    case recordSnapshot(Snapshot, details: JSONObject)
    case recordSealing(NewSealing)
    case register(ArtifactName, bytes: Int, sha256: String)
    /// `catalogueKey`: where its catalogue is, where it has one that was brought there.
    case recordUpload(Label, sha256: String, bytes: Int, objectKey: String, store: String, catalogueKey: String? = nil)
    case recordStoring(Label, sha256: String, bytes: Int, localPath: String, objectKey: String)
    /// A catalogue was made of what is registered.
    case recordCatalogue(Label, sha256: String, SignedCatalogue)
    /// `found`: what is there instead, where something is.
    case recordCheck(Label, sha256: String, BackupState.Condition, found: (sha256: String, bytes: Int)?)
    /// The steps of the label's chain after `after` are given out to that workstation.
    /// `paths`: where only these files of it are, as the listing has them.
    case recordRelease(
        Label, after: Label?, to: String, confirmed: String?, paths: [String]? = nil, names: [Label]? = nil)
    /// `trustsServer`: nobody but the server has said what the artifact holds.
    case recordRestore(
        Label, by: KeyRole, uuid: String, receivedUUID: String, path: String, trustsServer: Bool = false)
    /// `login`: who asked for it on the server.
    case withdraw(Label, reason: String, withChildren: Bool, login: String?)
    case recordWorktree(Label, path: String, kept: String?, unpowered: Unpowered? = nil)
    case setRecipients([String], reason: String? = nil)
    case recordKit(sha256: String, bytes: Int, workFactor: Int)
    case importManifest(ManifestImport)
    case signReview(Review)
    /// A workstation's key is enrolled or retired; whether it may be, the journal's own rules have said.
    case changeKeys(KeyEvent)
    /// `witness.accepted`: what was given up.
    case acceptCut(JSONObject)
    /// What a script has witnessed, in the server's own name or a workstation's.
    case note(type: EventType, data: JSONObject, by: KeyRole)
}

/// Why a command changes nothing.
package struct DecisionError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        case conflict, notFound
        /// The time for it has not come: the same command may succeed later.
        case later
    }

    package let kind: Kind
    package let description: String
    package let hint: String?

    package init(_ description: String, _ kind: Kind = .conflict, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }
}

extension Command {
    /// Whether what was backed up so far decides about it; without it any state leads to the same events.
    package var needsState: Bool {
        switch self {
        case .note, .changeKeys, .acceptCut: false
        default: true
        }
    }
}
