internal import CLinux
package import DurableFiles
internal import Glibc
package import SystemPackage

/// A look through a tree for what `btrfs send` and `btrfs receive` would lose or fail on, before a snapshot is taken.
package struct SourceCheck: Sendable {
    /// Bytes of a path, relative to the top. `btrfs receive` fails from 4,060 on and `btrfs send` from 4,096 on.
    package static let longestPath = 3900

    /// How many there are, and the first few.
    package struct Sample: Sendable, Equatable {
        package static let kept = 5

        package private(set) var count = 0
        package private(set) var first: [String] = []

        /// Whether `first` names all of them.
        package var isWhole: Bool { count == first.count }

        mutating func add(_ text: @autoclosure () -> String) {
            count += 1
            if first.count < Self.kept { first.append(text()) }
        }
    }

    /// Subvolumes and mount points inside the tree: a snapshot does not hold what is in them.
    package let findings: [TreeFinding]
    /// Objects whose paths are too long.
    package private(set) var longPaths = Sample()
    /// Objects with the flags that sending loses, such as `+C data/image`.
    package private(set) var lostFlags = Sample()
    /// Attributes of the top that whatever is made below it inherits. `btrfs receive` makes every object in the top,
    /// moves it to its place afterwards and takes nothing off it: all of them would come back with the attribute.
    package private(set) var inherited: [String] = []
    /// Of regular files, by each of their names, holes included; Int.max where it is more.
    package private(set) var apparentBytes = 0

    package init(_ top: FilePath) throws(FileFailure) {
        var walk = try TreeWalk(top)
        var longPaths = Sample()
        var lostFlags = Sample()
        var inherited: [String] = []
        var apparentBytes = 0
        findings = try walk.walk { object throws(Errno) in
            if object.path == .top {
                inherited = try object.directory.attributes(object.name).map { String(decoding: $0.key, as: UTF8.self) }
                    .filter(Self.isInherited)
            }
            if object.kind == S_IFREG {
                let (sum, isTooLarge) = apparentBytes.addingReportingOverflow(Int(object.status.st_size))
                apparentBytes = isTooLarge ? .max : sum
            }
            if object.path.relative.count > Self.longestPath { longPaths.add(object.path.text) }
            guard object.kind == S_IFREG || object.kind == S_IFDIR,
                let flags = try object.directory.inodeFlags(object.name), case let names = Self.lost(flags),
                !names.isEmpty
            else { return }
            lostFlags.add("+\(names) \(object.path.text)")
        }
        self.longPaths = longPaths
        self.lostFlags = lostFlags
        self.inherited = inherited
        self.apparentBytes = apparentBytes
    }

    static func isInherited(_ attribute: String) -> Bool {
        attribute == "system.posix_acl_default" || attribute == "btrfs.compression"
    }

    /// linux/fs.h: FS_NOCOW_FL, FS_IMMUTABLE_FL, FS_APPEND_FL, FS_NOATIME_FL, FS_SYNC_FL, FS_DIRSYNC_FL, FS_NODUMP_FL,
    /// FS_VERITY_FL, as the letters of chattr(1). FS_COMPR_FL is kept as an attribute; Btrfs sets FS_NOCOMP_FL by itself.
    private static func lost(_ flags: UInt32) -> String {
        let letters: [(UInt32, String)] = [
            (0x0080_0000, "C"), (0x10, "i"), (0x20, "a"), (0x80, "A"), (0x08, "S"), (0x1_0000, "D"), (0x40, "d"),
            (0x0010_0000, "V"),
        ]
        return letters.filter { flags & $0.0 != 0 }.map(\.1).joined()
    }
}

/// A look at a snapshot for what an increment from an earlier one would get wrong, though a full stream would not.
package struct IncrementCheck: Sendable, Equatable {
    /// Files with a set-user-ID or set-group-ID bit whose owner is another one now and whose mode is the same: the stream
    /// tells of the new owner only, and a change of owner takes the bits away.
    package private(set) var lostSetIDs = SourceCheck.Sample()
    /// Whether a changed file, which the parent has too, may have a hole: such a hole can be sent as zeros.
    package var hasHoles = false

    /// Nothing found yet.
    init() {}

    mutating func addLost(_ path: String) { lostSetIDs.add(path) }

    package init(_ top: FilePath, since parent: FilePath) throws(FileFailure) {
        var before: [ino_t: stat] = [:]
        var walk = try TreeWalk(parent)
        _ = try walk.walk { object throws(Errno) in
            let status = object.status
            if object.kind != S_IFDIR, status.st_mode & (S_ISUID | S_ISGID) != 0 { before[status.st_ino] = status }
        }
        hasHoles = true
        if before.isEmpty { return }
        var lost = SourceCheck.Sample()
        walk = try TreeWalk(top)
        _ = try walk.walk { object throws(Errno) in
            let now = object.status
            guard let old = before[now.st_ino], old.st_mode == now.st_mode,
                old.st_uid != now.st_uid || old.st_gid != now.st_gid
            else { return }
            lost.add(object.path.text)
        }
        lostSetIDs = lost
    }
}

/// The swap file in the subvolume that holds `top`, if one is in use: such a subvolume cannot be snapshot.
package func activeSwapFile(in top: FilePath) throws(FileFailure) -> FilePath? {
    // A kernel without swap has no such file.
    guard pathExists("/proc/swaps") else { return nil }
    let lines = try readFile("/proc/swaps", limit: 1 << 20).split(separator: UInt8(ascii: "\n")).dropFirst()
    let device = try attempt("look at", top) { try top.stat().deviceID }
    for line in lines {
        let path = FilePath(
            String(decoding: unescapedMountName(line.prefix { $0 != 0x20 && $0 != 0x09 }), as: UTF8.self))
        // Swap on a whole device, or a file this process cannot see, is none of ours.
        guard let status = try? path.stat(), status.type == .regular, status.deviceID == device else { continue }
        return path
    }
    return nil
}

/// The kernel writes white space and `\` in such files as `\` and three octal digits.
func unescapedMountName(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "\\"), rest.count >= 3,
            let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
        {
            bytes.append(value)
            rest.removeFirst(3)
        } else {
            bytes.append(byte)
        }
    }
    return bytes
}
