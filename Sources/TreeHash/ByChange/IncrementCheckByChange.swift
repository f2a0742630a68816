internal import Digest
package import DurableFiles
package import SystemPackage

extension IncrementCheck {
    /// The same answer for two snapshots of one subvolume, from what Btrfs says was changed: no object is walked to that was
    /// not. Needs root.
    ///
    /// - Returns: nil where Btrfs cannot say, as for `ListingByChange`: then both trees have to be walked.
    package init?(changesOf top: FilePath, since parent: FilePath) throws(FileFailure) {
        let pair = ListingByChange.Parent(parent, since: .itsCreation, listing: "", digest: SHA256Digest())
        guard case .success(let generation) = try pair.generation(for: top) else { return nil }
        let child = SubvolumeTree(try TreeDirectory(top))
        let before = SubvolumeTree(try TreeDirectory(parent))
        self.init()
        var lost: [[[UInt8]]] = []
        do throws(Errno) {
            for (number, item) in try child.items.written(after: generation) {
                guard !item.isDirectory, let old = try before.inode(number), old.generation == item.generation else {
                    continue
                }
                if item.isFile, !hasHoles { hasHoles = try child.hasHole(number, item) }
                let isLost =
                    item.mode & 0o6000 != 0 && old.mode == item.mode
                    && (old.user != item.user || old.group != item.group)
                guard isLost else { continue }
                for name in try child.names(of: number) {
                    if let path = try child.path(name) { lost.append(path) }
                }
            }
        } catch {
            throw FileFailure("search", top, error)
        }
        // As a walk comes by them.
        lost.sort { $0.lexicographicallyPrecedes($1) { $0.lexicographicallyPrecedes($1) } }
        for path in lost { addLost(TreePath(names: path).text) }
    }
}
