/// Why a listing cannot be made from the parent's, so that the whole tree has to be listed.
package enum FullListingReason: String, Sendable, CaseIterable {
    case notSubvolume = "not_subvolume"
    case notReadOnly = "not_read_only"
    case otherFileSystem = "other_file_system"
    case otherParent = "other_parent"
    case parentIsNewer = "parent_is_newer"
    case parentTouched = "parent_touched"
    case listingDiffers = "listing_differs"
    case childNotFound = "child_not_found"
    case notPermitted = "not_permitted"

    /// Follows "the whole tree is listed: ".
    package var text: String {
        switch self {
        case .notSubvolume: "the snapshot or the one before is not a Btrfs subvolume"
        case .notReadOnly: "the snapshot or the one before can be written to"
        case .otherFileSystem: "the snapshot before lies on another file system"
        case .otherParent: "the snapshot before is not the one that this snapshot follows"
        case .parentIsNewer: "the snapshot before is newer, or its generation was recorded too late"
        case .parentTouched: "the snapshot before was written to after it was listed"
        case .listingDiffers: "the listing of the snapshot before is not the one that was recorded"
        case .childNotFound: "the listing of the snapshot before lacks what Btrfs says was not changed"
        case .notPermitted: "only root may ask Btrfs what has changed"
        }
    }
}
