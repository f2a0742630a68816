internal import CLinux
internal import Catalogue
internal import Digest
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// The lines of a tree's listing, given out in order; those at the end still wait for their contents' hashes.
struct Listing: ~Copyable {
    /// Files that are open for hashing, and lines that wait, at most.
    private static let openAtMost = 64
    private static let linesAtMost = 4096
    /// Bytes of ready lines that wait for others, at most.
    private static let readyAtMost = 4 << 20

    private enum Content {
        /// Whole lines, nothing to be added.
        case ready
        case none
        case known(SHA256Digest)
        case hashing(Int)
        /// Another name of a file that came before.
        case same(ino_t)
    }

    private struct Line {
        var text: [UInt8]
        let path: TreePath
        let content: Content
        /// Set for the first of several names.
        let shared: ino_t?
    }

    /// Which file could not be hashed: by then the walk is further on.
    private(set) var failure: FileFailure?
    private let hashing: ContentHashing
    private let top: FilePath
    private let give: ([UInt8]) -> Void
    private let isWanted: () -> Bool
    private var digest = SHA256()
    private var objects = 0
    private var bytes = 0
    private var lines: [Line] = []
    /// Lines before it are given out.
    private var head = 0
    private var submitted = 0
    private var collected = 0
    private var readyBytes = 0
    private var firstNames: [ino_t: TreePath] = [:]
    private var sharedContents: [ino_t: SHA256Digest] = [:]

    /// - Parameter isWanted: asked now and then while contents are waited for.
    init(
        _ hashing: ContentHashing, _ top: FilePath, isWanted: @escaping () -> Bool, _ give: @escaping ([UInt8]) -> Void
    ) {
        self.hashing = hashing
        self.top = top
        self.give = give
        self.isWanted = isWanted
        put(Array((TreeHash.firstLine + "\n").utf8))
    }

    /// - Parameter known: the hash of a regular file's content, where it need not be read.
    mutating func add(_ object: TreeObject, content known: SHA256Digest? = nil) throws(Errno) {
        let status = object.status
        var same: TreePath?
        var isFirst = true
        if object.kind != S_IFDIR && status.st_nlink > 1 {
            same = firstNames[status.st_ino]
            isFirst = same == nil
            if isFirst { (same, firstNames[status.st_ino]) = (object.path, object.path) }
        }
        var content = Content.none
        if object.kind == S_IFREG {
            if let known, isFirst {
                content = .known(known)
            } else {
                content = isFirst ? try submit(object) : .same(status.st_ino)
            }
        }
        let text = try ListingLine.text(object, same: same)
        lines.append(
            Line(text: text, path: object.path, content: content, shared: same != nil && isFirst ? status.st_ino : nil))
        objects += 1
        try giveOutAndWait()
    }

    /// Adds whole lines of other objects.
    mutating func add(_ text: [UInt8], lines count: Int) throws(Errno) {
        objects += count
        try giveOut()
        if head == lines.count { return put(text) }
        lines.append(Line(text: text, path: .top, content: .ready, shared: nil))
        readyBytes += text.count
        try giveOutAndWait()
    }

    /// Gives out what is ready, and waits where too much is not.
    private mutating func giveOutAndWait() throws(Errno) {
        try giveOut()
        while submitted - collected >= Self.openAtMost || lines.count - head >= Self.linesAtMost
            || readyBytes >= Self.readyAtMost
        {
            try waitForAny()
            try giveOut()
        }
    }

    private func waitForAny() throws(Errno) {
        if !isWanted() { throw .canceled }
        hashing.waitForAny()
    }

    mutating func finish() throws(FileFailure) -> (SHA256Digest, objects: Int, bytes: Int) {
        do throws(Errno) {
            try giveOut()
            while head < lines.count {
                try waitForAny()
                try giveOut()
            }
        } catch {
            throw failure ?? FileFailure("read", top, error)
        }
        return (digest.finish(), objects, bytes)
    }

    private mutating func submit(_ object: TreeObject) throws(Errno) -> Content {
        if object.status.st_size == 0 { return .known(SHA256.hash([UInt8]().span)) }
        hashing.add(submitted, try object.directory.file(object.name), bytes: Int(object.status.st_size))
        defer { submitted += 1 }
        bytes += Int(object.status.st_size)
        return .hashing(submitted)
    }

