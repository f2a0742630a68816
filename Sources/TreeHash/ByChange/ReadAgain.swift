internal import CLinux
internal import Digest
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// A file that has other content than the parent's listing says, though nothing else says that it was changed: its disk,
/// its memory or its file system is at fault.
package struct DamagedFile: Sendable, Equatable {
    package let path: TreePath
    /// The one that it had in the parent.
    package let pathBefore: TreePath
    /// Nil where it has other content; else why it cannot be read.
    package let reason: String?
}

/// Files that were not changed, read again to see whether they are what they were: each month another twelfth.
struct ReadAgain: ~Copyable {
    /// Months in which all is read once.
    static let parts: UInt64 = 12
    private static let openAtMost = 64

    /// A file of the child, by one of its names.
    private struct Candidate {
        let inode: UInt64
        let name: InodeName
        /// The names that lead to it in the parent.
        var before: [[UInt8]] = []
    }

    private let tree: SubvolumeTree
    private let hashing: ContentHashing
    private var trail: DirectoryTrail
    private var candidates: [Candidate] = []
    private var waiting: [(number: Int, expected: SHA256Digest)] = []
    private(set) var damaged: [DamagedFile] = []

    init(_ tree: SubvolumeTree, _ top: TreeDirectory, _ hashing: ContentHashing) {
        (self.tree, self.hashing) = (tree, hashing)
        trail = DirectoryTrail(top)
    }

    /// Finds the files whose inode has this month's remainder and whose content should be what it was.
    ///
    /// - Returns: what is wanted of the parent's listing.
    mutating func find(
        month: Int, _ changed: ChangedInodes, in parent: SubvolumeTree, isWanted: () -> Bool
    ) throws(Errno) -> [WantedLine] {
        try scan(UInt64(month) % Self.parts, changed, isWanted)
        var wanted: [WantedLine] = []
        for (number, candidate) in candidates.enumerated() {
            if !isWanted() { throw .canceled }
            let isChanged = changed.inodes[candidate.inode] != nil
            let name = isChanged ? try parent.names(of: candidate.inode).first : candidate.name
            guard let name, let path = try parent.path(name) else { continue }
            candidates[number].before = path
            wanted.append(WantedLine(path, .readAgain(number)))
        }
        return wanted
    }

    private mutating func scan(_ remainder: UInt64, _ changed: ChangedInodes, _ isWanted: () -> Bool) throws(Errno) {
        let items = tree.items
        var inode = Self.first(from: ItemKey.top, remainder)
        while inode <= ItemKey.lastInode {
            if !isWanted() { throw .canceled }
            // The inode item and what follows it, its first name; what else there is of the tree is not looked at.
            items.begin(
                ItemKey(inode: inode, type: ItemKey.inodeItem, offset: 0),
                ItemKey(inode: ItemKey.lastInode, type: .max, offset: .max), atOnce: 2)
            guard try items.next() else { return }
            guard items.key.inode == inode else {
                inode = Self.first(from: items.key.inode, remainder)
                continue
            }
            if let name = try firstNameOfFile(items, changed) { candidates.append(Candidate(inode: inode, name: name)) }
            inode += Self.parts
        }
    }

    /// The smallest inode number from this one on that has the remainder.
    private static func first(from inode: UInt64, _ remainder: UInt64) -> UInt64 {
        inode + (remainder + parts - inode % parts) % parts
    }

    /// Of the inode whose item was found; nil for another kind of object, an empty file, and other content than it had.
    private func firstNameOfFile(_ items: SubvolumeItems, _ changed: ChangedInodes) throws(Errno) -> InodeName? {
        let (key, item) = (items.key, InodeItem(items))
        guard key.type == ItemKey.inodeItem, item.isFile, item.size > 0,
            changed.inodes[key.inode]?.isContentKept ?? true,
            try items.next(), items.key.inode == key.inode,
            ItemKey.inodeRef...ItemKey.inodeExtref ~= items.key.type
        else { return nil }
        var names: [InodeName] = []
        tree.appendNames(&names)
        return names.first
    }

    /// Begins to read one; waits where many are being read.
    mutating func read(_ number: Int, expected: SHA256Digest?, isWanted: () -> Bool) throws(Errno) {
        let candidate = candidates[number]
        guard let expected, let path = try tree.path(candidate.name), let name = path.last else { return }
        trail.move(to: path.dropLast())
        let directory = try trail.directory()
        let status = try directory.status(name + [0])
        guard status.st_ino == candidate.inode else { throw .staleNFSFileHandle }
        hashing.add(number, try directory.file(name + [0]), bytes: Int(status.st_size))
        waiting.append((number, expected))
        while waiting.count >= Self.openAtMost {
            if !isWanted() { throw .canceled }
            hashing.waitForAny()
            try collect()
        }
    }

    mutating func finish(isWanted: () -> Bool) throws(Errno) {
        while !waiting.isEmpty {
            if !isWanted() { throw .canceled }
            hashing.waitForAny()
            try collect()
        }
        damaged.sort { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    }

    private mutating func collect() throws(Errno) {
        var left: [(number: Int, expected: SHA256Digest)] = []
        for (number, expected) in waiting {
            var (found, reason): (SHA256Digest?, String?) = (nil, nil)
            do throws(Errno) {
                found = try hashing.result(number)
            } catch {
                // What the disk gives no longer, or what fails its checksum.
                if error != .ioError { throw error }
                reason = error.description
            }
            if found == nil && reason == nil {
                left.append((number, expected))
            } else if found != expected {
                try add(number, reason)
            }
        }
        waiting = left
    }

    private mutating func add(_ number: Int, _ reason: String?) throws(Errno) {
        let candidate = candidates[number]
        damaged.append(
            DamagedFile(
                path: TreePath(names: try tree.path(candidate.name) ?? []),
                pathBefore: TreePath(names: candidate.before),
                reason: reason))
    }
}
