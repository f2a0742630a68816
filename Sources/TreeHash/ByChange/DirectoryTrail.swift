internal import SystemPackage

/// Where a walk stands below the top of a tree; directories are opened when they are needed, and a few are open at a time.
struct DirectoryTrail {
    private static let openAtMost = 64

    private let top: TreeDirectory
    private var levels: [(name: [UInt8], directory: TreeDirectory?)] = []

    init(_ top: TreeDirectory) { self.top = top }

    /// Into the directory of that name, which is without the zero at its end.
    mutating func enter(_ name: [UInt8]) { levels.append((name, nil)) }

    mutating func leave() { levels.removeLast() }

    /// To the directory that these names lead to from the top.
    mutating func move(to names: ArraySlice<[UInt8]>) {
        let same = zip(levels, names).prefix { $0.name == $1 }.count
        levels.removeLast(levels.count - same)
        for name in names.dropFirst(same) { enter(name) }
    }

    /// The directory itself.
    mutating func directory() throws(Errno) -> TreeDirectory {
        var (directory, level) = (top, 0)
        if let open = levels.lastIndex(where: { $0.directory != nil }), let found = levels[open].directory {
            (directory, level) = (found, open + 1)
        }
        while level < levels.count {
            directory = try directory.directory(levels[level].name + [0])
            levels[level].directory = directory
            if level >= Self.openAtMost { levels[level - Self.openAtMost].directory = nil }
            level += 1
        }
        return directory
    }
}
