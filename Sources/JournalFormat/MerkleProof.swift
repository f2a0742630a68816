package import Digest

/// That a leaf stands in a Merkle tree, at which place: RFC 6962, section 2.1.1.
package struct InclusionProof: Sendable, Equatable {
    /// The leaf's place, from 0 on.
    package let index: Int
    /// Leaves in the tree.
    package let size: Int
    /// From the leaf's sibling up to a child of the root.
    package let path: [SHA256Digest]

    package init(index: Int, size: Int, path: [SHA256Digest]) {
        self.index = index
        self.size = size
        self.path = path
    }

    /// Whether the leaf is in the tree that has this root (RFC 9162, section 2.1.3.2).
    package func isValid(leaf: Span<UInt8>, root: SHA256Digest) -> Bool {
        guard index >= 0, index < size else { return false }
        var hasher = SHA256()
        var (place, last) = (index, size - 1)
        var hash = MerkleTree.leaf(leaf, &hasher)
        for sibling in path {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = MerkleTree.node(sibling, hash, &hasher)
                while place & 1 == 0, place > 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleTree.node(hash, sibling, &hasher)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}

/// That a tree is the beginning of a larger one: RFC 6962, section 2.1.2.
package struct ConsistencyProof: Sendable, Equatable {
    /// Leaves in the smaller tree, at least 1.
    package let from: Int
    /// Leaves in the larger one, or as many.
    package let to: Int
    package let path: [SHA256Digest]

    package init(from: Int, to: Int, path: [SHA256Digest]) {
        self.from = from
        self.to = to
        self.path = path
    }

    /// Whether the tree with root `first` is the beginning of the one with root `second` (RFC 9162, section 2.1.4.2).
    package func isValid(first: SHA256Digest, second: SHA256Digest) -> Bool {
        guard from >= 1, from <= to else { return false }
        if from == to { return path.isEmpty && first == second }
        // A smaller tree that is a full subtree is not repeated in the proof.
        let hashes = from & (from - 1) == 0 ? [first] + path : path
        guard let start = hashes.first else { return false }
        var hasher = SHA256()
        var (place, last) = (from - 1, to - 1)
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        var (old, new) = (start, start)
        for hash in hashes.dropFirst() {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                old = MerkleTree.node(hash, old, &hasher)
                new = MerkleTree.node(hash, new, &hasher)
                while place & 1 == 0, place > 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                new = MerkleTree.node(new, hash, &hasher)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && old == first && new == second
    }
}

/// Makes a proof while the leaves pass by once, in memory of the order of log(size).
///
/// Each hash of a proof is the root over a range of leaves, and the ranges do not overlap: so each leaf grows at most
/// one small tree.
package struct MerkleProver: Sendable {
    /// In the order of the proof, with the trees over them.
    private var parts: [(range: Range<Int>, tree: MerkleTree)]
    /// Where in `parts` the range is that holds a leaf: in the leaves' order.
    private let order: [Int]
    private var current = 0
    private var seen = 0

    private init(_ ranges: [Range<Int>]) {
        parts = ranges.map { ($0, MerkleTree()) }
        order = ranges.indices.sorted { ranges[$0].lowerBound < ranges[$1].lowerBound }
    }

    /// For the leaf at `index` (from 0 on) in the tree of the first `size` leaves.
    package init(inclusionOf index: Int, size: Int) {
        precondition(0 <= index && index < size, "the leaf is in the tree")
        self.init(Self.inclusion(index, 0..<size))
    }

    /// For the tree of the first `from` leaves in that of the first `to`.
    package init(consistencyFrom from: Int, to: Int) {
        precondition(1 <= from && from <= to, "the smaller tree has leaves, the larger one no fewer")
        self.init(Self.consistency(from, 0..<to, isWhole: true))
    }

    /// The next leaf, from the first on; those beyond the tree are ignored.
    package mutating func append(_ leaf: Span<UInt8>, _ hasher: inout SHA256) {
        defer { seen += 1 }
        while current < order.count, parts[order[current]].range.upperBound <= seen { current += 1 }
        guard current < order.count, parts[order[current]].range.contains(seen) else { return }
        parts[order[current]].tree.append(leaf, &hasher)
    }

    /// The proof's hashes, when all leaves were given.
    package func path() -> [SHA256Digest] {
        parts.map { part in
            precondition(part.tree.size == part.range.count, "all leaves were given")
            return part.tree.root()
        }
    }

    /// PATH(m, D[n]) of RFC 6962 as ranges of leaves.
    private static func inclusion(_ index: Int, _ leaves: Range<Int>) -> [Range<Int>] {
        guard leaves.count > 1 else { return [] }
        let middle = split(leaves)
        return index < middle
            ? inclusion(index, leaves.lowerBound..<middle) + [middle..<leaves.upperBound]
            : inclusion(index, middle..<leaves.upperBound) + [leaves.lowerBound..<middle]
    }

    /// SUBPROOF(m, D[n], b) of RFC 6962 as ranges of leaves; `size` counts from the first leaf of all.
    private static func consistency(_ size: Int, _ leaves: Range<Int>, isWhole: Bool) -> [Range<Int>] {
        if size == leaves.upperBound { return isWhole ? [] : [leaves] }
        let middle = split(leaves)
        return size <= middle
            ? consistency(size, leaves.lowerBound..<middle, isWhole: isWhole) + [middle..<leaves.upperBound]
            : consistency(size, middle..<leaves.upperBound, isWhole: false) + [leaves.lowerBound..<middle]
    }

    /// Where a tree of at least two leaves parts: after the largest power of two that is less than its size.
    private static func split(_ leaves: Range<Int>) -> Int {
        let power = (leaves.count - 1).bitWidth - (leaves.count - 1).leadingZeroBitCount - 1
        return leaves.lowerBound + (1 << power)
    }
}
