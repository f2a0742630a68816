internal import SystemPackage

/// What an inode item says (`struct btrfs_inode_item`).
struct InodeItem {
    /// In which it was made: an inode is the same one only where number and generation are.
    let generation: UInt64
    let size: UInt64
    /// That it holds on the disk, before they are compressed.
    let bytes: UInt64
    let links: UInt32
    let user: UInt32
    let group: UInt32
    let mode: UInt32
    let flags: UInt64
    /// When anything but its time of access was changed last: seconds and nanoseconds.
    let ctime: UInt64
    let ctimeNanoseconds: UInt32

    var kind: UInt32 { mode & 0o170000 }
    var isDirectory: Bool { kind == 0o040000 }
    var isFile: Bool { kind == 0o100000 }
    /// BTRFS_INODE_NODATASUM and BTRFS_INODE_NODATACOW: its content may be written in place.
    var isWrittenInPlace: Bool { flags & 3 != 0 }

    init(_ items: SubvolumeItems) {
        generation = items.number(at: 0)
        size = items.number(at: 16)
        bytes = items.number(at: 24)
        links = items.number(at: 40)
        user = items.number(at: 44)
        group = items.number(at: 48)
        mode = items.number(at: 52)
        flags = items.number(at: 64)
        ctime = items.number(at: 124)
        ctimeNanoseconds = items.number(at: 132)
    }
}

extension SubvolumeItems {
    /// Inodes whose items say that they were written in a later generation. The kernel leaves out leaves that are older;
    /// what else is in the others is left out here.
    func written(after generation: UInt64) throws(Errno) -> [(UInt64, InodeItem)] {
        var found: [(UInt64, InodeItem)] = []
        begin(
            ItemKey(inode: ItemKey.top, type: ItemKey.inodeItem, offset: 0),
            ItemKey(inode: ItemKey.lastInode, type: .max, offset: .max), writtenFrom: generation + 1)
        while try next() {
            guard key.type == ItemKey.inodeItem, number(at: 8, UInt64.self) > generation else { continue }
            found.append((key.inode, InodeItem(self)))
        }
        return found
    }
}

/// One name of an inode.
struct InodeName: Hashable {
    /// The directory's inode.
    let parent: UInt64
    let name: [UInt8]
}

/// An entry of a directory.
struct DirectoryChild {
    let name: [UInt8]
    let inode: UInt64
    let isDirectory: Bool
}

/// A subvolume as its items have it: inodes, their names, what directories hold.
final class SubvolumeTree {
    let items: SubvolumeItems
    /// Where directories are; they have one name each.
    private var places: [UInt64: InodeName] = [:]

    init(_ top: TreeDirectory) { items = SubvolumeItems(top) }

    /// Nil where there is no such inode.
    func inode(_ number: UInt64) throws(Errno) -> InodeItem? {
        items.begin(number, types: ItemKey.inodeItem...ItemKey.inodeItem)
        return try items.next() ? InodeItem(items) : nil
    }

    /// All names of an inode but of the top, in the order of their items; none where it was removed while it was open.
    func names(of inode: UInt64) throws(Errno) -> [InodeName] {
        var names: [InodeName] = []
        items.begin(inode, types: ItemKey.inodeRef...ItemKey.inodeExtref)
        while try items.next() { appendNames(&names) }
        return names
    }

    /// The names that the item holds which was found (`struct btrfs_inode_ref`, `struct btrfs_inode_extref`).
    func appendNames(_ names: inout [InodeName]) {
        let isExtended = items.key.type == ItemKey.inodeExtref
        let header = isExtended ? 18 : 10
        var start = 0
        while start + header <= items.count {
            let parent = isExtended ? items.number(at: start) : items.key.offset
            let length = Int(items.number(at: start + header - 2, UInt16.self))
            let name = items.bytes((start + header)..<(start + header + length))
            names.append(InodeName(parent: parent, name: name))
            start += header + length
        }
    }

    /// Whether any of a file's content is a hole: an extent that lies nowhere, or a gap between extents (`struct
    /// btrfs_file_extent_item`). Content within the inode item's leaf has none.
    func hasHole(_ inode: UInt64, _ item: InodeItem) throws(Errno) -> Bool {
        var end: UInt64 = 0
        items.begin(inode, types: ItemKey.extentData...ItemKey.extentData)
        while try items.next() {
            let kind = items.number(at: 20, UInt8.self)
            if kind == 0 { return false }
            // One that was only set aside reads as zeros, too.
            if kind == 2 || items.key.offset > end || items.number(at: 21, UInt64.self) == 0 { return true }
            end = items.key.offset + items.number(at: 45, UInt64.self)
        }
        return end < item.size
    }

    /// What a directory holds, in the order of its names' bytes. Subvolumes, which have an item of another kind, are left
    /// out (`struct btrfs_dir_item`).
    func children(of directory: UInt64) throws(Errno) -> [DirectoryChild] {
        var children: [DirectoryChild] = []
        items.begin(directory, types: ItemKey.dirIndex...ItemKey.dirIndex)
        while try items.next() {
            guard items.number(at: 8, UInt8.self) == ItemKey.inodeItem else { continue }
            let length = Int(items.number(at: 27, UInt16.self))
            let isDirectory = items.number(at: 29, UInt8.self) == 2
            children.append(
                DirectoryChild(
                    name: items.bytes(30..<(30 + length)), inode: items.number(at: 0), isDirectory: isDirectory))
        }
        children.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return children
    }

    /// Whether an entry of a directory is a subvolume.
    func holdsSubvolume(_ directory: UInt64) throws(Errno) -> Bool {
        items.begin(directory, types: ItemKey.dirIndex...ItemKey.dirIndex)
        while try items.next() {
            if items.number(at: 8, UInt8.self) != ItemKey.inodeItem { return true }
        }
        return false
    }

    /// Where a directory is; nil for the top, and where it was removed while it was open.
    func place(of directory: UInt64) throws(Errno) -> InodeName? {
        if directory == ItemKey.top { return nil }
        if let known = places[directory] { return known }
        let place = try names(of: directory).first
        places[directory] = place
        return place
    }

    /// The names from the top down to this one; nil where it is not below the top.
    func path(_ name: InodeName) throws(Errno) -> [[UInt8]]? {
        var names = [name.name]
        var directory = name.parent
        while directory != ItemKey.top {
            // More than there can be: parents that lead round in a circle.
            guard names.count <= 1 << 20, let place = try place(of: directory) else { return nil }
            names.append(place.name)
            directory = place.parent
        }
        return names.reversed()
    }
}
