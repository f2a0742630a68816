/// Where the bytes of a file lie, piece by piece in its order; all of them together are its size. Pieces are made as they
/// are asked for.
package struct ReadPlan: Sequence, Sendable {
    /// Bytes of a file that are read at one place.
    package struct Piece: Sendable, Equatable {
        package enum Source: Sendable, Equatable {
            case zeros
            /// `offset`: in the plain stream of that artifact of the chain, the anchor being 0.
            case stream(artifact: Int, offset: Int)
            /// `storedLength` bytes from `offset` on are compressed. Undone they are `wholeLength` bytes, with zeros where
            /// they come out shorter; the piece begins after `skip` of these.
            case encoded(
                artifact: Int, offset: Int, storedLength: Int, StreamMap.Compression, wholeLength: Int, skip: Int)
        }

        /// In the file.
        package let offset: Int
        package let length: Int
        package let source: Source

        /// What of an artifact's plain stream is read for it; nil where it is zeros.
        package var inStream: (artifact: Int, range: Range<Int>)? {
            switch source {
            case .zeros: nil
            case .stream(let artifact, let offset): (artifact, offset..<offset + length)
            case .encoded(let artifact, let offset, let stored, _, _, _): (artifact, offset..<offset + stored)
            }
        }
    }

    /// Bytes.
    package let size: Int
    private let contents: FileContents

    init(_ contents: FileContents, size: Int) {
        self.contents = contents
        self.size = size
    }

    package struct Iterator: IteratorProtocol {
        private var pieces: FileContents.Iterator
        private var piece: FileContents.Piece?
        private var offset = 0
        private let size: Int

        fileprivate init(_ contents: FileContents, _ size: Int) {
            pieces = contents.makeIterator()
            self.size = size
        }

        package mutating func next() -> Piece? {
            guard offset < size else { return nil }
            guard let piece = piece ?? pieces.next() else {
                // Past the last piece a file is zeros.
                return take(size - offset, .zeros)
            }
            let left = Swift.min(piece.length, size - offset)
            switch piece.source {
            case .zeros:
                self.piece = nil
                return take(left, .zeros)
            case .encoded(let artifact, let at, let stored, let compression, let whole, let skip):
                self.piece = nil
                return take(
                    left,
                    .encoded(
                        artifact: Int(artifact), offset: at, storedLength: Int(stored), compression,
                        wholeLength: Int(whole), skip: Int(skip)))
            case .writes(let artifact, let at, let unit, let stride, let skip):
                let (write, within) = skip.quotientAndRemainder(dividingBy: Int(unit))
                let length = Swift.min(Int(unit) - within, left)
                self.piece = length < piece.length ? piece.dropFirst(length) : nil
                return take(length, .stream(artifact: Int(artifact), offset: at + write * Int(stride) + within))
            }
        }

        private mutating func take(_ length: Int, _ source: Piece.Source) -> Piece {
            defer { offset += length }
            return Piece(offset: offset, length: length, source: source)
        }
    }

    package func makeIterator() -> Iterator { Iterator(contents, size) }
}
