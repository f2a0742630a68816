internal import CLinux
internal import Catalogue
package import DurableFiles
internal import Glibc
package import SystemPackage

/// What of a copy of a tree is not as in the original, by what `TreeHash` lists.
package struct TreeDifference: Sendable {
    package static let kept = 5

    package struct Object: Sendable, Equatable {
        package let path: TreePath
        /// `new`, `gone`, or the fields that differ, such as `mode, content`.
        package let what: String

        package var text: String { "\(path.text) (\(what))" }
    }

    /// Objects; of a directory that is new or gone, and of all in it, only the directory.
    package private(set) var count = 0
    /// The first few, in the order of the listing.
    package private(set) var first: [Object] = []

    /// - Parameter isSnapshot: whether the copy began as a snapshot of the original: then an inode whose ctime is still the
    ///   same was not changed, and is not read.
    /// - Parameter withoutPower: compares with the original as it is once `Power.remove` was applied to it.
    /// - Parameter isWanted: asked at every object and while contents are read; it ends with `ECANCELED` where it says no.
    package init(
        of copy: FilePath, from original: FilePath, isSnapshot: Bool = false, withoutPower: Bool = false,
        isWanted: @escaping () -> Bool = { true }
    ) throws(FileFailure) {
        var comparison = TreeComparison(isSnapshot: isSnapshot, withoutPower: withoutPower, isWanted: isWanted)
        let roots = Pair(try TreeDirectory(original), try TreeDirectory(copy))
        do throws(Errno) {
            try comparison.run(roots)
        } catch {
            throw FileFailure("compare", comparison.path.path(below: copy), error)
        }
        (count, first) = (comparison.count, comparison.first)
    }
}

private struct TreeComparison {
    let isSnapshot: Bool
    let withoutPower: Bool
    let isWanted: () -> Bool

    private(set) var path = TreePath.top
    private(set) var count = 0
    private(set) var first: [TreeDifference.Object] = []

    init(isSnapshot: Bool, withoutPower: Bool, isWanted: @escaping () -> Bool) {
        self.isSnapshot = isSnapshot
        self.withoutPower = withoutPower
        self.isWanted = isWanted
    }

    mutating func run(_ roots: Pair) throws(Errno) {
        try compare(TreeDirectory.itself, roots)
        var walk = PairWalk(roots)
        try walk.enter(TreeDirectory.itself, roots)
        while let (name, kind, pair) = try walk.next(&path) {
            if !isWanted() { throw .canceled }
            switch kind {
            case .both:
                guard try compare(name, pair) else { continue }
                try walk.enter(name, Pair(try pair.original.directory(name), try pair.copy.directory(name)))
            case .original:
                if withoutPower, Self.isDevice(try pair.original.status(name)) { continue }
                add("gone")
            case .copy: add("new")
            }
        }
    }

    private mutating func add(_ what: String) {
        count += 1
        if first.count < TreeDifference.kept { first.append(TreeDifference.Object(path: path, what: what)) }
    }

    /// - Returns: whether both are directories, whose entries are to be compared.
    @discardableResult
    private mutating func compare(_ name: EntryName, _ pair: Pair) throws(Errno) -> Bool {
        var old = try pair.original.status(name)
        let new = try pair.copy.status(name)
        if path != .top {
            let nested = (pair.original.holdsOther(old), pair.copy.holdsOther(new))
            // What is in a subvolume or a mount is none of the tree.
            if nested.0 && nested.1 { return false }
            if nested.0 || nested.1 {
                add(nested.1 ? "a subvolume or mount point" : "gone")
                return false
            }
        }
        if withoutPower, old.st_mode & S_IFMT == S_IFREG { old.st_mode &= ~Power.setIDBits }
        let isDirectory = old.st_mode & S_IFMT == S_IFDIR && new.st_mode & S_IFMT == S_IFDIR
        let isUnchanged =
            isSnapshot && old.st_ino == new.st_ino && old.st_ctim.tv_sec == new.st_ctim.tv_sec
            && old.st_ctim.tv_nsec == new.st_ctim.tv_nsec
        if !isUnchanged {
            let fields = try fields(name, pair, old, new, isTop: path == .top)
            if !fields.isEmpty { add(fields.joined(separator: ", ")) }
        }
        return isDirectory
    }

    private func fields(
        _ name: EntryName, _ pair: Pair, _ old: stat, _ new: stat, isTop: Bool
    ) throws(Errno) -> [String] {
        let kind = old.st_mode & S_IFMT
        guard kind == new.st_mode & S_IFMT else { return ["kind"] }
        var fields: [String] = []
        func check(_ field: String, _ isSame: Bool) { if !isSame { fields.append(field) } }
        check("mode", old.st_mode == new.st_mode)
        check("owner", old.st_uid == new.st_uid && old.st_gid == new.st_gid)
        if kind != S_IFDIR {
            check("links", old.st_nlink == new.st_nlink)
            check("size", old.st_size == new.st_size)
        }
        if !isTop {
            check("mtime", old.st_mtim.tv_sec == new.st_mtim.tv_sec && old.st_mtim.tv_nsec == new.st_mtim.tv_nsec)
        }
        if Self.isDevice(old) { check("rdev", old.st_rdev == new.st_rdev) }
        if kind == S_IFLNK { check("target", try pair.original.linkTarget(name) == pair.copy.linkTarget(name)) }
        fields += try changedAttributes(name, pair, hidesCapability: withoutPower && kind == S_IFREG)
        if kind == S_IFREG, old.st_size == new.st_size { check("content", try hasSameContent(name, pair)) }
        return fields
    }

