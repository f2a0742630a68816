internal import Digest
internal import DurableFiles
internal import JournalFormat
internal import Sodium
internal import SystemPackage

/// What an append has to know of the records before it, so that it need not read them (journal-format.md, "Files").
///
///     cache/position    how far the last append came, its key events, with a code that takes the sequencer's key
///     cache/state       the lines that change the state
///     cache/ids         the ids of all events, a table
///
/// It is believed only when everything fits: the code is the sequencer's own, the machine was not restarted,
/// nobody has touched the last segment or the checkpoint since, and the last line has the head's hash. Otherwise the
/// journal is read from its first record on, as if there were no cache. It is never made durable: a start of the
/// machine discards it.
struct JournalCache {
    private let journal: JournalDirectory
    private let sequencer: JournalKey

    /// Counted up with every change of what is kept, or of how records add up to a state.
    private static let magic = "devjournal-position-v4\n"
    private static let purpose: StaticString = "devjournal/position/v4\n"
    /// 32 bytes of base64, and the LF.
    private static let codeLength = 45

    init(_ journal: JournalDirectory, sequencer: JournalKey) {
        self.journal = journal
        self.sequencer = sequencer
    }

    private var directory: FilePath { journal.path.appending("cache") }
    private var positionPath: FilePath { directory.appending("position") }
    private var statePath: FilePath { directory.appending("state") }
    private var idsPath: FilePath { directory.appending("ids") }

    // MARK: Reading

    /// The journal as it was left by the last append; nil where the cache does not fit it.
    ///
    /// - Parameter purpose: for many appends all ids are read; the state only for what may change it.
    func read(pinnedRoot: KeyID?, for purpose: Journal.Purpose) -> Replay? {
        guard let kept = try? readPosition(), (try? fits(kept.position)) == true,
            let index = try? EventIDIndex.open(idsPath, kept.position),
            let ids = purpose == .manyLines ? try? index.readAll() : EventIDSet(),
            let verifier = Verifier.resuming(
                kept.position.verifier, keyEvents: kept.excerpt.keyLines.span, ids: ids, pinnedRoot: pinnedRoot),
            pinnedRoot.map({ verifier.vouchingRoots.contains($0) }) ?? true
        else { return nil }
        let state = purpose == .anything ? try? readState(kept) : nil
        if purpose == .anything, state == nil { return nil }
        return Replay(
            resuming: verifier, kept.excerpt, journal.stateType, state: state, summary: kept.position.summary,
            earlierIDs: purpose == .manyLines ? nil : index)
    }

    typealias Kept = (position: CachedPosition, excerpt: Excerpt)

    private func readState(_ kept: Kept) throws(FileFailure) -> (any JournalState)? {
        let lines = try readFile(statePath, limit: kept.position.stateLength)
        guard var state = kept.excerpt.state(of: lines) else { return nil }
        let place = kept.position.verifier
        state.pass(seq: place.size, hash: place.head, ts: place.lastTime)
        return state
    }

    private func readPosition() throws(FileFailure) -> Kept? {
        guard pathExists(positionPath) else { return nil }
        let bytes = try readFile(positionPath, limit: 1 << 24)
        let end = bytes.count - Self.codeLength
        guard end > 0, bytes.starts(with: Self.magic.utf8), bytes[bytes.count - 1] == UInt8(ascii: "\n"),
            let code = Base64.decode(bytes.span.extracting(end..<bytes.count - 1), count: 32),
            sequencer.key.isCode(code.span, of: bytes.span.extracting(..<end), purpose: Self.purpose)
        else { return nil }
        let start = Self.magic.utf8.count
        guard let lineEnd = bytes[start..<end].firstIndex(of: UInt8(ascii: "\n")),
            let fields = try? JSONValue(parsing: Array(bytes[start..<lineEnd])),
            let position = fields.object.flatMap({ CachedPosition($0) })
        else { return nil }
        let excerpt = Excerpt(
            of: journal.stateType, keyLines: Array(bytes[(lineEnd + 1)..<end]), length: position.stateLength,
            chain: position.stateChain)
        return (position, excerpt)
    }

    /// Whether the segments end where the position says, untouched since.
    private func fits(_ kept: CachedPosition) throws(FileFailure) -> Bool {
        let segment = journal.segmentPath(
            firstSeq: JournalDirectory.firstSeq(ofSegmentHolding: kept.verifier.size))
        let next = journal.segmentPath(
            firstSeq: JournalDirectory.firstSeq(ofSegmentHolding: kept.verifier.size)
                + JournalDirectory.recordsInSegment)
        guard kept.boot == DurableMark.thisBoot, kept.checkpoint == (try checkpointHash()) else { return false }
        let file = try OpenFile(regular: segment, .readOnly)
        let stamp = try file.stamp()
        guard "\(stamp)" == kept.segment, !pathExists(next) else { return false }
        let length = kept.lastLineLength
        let line = try file.read(length, at: stamp.size - Int64(length))
        return line.count == length && SHA256.hash(line.span) == kept.verifier.head
    }

