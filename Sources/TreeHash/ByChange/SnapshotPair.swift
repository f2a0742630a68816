internal import DurableFiles
internal import SystemPackage

/// A reason as an error of a `Result`.
struct NeedsFullError: Error {
    let reason: FullListingReason

    init(_ reason: FullListingReason) { self.reason = reason }
}

extension ListingByChange.Parent {
    /// The generation after which inodes of the child count as changed, if Btrfs can say what was changed at all.
    func generation(for top: FilePath) throws(FileFailure) -> Result<UInt64, NeedsFullError> {
        let child = try OpenDirectory(top)
        let parent = try OpenDirectory(path)
        guard let new = try child.subvolume(), let old = try parent.subvolume() else {
            return .failure(NeedsFullError(.notSubvolume))
        }
        guard new.isReadOnly && old.isReadOnly else { return .failure(NeedsFullError(.notReadOnly)) }
        guard try child.isOnFileSystem(of: parent) else { return .failure(NeedsFullError(.otherFileSystem)) }
        let generation: UInt64
        switch since {
        case .itsCreation:
            // An older snapshot that was made the source again has another UUID.
            guard let source = old.parentUUID, source == new.parentUUID else {
                return .failure(NeedsFullError(.otherParent))
            }
            generation = old.generationAtCreation
            guard generation <= new.generationAtCreation else { return .failure(NeedsFullError(.parentIsNewer)) }
        case .generation(let recorded):
            guard new.parentUUID == old.uuid else { return .failure(NeedsFullError(.otherParent)) }
            generation = recorded
            guard old.generationAtCreation <= recorded, recorded < new.generationAtCreation else {
                return .failure(NeedsFullError(.parentIsNewer))
            }
        }
        // What waits to be written outlasts that the snapshot became read-only, and a search does not see it.
        try child.synchronizeFileSystem()
        do throws(FileFailure) {
            return try parent.isChanged(since: generation)
                ? .failure(NeedsFullError(.parentTouched)) : .success(generation)
        } catch {
            if error.errno == .notPermitted { return .failure(NeedsFullError(.notPermitted)) }
            throw error
        }
    }
}
