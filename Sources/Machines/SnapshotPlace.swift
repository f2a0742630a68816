import DurableFiles
package import SystemPackage

/// Where a workstation keeps its snapshots, as long as its configuration names no place (SNAPSHOTS).
package enum SnapshotPlace {
    /// Where a subvolume of root's is mounted by its id, when no other place on the code's file system is out of its
    /// user's reach.
    package static let mounted: FilePath = "/var/lib/devjournal/.snapshots"

    /// `.devjournal/DATASET` at the top of the mount that holds `code`: on its file system, and where its user can move
    /// nothing. Where he can (his home is the mount, or the code itself is, and the snapshots would be inside it),
    /// `mounted`.
    package static func usual(code: FilePath, dataset: String) -> FilePath {
        let instead = mounted.appending(dataset)
        do throws(FileFailure) {
            if pathExists(code), try OpenDirectory.withoutLinks(code).isMountPoint() { return instead }
            var top = code.removingLastComponent()
            while try !isTopOfMount(top) { top = top.removingLastComponent() }
            guard (try? requireRootsOwn(directory: top)) != nil else { return instead }
            return top.appending(".devjournal").appending(dataset)
        } catch {
            return instead
        }
    }

    /// False also where there is no such directory yet.
    private static func isTopOfMount(_ path: FilePath) throws(FileFailure) -> Bool {
        if path.removingLastComponent() == path { return true }
        guard pathExists(path) else { return false }
        return try OpenDirectory.withoutLinks(path).isMountPoint()
    }
}
