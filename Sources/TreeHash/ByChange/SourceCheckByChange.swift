internal import CLinux
package import DurableFiles
internal import Glibc
package import SystemPackage

extension SourceCheck {
    /// `BTRFS_INODE_NODATACOW`, `SYNC`, `IMMUTABLE`, `APPEND`, `NODUMP`, `NOATIME`, `DIRSYNC`, and `BTRFS_INODE_RO_VERITY` in
    /// the upper half: what of an inode sending loses.
    private static let lostFlagBits: UInt64 = 1 << 1 | 0b11_1111 << 5 | 1 << 32

    /// Whether a subvolume, of which nothing was found when the snapshot of it was taken, has got nothing since that a check
    /// would find: by what was changed alone. Call it once the subvolume is on the disk. Needs root.
    ///
    /// - Parameter name: where mounts inside it would show, which Btrfs knows nothing of.
    /// - Returns: bytes of the changed regular files, each once, holes included; nil where everything has to be looked at.
    package static func bytesOfHarmlessChanges(
        in top: FilePath, named name: FilePath, since snapshot: FilePath
    ) throws(FileFailure) -> Int? {
        let child = try OpenDirectory(top)
        let parent = try OpenDirectory(snapshot)
        guard let new = try child.subvolume(), let old = try parent.subvolume(), old.isReadOnly,
            old.parentUUID == new.uuid, try child.isOnFileSystem(of: parent),
            try !parent.isChanged(since: old.generationAtCreation), try !holdsMount(name)
        else { return nil }
        let here = try TreeDirectory(top)
        let (tree, before) = (SubvolumeTree(here), SubvolumeTree(try TreeDirectory(snapshot)))
        do throws(Errno) {
            if try here.attributes(TreeDirectory.itself).contains(where: isInherited) { return nil }
            var bytes = 0
            for (number, item) in try tree.items.written(after: old.generationAtCreation) {
                guard try isHarmless(number, item, tree, before) else { return nil }
                guard item.isFile else { continue }
                let (sum, isTooLarge) = bytes.addingReportingOverflow(Int(clamping: item.size))
                bytes = isTooLarge ? .max : sum
            }
            return bytes
        } catch {
            throw FileFailure("search", top, error)
        }
    }

    private static func isHarmless(
        _ number: UInt64, _ item: InodeItem, _ tree: SubvolumeTree, _ before: SubvolumeTree
    ) throws(Errno) -> Bool {
        let isTop = number == ItemKey.top
        let names = isTop ? [] : try tree.names(of: number)
        // Removed while it was open, or a flag that is lost.
        if names.isEmpty && !isTop { return true }
        if item.flags & lostFlagBits != 0 && (item.isFile || item.isDirectory) { return false }
        for name in names {
            guard let path = try tree.path(name), path.reduce(path.count - 1, { $0 + $1.count }) <= longestPath else {
                return false
            }
        }
        guard item.isDirectory else { return true }
        if try tree.holdsSubvolume(number) { return false }
        guard !isTop, let old = try before.inode(number), old.generation == item.generation else { return true }
        // Else the paths of all that is in it are others.
        return try before.names(of: number).first == names.first
    }

    private static func isInherited(_ attribute: (key: [UInt8], value: [UInt8])) -> Bool {
        isInherited(String(decoding: attribute.key, as: UTF8.self))
    }

    /// Whether anything is mounted below that path. Where nobody can tell, there may be.
    private static func holdsMount(_ path: FilePath) throws(FileFailure) -> Bool {
        guard let text = try? readFile("/proc/self/mountinfo", limit: 1 << 22) else { return true }
        let inside = Array(path.string.utf8) + [UInt8(ascii: "/")]
        return text.split(separator: UInt8(ascii: "\n")).contains { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count < 6 || unescapedMountName(fields[4]).starts(with: inside)
        }
    }
}
