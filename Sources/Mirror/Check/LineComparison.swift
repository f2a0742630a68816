internal import Digest
internal import ObjectStore

/// The journal's lines in a listing, checked against the journal's own.
extension MirrorComparison {
    /// The records that a comparison asks the hashes of.
    static func wanted(_ pieces: [MirroredPiece], covered: Int) -> Set<Int> {
        Set(pieces.map(\.name.lastSeq)).union(PiecePlan.runs(after: 0, upTo: covered).map(\.upperBound))
    }

    /// What has to be there: each full segment as a whole, and the records after the last one in whatever pieces.
    func needed(_ own: [MirroredPiece]) -> [(records: ClosedRange<Int>, pieces: [MirroredPiece])] {
        let bySegment = Dictionary(grouping: own, by: \.name.segment)
        return PiecePlan.runs(after: 0, upTo: covered).map { run in
            let isFull = PiecePlan.isSegment(run)
            let pieces = (bySegment[run.lowerBound] ?? []).filter { piece in
                isFull ? piece.name.isSegment : piece.name.firstSeq <= run.upperBound
            }
            return (run, pieces)
        }
    }

    /// What is wrong with a run of records of which these pieces are sound and those are not: what is damaged and nothing
    /// stands in for, and what nothing holds.
    func findings(
        _ records: ClosedRange<Int>, sound: [MirroredPiece], damaged: [MirroredPiece]
    ) -> (damaged: [MirroredPiece], missing: [MirrorFinding]) {
        let gaps = PiecePlan.gaps(in: records, sound.map(\.name.records))
        let needed = damaged.filter { piece in gaps.contains { $0.overlaps(piece.name.records) } }
        let missing = gaps.flatMap { PiecePlan.gaps(in: $0, needed.map(\.name.records)) }.map { gap in
            MirrorFinding(
                .missing, missingName(gap),
                gap.count == 1
                    ? "record \(gap.lowerBound)"
                    : "records \(gap.lowerBound) to \(gap.upperBound)", repair: Self.repair)
        }
        return (needed, missing)
    }

    /// What the object was called, as far as that is known.
    private func missingName(_ gap: ClosedRange<Int>) -> String {
        let segment = PieceName(
            firstSeq: gap.lowerBound, count: gap.count, head: heads[gap.upperBound] ?? SHA256Digest())
        if segment.isSegment { return "\(layout.segmentPrefix)*/\(segment)" }
        return layout.piecePrefix(ofSegment: segment.segment) + "*"
    }

    static func damaged(_ piece: MirroredPiece) -> MirrorFinding {
        MirrorFinding(
            .damaged, piece.key.text, "its bytes are not those that its key or its name says", repair: repair)
    }
}

extension MirrorCheck {
    func compareLines(
        _ comparison: MirrorComparison, _ own: [MirroredPiece], _ isDeep: Bool, _ report: inout MirrorCheckReport
    ) throws {
        var used: Set<ObjectKey> = []
        for (records, pieces) in comparison.needed(own) {
            var (sound, damaged): ([MirroredPiece], [MirroredPiece]) = ([], [])
            for piece in pieces {
                if try piece.isDamaged || (isDeep && !isSound(piece, &report)) {
                    damaged.append(piece)
                } else {
                    sound.append(piece)
                }
            }
            let found = comparison.findings(records, sound: sound, damaged: damaged)
            report.findings += found.damaged.map(MirrorComparison.damaged) + found.missing
            report.sound.objects += sound.count
            report.sound.bytes += sound.reduce(0) { $0 + $1.bytes }
            used.formUnion((sound + found.damaged).map(\.key))
        }
        report.superseded += own.count { $0.name.lastSeq <= comparison.covered && !used.contains($0.key) }
    }

    private func isSound(_ piece: MirroredPiece, _ report: inout MirrorCheckReport) throws -> Bool {
        if try isSound(piece) { return true }
        report.readTwice.insert(piece.key.text)
        return false
    }
}
