internal import Digest
internal import JournalFormat

/// Record lines of which each names the number and the hash of the one before. Who knows the hash of one of them
/// knows that all up to it are the ones that were meant: nobody can make others.
package struct ChainedLines: Sendable {
    package let firstSeq: Int
    /// Each line with its LF.
    package let bytes: [UInt8]
    /// What the first line says of the line before.
    let prev: SHA256Digest
    /// The hash of each line, and where it ends.
    private let lines: [(hash: SHA256Digest, end: Int)]

    /// Nil where they are not such lines, or none.
    init?(_ bytes: [UInt8], firstSeq: Int) {
        var lines: [(hash: SHA256Digest, end: Int)] = []
        var first: SHA256Digest?
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes.span.extracting(start..<end + 1)
            guard let layout = try? RecordLayout(line), layout.seq == firstSeq + lines.count,
                lines.last.map({ $0.hash == layout.prev }) ?? true
            else { return nil }
            first = first ?? layout.prev
            lines.append((SHA256.hash(line), end + 1))
            start = end + 1
        }
        guard let first, start == bytes.count else { return nil }
        self.firstSeq = firstSeq
        self.bytes = bytes
        self.lines = lines
        prev = first
    }

    var lastSeq: Int { firstSeq + lines.count - 1 }

    /// What they are stored as.
    package var name: PieceName {
        PieceName(firstSeq: firstSeq, count: lines.count, head: lines[lines.count - 1].hash)
    }

    /// The hash of this record's line, or of the line before the first; nil for any other.
    func hash(of seq: Int) -> SHA256Digest? {
        if seq == firstSeq - 1 { return prev }
        return (firstSeq...lastSeq).contains(seq) ? lines[seq - firstSeq].hash : nil
    }

    /// The lines up to this record, which they hold.
    func bytes(through seq: Int) -> ArraySlice<UInt8> { bytes[..<lines[seq - firstSeq].end] }

    /// The lines after this record; all of them after the one before the first.
    func bytes(after seq: Int) -> ArraySlice<UInt8> { bytes[(seq < firstSeq ? 0 : lines[seq - firstSeq].end)...] }
}
