/// How the listing of a month's tree is to be made, by what the journal knows. Whether the files and Btrfs allow that is
/// seen when it is made.
package enum ListingPlan: Sendable, Equatable {
    /// From the listing in that label's catalogue, whose plain text has so many bytes; its hash is `tree`.
    case byChange(since: Label, tree: String, plainBytes: Int)
    case full(FullReason)

    /// Why all of a month's tree is read where the journal, or what this machine keeps, gives nothing to start from.
    package enum FullReason: String, Sendable, CaseIterable {
        /// The artifact is a full one: an anchor's listing owes nothing to one before.
        case fullArtifact = "full"
        case parentNotListed = "parent_not_listed"
        case otherKernel = "other_kernel"
        case catalogueMissing = "catalogue_missing"
        case catalogueUnreadable = "catalogue_unreadable"
        case inheritedAttributes = "inherited_attributes"

        /// Follows "the whole tree is read: ".
        package var text: String {
            switch self {
            case .fullArtifact: "the artifact is a full one"
            case .parentNotListed: "no listing of the month before is recorded"
            case .otherKernel: "the month before was listed under another series of the kernel"
            case .catalogueMissing: "the catalogue of the month before is not on this machine"
            case .catalogueUnreadable: "the catalogue of the month before cannot be read"
            case .inheritedAttributes: "the snapshot's top has attributes that whatever is below it inherits"
            }
        }
    }

    /// - Parameter kernel: the series that runs now, such as `6.18`. A new one reads everything once, so that what it does
    ///   wrong about changes is not believed from the first month on.
    package init(_ name: ArtifactName, _ state: BackupState, kernel: String) {
        guard let parent = name.kind.parent else {
            self = .full(.fullArtifact)
            return
        }
        guard let stream = state.entries[parent]?.stream, let tree = stream.tree, let catalogue = stream.catalogue
        else {
            self = .full(.parentNotListed)
            return
        }
        guard stream.listing?.kernel == kernel else {
            self = .full(.otherKernel)
            return
        }
        self = .byChange(since: parent, tree: tree, plainBytes: catalogue.plainBytes)
    }
}
