internal import Digest

/// A line taken apart and hashed. None of that asks for the lines before it, so another thread may have done it.
package struct ReadLine: Sendable {
    let layout: RecordLayout
    let hash: SHA256Digest
    /// Its hash as a leaf of the Merkle tree, where that grows.
    let leaf: SHA256Digest?
    /// Bytes, LF included.
    package let length: Int

    /// Some whole lines, as far as they can be read; the verifier says what is wrong with the first that cannot.
    package static func read(_ bytes: Span<UInt8>, growsTree: Bool) -> [ReadLine] {
        var lines: [ReadLine] = []
        lines.reserveCapacity(bytes.count / 512)
        var hasher = SHA256()
        var start = 0
        while start < bytes.count, let end = bytes.lineEnd(from: start) {
            let line = bytes.extracting(start..<end)
            let layout: RecordLayout
            do { layout = try RecordLayout(line) } catch { break }
            hasher.update(line)
            lines.append(
                ReadLine(
                    layout: layout, hash: hasher.finish(), leaf: growsTree ? MerkleTree.leaf(line, &hasher) : nil,
                    length: line.count))
            start = end
        }
        return lines
    }
}
