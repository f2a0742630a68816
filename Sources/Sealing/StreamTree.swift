/// Checks each command of a send stream against the tree that the ones before it have made, and refuses what no honest
/// send makes: data for what is not a regular file, a path that leads through a symbolic link, an object made or
/// renamed over another one, a clone of what is not a regular file.
///
/// `btrfs receive` opens paths as they are: data for a path that is a symbolic link or a device reaches what that
/// stands for. A path is not an identity either (directories move while they are being filled), so names are followed
/// from command to command. Of a tree that the stream makes itself only links, devices and the like are remembered; of
/// an increment also each name that it takes, gives or takes away in a directory of its parent. The parent itself is
/// asked.
struct StreamTree {
    /// Names remembered at most: some hundred bytes each. A full stream has to remember links and devices alone.
    static let mostNames = 4_000_000

    private let parent: (any ParentObjects)?
    /// As it stands in the stream's first command, and that of its parent.
    private let uuid: SubvolumeUUID
    private let parentUUID: SubvolumeUUID?
    private let top: Node
    private let names = Counter()

    /// - Parameter parent: where it is at hand; what an increment does to objects of its parent is judged only then.
    init(_ subvolume: SendStreamSubvolume, parent: (any ParentObjects)?) {
        self.parent = subvolume.parentUUID == nil ? nil : parent
        uuid = subvolume.uuid
        parentUUID = subvolume.parentUUID
        top = Node(subvolume.parentUUID == nil ? .made(.plain) : .ofParent([]))
    }

    /// What stands under a name, as far as commands care.
    enum Object: Equatable {
        /// A regular file or a directory.
        case plain
        case symbolicLink
        /// A device, a fifo, a socket.
        case special
        case absent
        /// One of a parent that is not at hand, or a plain one of the stream's own or none: nothing is remembered of
        /// it.
        case unknown
    }

    enum CommandError: Error, Equatable {
        /// A path leads through something that is not a directory.
        case path
        /// What stands there is not what the command is for.
        case object
        case cloneSource
        case tooManyNames
    }

    mutating func apply(_ command: StreamCommand) throws(CommandError) {
        let path = command.path
        switch command.kind {
        case SendCommand.makeFile, SendCommand.makeDirectory:
            try attach(Node(.made(.plain)), at: path)
        case SendCommand.symbolicLink:
            try attach(Node(.made(.symbolicLink)), at: path)
        case SendCommand.makeNode, SendCommand.makeFifo, SendCommand.makeSocket:
            try attach(Node(.made(.special)), at: path)
        case SendCommand.rename:
            // Neither onto itself nor into itself.
            if (command.otherPath + [UInt8(ascii: "/")]).starts(with: path + [UInt8(ascii: "/")]) { throw .object }
            try attach(try detach(path), at: command.otherPath)
        case SendCommand.link:
            try attach(Node(try origin(of: command.otherPath)), at: path)
        case SendCommand.unlink, SendCommand.removeDirectory:
            _ = try detach(path)
        case SendCommand.clone:
            try requirePlain(path)
            try requireCloneSource(command)
        case SendCommand.write, SendCommand.truncate, SendCommand.allocate, SendCommand.encodedWrite:
            try requirePlain(path)
        case SendCommand.changeMode:
            // chmod(2) follows a symbolic link.
            if try object(at: path) == .symbolicLink { throw .object }
        default:
            // These do not follow a link that the path ends in.
            _ = try object(at: path)
        }
    }

    private func requirePlain(_ path: [UInt8]) throws(CommandError) {
        switch try object(at: path) {
        case .plain, .unknown: break
        case .symbolicLink, .special, .absent: throw .object
        }
    }

    /// Another file's content must be one of this tree's own, or of its parent's: `btrfs receive` opens it by its path.
    private func requireCloneSource(_ command: StreamCommand) throws(CommandError) {
        let found: Object
        if command.cloneUUID == uuid {
            found = try object(at: command.otherPath)
        } else if let parentUUID, command.cloneUUID == parentUUID {
            found = try parent?.object(at: command.otherPath) ?? .unknown
        } else {
            throw .cloneSource
        }
        guard found == .plain || found == .unknown else { throw .cloneSource }
    }

    // MARK: Names

    private final class Counter {
        var count = 0
    }

    private final class Node {
        enum Origin {
            case made(Object)
            /// It came with the parent, where it has that path.
            case ofParent([UInt8])
        }

        let origin: Origin
        /// What is remembered below a directory; nil: that name is taken away.
        var children: [ArraySlice<UInt8>: Node?] = [:]

        init(_ origin: Origin) {
            self.origin = origin
        }

        /// By a loop: directories can be moved into one another deeper than a thread's stack.
        deinit {
            var pending = children.values.compactMap { $0 }
            children = [:]
            while var node = pending.popLast() {
                guard isKnownUniquelyReferenced(&node) else { continue }
                pending += node.children.values.compactMap { $0 }
                node.children = [:]
            }
        }
    }

