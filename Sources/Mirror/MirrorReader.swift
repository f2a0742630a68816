package import Age
package import Backup
internal import Digest
internal import DurableFiles
package import JournalFormat
package import ObjectStore
internal import SystemPackage

/// Reads what is in the bucket; writes nothing.
package struct MirrorReader: Sendable {
    /// A checkpoint is a small thing, no matter who made it.
    private static let checkpointLimit = SignedCheckpoint.maximumLength + 1 << 14

    package let store: any ObjectStore
    package let layout: MirrorLayout
    package let identities: [AgeIdentity]
    /// What is kept free of the disk that the journal is fetched to.
    private let reserve: SpaceReserve

    package init(
        store: any ObjectStore, layout: MirrorLayout, identities: [AgeIdentity],
        keeping reserve: SpaceReserve = .bytes(0)
    ) {
        self.reserve = reserve
        self.store = store
        self.layout = layout
        self.identities = identities
    }

    /// The checkpoint and what a conditional write needs; nil where there is none. Read a second time before it is
    /// called missing or unreadable.
    package func checkpoint() throws(MirrorError) -> (signed: SignedCheckpoint, etag: ETag)? {
        do {
            if let there = try readCheckpoint() { return there }
        } catch {
            guard error.isVerdict else { throw error }
        }
        return try readCheckpoint()
    }

    private func readCheckpoint() throws(MirrorError) -> (signed: SignedCheckpoint, etag: ETag)? {
        let stored: (bytes: [UInt8], info: ObjectInfo)?
        do {
            stored = try store.read(try layout.checkpoint(), limit: Self.checkpointLimit)
        } catch {
            // `invalid` is one that is larger than any.
            let isUnreadable = error.kind == .corrupt || error.kind == .invalid
            throw isUnreadable ? .checkpointUnreadable(error.description) : .store(error)
        }
        guard let stored else { return nil }
        do {
            let note = try AgeFile.decrypt(stored.bytes.span, with: identities)
            return (try SignedCheckpoint(note: note), stored.info.etag)
        } catch let error as AgeError {
            throw .checkpointUnreadable(error.description)
        } catch let refusal as FormatError {
            throw .checkpointUnreadable(refusal.reason.explanation)
        } catch {
            throw .checkpointUnreadable("\(error)")
        }
    }

    enum ProjectionText: Equatable {
        case missing
        /// Larger than expected, damaged, or not for these keys.
        case unreadable
        case text(String)
    }

    /// - Parameter limit: bytes above which it is not what is expected.
    func text(ofProjection name: String, limit: Int) throws(MirrorError) -> ProjectionText {
        do {
            let stored = try store.read(try layout.projection(name), limit: limit + Self.checkpointLimit)
            guard let stored else { return .missing }
            guard let text = try? AgeFile.decrypt(stored.bytes.span, with: identities),
                let decoded = String(validating: text, as: UTF8.self)
            else { return .unreadable }
            return .text(decoded)
        } catch {
            if error.kind == .invalid || error.kind == .corrupt { return .unreadable }
            throw .store(error)
        }
    }

    /// Whether a projection that is there says this; one that cannot be read does not.
    func holds(projection name: String, _ text: String) throws(MirrorError) -> Bool {
        try self.text(ofProjection: name, limit: 2 * text.utf8.count) == .text(text)
    }

    /// Every segment object, in no meaningful order; objects with other names are not ours and are left alone.
    package func segments() throws(MirrorError) -> [MirroredPiece] { try pieces(below: layout.segmentPrefix) }

    /// The pieces of the segment that begins with this record.
    package func pieces(ofSegment segment: Int) throws(MirrorError) -> [MirroredPiece] {
        try pieces(below: layout.piecePrefix(ofSegment: segment))
    }

    private func pieces(below prefix: String) throws(MirrorError) -> [MirroredPiece] {
        try orMirror { () throws(StoreError) in try store.list(prefix: prefix) }
            .compactMap { MirroredPiece($0, in: layout) }
    }

    /// The lines of a piece: bytes checked against the key, then decrypted, then checked against one another and the name.
    /// Read a second time before they are called missing or damaged.
    package func lines(of piece: MirroredPiece) throws(MirrorError) -> ChainedLines {
        do {
            return try readLines(of: piece)
        } catch {
            guard error.isVerdict else { throw error }
            return try readLines(of: piece)
        }
    }

    private func readLines(of piece: MirroredPiece) throws(MirrorError) -> ChainedLines {
        let stored = try orMirror { () throws(StoreError) in
            try store.read(piece.key, limit: piece.name.sizeLimit)
        }
        guard let stored else { throw .recordMissing(piece.name.lastSeq) }
        guard SHA256.hash(stored.bytes.span) == piece.sha256,
            let plain = try? AgeFile.decrypt(stored.bytes.span, with: identities),
            let lines = ChainedLines(plain, firstSeq: piece.name.firstSeq), lines.name == piece.name
        else { throw .objectDamaged(piece.key) }
        return lines
    }

    /// Writes what was fetched, where that leaves the reserve: how much there is the bucket says.
    func place(_ lines: [UInt8], at path: FilePath) throws(MirrorError) {
        try orMirror { () throws(FileFailure) in
            let space = try FileSystemSpace(holding: path.removingLastComponent())
            let need = SpaceNeed("fetching the journal", bytes: lines.count)
            if let refusal = need.refusal(free: space.free, reserve: reserve.bytes(ofTotal: space.total)) {
                throw FileFailure("write", path, .noSpace, hint: "\(refusal): make room")
            }
            try writeFileAtomically(path, lines)
        }
    }
}