    private func changedAttributes(
        _ name: EntryName, _ pair: Pair, hidesCapability: Bool
    ) throws(Errno) -> [String] {
        var old: [[UInt8]: [UInt8]] = [:]
        for (key, value) in try pair.original.attributes(name) where !hidesCapability || key != Power.attribute {
            old[key] = value
        }
        var changed: [[UInt8]] = []
        for (key, value) in try pair.copy.attributes(name) where old.removeValue(forKey: key) != value {
            changed.append(key)
        }
        return (changed + old.keys).map { String(decoding: EscapedText.text($0), as: UTF8.self) }.sorted()
    }

    private func hasSameContent(_ name: EntryName, _ pair: Pair) throws(Errno) -> Bool {
        let files = (try pair.original.file(name), try pair.copy.file(name))
        defer {
            try? files.0.close()
            try? files.1.close()
        }
        var (one, other) = ([UInt8](repeating: 0, count: 1 << 18), [UInt8](repeating: 0, count: 1 << 18))
        while true {
            if !isWanted() { throw .canceled }
            let count = try Self.fill(&one, from: files.0)
            guard try Self.fill(&other, from: files.1) == count, one[..<count] == other[..<count] else { return false }
            if count < one.count { return true }
        }
    }

    /// Less than the whole buffer at the end alone.
    private static func fill(_ buffer: inout [UInt8], from file: FileDescriptor) throws(Errno) -> Int {
        var count = 0
        while count < buffer.count {
            do {
                let more = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
                }
                if more == 0 { break }
                count += more
            } catch {
                throw error as? Errno ?? .ioError
            }
        }
        return count
    }

    private static func isDevice(_ status: stat) -> Bool { [S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT) }
}

/// The same directory in both trees.
private struct Pair {
    let original: TreeDirectory
    let copy: TreeDirectory

    init(_ original: TreeDirectory, _ copy: TreeDirectory) {
        self.original = original
        self.copy = copy
    }
}

/// Walks two trees at once, through the directories that both have. Of a deep tree a few are open at a time.
private struct PairWalk {
    enum Kind { case both, original, copy }

    private struct Frame {
        let name: EntryName
        var directories: Pair?
        let names: [(name: EntryName, kind: Kind)]
        var next = 0
        let pathLength: Int
    }

    private static let openAtMost = 64

    private let roots: Pair
    private var stack: [Frame] = []
    private var pathLength = TreePath.top.bytes.count

    init(_ roots: Pair) { self.roots = roots }

    mutating func enter(_ name: EntryName, _ pair: Pair) throws(Errno) {
        let names = Self.merged(try pair.original.names(), try pair.copy.names())
        stack.append(Frame(name: name, directories: pair, names: names, pathLength: pathLength))
        if stack.count > Self.openAtMost { stack[stack.count - 1 - Self.openAtMost].directories = nil }
    }

    /// The next name, and the directories that it is in; the path becomes its.
    mutating func next(_ path: inout TreePath) throws(Errno) -> (EntryName, Kind, Pair)? {
        while let last = stack.indices.last {
            guard stack[last].next < stack[last].names.count else {
                stack.removeLast()
                continue
            }
            let pair: Pair
            if let open = stack[last].directories {
                pair = open
            } else {
                pair = try reopened(last)
                stack[last].directories = pair
            }
            let (name, kind) = stack[last].names[stack[last].next]
            stack[last].next += 1
            path.cut(to: stack[last].pathLength)
            path.append(name)
            pathLength = path.bytes.count
            return (name, kind, pair)
        }
        return nil
    }

    private func reopened(_ index: Int) throws(Errno) -> Pair {
        var pair = roots
        for frame in stack[...index].dropFirst() {
            pair = Pair(try pair.original.directory(frame.name), try pair.copy.directory(frame.name))
        }
        return pair
    }

    private static func merged(_ old: [EntryName], _ new: [EntryName]) -> [(name: EntryName, kind: Kind)] {
        var names: [(name: EntryName, kind: Kind)] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if j == new.count || (i < old.count && old[i].lexicographicallyPrecedes(new[j])) {
                names.append((old[i], .original))
                i += 1
            } else if i == old.count || new[j].lexicographicallyPrecedes(old[i]) {
                names.append((new[j], .copy))
                j += 1
            } else {
                names.append((old[i], .both))
                (i, j) = (i + 1, j + 1)
            }
        }
        return names
    }
}

extension TreeDirectory {
    /// Whether an entry of this directory begins another subvolume, or what a snapshot shows in its place, or a mount.
    fileprivate func holdsOther(_ status: stat) -> Bool {
        if status.st_mode & S_IFMT == S_IFDIR, isOnBtrfs, status.st_ino == 2 { return true }
        return (try? self.status(Self.itself).st_dev) != status.st_dev
    }
}
