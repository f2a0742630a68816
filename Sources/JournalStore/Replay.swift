package import Digest
internal import DurableFiles
package import JournalFormat
package import SystemPackage

/// Bytes at the end of the last segment, from the first line on that was not written to its end: several appends may be
/// on their way to the disk together, and their sectors get there in any order.
package struct TornTail: Sendable {
    package let bytes: [UInt8]
    package let segment: FilePath
    /// Where the last whole line ends.
    package let offset: Int
}

/// A journal that was read from its first record on.
package struct Replay: ~Copyable {
    package enum Signatures: Sendable {
        /// Every one: what `verify` does.
        case all
        /// Those of key events and of the last record, which the chain ties all others to.
        case head
    }

    typealias Acceptance =
        (inout Verifier, Span<UInt8>, ReadLine?, _ isHead: Bool) throws(DamageError) -> RecordLayout

    package internal(set) var verifier: Verifier
    /// Nil where only the place in the journal was taken up again.
    package fileprivate(set) var anyState: (any JournalState)?
    /// The first record that projections could not read; the verifier continues.
    package fileprivate(set) var refusal: ProjectionError?
    package fileprivate(set) var tail: TornTail?
    /// The directory's own, once it was found right.
    package fileprivate(set) var checkpoint: SignedCheckpoint?
    /// What the directory's checkpoint held before the first line was read: a writer may replace it meanwhile, by one
    /// that covers lines which this reader has not seen.
    fileprivate let acknowledged: Result<SignedCheckpoint, FormatError>?
    fileprivate var headWarnings: [Verifier.Warning] = []
    /// What a cache keeps of the lines; nil where none is kept.
    var excerpt: Excerpt?
    private let stateType: any JournalState.Type
    private let resumedSummary: String
    /// The ids of the records before those that the verifier has seen.
    var earlierIDs: EventIDIndex?

    package var warnings: [Verifier.Warning] { verifier.warnings + headWarnings }

    fileprivate init(
        _ stateType: any JournalState.Type, verifier: consuming Verifier,
        acknowledged: Result<SignedCheckpoint, FormatError>?, excerpt: Excerpt?
    ) {
        self.stateType = stateType
        self.verifier = verifier
        self.acknowledged = acknowledged
        self.excerpt = excerpt
        anyState = stateType.initial
        resumedSummary = ""
    }

    /// A replay that continues where an earlier one has ended.
    ///
    /// - Parameters:
    ///   - state: nil where it is not needed.
    ///   - summary: the state's, there.
    ///   - earlierIDs: nil where the verifier knows all ids.
    init(
        resuming verifier: consuming Verifier, _ excerpt: Excerpt, _ stateType: any JournalState.Type,
        state: (any JournalState)?, summary: String, earlierIDs: EventIDIndex?
    ) {
        self.stateType = stateType
        self.verifier = verifier
        self.excerpt = excerpt
        anyState = state
        self.earlierIDs = earlierIDs
        resumedSummary = summary
        acknowledged = nil
    }

    /// One that has read nothing yet, to judge the same journal once more.
    ///
    /// - Parameter size: where its verifier keeps the head in `moments`.
    func fromTheStart(watching size: Int = 0) -> Replay {
        Replay(
            stateType, verifier: verifier.fromTheStart(watching: size), acknowledged: acknowledged,
            excerpt: excerpt.map { _ in Excerpt(of: stateType) })
    }

    /// The state's, also where that was not read.
    package var summary: String { anyState?.summary ?? resumedSummary }

    /// Whether an event with this id stands in the journal.
    package func holds(_ id: EventID) throws(JournalError) -> Bool {
        if verifier.holds(id) { return true }
        return try isHeldEarlier(id)
    }

    /// Whether it stands among the records that the verifier has not seen.
    func isHeldEarlier(_ id: EventID) throws(JournalError) -> Bool {
        guard let earlierIDs else { return false }
        return try orFile { () throws(FileFailure) in try earlierIDs.contains(id) }
    }
}

extension JournalDirectory {
    /// Reads and judges all records.
    ///
    /// - Parameters:
    ///   - pinnedRoot: the root's fingerprint, where it is known.
    ///   - heads: what a witness remembers; the directory's own checkpoint is always compared.
    ///   - limit: stops after this record.
    ///   - growsTree: whether checkpoints are to be signed or compared with their Merkle root, which costs a second
    ///     hash of every line; checking all signatures includes it.
    ///   - visit: is given each record with the line that holds it; without it most lines are never taken apart.
    package func replay(
        pinnedRoot: KeyID? = nil, heads: [SignedCheckpoint] = [], signatures: Replay.Signatures = .head,
        upTo limit: Int = .max, growsTree: Bool = false, visit: ((Record, Span<UInt8>) -> Void)? = nil
    ) throws(JournalError) -> Replay {
        var replay = try begin(pinnedRoot: pinnedRoot, heads: heads, growsTree: growsTree || signatures == .all)
        try read(into: &replay, signatures: signatures, upTo: limit, visit)
        if limit == .max {
            try compare(heads: heads, to: &replay)
        } else {
            try requireRoot(of: replay)
        }
        return replay
    }

