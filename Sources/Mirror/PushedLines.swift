internal import Digest
internal import JournalFormat
package import JournalStore

/// Which of the journal's lines a push stores.
extension Push {
    /// Stores the lines that the mirror lacks.
    ///
    /// - Parameter committed: how many records the mirror's checkpoint covers: what it covers is there, and that is all
    ///   that a push needs to know. Nil where there is no checkpoint, or a repair is to look.
    /// - Returns: how many objects that were.
    func pushLines(_ moment: JournalMoment, committed: Int?) throws(MirrorError) -> Int {
        let commit = MirrorCommit(reader, recipients: recipients)
        if let committed {
            return try commit.put(after: committed, upTo: moment.size, moment.lines)
        }
        let missing = try missingRuns(moment)
        for run in missing { try commit.put(try moment.lines(run), firstSeq: run.lowerBound) }
        return missing.count
    }

    /// The sizes of what a push would store of the lines that are here, each of them before it is encrypted.
    package static func lineBytes(
        of journal: JournalDirectory, records: Int, committed: Int
    ) throws(MirrorError) -> [Int] {
        var sizes: [Int] = []
        for run in PiecePlan.runs(after: committed, upTo: records) {
            sizes.append(try journal.lines(run).count)
        }
        return sizes
    }

    /// What is not in the mirror, after a look at what is: it may be damaged, so it is read before it counts.
    private func missingRuns(_ moment: JournalMoment) throws(MirrorError) -> [ClosedRange<Int>] {
        let segments = Dictionary(grouping: try reader.segments(), by: \.name)
        var missing: [ClosedRange<Int>] = []
        for run in PiecePlan.runs(after: 0, upTo: moment.size) {
            guard let ours = ChainedLines(try moment.lines(run), firstSeq: run.lowerBound) else {
                throw .linesDamaged(firstSeq: run.lowerBound)
            }
            if ours.name.isSegment {
                if try sound(segments[ours.name] ?? [], atMost: 1).isEmpty { missing.append(run) }
            } else {
                let pieces = try reader.pieces(ofSegment: run.lowerBound)
                    .filter { ours.hash(of: $0.name.lastSeq) == $0.name.head }
                    .sorted { $0.name.count > $1.name.count }
                missing += PiecePlan.gaps(in: run, try sound(pieces, atMost: .max))
            }
        }
        return missing
    }

    /// The records of those that can be read, each once. Their last lines are ours, and so all are.
    private func sound(_ pieces: [MirroredPiece], atMost limit: Int) throws(MirrorError) -> [ClosedRange<Int>] {
        var sound: [ClosedRange<Int>] = []
        for piece in pieces where !piece.isDamaged && sound.count < limit {
            if PiecePlan.gaps(in: piece.name.records, sound).isEmpty { continue }
            do {
                _ = try reader.lines(of: piece)
                sound.append(piece.name.records)
            } catch {
                guard error.isVerdictOnObject else { throw error }
            }
        }
        return sound
    }
}
