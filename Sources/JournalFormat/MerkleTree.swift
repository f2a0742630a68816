package import Digest

/// The Merkle tree of RFC 6962, section 2.1, grown leaf by leaf in memory of the order of log(size).
///
/// It keeps one hash for each full subtree that the size's binary digits name, largest first.
package struct MerkleTree: Sendable {
    package private(set) var size = 0
    /// Roots of the full subtrees, largest first.
    package private(set) var subtrees: [SHA256Digest] = []

    package init() {}

    /// A tree that was grown before; nil where it cannot have these subtrees.
    package init?(size: Int, subtrees: [SHA256Digest]) {
        guard size >= 0, subtrees.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.subtrees = subtrees
    }

    /// Adds a leaf, given as the bytes it stands for.
    package mutating func append(_ leaf: Span<UInt8>, _ hasher: inout SHA256) {
        append(Self.leaf(leaf, &hasher), &hasher)
    }

    /// Adds a leaf whose hash (`leaf`) is known.
    mutating func append(_ leaf: SHA256Digest, _ hasher: inout SHA256) {
        var hash = leaf
        // Each trailing 1 of the size is a full subtree of the new leaf's own height.
        for _ in 0..<(~size).trailingZeroBitCount {
            hash = Self.node(subtrees.removeLast(), hash, &hasher)
        }
        subtrees.append(hash)
        size += 1
    }

    /// The tree's root; the hash of nothing for the empty tree.
    package func root() -> SHA256Digest {
        var hasher = SHA256()
        guard var hash = subtrees.last else { return hasher.finish() }
        for subtree in subtrees.dropLast().reversed() {
            hash = Self.node(subtree, hash, &hasher)
        }
        return hash
    }

    /// The hash of a leaf: SHA-256 over 00 and its bytes.
    static func leaf(_ bytes: Span<UInt8>, _ hasher: inout SHA256) -> SHA256Digest {
        hasher.update([0].span)
        hasher.update(bytes)
        return hasher.finish()
    }

    /// The hash of an inner node: SHA-256 over 01 and its two children's hashes.
    static func node(_ left: SHA256Digest, _ right: SHA256Digest, _ hasher: inout SHA256) -> SHA256Digest {
        hasher.update([1].span)
        hasher.update(left.bytes.span)
        hasher.update(right.bytes.span)
        return hasher.finish()
    }
}
