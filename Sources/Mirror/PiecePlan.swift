internal import JournalStore

/// Which records are stored together. Pure.
///
/// A record is stored at most twice, however often is pushed: in the piece of its push, and in its segment once that
/// is full.
enum PiecePlan {
    /// What a push stores of the records after `committed` up to `size`: each segment that is full by then as a whole, and
    /// of the last one what is new.
    static func runs(after committed: Int, upTo size: Int) -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        var next = committed + 1
        while next <= size {
            let segment = JournalDirectory.records(ofSegmentHolding: next)
            runs.append(segment.upperBound <= size ? segment : next...size)
            next = segment.upperBound + 1
        }
        return runs
    }

    /// Whether a run is all that a segment can hold.
    static func isSegment(_ run: ClosedRange<Int>) -> Bool { run.count == JournalDirectory.recordsInSegment }

    /// The records of a range that are in none of the others, in order. They may overlap.
    static func gaps(in range: ClosedRange<Int>, _ others: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var gaps: [ClosedRange<Int>] = []
        var next = range.lowerBound
        for other in others.sorted(by: { $0.lowerBound < $1.lowerBound }) where next <= range.upperBound {
            if other.lowerBound > next { gaps.append(next...min(other.lowerBound - 1, range.upperBound)) }
            next = max(next, other.upperBound + 1)
        }
        if next <= range.upperBound { gaps.append(next...range.upperBound) }
        return gaps
    }
}