    private enum Place {
        case node(Node)
        /// Nothing is remembered from here on: the path of it in the parent.
        case parent([UInt8])
        /// In a directory that the stream made: a plain object, or none.
        case untracked
        case gone
    }

    private func place(of path: [UInt8]) throws(CommandError) -> Place {
        var node = top
        var rest = path[...]
        while !rest.isEmpty {
            let name = Self.firstName(&rest)
            switch node.origin {
            case .made(.plain):
                guard case .some(.some(let child)) = node.children[name] else { return .untracked }
                node = child
            case .made:
                throw .path
            case .ofParent(let place):
                guard let known = node.children[name] else {
                    return .parent(Self.joined(place, name, rest))
                }
                guard let child = known else { return .gone }
                node = child
            }
        }
        return .node(node)
    }

    private func object(at path: [UInt8]) throws(CommandError) -> Object {
        switch try place(of: path) {
        case .untracked: return .unknown
        case .gone: return .absent
        case .parent(let path): return try parent?.object(at: path) ?? .unknown
        case .node(let node):
            switch node.origin {
            case .made(let object): return object
            case .ofParent(let path): return try parent?.object(at: path) ?? .unknown
            }
        }
    }

    private func origin(of path: [UInt8]) throws(CommandError) -> Node.Origin {
        switch try place(of: path) {
        case .untracked: return .made(.plain)
        case .gone: throw .object
        case .parent(let path):
            if try parent?.object(at: path) == .absent { throw .object }
            return .ofParent(path)
        case .node(let node): return node.origin
        }
    }

    /// Takes the name away, and gives what stood there.
    private func detach(_ path: [UInt8]) throws(CommandError) -> Node {
        let node: Node
        switch try place(of: path) {
        case .gone: throw .object
        case .untracked: return Node(.made(.plain))
        case .node(let found): node = found
        case .parent(let path):
            if try parent?.object(at: path) == .absent { throw .object }
            node = Node(.ofParent(path))
        }
        let (directory, name) = try directory(of: path)
        if case .made = directory.origin {
            if directory.children.removeValue(forKey: name) != nil { names.count -= 1 }
        } else {
            try remember(nil, as: name, in: directory)
        }
        return node
    }

    /// Gives the name to what had none.
    private func attach(_ node: Node, at path: [UInt8]) throws(CommandError) {
        switch try place(of: path) {
        case .untracked:
            // Of a plain object in a directory that the stream made nothing need be known.
            if case .made(.plain) = node.origin, node.children.isEmpty { return }
        case .gone: break
        case .parent(let path):
            if let found = try parent?.object(at: path), found != .absent { throw .object }
        case .node: throw .object
        }
        let (directory, name) = try directory(of: path)
        try remember(node, as: name, in: directory)
    }

    private func remember(_ node: Node?, as name: ArraySlice<UInt8>, in directory: Node) throws(CommandError) {
        // A copy: the slice would keep the whole path alive.
        if directory.children.updateValue(node, forKey: Array(name)[...]) == nil { names.count += 1 }
        if names.count > Self.mostNames { throw .tooManyNames }
    }

    /// The directory that holds the path's last name, from now on remembered.
    private func directory(of path: [UInt8]) throws(CommandError) -> (Node, ArraySlice<UInt8>) {
        var node = top
        var rest = path[...]
        // The top itself has no name.
        guard !rest.isEmpty else { throw .path }
        while true {
            let name = Self.firstName(&rest)
            if rest.isEmpty { return (node, name) }
            if case .some(.some(let child)) = node.children[name] {
                node = child
                continue
            }
            let child: Node
            switch node.origin {
            case .made(.plain): child = Node(.made(.plain))
            case .made: throw .path
            case .ofParent(let place):
                // A name that was taken away leads nowhere.
                guard node.children[name] == nil else { throw .path }
                child = Node(.ofParent(Self.joined(place, name, [])))
            }
            try remember(child, as: name, in: node)
            node = child
        }
    }

    private static func firstName(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let name = rest[..<end]
        rest = end == rest.endIndex ? [] : rest[(end + 1)...]
        return name
    }

    private static func joined(_ place: [UInt8], _ name: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>) -> [UInt8] {
        var path = place
        if !path.isEmpty { path.append(UInt8(ascii: "/")) }
        path += name
        if !rest.isEmpty { path += [UInt8(ascii: "/")] + rest }
        return path
    }
}

/// What a parent's snapshot holds.
protocol ParentObjects: Sendable {
    /// - Throws: `.path` where a symbolic link, or what is not a directory, stands in the way.
    func object(at path: [UInt8]) throws(StreamTree.CommandError) -> StreamTree.Object
}
