internal import CLinux
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// What a tree holds beneath a name but a snapshot of it, or a listing, does not.
package struct TreeFinding: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// A subvolume inside the tree, or what a snapshot shows in its place: an empty directory with inode 2.
        case nestedSubvolume = "nested_subvolume"
        /// Something on another device: a mount point.
        case otherFileSystem = "other_file_system"
    }

    package let kind: Kind
    package let path: TreePath

    package var text: String {
        switch kind {
        case .nestedSubvolume: "subvolume \(path.text)"
        case .otherFileSystem: "mount point \(path.text)"
        }
    }
}

/// One object of a tree, while the walk stands on it.
struct TreeObject {
    let path: TreePath
    let name: EntryName
    let status: stat
    let directory: TreeDirectory
    /// Whether a file capability is left out of its attributes.
    var hidesCapability = false
    /// Attributes that are left out where they have these values.
    var inherited: [[UInt8]: [UInt8]] = [:]

    var kind: mode_t { status.st_mode & S_IFMT }
}

/// Walks a tree by directory descriptors: parents before children, the names of a directory in the order of their
/// bytes. Symbolic links are not followed and no other device is entered. Of a deep tree a few directories only are
/// open at a time; those above are found again through `..` and must be the same ones.
struct TreeWalk {
    /// Directories held open at most.
    private static let openAtMost = 64
    /// `BTRFS_FIRST_FREE_OBJECTID`, the top of every subvolume, and `BTRFS_EMPTY_SUBVOL_DIR_OBJECTID`.
    private static let topOfSubvolume: ino_t = 256
    private static let emptySubvolume: ino_t = 2

    private struct Frame {
        var directory: TreeDirectory?
        let inode: ino_t
        let pathLength: Int
        let names: [EntryName]
        var next = 0
    }

    let top: FilePath
    private let isBtrfs: Bool
    private let device: dev_t
    private let root: TreeDirectory
    private var stack: [Frame] = []
    private var path = TreePath.top
    private var findings: [TreeFinding] = []

    init(_ top: FilePath) throws(FileFailure) {
        self.top = top
        root = try TreeDirectory(top)
        isBtrfs = root.isOnBtrfs
        do { device = try root.status(TreeDirectory.itself).st_dev } catch { throw FileFailure("look at", top, error) }
    }

    /// Visits the top and everything below it. `visit` may throw an `Errno` about the object it was shown.
    mutating func walk(_ visit: (TreeObject) throws(Errno) -> Void) throws(FileFailure) -> [TreeFinding] {
        do {
            let status = try root.status(TreeDirectory.itself)
            try visit(TreeObject(path: path, name: TreeDirectory.itself, status: status, directory: root))
            try enter(root, status)
            while let last = stack.indices.last {
                if stack[last].next < stack[last].names.count {
                    try step(last, visit)
                } else {
                    try leave()
                }
            }
        } catch {
            throw FileFailure("read", path.path(below: top), error)
        }
        return findings
    }

    private mutating func step(_ last: Int, _ visit: (TreeObject) throws(Errno) -> Void) throws(Errno) {
        let name = stack[last].names[stack[last].next]
        stack[last].next += 1
        path.cut(to: stack[last].pathLength)
        path.append(name)
        guard let directory = stack[last].directory else { throw .badFileDescriptor }
        let status = try directory.status(name)
        if let kind = try finding(name, status, directory) {
            findings.append(TreeFinding(kind: kind, path: path))
            return
        }
        try visit(TreeObject(path: path, name: name, status: status, directory: directory))
        if status.st_mode & S_IFMT == S_IFDIR { try enter(try directory.directory(name), status) }
    }

    private func finding(
        _ name: EntryName, _ status: stat, _ directory: TreeDirectory
    ) throws(Errno) -> TreeFinding.Kind? {
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if status.st_dev == device {
            return isBtrfs && isDirectory && status.st_ino == Self.emptySubvolume ? .nestedSubvolume : nil
        }
        guard isDirectory, status.st_ino == Self.topOfSubvolume || status.st_ino == Self.emptySubvolume,
            try directory.directory(name).isOnBtrfs
        else { return .otherFileSystem }
        return .nestedSubvolume
    }

    private mutating func enter(_ directory: TreeDirectory, _ status: stat) throws(Errno) {
        try require(directory, status.st_ino)
        stack.append(
            Frame(
                directory: directory, inode: status.st_ino, pathLength: path.bytes.count, names: try directory.names()))
        if stack.count > Self.openAtMost { stack[stack.count - 1 - Self.openAtMost].directory = nil }
    }

    private mutating func leave() throws(Errno) {
        let left = stack.removeLast()
        guard let last = stack.indices.last else { return }
        path.cut(to: stack[last].pathLength)
        if stack[last].directory == nil, let below = left.directory {
            let directory = try below.directory(TreeDirectory.above)
            try require(directory, stack[last].inode)
            stack[last].directory = directory
        }
    }

    /// What was opened must be what was seen: somebody who renames things meanwhile gets an error and no wrong listing.
    private func require(_ directory: TreeDirectory, _ inode: ino_t) throws(Errno) {
        let status = try directory.status(TreeDirectory.itself)
        guard status.st_dev == device, status.st_ino == inode else { throw .staleNFSFileHandle }
    }
}
