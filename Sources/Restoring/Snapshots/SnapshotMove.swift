import DurableFiles
package import SystemPackage

/// The snapshots move with their whole directory, by one rename: so each keeps its UUID, and at any moment all of them are
/// in one place.
package struct SnapshotMove {
    private let from: FilePath
    private let to: FilePath

    package init(from: FilePath, to: FilePath) {
        self.from = from
        self.to = to
    }

    private var notRoots: MonthSnapshotError { .notRootsDirectory(from, configured: to) }

    /// - Returns: `moved`, or `stays` where both are not on one mount and in one subvolume.
    package func carryOut() throws -> String {
        guard let oldName = from.lastComponent?.string, let newName = to.lastComponent?.string else {
            throw MonthSnapshotError.cannotMove(from, to: to)
        }
        // Its parent is its user's: what is opened there is looked at before and after.
        let oldParent = try OpenDirectory.withoutLinks(from.removingLastComponent())
        guard try oldParent.kind(of: oldName) == .directory else { throw notRoots }
        let moving = try oldParent.directory(oldName)
        let found = try moving.ownership()
        guard found.user == 0, found.permissions & 0o077 == 0 else { throw notRoots }
        let newParent = try OpenDirectory.makingRootsOwn(to.removingLastComponent())
        do throws(FileFailure) {
            try oldParent.rename(oldName, replacing: newName, in: newParent)
        } catch {
            switch error.errno {
            case .improperLink: return "stays"
            case .directoryNotEmpty, .fileExists:
                throw MonthSnapshotError.inBothPlaces(from, to)
            default: throw error
            }
        }
        guard try moving.isDirectory(newName, in: newParent) else {
            try newParent.rename(newName, toNewName: oldName, in: oldParent)
            throw MonthSnapshotError.replacedWhileMoved(from)
        }
        try newParent.synchronize()
        try oldParent.synchronize()
        return "moved"
    }
}
