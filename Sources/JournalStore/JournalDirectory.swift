package import DurableFiles
package import SystemPackage

/// Where a journal's files are (journal-format.md, "Files").
///
///     journal/000000000001.jsonl    a segment: 4,096 records, the last one as many as there are
///     journal/checkpoint            the sequencer's last signed checkpoint
///     journal/durable               how far the last segment is on the disk
///     journal/poisoned              left by a write that the disk did not confirm
///     journal/grown                 there are records that a mirror which follows has not looked at yet
///     journal/torn-…                bytes of a line that was not written to its end
///     journal/ballast               4 MiB of room, given up when the disk is full
package struct JournalDirectory: Sendable {
    package static let recordsInSegment = 4096
    /// As many lines as a segment may hold, each of the greatest length.
    package static let segmentSizeLimit = recordsInSegment * 65_535

    package let path: FilePath
    /// What its records add up to.
    let stateType: any JournalState.Type
    /// Called when the ballast was given up.
    let whenBallastGoes: @Sendable () -> Void

    package init(
        _ path: FilePath, of stateType: any JournalState.Type, whenBallastGoes: @escaping @Sendable () -> Void = {}
    ) {
        self.path = path
        self.stateType = stateType
        self.whenBallastGoes = whenBallastGoes
    }

    package var checkpointPath: FilePath { path.appending("checkpoint") }
    var poisonPath: FilePath { path.appending("poisoned") }

    /// The segment that begins with this record.
    package func segmentPath(firstSeq: Int) -> FilePath { path.appending(Self.segmentName(firstSeq: firstSeq)) }

    package static func segmentName(firstSeq: Int) -> String { "\(digits(firstSeq)).jsonl" }

    /// A record's number as names have it.
    package static func digits(_ seq: Int) -> String {
        let digits = String(seq)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    /// The number of the first record in the segment that holds record `seq`.
    package static func firstSeq(ofSegmentHolding seq: Int) -> Int {
        (seq - 1) / recordsInSegment * recordsInSegment + 1
    }

    /// The records that the segment of this one holds when it is full.
    package static func records(ofSegmentHolding seq: Int) -> ClosedRange<Int> {
        let first = firstSeq(ofSegmentHolding: seq)
        return first...first + recordsInSegment - 1
    }

    /// The number of a segment's first record.
    static func firstSeq(of segment: FilePath) -> Int {
        guard let firstSeq = segment.stem.flatMap({ Int($0) }) else {
            preconditionFailure("a segment's name is a number")
        }
        return firstSeq
    }

    /// The segment files that are there, in order; nil where there is no journal directory.
    package func segmentNames() throws(FileFailure) -> [String]? {
        try namesInDirectory(path)?.filter { name in
            name.utf8.count == 18 && name.hasSuffix(".jsonl")
                && name.utf8.prefix(12).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }
}
