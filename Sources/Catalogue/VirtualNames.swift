/// The names of a virtual tree: which object each name of each directory stands for, now and, where an increment has
/// changed it, in the tree that this has started from.
struct VirtualNames: Sendable {
    /// A name in a directory.
    struct Name: Hashable, Sendable {
        let directory: UInt32
        let bytes: [UInt8]
    }

    /// The top, which has no name.
    static let top: UInt32 = 0

    private var objects: [Name: UInt32] = [:]
    private var former: [Name: UInt32?] = [:]
    private var firstNew: UInt32 = 0
    /// The directory that was looked for last, by its path: most commands are about what is in the same one.
    private var lastPath: [UInt8] = []
    private var lastDirectory = top

    /// Makes room for so many names.
    mutating func reserve(_ count: Int) { objects.reserveCapacity(count) }

    /// An artifact begins; objects from `firstNew` on will be its own.
    mutating func begin(firstNew: UInt32) {
        self.firstNew = firstNew
        former = [:]
        forgetPlace()
    }

    /// A directory has got another path, or none.
    mutating func forgetPlace() {
        lastPath = []
        lastDirectory = Self.top
    }

    /// The object that a name stands for; nil for none.
    subscript(name: Name) -> UInt32? {
        get { objects[name] }
        set {
            // A directory that the parent does not have leads nowhere in it.
            if name.directory < firstNew && former[name] == nil { former.updateValue(objects[name], forKey: name) }
            objects[name] = newValue
        }
    }

    /// The object at a path; nil where there is none. The empty path is the top.
    func object(at path: [UInt8]) -> UInt32? { walk(path[...]) { objects[$0] } }

    /// The same in the tree that the artifact has started from.
    func formerObject(at path: [UInt8]) -> UInt32? {
        walk(path[...]) { name in
            guard name.directory < firstNew else { return nil }
            return former[name] ?? objects[name]
        }
    }

    /// The directory and the last name of a path; nil where there is no such directory.
    ///
    /// - Parameter moved: a directory that the path must not lead through.
    mutating func name(of path: [UInt8], outside moved: UInt32? = nil) -> Name? {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            return path.isEmpty ? nil : Name(directory: Self.top, bytes: path)
        }
        let above = path[..<slash]
        let bytes = Array(path[(slash + 1)...])
        if moved == nil && !lastPath.isEmpty && lastPath.elementsEqual(above) {
            return Name(directory: lastDirectory, bytes: bytes)
        }
        let found = walk(above) { name in
            let found = objects[name]
            return found == moved ? nil : found
        }
        guard let found else { return nil }
        lastPath = Array(above)
        lastDirectory = found
        return Name(directory: found, bytes: bytes)
    }

    private func walk(_ path: ArraySlice<UInt8>, _ object: (Name) -> UInt32?) -> UInt32? {
        var directory = Self.top
        var rest = path
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard let found = object(Name(directory: directory, bytes: Array(rest[..<end]))) else { return nil }
            directory = found
            rest = end == rest.endIndex ? [] : rest[(end + 1)...]
        }
        return directory
    }

    /// The path that a name has; nil for one longer than paths are.
    ///
    /// - Parameter nameOf: a directory's.
    func path(of name: Name, _ nameOf: (UInt32) -> Name?) -> [UInt8]? {
        var reversed: [Name] = [name]
        var length = name.bytes.count
        while let last = reversed.last, last.directory != Self.top {
            guard let above = nameOf(last.directory) else { return nil }
            length += above.bytes.count + 1
            if length > SnapshotPath.longest { return nil }
            reversed.append(above)
        }
        var path: [UInt8] = []
        path.reserveCapacity(length)
        for name in reversed.reversed() {
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path.append(contentsOf: name.bytes)
        }
        return path
    }
}

extension VirtualNames {
    /// The names of one object.
    enum NamesOfOne: Sendable {
        case none
        case one(Name)
        case several(Set<Name>)

        var count: Int {
            switch self {
            case .none: 0
            case .one: 1
            case .several(let names): names.count
            }
        }

        /// A directory's only one.
        var first: Name? {
            switch self {
            case .none: nil
            case .one(let name): name
            case .several(let names): names.first
            }
        }

        mutating func insert(_ name: Name) {
            switch self {
            case .none: self = .one(name)
            case .one(let other): self = .several([name, other])
            case .several(var names):
                // Nothing else may own the set while it changes, or all of it would be copied.
                self = .none
                names.insert(name)
                self = .several(names)
            }
        }

        mutating func remove(_ name: Name) {
            switch self {
            case .none: break
            case .one(let other): if other == name { self = .none }
            case .several(var names):
                self = .none
                names.remove(name)
                if names.count == 1, let last = names.first { self = .one(last) } else { self = .several(names) }
            }
        }

        func compactMap<Result>(_ body: (Name) -> Result?) -> [Result] {
            switch self {
            case .none: []
            case .one(let name): body(name).map { [$0] } ?? []
            case .several(let names): names.compactMap(body)
            }
        }
    }
}
