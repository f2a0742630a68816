package import Digest
package import JournalFormat
internal import JournalStore
package import ObjectStore

/// What the file name of stored record lines says: first record, number of records, hash of the last line.
///
///     000000000043-5-<head>.jsonl.age       a piece: what one push stored of a segment
///     000000000001-4096-<head>.jsonl.age    a whole segment
package struct PieceName: Hashable, Sendable, CustomStringConvertible {
    package let firstSeq: Int
    package let count: Int
    package let head: SHA256Digest

    package init(firstSeq: Int, count: Int, head: SHA256Digest) {
        self.firstSeq = firstSeq
        self.count = count
        self.head = head
    }

    /// Nil for what no piece is called. Somebody who can write to the bucket chooses the names, so the numbers are
    /// checked against what a journal can have: a piece lies in one segment.
    package init?(_ text: String) {
        guard text.hasSuffix(Self.ending) else { return nil }
        let parts = text.dropLast(Self.ending.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 12, let firstSeq = Int(parts[0]), firstSeq >= 1,
            let count = Int(parts[1]), (1...JournalDirectory.recordsInSegment).contains(count),
            let head = SHA256Digest(hex: parts[2])
        else { return nil }
        self.init(firstSeq: firstSeq, count: count, head: head)
        guard JournalDirectory.firstSeq(ofSegmentHolding: lastSeq) == segment, description == text else { return nil }
    }

    private static let ending = ".jsonl.age"

    /// The number of its last record.
    package var lastSeq: Int { firstSeq + count - 1 }
    package var records: ClosedRange<Int> { firstSeq...lastSeq }
    /// The number of the first record of the segment in which it lies.
    package var segment: Int { JournalDirectory.firstSeq(ofSegmentHolding: firstSeq) }
    /// Whether it is all that a segment can hold.
    package var isSegment: Bool { PiecePlan.isSegment(records) }

    /// So many records never take more when they are encrypted: what does is not read.
    var sizeLimit: Int { count * RecordLayout.maximumLineLength + (1 << 20) }

    package var description: String { "\(JournalDirectory.digits(firstSeq))-\(count)-\(head)\(Self.ending)" }
}

/// An object of record lines and the hash that its key promises.
package struct MirroredPiece: Sendable {
    package let key: ObjectKey
    package let name: PieceName
    package let sha256: SHA256Digest
    /// The store itself says that it holds other bytes. That it does not say so proves nothing.
    package let isDamaged: Bool
    /// As it is stored.
    package let bytes: Int

    /// Nil for an object that is not in the one place that it could have by its name.
    ///
    /// - Parameter log: the journal's that this one succeeds, for lines of that one.
    package init?(_ object: ObjectInfo, in layout: MirrorLayout, of log: EventID? = nil) {
        let components = object.key.components
        guard components.count >= 2, let name = components.last.flatMap({ PieceName($0) }),
            let sha256 = SHA256Digest(hex: components[components.count - 2])
        else { return nil }
        func expectedKey() throws(StoreError) -> ObjectKey {
            guard let log else { return try layout.piece(name, sha256: sha256) }
            return try layout.segment(name, sha256: sha256, of: log)
        }
        guard let key = try? expectedKey(), key == object.key, log == nil || name.firstSeq == name.segment else {
            return nil
        }
        self.key = key
        self.name = name
        self.sha256 = sha256
        bytes = Int(object.size)
        isDamaged = object.sha256.map { $0 != sha256 } ?? false
    }
}
