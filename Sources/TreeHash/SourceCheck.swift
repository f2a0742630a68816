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

    package init(_ top: FilePath) throws(FileFailure) {
        var walk = try TreeWalk(top)
        var longPaths = Sample()
        var lostFlags = Sample()
        findings = try walk.walk { object throws(Errno) in
            if object.path.relative.count > Self.longestPath { longPaths.add(object.path.text) }
            guard object.kind == S_IFREG || object.kind == S_IFDIR,
                let flags = try object.directory.inodeFlags(object.name), case let names = Self.lost(flags),
                !names.isEmpty
            else { return }
            lostFlags.add("+\(names) \(object.path.text)")
        }
        self.longPaths = longPaths
        self.lostFlags = lostFlags
    }

    /// linux/fs.h: FS_NOCOW_FL, FS_IMMUTABLE_FL, FS_APPEND_FL, as the letters of chattr(1).
    private static func lost(_ flags: UInt32) -> String {
        [(0x0080_0000, "C"), (0x10, "i"), (0x20, "a")].filter { flags & $0.0 != 0 }.map(\.1).joined()
    }
}

/// The swap file in the subvolume that holds `top`, if one is in use: such a subvolume cannot be snapshot.
package func activeSwapFile(in top: FilePath) throws(FileFailure) -> FilePath? {
    // A kernel without swap has no such file.
    guard pathExists("/proc/swaps") else { return nil }
    let lines = try readFile("/proc/swaps", limit: 1 << 20).split(separator: UInt8(ascii: "\n")).dropFirst()
    let device = try attempt("look at", top) { try top.stat().deviceID }
    for line in lines {
        let path = FilePath(String(decoding: unescaped(line.prefix { $0 != 0x20 && $0 != 0x09 }), as: UTF8.self))
        // Swap on a whole device, or a file this process cannot see, is none of ours.
        guard let status = try? path.stat(), status.type == .regular, status.deviceID == device else { continue }
        return path
    }
    return nil
}

/// The kernel writes white space and `\` in such files as `\` and three octal digits.
private func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
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
