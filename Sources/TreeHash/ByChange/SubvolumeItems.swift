internal import CLinux
internal import Glibc
internal import SystemPackage

/// The key of an item in a subvolume's tree; items are in the order of their keys.
struct ItemKey: Equatable {
    var inode: UInt64
    var type: UInt8
    var offset: UInt64

    /// `BTRFS_FIRST_FREE_OBJECTID`, the top of every subvolume, and `BTRFS_LAST_FREE_OBJECTID`.
    static let top: UInt64 = 256
    static let lastInode = UInt64(bitPattern: -256)

    // linux/btrfs_tree.h
    static let inodeItem: UInt8 = 1
    static let inodeRef: UInt8 = 12
    static let inodeExtref: UInt8 = 13
    static let dirIndex: UInt8 = 96
    static let extentData: UInt8 = 108
}

/// Reads items of an open subvolume in the order of their keys (`BTRFS_IOC_TREE_SEARCH_V2`). One search at a time. It needs
/// root, and sees what is in memory and not yet on the disk, except content that waits to be written.
final class SubvolumeItems {
    private static let size = 1 << 18

    private let directory: TreeDirectory
    // By words: the kernel wants it aligned.
    private var memory: [UInt64]
    private var search = clinux_search()
    private var left = 0
    private var at = 0
    /// Of the item that `next` has found.
    private(set) var key = ItemKey(inode: 0, type: 0, offset: 0)
    /// Bytes of its data.
    private(set) var count = 0

    init(_ directory: TreeDirectory) {
        self.directory = directory
        memory = [UInt64](repeating: 0, count: Self.size / 8)
    }

    /// Begins a search from one key to another, both included.
    ///
    /// - Parameters:
    ///   - writtenFrom: leaves that were written in an older generation are left out; what is in the others need not be any
    ///     newer.
    ///   - atOnce: items that the kernel is asked for at a time; 0 for many. A few where only those are wanted.
    func begin(_ from: ItemKey, _ to: ItemKey, writtenFrom: UInt64 = 0, atOnce: UInt32 = 0) {
        search = clinux_search(
            from_inode: from.inode, from_offset: from.offset, to_inode: to.inode, to_offset: to.offset,
            written_from: writtenFrom, from_type: from.type, to_type: to.type, at_most: atOnce,
            is_over: 0)
        left = 0
    }

    /// All items of one inode, of these types.
    func begin(_ inode: UInt64, types: ClosedRange<UInt8>) {
        begin(
            ItemKey(inode: inode, type: types.lowerBound, offset: 0),
            ItemKey(inode: inode, type: types.upperBound, offset: .max))
    }

    /// Moves to the next item; false where there is none.
    func next() throws(Errno) -> Bool {
        while left == 0 {
            if search.is_over != 0 { return false }
            let found = directory.search(&search, &memory, Self.size)
            if found < 0 { throw Errno(rawValue: clinux_errno()) }
            (left, at, count) = (found, Int(clinux_search_start), 0)
        }
        at += count
        key = ItemKey(
            inode: load(at + 8), type: UInt8(truncatingIfNeeded: load(at + 24) as UInt32), offset: load(at + 16))
        count = Int(load(at + 28) as UInt32)
        at += 32
        left -= 1
        return true
    }

    /// A little-endian number in the item's data; 0 where the data is shorter.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, _ type: Number.Type = Number.self)
        -> Number
    {
        offset + MemoryLayout<Number>.size <= count ? Number(littleEndian: load(at + offset)) : 0
    }

    /// Bytes of the item's data, as far as there are any.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        return unsafe memory.withUnsafeBytes { unsafe Array($0[(at + range.lowerBound)..<(at + range.upperBound)]) }
    }

    /// Whether the data of both items are the same but for those bytes.
    func isEqual(to other: SubvolumeItems, but ignored: [Range<Int>]) -> Bool {
        guard count == other.count else { return false }
        var start = 0
        for range in ignored + [count..<count] {
            let end = min(range.lowerBound, count)
            if start < end, !isEqual(to: other, start..<end) { return false }
            start = range.upperBound
        }
        return true
    }

    private func isEqual(to other: SubvolumeItems, _ part: Range<Int>) -> Bool {
        unsafe memory.withUnsafeBytes { mine in
            unsafe other.memory.withUnsafeBytes { theirs in
                guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return false }
                return unsafe memcmp(mine + at + part.lowerBound, theirs + other.at + part.lowerBound, part.count) == 0
            }
        }
    }

    private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= Self.size)
        return unsafe memory.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }
}
