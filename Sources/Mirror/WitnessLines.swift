internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import JournalStore
internal import SystemPackage

/// Record lines that another machine has kept, from any record on and without gaps: a replica's segments, one after
/// another.
package struct WitnessLines: Sendable {
    package let firstSeq: Int
    /// Each with its LF.
    fileprivate let lines: [[UInt8]]
    /// After the last LF: a line that was not written to its end, and is not used.
    package let tornBytes: Int

    package var lastSeq: Int { firstSeq + lines.count - 1 }

    /// Reads the lines' numbers; who signed them is judged when they are checked against a journal.
    package init(parsing bytes: [UInt8]) throws(MirrorError) {
        var lines: [[UInt8]] = []
        var first: Int?
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(bytes[start...end])
            let expected = (first ?? 0) + lines.count
            let seq: Int
            do { seq = try RecordLayout(line.span).seq } catch {
                throw .witnessDamaged(DamageError(record: first == nil ? 1 : expected, error.reason))
            }
            guard first == nil || seq == expected else { throw .witnessDamaged(DamageError(record: expected, .seq)) }
            first = first ?? seq
            lines.append(line)
            start = end + 1
        }
        guard let first else { throw .witnessDamaged(DamageError(record: 1, .empty)) }
        firstSeq = first
        self.lines = lines
        tornBytes = bytes.count - start
    }

    fileprivate func line(_ seq: Int) -> [UInt8]? {
        seq >= firstSeq && seq <= lastSeq ? lines[seq - firstSeq] : nil
    }
}

extension JournalDirectory {
    /// Checks the lines against a journal that nobody else writes to, and adds those beyond its end.
    ///
    /// Where both have a record it must be the same line; what is added is judged by every rule there is.
    /// - Returns: how many were added.
    func extend(with witness: WitnessLines) throws(MirrorError) -> Int {
        var different: Int?
        var replay = try orMirror { () throws(JournalError) in
            try self.replay { record, line in
                guard different == nil, let theirs = witness.line(record.seq) else { return }
                if !theirs.span.hasSameBytes(as: line) { different = record.seq }
            }
        }
        if let different { throw .witnessDiffers(record: different) }
        let size = replay.verifier.size
        guard witness.firstSeq <= size + 1 else { throw .witnessGap(journal: size, witness: witness.firstSeq) }
        guard witness.lastSeq > size else { return 0 }
        for seq in size + 1...witness.lastSeq {
            guard let line = witness.line(seq) else { break }
            do {
                _ = try replay.admit(line)
            } catch {
                guard case .damaged(let damage) = error else { throw .journal(error) }
                throw .witnessDamaged(damage)
            }
        }
        try append(witness, from: size + 1)
        return witness.lastSeq - size
    }

    private func append(_ witness: WitnessLines, from firstNew: Int) throws(MirrorError) {
        var next = firstNew
        while next <= witness.lastSeq {
            let firstSeq = Self.firstSeq(ofSegmentHolding: next)
            let path = segmentPath(firstSeq: firstSeq)
            try orMirror { () throws(FileFailure) in
                var lines = next > firstSeq ? try readFile(path, limit: Self.segmentSizeLimit) : []
                while next <= witness.lastSeq, Self.firstSeq(ofSegmentHolding: next) == firstSeq {
                    lines += witness.line(next) ?? []
                    next += 1
                }
                try writeFileAtomically(path, lines)
            }
        }
    }
}
