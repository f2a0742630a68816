/// What a push will store and ask for, before it does. Pure.
///
/// Counted as the push works: first and after each artifact the journal is committed, so its new lines are stored, and checkpoint and
/// manifests are sent again each time. At most so many: manifests that did not change are not sent, and what has to be sent again
/// because the network failed is not foreseen.
package struct PushEstimate: Equatable, Sendable {
    package private(set) var requests = RequestCount()
    /// Artifacts, segments and pieces of them, which stay; checkpoint and manifests are replaced.
    package private(set) var newObjects = 0
    /// Of artifacts, and roughly of the journal's lines.
    package private(set) var newBytes = 0

    /// - Parameters:
    ///   - artifacts: bytes of each, and in how many parts it goes up.
    ///   - records: how many the journal has.
    ///   - committed: how many the mirror's checkpoint covers; nil where there is none.
    ///   - lineBytes: the sizes of what is stored of the lines that there are.
    ///   - listingPages: requests that a listing of the journal's objects takes.
    ///   - predecessor: the sizes of the segments that are to be brought of a journal that this one succeeds; nil for one
    ///     that succeeds none.
    package init(
        artifacts: [(bytes: Int, parts: Int)], records: Int, committed: Int?, lineBytes: [Int], listingPages: Int,
        predecessor: [Int]? = nil
    ) {
        // Asks for the bucket; reads the checkpoint.
        requests += RequestCount(classA: 1, classB: 1)
        if committed == nil {
            // Reads it again before it counts as missing, looks for what an earlier push has left, and puts the canary's conditions to the test.
            requests += RequestCount(classA: listingPages + 4, classB: 1 + 2 + 3)
            // And which lines that is: segments, and pieces of the last one, before the first commit.
            let first = records + min(artifacts.count, 1)
            requests += RequestCount(
                classA: PiecePlan.runs(after: 0, upTo: first).contains { !PiecePlan.isSegment($0) } ? 2 : 1)
        }
        if let predecessor {
            requests += RequestCount(classA: listingPages + predecessor.count)
            newObjects += predecessor.count
            newBytes += predecessor.reduce(0, +)
        }
        var covered = committed ?? 0
        for artifact in artifacts {
            requests += Self.upload(parts: artifact.parts)
            newObjects += 1
            newBytes += artifact.bytes
        }
        // The journal first, then after each artifact, whose event is a record more. The first checkpoint waits for one.
        let isFirst = committed == nil
        let sizes = (isFirst && !artifacts.isEmpty ? [] : [records]) + artifacts.indices.map { records + 1 + $0 }
        for (index, size) in sizes.enumerated() {
            // The checkpoint, which others may have replaced meanwhile, and both manifests.
            requests += RequestCount(classB: 2 + (index > 0 ? 1 : isFirst ? 2 : 0))
            if size > covered {
                let pieces = PiecePlan.runs(after: covered, upTo: size).count
                // checkpoint and manifests
                requests += RequestCount(classA: pieces + 3)
                newObjects += pieces
            }
            covered = max(covered, size)
        }
        newBytes += lineBytes.reduce(0, +)
    }

    /// Looks whether it is there; then one PUT, or: other uploads of this key, begin, parts, end, and a look at it.
    private static func upload(parts: Int) -> RequestCount {
        parts <= 1 ? RequestCount(classA: 1, classB: 1) : RequestCount(classA: 3 + parts, classB: 2)
    }
}
