internal import CLinux
internal import Catalogue
internal import Digest
internal import Glibc
internal import SystemPackage

/// Makes the child's listing of the parent's lines and of what was changed, in one walk down the child's tree. Lines of
/// what was not changed are taken over, with other paths where a directory above them has moved.
struct ListingMerge: ~Copyable {
    /// A directory that the walk is in.
    private struct Frame {
        /// Whether its entries are those in `children`. Else they are those that the parent's listing has, and `children`
        /// are the ways to what was changed.
        let isChanged: Bool
        let children: [DirectoryChild]
        var next = 0
        /// Its path in the parent's listing, and where the lines of what is in it begin that were not used yet; nil where
        /// the parent has no such directory.
        let oldPath: [UInt8]
        var line: Int?
        /// How long the child's paths of it are.
        let lengths: (path: Int, text: Int)
    }

    private static let tab = ParentListing.tab
    private static let slash = UInt8(ascii: "/")
    /// Bytes of lines that are taken over at a time.
    private static let pieceSize = 1 << 16

    private let changed: ChangedInodes
    private let tree: SubvolumeTree
    private let device: dev_t
    private let isWanted: () -> Bool
    private var trail: DirectoryTrail
    private var frames: [Frame] = []
    /// Where the walk stands in the child: as bytes and as a listing has it.
    private(set) var path = TreePath.top
    private var text = TreePath.top.bytes
    /// First names of what has several and was not changed: those in the parent to those in the child.
    private var firstNames: [[UInt8]: [UInt8]] = [:]
    private var piece: [UInt8] = []
    private var linesInPiece = 0
    private var namesMade = 0

    init(
        _ changed: ChangedInodes, _ tree: SubvolumeTree, _ top: TreeDirectory, on device: dev_t,
        isWanted: @escaping () -> Bool
    ) {
        (self.changed, self.tree, self.device, self.isWanted) = (changed, tree, device, isWanted)
        trail = DirectoryTrail(top)
    }

    /// - Returns: false where the parent's listing lacks what must be in it; what was given out so far is worthless then.
    mutating func run(_ lines: inout ParentListing, into listing: inout Listing) throws(Errno) -> Bool {
        guard try enterTop(&lines, &listing) else { return false }
        while let last = frames.indices.last {
            if !isWanted() { throw .canceled }
            let isSound =
                try frames[last].isChanged
                ? stepThroughChanged(last, &lines, &listing) : stepThroughKept(last, &lines, &listing)
            if !isSound { return false }
        }
        try flush(&listing)
        // Names to which no way led.
        return namesMade == changed.names
    }

    private mutating func enterTop(_ lines: inout ParentListing, _ listing: inout Listing) throws(Errno) -> Bool {
        let start = TreeHash.firstLine.utf8.count + 1
        guard try lines.line(at: 0, beginning: Array((TreeHash.firstLine + "\n").utf8)) != nil,
            let line = try lines.line(at: start, beginning: text + [Self.tab])
        else { return false }
        if let inode = changed.inodes[ItemKey.top] {
            try makeLine(TreeDirectory.itself, ItemKey.top, inode, &listing)
            return try enterChanged(ItemKey.top, &lines)
        }
        try takeOver(line[...], 1, text.count, text.count, &listing)
        enterKept(ItemKey.top, text, start + line.count)
        return true
    }

    /// Into a directory that was changed: what it holds is looked up.
    private mutating func enterChanged(_ inode: UInt64, _ lines: inout ParentListing) throws(Errno) -> Bool {
        var (oldPath, first): ([UInt8], Int?) = ([], nil)
        if let start = changed.inodes[inode]?.line {
            guard let line = try lines.line(at: start, beginning: TreePath.top.bytes) else { return false }
            (oldPath, first) = (Array(line.prefix { $0 != Self.tab }), start + line.count)
        }
        frames.append(
            Frame(
                isChanged: true, children: try tree.children(of: inode), oldPath: oldPath, line: first,
                lengths: (path.bytes.count, text.count)))
        return true
    }

    /// Into a directory that was not changed and holds something that was.
    private mutating func enterKept(_ inode: UInt64, _ oldPath: [UInt8], _ line: Int) {
        frames.append(
            Frame(
                isChanged: false, children: changed.ways[inode] ?? [], oldPath: oldPath, line: line,
                lengths: (path.bytes.count, text.count)))
    }

    private mutating func leave() {
        let left = frames.removeLast()
        if frames.isEmpty { return }
        trail.leave()
        // Its lines lie among those of the directory above, unless it has been somewhere else.
        if !left.isChanged { frames[frames.count - 1].line = left.line }
    }

    /// The next entry of a directory whose entries were looked up.
    private mutating func stepThroughChanged(
        _ last: Int, _ lines: inout ParentListing, _ listing: inout Listing
    ) throws(Errno) -> Bool {
        let frame = frames[last]
        guard frame.next < frame.children.count else {
            leave()
            return true
        }
        let child = frame.children[frame.next]
        frames[last].next += 1
        stand(on: child.name, in: frame)
        if let inode = changed.inodes[child.inode] { return try make(child, inode, &lines, &listing) }
        // What was not changed has the place and the name that it had.
        guard let start = frame.line else { return false }
        let oldPath = frame.oldPath + [Self.slash] + EscapedText.text(child.name)
        let found = try lines.lines(from: start, within: frame.oldPath + [Self.slash], until: oldPath + [Self.tab]) {
            _, _ throws(Errno) in
        }
        guard let line = try lines.line(at: found, beginning: oldPath + [Self.tab]) else { return false }
        try takeOver(line[...], 1, frame.oldPath.count, frame.lengths.text, &listing)
        frames[last].line = found + line.count
        guard child.isDirectory else { return true }
        if changed.ways[child.inode] != nil {
            enterKept(child.inode, oldPath, found + line.count)
            trail.enter(child.name)
        } else {
            frames[last].line = try lines.lines(
                from: found + line.count, within: oldPath + [Self.slash], until: nil
            ) { lines, count throws(Errno) in
                try takeOver(lines, count, frame.oldPath.count, frame.lengths.text, &listing)
            }
        }
        return true
    }

