internal import Digest
internal import SystemPackage

/// An inode of the child that was written since the parent.
struct ChangedInode {
    let item: InodeItem
    /// Whether its content is what it was in the parent, because it has the same extents.
    var isContentKept = false
    /// The hash of that content, as the parent's listing has it.
    var hash: SHA256Digest?
    /// Where the parent's listing has this directory.
    var line: Int?
}

/// What of the child was written since the parent, by what both trees say.
///
/// It keeps what changed and nothing of what did not.
struct ChangedInodes {
    private(set) var inodes: [UInt64: ChangedInode] = [:]
    /// Of each directory that holds something changed, at whatever depth: what leads there, in the order of names.
    private(set) var ways: [UInt64: [DirectoryChild]] = [:]
    /// What has to be found in the parent's listing, by paths in the parent.
    private(set) var wanted: [WantedLine] = []
    /// Whether a directory has another place than in the parent: then paths below it are others too.
    private(set) var areDirectoriesMoved = false
    /// Names whose lines are made again.
    private(set) var names = 0

    private let parent: SubvolumeTree
    private let child: SubvolumeTree
    private var placed: Set<UInt64> = []

    init(
        _ child: SubvolumeTree, since parent: SubvolumeTree, _ generation: UInt64, isWanted: () -> Bool
    ) throws(Errno) {
        (self.child, self.parent) = (child, parent)
        for (number, item) in try child.items.written(after: generation) {
            if !isWanted() { throw .canceled }
            try add(number, item)
        }
        placed = []
        ways = ways.mapValues { $0.sorted { $0.name.lexicographicallyPrecedes($1.name) } }
    }

    private mutating func add(_ number: UInt64, _ item: InodeItem) throws(Errno) {
        let isTop = number == ItemKey.top
        let found = try parent.inode(number)
        let old = found?.generation == item.generation ? found : nil
        if let old, try isOnlyRead(number, old, item) { return }
        // Without a name it was removed while it was open.
        let here = try child.names(of: number)
        if here.isEmpty && !isTop { return }
        inodes[number] = ChangedInode(item: item)
        names += isTop ? 1 : here.count
        if !isTop {
            for name in here { try addWay(name, to: number, item.isDirectory) }
        }
        guard let old, old.kind == item.kind else { return }
        if item.isDirectory {
            let place = try parent.names(of: number).first
            if place != here.first && !isTop { areDirectoriesMoved = true }
            try want(number, place, isTop)
        } else if item.isFile, try hasSameContent(number, old, item) {
            inodes[number]?.isContentKept = true
            try want(number, try parent.names(of: number).first, false)
        }
    }

    private mutating func addWay(_ name: InodeName, to inode: UInt64, _ isDirectory: Bool) throws(Errno) {
        var (name, inode, isDirectory) = (name, inode, isDirectory)
        while true {
            // Where a directory has its place, those above it have theirs.
            if isDirectory, !placed.insert(inode).inserted { return }
            ways[name.parent, default: []].append(
                DirectoryChild(name: name.name, inode: inode, isDirectory: isDirectory))
            guard let place = try child.place(of: name.parent) else { return }
            (inode, isDirectory) = (name.parent, true)
            name = place
        }
    }

    private mutating func want(_ number: UInt64, _ name: InodeName?, _ isTop: Bool) throws(Errno) {
        if isTop { return wanted.append(WantedLine([], .changed(number))) }
        guard let name, let path = try parent.path(name) else { return }
        wanted.append(WantedLine(path, .changed(number)))
    }

    /// Whether nothing but the time of access differs, and what counts how often the item itself was written: reading
    /// under `relatime` does that.
    private func isOnlyRead(_ number: UInt64, _ old: InodeItem, _ new: InodeItem) throws(Errno) -> Bool {
        guard !old.isWrittenInPlace, !new.isWrittenInPlace, old.ctime == new.ctime,
            old.ctimeNanoseconds == new.ctimeNanoseconds
        else { return false }
        return try areSame(number, types: 0...UInt8.max) { key in
            // `struct btrfs_inode_item`: transid, sequence, atime
            key.type == ItemKey.inodeItem ? [8..<16, 72..<80, 112..<124] : []
        }
    }

    /// Whether both have the same extents; in which generation an extent was written says nothing, since a file that
    /// shares another one's extents keeps their generation.
    private func hasSameContent(_ number: UInt64, _ old: InodeItem, _ new: InodeItem) throws(Errno) -> Bool {
        guard old.size == new.size, !old.isWrittenInPlace, !new.isWrittenInPlace else { return false }
        return try areSame(number, types: ItemKey.extentData...ItemKey.extentData) { _ in [0..<8] }
    }

    private func areSame(
        _ number: UInt64, types: ClosedRange<UInt8>, but ignored: (ItemKey) -> [Range<Int>]
    ) throws(Errno) -> Bool {
        let (old, new) = (parent.items, child.items)
        old.begin(number, types: types)
        new.begin(number, types: types)
        while true {
            let (isOld, isNew) = (try old.next(), try new.next())
            if !isOld && !isNew { return true }
            guard isOld, isNew, old.key == new.key, new.isEqual(to: old, but: ignored(new.key)) else { return false }
        }
    }

    /// Takes down what the parent's listing says of a changed inode.
    mutating func found(_ number: UInt64, line: Int, hash: SHA256Digest?) {
        if inodes[number]?.item.isDirectory == true { inodes[number]?.line = line } else { inodes[number]?.hash = hash }
    }

    /// The lines that are wanted are found, or their names are no longer needed.
    mutating func takeWanted() -> [WantedLine] {
        defer { wanted = [] }
        return wanted
    }
}
