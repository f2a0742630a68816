internal import Digest
internal import DurableFiles
package import JournalFormat

extension JournalDirectory {
    /// The lines of records from `first` on, each with its LF, from the files as they are: nothing is judged.
    ///
    /// - Parameters:
    ///   - last: the last record that is wanted; it must be there.
    ///   - limit: stops before more bytes than that are read.
    package func lines(
        from first: Int, through last: Int, limit: Int = .max
    ) throws(JournalError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var (next, count) = (first, 0)
        while next <= last {
            let segment = Self.firstSeq(ofSegmentHolding: next)
            let path = segmentPath(firstSeq: segment)
            let bytes = try orFile { () throws(FileFailure) in try readFile(path, limit: Self.segmentSizeLimit) }
            let there = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            let end = min(last, Self.records(ofSegmentHolding: next).upperBound)
            guard there.count > end - segment else {
                throw .damaged(DamageError(record: segment + there.count, .segment))
            }
            while next <= end {
                let line = there[next - segment]
                count += line.count + 1
                if count > limit { return lines }
                lines.append(line + [UInt8(ascii: "\n")])
                next += 1
            }
        }
        return lines
    }

    /// The heads at these sizes, none of which goes beyond the journal.
    package func heads(at sizes: [Int]) throws(JournalError) -> [Delivery.Head] {
        var heads: [Delivery.Head] = []
        for size in sizes {
            guard let line = try lines(from: size, through: size).first else { continue }
            heads.append(Delivery.Head(size: size, hash: SHA256.hash(line.span)))
        }
        return heads
    }

    /// Whether the line is there that a checkpoint names as its last, and with it all before it.
    package func holds(_ checkpoint: Checkpoint) throws(JournalError) -> Bool {
        try heads(at: [checkpoint.size]).map(\.hash) == [checkpoint.head]
    }
}
