internal import Digest
internal import JournalFormat
internal import JournalStore
internal import ObjectStore

/// Where the lines of a journal are in a mirror, as far as it was asked. The pieces of a segment are listed when they are
/// needed: mostly those of the last one only.
final class MirroredLines: Sendable {
    /// By the number of the first record.
    let segments: [Int: [MirroredPiece]]
    private let reader: MirrorReader
    private let hasPieces: Bool
    private let listed = Gathered<Int, [MirroredPiece]>()

    /// - Parameter hasPieces: whether what is not in a whole segment is in pieces.
    init(_ reader: MirrorReader, segments: [MirroredPiece], hasPieces: Bool) {
        self.reader = reader
        self.hasPieces = hasPieces
        self.segments = Dictionary(grouping: segments, by: \.name.firstSeq)
    }

    func pieces(ofSegment firstSeq: Int) throws(MirrorError) -> [MirroredPiece] {
        if !hasPieces { return [] }
        if let known = listed[firstSeq] { return known }
        let found = try reader.pieces(ofSegment: firstSeq)
        listed.add(firstSeq, found)
        return found
    }
}

extension [MirroredPiece] {
    /// Those that may hold the records up to this one, the closest first: what ends with it, and of these what reaches
    /// back furthest.
    ///
    /// - Parameter head: the hash of that record's line, where it is known.
    func candidates(to lastSeq: Int, head: SHA256Digest?) -> [MirroredPiece] {
        filter { piece in
            if piece.name.lastSeq == lastSeq, let head { return piece.name.head == head }
            return piece.name.records.contains(lastSeq)
        }.sorted { ($0.name.lastSeq, $0.name.firstSeq) < ($1.name.lastSeq, $1.name.firstSeq) }
    }
}

extension MirrorReader {
    /// Pieces in flight at once.
    private static let piecesAtOnce = 8
    /// Bytes of pieces that are kept before it is known whether they belong together.
    private static let mostAhead = 1 << 26

    /// The lines of these records of one segment, the last of which has this hash, and what the first says of the line
    /// before.
    ///
    /// A segment as a whole is preferred. Else they are put together backwards: each piece names the line before it by
    /// its hash, so what somebody else made, or never committed, does not fit. Of a longer piece the beginning will do.
    func lines(
        _ records: ClosedRange<Int>, endingWith head: SHA256Digest, in stored: MirroredLines
    ) throws(MirrorError) -> (bytes: [UInt8], prev: SHA256Digest) {
        var failure: MirrorError?
        let wholes = (stored.segments[records.lowerBound] ?? []).candidates(to: records.upperBound, head: head)
        if let whole = try sound(wholes, to: records.upperBound, head, &failure, fetched: [:]) {
            return (Array(whole.bytes(through: records.upperBound)), whole.prev)
        }
        let pieces = try stored.pieces(ofSegment: records.lowerBound)
        let fetched = try fetchLikely(pieces, records, head)
        var parts: [ArraySlice<UInt8>] = []
        var (last, head) = (records.upperBound, head)
        while last >= records.lowerBound {
            let candidates = pieces.candidates(to: last, head: head)
            guard let part = try sound(candidates, to: last, head, &failure, fetched: fetched) else {
                throw failure ?? .recordMissing(last)
            }
            parts.append(part.bytes(through: last))
            (last, head) = (part.firstSeq - 1, part.prev)
        }
        return (Array(parts.reversed().joined()), head)
    }

    /// The first of the candidates that holds the line of this record with this hash.
    private func sound(
        _ candidates: [MirroredPiece], to lastSeq: Int, _ head: SHA256Digest, _ failure: inout MirrorError?,
        fetched: [String: ChainedLines]
    ) throws(MirrorError) -> ChainedLines? {
        for piece in candidates {
            do throws(MirrorError) {
                let lines = if let known = fetched[piece.key.text] { known } else { try lines(of: piece) }
                if lines.hash(of: lastSeq) == head { return lines }
            } catch {
                guard error.isVerdictOnObject else { throw error }
                failure = error
            }
        }
        return nil
    }

    /// Fetches what by the names alone will be needed, several at a time. Whether it is right is still to be asked, and
    /// one that is damaged is missing from the answer.
    private func fetchLikely(
        _ pieces: [MirroredPiece], _ records: ClosedRange<Int>, _ head: SHA256Digest
    ) throws(MirrorError) -> [String: ChainedLines] {
        let ends = Dictionary(grouping: pieces, by: \.name.lastSeq)
        var likely: [MirroredPiece] = []
        var (last, bytes) = (records.upperBound, 0)
        while last >= records.lowerBound,
            let piece = (ends[last] ?? []).candidates(to: last, head: likely.isEmpty ? head : nil).first
        {
            bytes += piece.bytes
            if bytes > Self.mostAhead { break }
            likely.append(piece)
            last = piece.name.firstSeq - 1
        }
        let fetched = Gathered<String, ChainedLines>()
        try forEach(likely, atMost: Self.piecesAtOnce) { piece throws(MirrorError) in
            do throws(MirrorError) {
                fetched.add(piece.key.text, try self.lines(of: piece))
            } catch {
                guard error.isVerdictOnObject else { throw error }
            }
        }
        return fetched.all
    }
}