    /// Reads and judges all records, and picks out those that the cache keeps.
    func replayForAppending(pinnedRoot: KeyID?) throws(JournalError) -> Replay {
        var replay = try begin(pinnedRoot: pinnedRoot, heads: [], growsTree: true, keepsExcerpt: true)
        try read(into: &replay, signatures: .head, upTo: .max, nil)
        try compare(heads: [], to: &replay)
        return replay
    }

    func begin(
        pinnedRoot: KeyID?, heads: [SignedCheckpoint], growsTree: Bool, keepsExcerpt: Bool = false
    ) throws(JournalError) -> Replay {
        let acknowledged = try readCheckpoint()
        var sizes = heads.map(\.checkpoint.size)
        if case .success(let checkpoint) = acknowledged { sizes.append(checkpoint.checkpoint.size) }
        return Replay(
            stateType, verifier: Verifier(pinnedRoot: pinnedRoot, watching: Set(sizes), growsTree: growsTree),
            acknowledged: acknowledged, excerpt: keepsExcerpt ? Excerpt(of: stateType) : nil)
    }

    func read(
        into replay: inout Replay, signatures: Replay.Signatures, upTo limit: Int,
        _ visit: ((Record, Span<UInt8>) -> Void)?
    ) throws(JournalError) {
        if signatures == .all, visit == nil, replay.verifier.size == 0 {
            return try readOnAllCores(into: &replay, upTo: limit)
        }
        try read(into: &replay, upTo: limit, readingOn: Self.availableCores, visit) {
            (verifier, line, read, isHead) throws(DamageError) in
            try verifier.accept(line, checkingSignatures: signatures == .all || isHead, read: read)
        }
    }

    /// - Parameters:
    ///   - cores: how many may take lines apart before they are judged.
    ///   - accept: lets the verifier judge one line; its argument says whether that is the last one.
    func read(
        into replay: inout Replay, upTo limit: Int, readingOn cores: Int = 1, _ visit: ((Record, Span<UInt8>) -> Void)?,
        accept: Replay.Acceptance
    ) throws(JournalError) {
        let names = try orFile { () throws(FileFailure) in try segmentNames() }
        guard let names else { throw .missing(path) }
        if limit == .max, names.count > 1 {
            replay.verifier.expect(records: names.count * Self.recordsInSegment)
        }
        var segments = ReadAhead(path, names, growsTree: replay.verifier.growsTree, cores: cores)
        for (index, name) in names.enumerated() where replay.verifier.size < limit {
            guard name == Self.segmentName(firstSeq: index * Self.recordsInSegment + 1),
                !isSpecialFile(path.appending(name))
            else {
                throw .damaged(DamageError(record: replay.verifier.size + 1, .segment))
            }
            try replay.read(
                try segments.segment(), of: path.appending(name), isLast: index == names.count - 1, upTo: limit, visit,
                accept)
        }
        guard replay.verifier.size > 0 else { throw .damaged(DamageError(record: 1, .empty)) }
    }

    /// Checks the journal against what is remembered of it: its own checkpoint first.
    func compare(heads: [SignedCheckpoint], to replay: inout Replay) throws(JournalError) {
        do { try replay.verifier.checkRoot() } catch { throw .damaged(error) }
        switch replay.acknowledged {
        case .success(let checkpoint):
            _ = try replay.compare(checkpoint, of: .journal)
            replay.checkpoint = checkpoint
        case .failure(let refusal):
            throw .damaged(DamageError(record: 0, refusal.reason))
        case nil:
            break
        }
        for head in heads {
            if let warning = try replay.compare(head, of: .witness) { replay.headWarnings.append(warning) }
        }
    }

    private func readCheckpoint() throws(JournalError) -> Result<SignedCheckpoint, FormatError>? {
        guard pathExists(checkpointPath) else { return nil }
        guard !isSpecialFile(checkpointPath) else { return .failure(FormatError(.checkpointFormat)) }
        let bytes: [UInt8]
        do { bytes = try readFile(checkpointPath, limit: SignedCheckpoint.maximumLength) } catch {
            // Two notes, for example: more than one is none.
            guard error.errno == .fileTooLarge else { throw .file(error) }
            return .failure(FormatError(.checkpointFormat))
        }
        return Result { () throws(FormatError) in try SignedCheckpoint(note: bytes) }
    }
}

