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
        do throws(Errno) {
            for (number, item) in try child.items.written(after: generation) {
                guard !item.isDirectory, let old = try before.inode(number), old.generation == item.generation else {
                    continue
                }
                if item.isFile, !hasHoles { hasHoles = try child.hasHole(number, item) }
                let isLost =
                    item.mode & 0o6000 != 0 && old.mode == item.mode
                    && (old.user != item.user || old.group != item.group)
                if isLost, let path = try child.names(of: number).first.flatMap(child.path) {
                    addLost(TreePath(names: path).text)
                }
            }
        } catch {
            throw FileFailure("search", top, error)
        }
    }
}
