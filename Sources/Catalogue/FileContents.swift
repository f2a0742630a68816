/// What bytes a file has, by where they lie: pieces of artifacts' streams, and zeros.
///
/// A balanced tree of pieces in the order of the file, joined and split as the sets of OCaml's standard library are. Nodes
/// never change, so a part of a file that is cloned, and a file of the month before, share all nodes that they have in
/// common: a write, a clone and a truncate each take time and new nodes by the logarithm of the pieces, and a stream of
/// clones cannot ask for more memory than it has commands.
struct FileContents: Sendable {
    private var root: Node?

    /// Of no bytes.
    init() {}

    init(_ piece: Piece) { root = piece.length > 0 ? Node(nil, piece, nil) : nil }

    private init(_ root: Node?) { self.root = root }

    /// Bytes.
    var length: Int { root?.length ?? 0 }

    /// Whether both are one, not whether their bytes are the same.
    func isSame(as other: FileContents) -> Bool { root === other.root }

    /// Cuts what is after `size`, or fills up with zeros to it.
    mutating func truncate(to size: Int) {
        if size < length { root = Node.split(root, at: size).0 }
        if size > length { root = Node.join(root, Piece(length: size - length, source: .zeros), nil) }
    }

    /// Puts `contents` in the place of as many bytes from `offset` on; there may be fewer of them, or none.
    mutating func replace(at offset: Int, with contents: FileContents) {
        guard let new = contents.root else { return }
        if offset > length { truncate(to: offset) }
        root = Node.replacing(root, offset..<offset + new.length, with: new)
    }

    /// The part of it, which must be there.
    func part(from offset: Int, length: Int) -> FileContents {
        FileContents(Node.split(Node.split(root, at: offset).1, at: length).0)
    }
}

extension FileContents {
    /// Bytes that lie together.
    struct Piece: Sendable {
        enum Source: Sendable {
            case zeros
            /// Writes of `unit` bytes each, from one's bytes to the next one's `stride`; the piece begins after `skip` bytes
            /// of all of theirs.
            case writes(artifact: UInt32, at: Int, unit: UInt32, stride: UInt32, skip: Int)
            /// The piece begins after `skip` bytes of what it is when undone.
            case encoded(
                artifact: UInt32, at: Int, storedLength: UInt32, StreamMap.Compression, wholeLength: UInt32,
                skip: UInt32)
        }

        let length: Int
        let source: Source

        func prefix(_ length: Int) -> Piece { Piece(length: length, source: source) }

        func dropFirst(_ count: Int) -> Piece {
            let source: Source =
                switch source {
                case .zeros: .zeros
                case .writes(let artifact, let at, let unit, let stride, let skip):
                    .writes(artifact: artifact, at: at, unit: unit, stride: stride, skip: skip + count)
                case .encoded(let artifact, let at, let stored, let compression, let whole, let skip):
                    .encoded(
                        artifact: artifact, at: at, storedLength: stored, compression, wholeLength: whole,
                        skip: skip + UInt32(count))
                }
            return Piece(length: length - count, source: source)
        }
    }

    fileprivate final class Node: Sendable {
        let left: Node?
        let piece: Piece
        let right: Node?
        /// Of all pieces in the tree.
        let length: Int
        let height: UInt8

        init(_ left: Node?, _ piece: Piece, _ right: Node?) {
            self.left = left
            self.piece = piece
            self.right = right
            length = (left?.length ?? 0) + piece.length + (right?.length ?? 0)
            height = Swift.max(left?.height ?? 0, right?.height ?? 0) + 1
        }

        /// The heights of a node's two sides differ by so much at most.
        private static let slack = 2

        private static func height(_ node: Node?) -> Int { Int(node?.height ?? 0) }

        /// As `Node.init` where one side is higher than the other by one too much at most.
        private static func balanced(_ left: Node?, _ piece: Piece, _ right: Node?) -> Node {
            if let left, left.height > height(right) + slack {
                if height(left.left) >= height(left.right) {
                    return Node(left.left, left.piece, Node(left.right, piece, right))
                }
                if let inner = left.right {
                    return Node(Node(left.left, left.piece, inner.left), inner.piece, Node(inner.right, piece, right))
                }
            }
            if let right, right.height > height(left) + slack {
                if height(right.right) >= height(right.left) {
                    return Node(Node(left, piece, right.left), right.piece, right.right)
                }
                if let inner = right.left {
                    return Node(Node(left, piece, inner.left), inner.piece, Node(inner.right, right.piece, right.right))
                }
            }
            return Node(left, piece, right)
        }

        /// Both and the piece between them.
        static func join(_ left: Node?, _ piece: Piece, _ right: Node?) -> Node {
            if let left, left.height > height(right) + slack {
                return balanced(left.left, left.piece, join(left.right, piece, right))
            }
            if let right, right.height > height(left) + slack {
                return balanced(join(left, piece, right.left), right.piece, right.right)
            }
            return Node(left, piece, right)
        }

        static func join(_ left: Node?, _ right: Node?) -> Node? {
            guard let right else { return left }
            let (first, rest) = withoutFirst(right)
            return join(left, first, rest)
        }

        /// `new` in the place of `range`, which can be longer than `node`; only where it lies within a node's piece, or across
        /// it, is anything split.
        static func replacing(_ node: Node?, _ range: Range<Int>, with new: Node) -> Node? {
            guard let node else { return new }
            let start = node.left?.length ?? 0
            let end = start + node.piece.length
            if range.upperBound <= start {
                return join(replacing(node.left, range, with: new), node.piece, node.right)
            }
            if range.lowerBound >= end {
                let below = range.lowerBound - end..<range.upperBound - end
                return join(node.left, node.piece, replacing(node.right, below, with: new))
            }
            let before = split(node, at: range.lowerBound).0
            return join(join(before, new), split(node, at: range.upperBound).1)
        }

        private static func withoutFirst(_ node: Node) -> (Piece, Node?) {
            guard let left = node.left else { return (node.piece, node.right) }
            let (first, rest) = withoutFirst(left)
            return (first, balanced(rest, node.piece, node.right))
        }

        /// What comes before `place` bytes, and what after.
        static func split(_ node: Node?, at place: Int) -> (Node?, Node?) {
            guard let node, place > 0 else { return (nil, node) }
            if place >= node.length { return (node, nil) }
            let start = node.left?.length ?? 0
            let end = start + node.piece.length
            if place < start {
                let (before, after) = split(node.left, at: place)
                return (before, join(after, node.piece, node.right))
            }
            if place > end {
                let (before, after) = split(node.right, at: place - end)
                return (join(node.left, node.piece, before), after)
            }
            if place == start { return (node.left, join(nil, node.piece, node.right)) }
            if place == end { return (join(node.left, node.piece, nil), node.right) }
            return (
                join(node.left, node.piece.prefix(place - start), nil),
                join(nil, node.piece.dropFirst(place - start), node.right)
            )
        }
    }
}

extension FileContents: Sequence {
    /// The pieces in the order of the file.
    struct Iterator: IteratorProtocol {
        private var stack: [Node] = []

        fileprivate init(_ root: Node?) { descend(root) }

        private mutating func descend(_ from: Node?) {
            var node = from
            while let next = node {
                stack.append(next)
                node = next.left
            }
        }

        mutating func next() -> Piece? {
            guard let node = stack.popLast() else { return nil }
            descend(node.right)
            return node.piece
        }
    }

    func makeIterator() -> Iterator { Iterator(root) }
}
