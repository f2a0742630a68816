/// The tree that a chain of artifacts makes, from their stream maps alone: which object a path is, and where the bytes of
/// each file lie. Maps are folded in, the anchor's first.
///
///     var tree = VirtualTree()
///     for map in maps { try tree.add(map.span) }
///     for piece in try tree.readPlan(for: path, size: entry.size) { … }
///
/// A path is the object it names *at that command*: directories move while they are filled, and names are taken over. So
/// objects have identities, and names are kept for each directory, whatever its path is. Of an increment also the tree
/// that it starts from is at hand until the next one begins, because clones read from that as it was: of each name and
/// object that the increment changes, what it was before.
///
/// Work is by the commands, memory some 300 bytes an object and 100 a piece. A map that does to the tree what `btrfs
/// receive` could not is refused; the tree is of no use then.
package struct VirtualTree: Sendable {
    /// An object of the chain, under whatever names, from the artifact that makes it on. The same maps give the same
    /// identities. Identities end at the next anchor, which makes all objects again.
    package struct Identity: Hashable, Sendable {
        let number: UInt32
    }

    enum Kind: Sendable {
        case file, directory, other
    }

    struct Object: Sendable {
        let kind: Kind
        /// Of a file.
        var contents = FileContents()
        var names: VirtualNames.NamesOfOne
        /// Of a directory: what is in it.
        var children = 0
    }

    /// Of a map's text, about.
    private static let bytesOfFile = 64

    /// Names of one object, at most: `BTRFS_LINK_MAX`.
    static let mostLinks = 65_535

    private enum State {
        case between, within, failed
    }

    private var state = State.between
    private(set) var names = VirtualNames()
    private var objects = [Object(kind: .directory, names: .none)]
    /// Of objects of the parent that the increment at hand has changed.
    private var former: [UInt32: Object] = [:]
    /// Objects from there on are the artifact's own.
    private var firstNew: UInt32 = 0
    private var artifacts: UInt32 = 0
    private var open: UInt32?
    /// Of the artifact folded last.
    package private(set) var uuid: String?

    /// A tree of nothing, for an anchor.
    package init() {}

    /// Folds in the whole text of an artifact's map.
    package mutating func add(_ map: Span<UInt8>) throws(CatalogueError) {
        if artifacts == 0 {
            // A file takes two lines of a full stream's map, so many bytes at least.
            objects.reserveCapacity(map.count / Self.bytesOfFile)
            names.reserve(map.count / Self.bytesOfFile)
        }
        var reader = StreamMapReader()
        try reader.read(map) { (line) throws(CatalogueError) in
            switch line {
            case .header(let header): try begin(header)
            case .entry(let entry): try apply(entry)
            }
        }
        try reader.finish()
    }

    /// Begins the next artifact: the anchor first, then each increment to the one before.
    package mutating func begin(_ header: StreamMap.Header) throws(CatalogueError) {
        guard state == .between else { throw refusal("the artifact before is not complete") }
        guard header.parent == uuid else {
            throw refusal(header.parent == nil ? "a full stream in a chain" : "an increment to another snapshot")
        }
        state = .within
        firstNew = artifacts == 0 ? 0 : UInt32(objects.count)
        former = [:]
        names.begin(firstNew: firstNew)
        open = nil
        uuid = header.uuid
    }

    /// Does what the next command of the artifact does.
    package mutating func apply(_ entry: StreamMap.Entry) throws(CatalogueError) {
        guard state == .within else { throw refusal("no artifact has begun") }
        switch entry {
        case .make(let object, let path): try make(object, path)
        case .rename(let path, let other): try rename(path, other)
        case .hardLink(let path, let other): try link(path, other)
        case .unlink(let path): try unlink(path)
        case .removeDirectory(let path): try removeDirectory(path)
        case .open(let path):
            let found = try number(at: path)
            guard objects[Int(found)].kind == .file else { throw refusal("content for what is not a file", path) }
            open = found
        case .truncate(let size):
            try change { $0.truncate(to: size) }
        case .punch(let offset, let length):
            try change { contents in
                let length = min(length, contents.length - offset)
                if length > 0 { contents.replace(at: offset, with: FileContents(Self.zeros(length))) }
            }
        case .zeros(let offset, let length):
            try change { $0.replace(at: offset, with: FileContents(Self.zeros(length))) }
        case .data, .encoded:
            guard let (offset, piece) = Self.piece(entry, artifact: artifacts) else {
                throw refusal("too long a write")
            }
            try change { $0.replace(at: offset, with: FileContents(piece)) }
        case .clone(let range):
            let contents = try cloned(range)
            try change { $0.replace(at: range.offset, with: contents) }
        case .end:
            state = .between
            artifacts += 1
            open = nil
        }
    }

    private mutating func refusal(_ what: String, _ path: [UInt8]? = nil) -> CatalogueError {
        state = .failed
        guard let path else { return .tree(what) }
        var text: [UInt8] = []
        EscapedText.append(path, to: &text)
        return .tree("\(what): \(String(decoding: text, as: UTF8.self))")
    }

    // MARK: Names

    private mutating func number(at path: [UInt8]) throws(CatalogueError) -> UInt32 {
        guard let found = names.object(at: path) else { throw refusal("there is nothing at", path) }
        return found
    }

    /// The directory and the name of a path that nothing stands at.
    private mutating func freeName(_ path: [UInt8], outside moved: UInt32? = nil) throws(CatalogueError)
        -> VirtualNames.Name
    {
        guard let name = names.name(of: path, outside: moved), objects[Int(name.directory)].kind == .directory else {
            throw refusal("there is no directory for", path)
        }
        guard names[name] == nil else { throw refusal("something stands already at", path) }
        return name
    }

    private mutating func make(_ object: StreamMap.Object, _ path: [UInt8]) throws(CatalogueError) {
        let name = try freeName(path)
        guard let number = UInt32(exactly: objects.count), number < .max else { throw refusal("too many objects") }
        let kind: Kind =
            switch object {
            case .file: .file
            case .directory: .directory
            case .symbolicLink, .node, .fifo, .socket: .other
            }
        objects.append(Object(kind: kind, names: .one(name)))
        put(name, number)
        open = kind == .file ? number : nil
    }

    private mutating func rename(_ path: [UInt8], _ other: [UInt8]) throws(CatalogueError) {
        let number = try number(at: path)
        guard let name = names.name(of: path) else { throw refusal("there is nothing at", path) }
        let isDirectory = objects[Int(number)].kind == .directory
        let newName = try freeName(other, outside: isDirectory ? number : nil)
        remember(number)
        put(name, nil)
        put(newName, number)
        objects[Int(number)].names.remove(name)
        objects[Int(number)].names.insert(newName)
        if isDirectory { names.forgetPlace() }
        open = nil
    }

    private mutating func link(_ path: [UInt8], _ other: [UInt8]) throws(CatalogueError) {
        let number = try number(at: other)
        guard objects[Int(number)].kind != .directory else { throw refusal("another name for a directory", other) }
        guard objects[Int(number)].names.count < Self.mostLinks else { throw refusal("too many names of", other) }
        let name = try freeName(path)
        remember(number)
        put(name, number)
        objects[Int(number)].names.insert(name)
        open = nil
    }

    private mutating func unlink(_ path: [UInt8]) throws(CatalogueError) {
        let number = try number(at: path)
        guard objects[Int(number)].kind != .directory, let name = names.name(of: path) else {
            throw refusal("a directory is unlinked", path)
        }
        remove(number, name)
        if objects[Int(number)].names.count == 0 { objects[Int(number)].contents = FileContents() }
    }

    private mutating func removeDirectory(_ path: [UInt8]) throws(CatalogueError) {
        let number = try number(at: path)
        guard objects[Int(number)].kind == .directory, objects[Int(number)].children == 0,
            let name = names.name(of: path)
        else { throw refusal("what is not an empty directory is removed as one", path) }
        remove(number, name)
        names.forgetPlace()
    }

    private mutating func remove(_ number: UInt32, _ name: VirtualNames.Name) {
        remember(number)
        put(name, nil)
        objects[Int(number)].names.remove(name)
        open = nil
    }

    /// The name is that object's from then on, or nobody's.
    private mutating func put(_ name: VirtualNames.Name, _ number: UInt32?) {
        names[name] = number
        objects[Int(name.directory)].children += number == nil ? -1 : 1
    }

    // MARK: Contents

    /// Keeps what an object of the parent was, before its first change.
    private mutating func remember(_ number: UInt32) {
        if number < firstNew && former[number] == nil { former[number] = objects[Int(number)] }
    }

    private mutating func change(_ body: (inout FileContents) -> Void) throws(CatalogueError) {
        guard let open else { throw refusal("content for no file") }
        remember(open)
        body(&objects[Int(open)].contents)
    }

    private static func zeros(_ length: Int) -> FileContents.Piece {
        FileContents.Piece(length: length, source: .zeros)
    }

    private static func piece(_ entry: StreamMap.Entry, artifact: UInt32) -> (Int, FileContents.Piece)? {
        switch entry {
        case .data(let run):
            guard let unit = UInt32(exactly: run.length), let stride = UInt32(exactly: run.stride) else { return nil }
            let source = FileContents.Piece.Source.writes(
                artifact: artifact, at: run.at, unit: unit, stride: stride, skip: 0)
            return (run.offset, FileContents.Piece(length: run.bytes, source: source))
        case .encoded(let extent):
            guard let stored = UInt32(exactly: extent.storedLength), let whole = UInt32(exactly: extent.wholeLength),
                let skip = UInt32(exactly: extent.skip)
            else { return nil }
            let source = FileContents.Piece.Source.encoded(
                artifact: artifact, at: extent.at, storedLength: stored, extent.compression, wholeLength: whole,
                skip: skip)
            return (extent.offset, FileContents.Piece(length: extent.length, source: source))
        default: return nil
        }
    }

    private mutating func cloned(_ range: StreamMap.CloneRange) throws(CatalogueError) -> FileContents {
        let found: UInt32?
        let contents: FileContents?
        switch range.tree {
        case .own:
            found = names.object(at: range.source)
            contents = found.map { objects[Int($0)] }.flatMap { $0.kind == .file ? $0.contents : nil }
            let distance = (range.offset - range.sourceOffset).magnitude
            if found == open && distance < range.length { throw refusal("a clone of itself", range.source) }
        case .parent:
            found = names.formerObject(at: range.source)
            contents = found.map { former[$0] ?? objects[Int($0)] }.flatMap { $0.kind == .file ? $0.contents : nil }
        }
        guard let contents, range.sourceOffset + range.length <= contents.length else {
            throw refusal("a clone of what is not there", range.source)
        }
        return contents.part(from: range.sourceOffset, length: range.length)
    }
}

