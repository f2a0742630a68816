/// The core types of events: what each is called, of which schema it is and who may say it (journal-format.md, "Who may
/// author what" and "Core events").
///
/// Every verifier needs this much, and nothing more, of a type that changes no key. What else is declared of a type, which
/// is what its data holds, what it changes and how it reads to a person, is in Backup's `CoreEvent` of the same name.
package enum CoreEventType: String, Sendable, CaseIterable {
    case journalOpened = "journal.opened"
    case epochStarted = "epoch.started"
    case rootEnrolled = "root.enrolled"
    case rootRetired = "root.retired"
    case rootReplaced = "root.replaced"
    case keyEnrolled = "key.enrolled"
    case keyRetired = "key.retired"

    case recipientSet = "recipient.set"
    case kitMade = "kit.made"
    case journalRepaired = "journal.repaired"
    case journalSucceeds = "journal.succeeds"

    case snapshotTaken = "snapshot.taken"
    case artifactSealed = "artifact.sealed"
    case artifactRegistered = "artifact.registered"
    case artifactUploaded = "artifact.uploaded"
    case artifactStored = "artifact.stored"
    case artifactVerified = "artifact.verified"
    case artifactCatalogued = "artifact.catalogued"
    case artifactWithdrawn = "artifact.withdrawn"
    case restoreReleased = "restore.released"
    case snapshotRestored = "snapshot.restored"
    case worktreeUpdated = "worktree.updated"
    case manifestImported = "manifest.imported"

    case reviewSigned = "review.signed"
    case witnessAccepted = "witness.accepted"
    case drillCompleted = "drill.completed"
    case note

    /// Nil for any other name. Swift's own `init(rawValue:)` makes a table of all names first; this one is
    /// there already in whatever has verified a line.
    package init?(named name: String) {
        guard let type = EventType.core[Array(name.utf8).span]?.type else { return nil }
        self = type
    }

    /// The only one that this version writes, and that its projections read.
    package static let schema = 1

    package enum Authors: Sendable {
        case root, sequencer, author, sequencerOrAuthor

        package func include(_ role: KeyRole) -> Bool {
            switch self {
            case .root: role == .root
            case .sequencer: role == .sequencer
            case .author: role == .author
            case .sequencerOrAuthor: role != .root
            }
        }
    }

    /// A stolen workstation cannot claim an upload.
    package var authors: Authors {
        switch self {
        case .journalOpened, .epochStarted, .rootEnrolled, .rootRetired:
            .root
        case .rootReplaced, .keyEnrolled, .keyRetired, .recipientSet, .kitMade, .journalRepaired, .journalSucceeds,
            .artifactRegistered, .artifactUploaded, .artifactStored, .artifactVerified, .artifactCatalogued,
            .artifactWithdrawn, .restoreReleased, .worktreeUpdated, .manifestImported, .reviewSigned, .drillCompleted:
            .sequencer
        case .snapshotTaken, .artifactSealed, .witnessAccepted:
            .author
        case .snapshotRestored, .note:
            .sequencerOrAuthor
        }
    }

    /// Whether it changes the keyring, so that verifiers have to understand its data (`KeyEvent`).
    package var isKeyEvent: Bool {
        switch self {
        case .journalOpened, .epochStarted, .rootEnrolled, .rootRetired, .rootReplaced, .keyEnrolled, .keyRetired: true
        default: false
        }
    }
}

extension Event {
    /// Nil for a user's own type, and for one that this version does not know.
    package var coreType: CoreEventType? { CoreEventType(named: type) }

    package func isOf(_ type: CoreEventType) -> Bool { self.type == type.rawValue }

    package var isKeyEvent: Bool { coreType?.isKeyEvent ?? false }
}