    /// What the directory's checkpoint holds, `-` where there is none.
    private func checkpointHash() throws(FileFailure) -> String {
        guard pathExists(journal.checkpointPath) else { return "-" }
        let note = try readFile(journal.checkpointPath, limit: SignedCheckpoint.maximumLength + 1)
        return SHA256.hash(note.span).hex
    }

    // MARK: Writing

    /// What the cache holds, where it fits the journal as it is.
    func fittingPosition() -> Kept? {
        guard let kept = try? readPosition(), (try? fits(kept.position)) == true else { return nil }
        return kept
    }

    /// Says that the directory's checkpoint is now this one, which its writer has made of the lines that are cached. Where that
    /// fails, the next append reads the journal. The caller holds the journal's lock, and has held it since `kept` fitted.
    func take(checkpoint: SignedCheckpoint, into kept: Kept) {
        guard checkpoint.checkpoint.size == kept.position.verifier.size,
            checkpoint.checkpoint.head == kept.position.verifier.head
        else { return }
        var position = kept.position
        position.checkpoint = SHA256.hash(Array(checkpoint.note.utf8).span).hex
        do throws(FileFailure) { try write(position, keyLines: kept.excerpt.keyLines) } catch {
            try? removeFile(positionPath)
        }
    }

    /// Keeps what the next append needs. Where that fails nothing is lost: the next one reads the journal.
    func write(_ replay: inout Replay, lastLineLength: Int) {
        do {
            try keep(&replay, lastLineLength)
        } catch {
            try? removeFile(positionPath)
        }
    }

    private func keep(_ replay: inout Replay, _ lastLineLength: Int) throws(FileFailure) {
        guard replay.refusal == nil, let boot = DurableMark.thisBoot, let excerpt = replay.excerpt else { return }
        try makeDirectories(directory, permissions: 0o700)
        let ids = try keepIDs(&replay)
        try keepState(excerpt)
        replay.excerpt?.markKept()
        let segment = journal.segmentPath(
            firstSeq: JournalDirectory.firstSeq(ofSegmentHolding: replay.verifier.size))
        let position = CachedPosition(
            verifier: VerifierPosition(replay.verifier), boot: boot,
            segment: "\(try OpenFile(regular: segment, .readOnly).stamp())", lastLineLength: lastLineLength,
            checkpoint: try checkpointHash(), stateLength: excerpt.length, stateChain: excerpt.chain,
            slotCount: ids.slotCount, idCount: ids.count, idHash: ids.hash, summary: replay.summary)
        try write(position, keyLines: excerpt.keyLines)
    }

    private func write(_ position: CachedPosition, keyLines: [UInt8]) throws(FileFailure) {
        var bytes = Array(Self.magic.utf8)
        JSONValue.object(position.fields).write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        bytes += keyLines
        bytes += Array("\(Base64.encode(sequencer.key.code(of: bytes.span, purpose: Self.purpose)))\n".utf8)
        try overwrite(positionPath, bytes, from: 0)
    }

    private func keepState(_ excerpt: Excerpt) throws(FileFailure) {
        if excerpt.newLines.isEmpty, excerpt.length > 0 { return }
        try overwrite(statePath, excerpt.newLines, from: excerpt.keptLength)
    }

    private func keepIDs(
        _ replay: inout Replay
    ) throws(FileFailure) -> (slotCount: Int, count: Int, hash: EventIDHash) {
        let new = replay.verifier.ids
        guard let index = replay.earlierIDs else {
            try overwrite(idsPath, new.table, from: 0)
            return (new.slotCount, new.count, new.tableHash)
        }
        if try index.insert(new.ids) { return (index.slotCount, index.count, index.hash) }
        guard var all = try index.readAll() else { throw FileFailure("use", idsPath, .invalidArgument) }
        for id in new.ids { _ = all.insert(id) }
        try overwrite(idsPath, all.table, from: 0)
        replay.earlierIDs = try EventIDIndex.open(
            idsPath, slotCount: all.slotCount, count: all.count, hash: all.tableHash)
        return (all.slotCount, all.count, all.tableHash)
    }

    /// Cut off after the bytes; a run that is interrupted here leaves a position that fits nothing.
    private func overwrite(_ path: FilePath, _ bytes: [UInt8], from offset: Int) throws(FileFailure) {
        let file = try OpenFile(regular: path, .writeOnly, options: .create, permissions: .ownerReadWrite)
        try file.write(bytes.span, at: Int64(offset))
        try file.truncate(to: offset + bytes.count)
        try file.close()
    }
}