extension VirtualTree {
    // MARK: Questions about the finished tree

    private var isFinished: Bool { state == .between && artifacts > 0 }

    /// How many artifacts were folded in.
    package var artifactCount: Int { Int(artifacts) }

    /// The object at a path of the finished tree; nil where there is none.
    package func identity(at path: [UInt8]) -> Identity? {
        isFinished ? names.object(at: path).map(Identity.init) : nil
    }

    /// Where the bytes of a file lie.
    ///
    /// - Parameters:
    ///   - path: in the finished tree.
    ///   - size: what the listing says, in bytes.
    package func readPlan(for path: [UInt8], size: Int) throws(CatalogueError) -> ReadPlan {
        guard isFinished else { throw .tree("it is not complete") }
        guard size >= 0, let number = names.object(at: path), objects[Int(number)].kind == .file else {
            throw .tree("a file of the listing is not in it")
        }
        return ReadPlan(objects[Int(number)].contents, size: size)
    }

    /// Bytes of a file, as its commands have left it: what the listing says, unless stream and snapshot differ. Nil for
    /// what is not a file.
    package func size(of identity: Identity) -> Int? {
        let object = objects[Int(identity.number)]
        return object.kind == .file ? object.contents.length : nil
    }

    /// All paths of an object in the finished tree, in the order of their bytes: none of one that is gone.
    package func paths(of identity: Identity) -> [[UInt8]] {
        objects[Int(identity.number)].names.compactMap { name in
            names.path(of: name) { objects[Int($0)].names.first }
        }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The same in the tree that the artifact folded last has started from: none of one that it made.
    package func formerPaths(of identity: Identity) -> [[UInt8]] {
        guard identity.number < firstNew else { return [] }
        let before = { (number: UInt32) in former[number] ?? objects[Int(number)] }
        return before(identity.number).names.compactMap { name in
            names.path(of: name) { before($0).names.first }
        }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What the artifact folded last has done to an object. What it did to owner, mode, times and attributes the listings
    /// tell.
    package struct Change: Sendable, Equatable {
        package let isMade: Bool
        /// It has no name any more.
        package let isGone: Bool
        /// Bytes of it were written, cloned or cut.
        package let hasOtherContents: Bool
        package let formerPaths: [[UInt8]]
        package let paths: [[UInt8]]

        /// By its own names or by those of directories above it.
        package var isMoved: Bool { formerPaths != paths && !isMade && !isGone }
        package var isNothing: Bool { !isMade && !isGone && !hasOtherContents && !isMoved }
    }

    /// Nil where the artifact folded last did not know the object: gone before.
    package func change(of identity: Identity) -> Change? {
        let object = objects[Int(identity.number)]
        let before = identity.number < firstNew ? former[identity.number] ?? object : nil
        if let before, before.names.count == 0, identity.number != 0 { return nil }
        return Change(
            isMade: before == nil, isGone: object.names.count == 0 && identity.number != 0,
            hasOtherContents: before.map { !$0.contents.isSame(as: object.contents) } ?? (object.kind == .file),
            formerPaths: formerPaths(of: identity), paths: paths(of: identity))
    }
}