extension Replay {
    fileprivate func compare(
        _ head: SignedCheckpoint, of keeper: HeadKeeper
    ) throws(JournalError) -> Verifier.Warning? {
        do { return try verifier.compare(head, of: keeper) } catch { throw .damaged(error) }
    }

    fileprivate mutating func read(
        _ pieces: SegmentPieces, of segment: FilePath, isLast: Bool, upTo limit: Int,
        _ visit: ((Record, Span<UInt8>) -> Void)?, _ accept: Acceptance
    ) throws(JournalError) {
        let content = pieces.bytes
        let bytes = content.span
        var read = ReadLines(pieces)
        var start = 0
        var lines = 0
        let wholeEnd = isLast ? tornTailStart(bytes) : bytes.count
        while start < bytes.count, verifier.size < limit {
            if start == wholeEnd {
                tail = TornTail(
                    bytes: Array(copying: bytes.extracting(droppingFirst: start)), segment: segment, offset: start)
                return
            }
            let end = bytes.lineEnd(from: start)
            let line = bytes.extracting(start..<(end ?? bytes.count))
            guard end != nil, lines < JournalDirectory.recordsInSegment else {
                throw .damaged(DamageError(record: verifier.size + 1, .segment))
            }
            let layout: RecordLayout
            do {
                layout = try accept(&verifier, line, read.line(at: start), isLast && end == wholeEnd)
            } catch {
                throw .damaged(error)
            }
            try take(layout, line, visit)
            start += line.count
            lines += 1
        }
        if !isLast, verifier.size < limit, lines != JournalDirectory.recordsInSegment {
            throw .damaged(DamageError(record: verifier.size + 1, .segment))
        }
    }

    private mutating func take(
        _ layout: RecordLayout, _ line: Span<UInt8>, _ visit: ((Record, Span<UInt8>) -> Void)?
    ) throws(JournalError) {
        excerpt?.take(layout, line, hash: verifier.head)
        let type = line.extracting(layout.event.type)
        if visit == nil, stateType.isUnchanged(by: type, schema: layout.event.schema) {
            if refusal == nil { anyState?.pass(seq: layout.seq, hash: verifier.head, ts: layout.ts) }
            return
        }
        let record = try Record(layout, line, hash: verifier.head)
        if refusal == nil {
            do { try evolve(record) } catch { refusal = error }
        }
        visit?(record, line)
    }
}

extension Record {
    package init(_ layout: RecordLayout, _ line: Span<UInt8>, hash: SHA256Digest) throws(JournalError) {
        do {
            self.init(
                seq: layout.seq, epoch: layout.epoch, ts: layout.ts, kid: layout.kid,
                event: try layout.event.event(in: line), hash: hash)
        } catch {
            throw .damaged(DamageError(record: layout.seq, error.reason))
        }
    }
}

extension Replay {
    /// Takes a line that is about to be written, by the same rules as one that was read.
    ///
    /// - Parameter checkingSignatures: false for a line that was signed here a moment ago; key events' are always
    ///   checked.
    package mutating func admit(
        _ line: [UInt8], checkingSignatures: Bool = true
    ) throws(JournalError) -> RecordLayout {
        let layout: RecordLayout
        do { layout = try verifier.accept(line.span, checkingSignatures: checkingSignatures) } catch {
            throw .damaged(error)
        }
        excerpt?.take(layout, line.span, hash: verifier.head)
        // What leaves the state as it is, is not taken apart again: a batch of such lines holds up everybody who waits
        // for the lock.
        if stateType.isUnchanged(by: line.span.extracting(layout.event.type), schema: layout.event.schema) {
            anyState?.pass(seq: layout.seq, hash: verifier.head, ts: layout.ts)
            return layout
        }
        let record = try Record(layout, line.span, hash: verifier.head)
        do { try evolve(record) } catch { throw .unreadable(error) }
        return layout
    }

    /// Takes a line that another machine sent, with every signature checked. As in a journal that is read, one that
    /// projections cannot read ends their state and nothing else.
    mutating func follow(_ line: [UInt8]) throws(JournalError) {
        let layout: RecordLayout
        do { layout = try verifier.accept(line.span) } catch { throw .damaged(error) }
        try take(layout, line.span, nil)
    }

    mutating func forgetTail() { tail = nil }

    /// A state that was not read stays unread; only what changes nothing may then follow.
    private mutating func evolve(_ record: Record) throws(ProjectionError) {
        precondition(
            anyState != nil
                || stateType.isUnchanged(by: Array(record.event.type.utf8).span, schema: record.event.schema),
            "opened without its state")
        try anyState?.evolve(record)
    }
}

/// Where the torn tail begins, with the first line that holds a NUL or has no LF; the end where there is none.
func tornTailStart(_ bytes: Span<UInt8>) -> Int {
    var end = bytes.firstNUL ?? bytes.count
    while end > 0, bytes[end - 1] != 10 { end -= 1 }
    return end
}
