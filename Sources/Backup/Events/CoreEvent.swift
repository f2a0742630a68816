internal import JournalFormat

/// A core type of event, declared once: what makes it, how it reads to a person, and, where it is a
/// `ProjectedEvent`, what it says and what that changes. Its name, schema and authors stand in the format
/// (`CoreEventType`), which names its declaration below.
///
/// To add one: a case of `CoreEventType`, a file in this folder, a row in journal-format.md and a record in the fixture
/// `good-every-type`. The compiler and `CoreEventTests` ask for each of them.
protocol CoreEvent: Sendable {
    static var type: CoreEventType { get }
    static var maker: EventMaker { get }
    static var wording: EventWording { get }
    /// What a reviewer should know of it whatever follows; nil for what is only told.
    static func notice(_ words: EventWords) -> AuditNotice?
}

extension CoreEvent {
    static func notice(_ words: EventWords) -> AuditNotice? { nil }
}

/// An event that changes what the journal adds up to, with those members of its data that this depends on.
///
/// Members that are not named here are kept in the journal and ignored, so later versions may add some.
protocol ProjectedEvent: CoreEvent {
    /// Whether the manifest, or the policy's state, may look different after it.
    static var isShown: Bool { get }

    init(_ members: EventMembers) throws(ProjectionError)

    /// Whether it comes too late to change anything: it is about an artifact, or a snapshot of one, that was withdrawn
    /// before, as a push, a scrub or a restore says it that ran meanwhile.
    func isLate(in state: BackupState) -> Bool

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionError)
}

extension ProjectedEvent {
    static var isShown: Bool { true }

    func isLate(in state: BackupState) -> Bool { false }
}

/// What appends events of a type.
enum EventMaker: Equatable {
    /// A command of devjournal, once it has done what the event tells.
    case command(String)
    /// `append`: a script was there and says so.
    case scripts
    case nobodyYet
}

/// What an audit lists of one event.
struct AuditNotice {
    let slug: AuditFinding.Slug
    var subject: String?
    let sentence: String

    init(_ slug: AuditFinding.Slug, subject: String? = nil, _ sentence: String) {
        self.slug = slug
        self.subject = subject
        self.sentence = sentence
    }
}

extension CoreEventType {
    /// Its declaration.
    var declaration: any CoreEvent.Type {
        switch self {
        case .journalOpened: JournalOpened.self
        case .epochStarted: EpochStarted.self
        case .rootEnrolled: RootEnrolled.self
        case .rootRetired: RootRetired.self
        case .rootReplaced: RootReplaced.self
        case .keyEnrolled: KeyEnrolled.self
        case .keyRetired: KeyRetired.self
        case .recipientSet: RecipientSet.self
        case .kitMade: KitMade.self
        case .journalRepaired: JournalRepaired.self
        case .journalSucceeds: JournalSucceeds.self
        case .snapshotTaken: SnapshotTaken.self
        case .artifactSealed: ArtifactSealed.self
        case .artifactRegistered: ArtifactRegistered.self
        case .artifactUploaded: ArtifactUploaded.self
        case .artifactStored: ArtifactStored.self
        case .artifactVerified: ArtifactVerified.self
        case .artifactCatalogued: ArtifactCatalogued.self
        case .artifactWithdrawn: ArtifactWithdrawn.self
        case .restoreReleased: RestoreReleased.self
        case .snapshotRestored: SnapshotRestored.self
        case .worktreeUpdated: WorktreeUpdated.self
        case .manifestImported: ManifestImported.self
        case .reviewSigned: ReviewSigned.self
        case .witnessAccepted: WitnessAccepted.self
        case .drillCompleted: DrillCompleted.self
        case .note: Note.self
        }
    }

    /// The command of devjournal that appends it once it has done what the event tells; nil where there is none.
    package var command: String? {
        if case .command(let words) = declaration.maker { words } else { nil }
    }
}

extension CoreEvent {
    /// The event, said by the only role that may say it.
    static func event(_ data: JSONObject) -> NewEvent {
        let role: KeyRole =
            switch type.authors {
            case .root: .root
            case .author: .author
            case .sequencer, .sequencerOrAuthor: .sequencer
            }
        return NewEvent(type, by: role, data)
    }
}