    /// Takes over what a directory holds as far as the next way to something that was changed.
    private mutating func stepThroughKept(
        _ last: Int, _ lines: inout ParentListing, _ listing: inout Listing
    ) throws(Errno) -> Bool {
        let frame = frames[last]
        guard let start = frame.line else { return false }
        let child = frame.next < frame.children.count ? frame.children[frame.next] : nil
        let oldPath = child.map { frame.oldPath + [Self.slash] + EscapedText.text($0.name) }
        let end = oldPath.map { $0 + [Self.tab] }
        let found = try lines.lines(from: start, within: frame.oldPath + [Self.slash], until: end) {
            lines, count throws(Errno) in
            try takeOver(lines, count, frame.oldPath.count, frame.lengths.text, &listing)
        }
        frames[last].line = found
        guard let child, let oldPath, let end else {
            leave()
            return true
        }
        guard let line = try lines.line(at: found, beginning: end) else { return false }
        frames[last].next += 1
        stand(on: child.name, in: frame)
        if let inode = changed.inodes[child.inode] {
            frames[last].line = try lines.lines(
                from: found + line.count, within: oldPath + [Self.slash], until: nil
            ) { _, _ throws(Errno) in }
            return try make(child, inode, &lines, &listing)
        }
        try takeOver(line[...], 1, frame.oldPath.count, frame.lengths.text, &listing)
        enterKept(child.inode, oldPath, found + line.count)
        trail.enter(child.name)
        return true
    }

    private mutating func stand(on name: [UInt8], in frame: Frame) {
        path.cut(to: frame.lengths.path)
        path.append(name + [0])
        text.removeLast(text.count - frame.lengths.text)
        text.append(Self.slash)
        text += EscapedText.text(name)
    }

    /// A new line; and of a directory, those of what is in it are next.
    private mutating func make(
        _ child: DirectoryChild, _ inode: ChangedInode, _ lines: inout ParentListing, _ listing: inout Listing
    ) throws(Errno) -> Bool {
        try makeLine(child.name + [0], child.inode, inode, &listing)
        guard inode.item.isDirectory else { return true }
        guard try enterChanged(child.inode, &lines) else { return false }
        trail.enter(child.name)
        return true
    }

    private mutating func makeLine(
        _ name: EntryName, _ number: UInt64, _ inode: ChangedInode, _ listing: inout Listing
    ) throws(Errno) {
        try flush(&listing)
        let directory = try trail.directory()
        let status = try directory.status(name)
        // A mount, or another tree than the one that was searched.
        guard status.st_dev == device, status.st_ino == number, status.st_mode & S_IFMT == inode.item.kind else {
            throw .staleNFSFileHandle
        }
        try listing.add(TreeObject(path: path, name: name, status: status, directory: directory), content: inode.hash)
        namesMade += 1
    }

    /// Takes over lines of what was not changed, from a directory whose path has `oldLength` bytes in the parent's listing
    /// and `length` in the child's.
    private mutating func takeOver(
        _ lines: ArraySlice<UInt8>, _ count: Int, _ oldLength: Int, _ length: Int, _ listing: inout Listing
    ) throws(Errno) {
        if changed.areDirectoriesMoved {
            var start = lines.startIndex
            while let end = lines[start...].firstIndex(of: UInt8(ascii: "\n")) {
                rewrite(lines[start...end], oldLength, length)
                start = end + 1
            }
        } else {
            piece += lines
        }
        linesInPiece += count
        if piece.count >= Self.pieceSize { try flush(&listing) }
    }

    /// One line, where paths may be others than they were.
    private mutating func rewrite(_ line: ArraySlice<UInt8>, _ oldLength: Int, _ length: Int) {
        var tabs: [Int] = []
        for index in line.indices where line[index] == Self.tab { tabs.append(index) }
        let rest = line.startIndex + oldLength
        guard tabs.count >= 10, rest <= tabs[0] else {
            piece += line
            return
        }
        // The fields path and same.
        let path = text[..<length] + line[rest..<tabs[0]]
        let same = line[(tabs[8] + 1)..<tabs[9]]
        piece += path
        if same.elementsEqual([UInt8(ascii: "-")]) {
            piece += line[tabs[0]...]
            return
        }
        piece += line[tabs[0]...tabs[8]]
        if let first = firstNames[Array(same)] {
            piece += first
        } else {
            firstNames[Array(same)] = Array(path)
            piece += path
        }
        piece += line[tabs[9]...]
    }

    private mutating func flush(_ listing: inout Listing) throws(Errno) {
        if piece.isEmpty { return }
        try listing.add(piece, lines: linesInPiece)
        piece.removeAll(keepingCapacity: true)
        linesInPiece = 0
    }
}