    /// Gives out what is ready, as far as the first line that is not.
    private mutating func giveOut() throws(Errno) {
        do throws(Errno) {
            try giveOutReady()
        } catch {
            failure = FileFailure("read", lines[head].path.path(below: top), error)
            throw error
        }
        if head > Self.linesAtMost / 4 || head == lines.count {
            lines.removeFirst(head)
            head = 0
        }
    }

    private mutating func giveOutReady() throws(Errno) {
        while head < lines.count {
            var hash: SHA256Digest?
            switch lines[head].content {
            case .ready, .none: break
            case .known(let digest): hash = digest
            case .same(let inode): hash = sharedContents[inode]
            case .hashing(let number):
                hash = try hashing.result(number)
                if hash == nil { return }
                collected += 1
            }
            if let inode = lines[head].shared { sharedContents[inode] = hash }
            var text: [UInt8] = []
            swap(&text, &lines[head].text)
            if case .ready = lines[head].content {
                readyBytes -= text.count
            } else {
                text += Array((hash?.hex ?? "-").utf8) + [UInt8(ascii: "\n")]
            }
            put(text)
            head += 1
        }
    }

    private mutating func put(_ line: [UInt8]) {
        digest.update(line.span)
        give(line)
    }
}

/// One line of the listing, without its last field.
enum ListingLine {
    static func text(_ object: TreeObject, same: TreePath?) throws(Errno) -> [UInt8] {
        let status = object.status
        let kind = object.kind
        let isDirectory = kind == S_IFDIR
        let isDevice = kind == S_IFCHR || kind == S_IFBLK
        let isTop = object.path.bytes == [UInt8(ascii: ".")]
        let mtime = Int128(status.st_mtim.tv_sec) * 1_000_000_000 + Int128(status.st_mtim.tv_nsec)
        var line = EscapedText.text(object.path.bytes)
        func field(_ text: some Sequence<UInt8>) {
            line.append(UInt8(ascii: "\t"))
            line.append(contentsOf: text)
        }
        field(try name(of: kind).utf8)
        field(mode(status.st_mode & 0o7777))
        field("\(status.st_uid):\(status.st_gid)".utf8)
        field((isDirectory ? "-" : "\(status.st_nlink)").utf8)
        field((isDirectory ? "-" : "\(status.st_size)").utf8)
        field((isTop ? "-" : "\(mtime)").utf8)
        field((isDevice ? "\(clinux_major(status.st_rdev)):\(clinux_minor(status.st_rdev))" : "-").utf8)
        field(kind == S_IFLNK ? EscapedText.text(try object.directory.linkTarget(object.name)) : [UInt8(ascii: "-")])
        field(same.map { EscapedText.text($0.bytes) } ?? [UInt8(ascii: "-")])
        let listed = try object.directory.attributes(object.name).filter { key, value in
            !(object.hidesCapability && key == Power.attribute) && object.inherited[key] != value
        }
        field(attributes(listed))
        line.append(UInt8(ascii: "\t"))
        return line
    }

    private static func name(of kind: mode_t) throws(Errno) -> String {
        switch kind {
        case S_IFREG: "file"
        case S_IFDIR: "dir"
        case S_IFLNK: "link"
        case S_IFIFO: "fifo"
        case S_IFSOCK: "socket"
        case S_IFCHR: "char"
        case S_IFBLK: "block"
        default: throw .notSupported
        }
    }

    private static func mode(_ mode: mode_t) -> [UInt8] {
        let digits = String(mode, radix: 8)
        return Array((String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits).utf8)
    }

    private static func attributes(_ attributes: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
        if attributes.isEmpty { return [UInt8(ascii: "-")] }
        let pairs = attributes.map { key, value in
            EscapedText.text(key, also: ListingEntry.Attribute.separators) + [UInt8(ascii: "=")]
                + Array(hexadecimal(value).utf8)
        }
        return Array(pairs.joined(separator: [UInt8(ascii: ",")]))
    }
}
