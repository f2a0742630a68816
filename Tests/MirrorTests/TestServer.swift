import Age
import Backup
import BackupJournal
import Digest
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import Mirror
import ObjectStore
import RecoveryKit
import ScratchSpace
import Sodium
import StockTools
import Synchronization
import SystemPackage
import Testing

/// A server with a real journal in a directory of its own.
final class TestServer: Sendable {
    private let scratch: ScratchDirectory
    let root: JournalKey
    let identity: AgeIdentity
    let sequencer: JournalKey
    let log: EventID
    /// What `LS_ROOT` is: journal and artifacts are below it.
    var home: FilePath { scratch.path }
    var journal: JournalDirectory { JournalDirectory(home.appending("journal")) }

    private init(
        _ scratch: ScratchDirectory, root: JournalKey, identity: AgeIdentity, sequencer: JournalKey, log: EventID
    ) {
        self.scratch = scratch
        self.root = root
        self.identity = identity
        self.sequencer = sequencer
        self.log = log
    }

    /// A new journal of two records.
    convenience init(identity: AgeIdentity = .generate()) throws {
        let root = JournalKey.generate(.root)
        let sequencer = JournalKey.generate(.sequencer)
        let genesis = Genesis(dataset: "dev", root: root, sequencer: sequencer, now: Self.now())
        self.init(
            try ScratchDirectory(), root: root, identity: identity, sequencer: sequencer, log: genesis.log)
        try genesis.write(to: journal)
        try record(.setRecipients([identity.recipient.description]))
    }

    private static let template: Result<TestServer, any Error> = Result { () throws -> TestServer in
        let server = try TestServer()
        try server.note(JournalDirectory.recordsInSegment)
        // Nobody lets it go before the process ends.
        atexit { try? FileManager.default.removeItem(atPath: TestServer.template.get().home.string) }
        return server
    }

    /// A journal of a full segment and two records more. Each is a copy of one that is made once, which takes seconds.
    static func withFullSegment() throws -> TestServer { try template.get().copied() }

    /// The same server as it is now, on another disk.
    func copied() throws -> TestServer {
        let copy = try ScratchDirectory()
        try runTool("cp", "-a", "\(home)/.", copy.path.string)
        return TestServer(copy, root: root, identity: identity, sequencer: sequencer, log: log)
    }

    /// A server that took the journal over.
    func successor(at scratch: ScratchDirectory, sequencer: JournalKey) -> TestServer {
        TestServer(scratch, root: root, identity: identity, sequencer: sequencer, log: log)
    }

    var kit: KitSection {
        KitSection(dataset: "dev", log: log, root: root, identities: [identity], mirror: nil)
    }

    static func now() -> Timestamp {
        Timestamp(milliseconds: Int(Date().timeIntervalSince1970 * 1000))
    }

    // MARK: Journal

    /// How far the server's clock is ahead, in hours.
    let hoursAhead = Mutex(0)

    func open(_ opening: Journal.Opening = .reading) throws -> Journal {
        let now = Timestamp(milliseconds: Self.now().milliseconds + hoursAhead.withLock { $0 } * 3_600_000)
        return try Journal.open(
            journal, opening, lock: home.appending("lock"), sequencer: sequencer, pinnedRoot: root.id,
            clock: ClockRule(now: now) { true })
    }

    func record(_ command: Backup.Command) throws {
        var journal = try open()
        try Self.record(command, in: &journal)
    }

    private static func record(_ command: Backup.Command, in journal: inout Journal) throws {
        let thisMonth = try #require(Label("dev@2026-12"))
        let events = try decide(command, try journal.replay.readableState(), thisMonth: thisMonth)
        if !events.isEmpty { try Self.append(events, to: &journal) }
    }

    private static func append(_ events: [NewEvent], to journal: inout Journal) throws {
        let batch = journal.prepare(events.map { BatchEntry($0) }, author: nil)
        _ = try journal.confirm(try journal.append(batch))
    }

    func note(_ count: Int = 1, opening: Journal.Opening = .reading) throws {
        let type = try #require(EventType("note"))
        var journal = try open(opening)
        try Self.append(
            (0..<count).map { NewEvent(type, by: .sequencer, ["text": .string("note \($0)")]) }, to: &journal)
    }

    /// Puts a full artifact in place and registers it.
    @discardableResult
    func register(_ month: String, bytes count: Int = 1000) throws -> ArtifactName {
        let name = ArtifactName(try #require(Label("dev@\(month)")), .full)
        let bytes = AgeFile.encrypt(randomBytes(count).span, to: [identity.recipient])
        try plant(home.appending(name.localPath), bytes)
        let type = try #require(EventType("artifact.registered"))
        var journal = try open()
        try Self.append(
            [
                NewEvent(
                    type, by: .sequencer,
                    [
                        "label": .string(name.label.description), "type": .string("full"), "parent": .null,
                        "name": .string(name.description), "bytes": .integer(bytes.count),
                        "sha256": .string(SHA256.hash(bytes.span).hex), "local_path": .string(name.localPath),
                        "reason": .object([:]),
                    ])
            ], to: &journal)
        return name
    }

    var size: Int { get throws { try journal.replay().verifier.size } }

    var checkpoint: [UInt8]? { contents(journal.checkpointPath) }

    /// How many events of this type there are.
    func count(of type: String) throws -> Int {
        var count = 0
        _ = try journal.replay { record, _ in if record.event.type == type { count += 1 } }
        return count
    }

    var segments: [String: [UInt8]] {
        var segments: [String: [UInt8]] = [:]
        for name in tree(journal.path) where name.hasSuffix(".jsonl") {
            segments[name] = contents(journal.path.appending(name))
        }
        return segments
    }

    /// These records as they would be stored.
    func lines(_ records: ClosedRange<Int>) -> [UInt8] {
        let all = segments.sorted { $0.key < $1.key }.flatMap(\.value).split(separator: 10)
        return all[(records.lowerBound - 1)..<records.upperBound].flatMap { $0 + [10] }
    }

    /// Puts lines into a bucket as nobody but the holder of its credentials can.
    ///
    /// - Returns: the object's name.
    @discardableResult
    func store(_ lines: [UInt8], as name: PieceName, in bucket: Bucket) throws -> String {
        let bytes = AgeFile.encrypt(lines.span, to: [identity.recipient])
        let key = try MirrorLayout(dataset: "dev").piece(name, sha256: SHA256.hash(bytes.span)).text
        try bucket.put(key, bytes)
        return key
    }

    @discardableResult
    func store(_ records: ClosedRange<Int>, in bucket: Bucket) throws -> String {
        let head = SHA256.hash(lines(records.upperBound...records.upperBound).span)
        let name = PieceName(firstSeq: records.lowerBound, count: records.count, head: head)
        return try store(lines(records), as: name, in: bucket)
    }

    // MARK: Mirror

    func reader(_ store: any ObjectStore, identity: AgeIdentity? = nil) -> MirrorReader {
        MirrorReader(
            store: store, layout: MirrorLayout(dataset: "dev"), identities: [identity ?? self.identity])
    }

    func withdraw(_ name: ArtifactName) throws {
        try record(.withdraw(name.label, reason: "false", withChildren: false, login: nil))
    }

    /// - Parameters:
    ///   - interrupting: called before and after each event that the push records.
    ///   - uploading: called before each artifact is uploaded, while the journal is not open.
    @discardableResult
    func push(
        to store: any ObjectStore, restoresCheckpoint: Bool = false, repair: Push.Repair = .nothing,
        interrupting: (_ isRecorded: Bool) throws -> Void = { _ in }, uploading: () -> Void = {},
        turns: CommitTurns? = nil
    ) throws -> PushReport {
        let recipients = try journal.replay().readableState().recipients.map { try AgeRecipient($0) }
        let push = Push(
            reader(store), recipients: recipients, root: home, restoresCheckpoint: restoresCheckpoint,
            repair: repair)
        // By itself each is of another machine: no lock keeps it from acting in between.
        let own = try ScratchDirectory()
        return try push.run(
            turns: turns ?? Self.turns(own), uploads: (turns == nil ? own.path : home).appending("uploads.lock"),
            open: open
        ) { command, journal in
            try interrupting(false)
            try Self.record(command, in: &journal)
            try interrupting(true)
        } progress: { _ in
            uploading()
            return nil
        }
    }

    /// A push of the journal alone.
    @discardableResult
    func pushJournal(to store: any ObjectStore, _ agreed: inout Push.Agreement) throws -> PushReport {
        let recipients = try open(.resuming(.anything)).replay.readableState().recipients.map { try AgeRecipient($0) }
        let own = try ScratchDirectory()
        return try Push(reader(store), recipients: recipients, root: home)
            .runJournal(turns: Self.turns(own), &agreed, open: open)
    }

    /// Nobody waits in a test.
    static func turns(_ scratch: ScratchDirectory) -> CommitTurns {
        CommitTurns(scratch.path.appending("mirror.lock"), now: now, pause: { _ in })
    }

    /// Claims the next epoch from a journal that was fetched into an empty directory.
    func takeOver(from store: any ObjectStore, before claim: () throws -> Void = {}) throws -> TestServer {
        let scratch = try ScratchDirectory()
        let fetched = try reader(store).fetchJournal(into: scratch.path.appending("journal"), pinnedRoot: root.id)
        try claim()
        let sequencer = JournalKey.generate(.sequencer)
        let signed = try Takeover.claim(
            fetched, kit: kit, sequencer: sequencer, reader: reader(store), reason: "test", now: Self.now(),
            in: try Self.turns(scratch).begin())
        let successor = successor(at: scratch, sequencer: sequencer)
        #expect(successor.checkpoint == Array(signed.note.utf8))
        return successor
    }
}

/// What a test needs to know of a journal that was brought back.
struct Fetched {
    let size: Int
    let beyondCheckpoint: Int
    let segments: [String: [UInt8]]
    let verdict: Verdict.Kind
}

extension TestServer {
    func fetch(from store: any ObjectStore, heads: [SignedCheckpoint] = []) throws -> Fetched {
        let scratch = try ScratchDirectory()
        let path = scratch.path.appending("journal")
        let fetched = try reader(store).fetchJournal(into: path, pinnedRoot: root.id, heads: heads)
        let there = successor(at: scratch, sequencer: sequencer)
        return Fetched(
            size: fetched.replay.verifier.size, beyondCheckpoint: fetched.beyondCheckpoint, segments: there.segments,
            verdict: try JournalDirectory(path).verdict(pinnedRoot: root.id, heads: heads).kind)
    }

    /// The mirror is all of the journal, its artifacts and projections, and nothing in it is plaintext.
    func isMirrored(in bucket: Bucket) throws -> Bool {
        let fetched = try fetch(from: bucket.store)
        let state = try journal.replay().readableState()
        let layout = MirrorLayout(dataset: "dev")
        let artifacts = try state.order.allSatisfy { label in
            guard let entry = state.entries[label], let key = entry.objectKey else { return false }
            return try bucket.bytes(key) == contents(home.appending(entry.localPath))
        }
        let projections = try ProjectionFiles.contents(state).allSatisfy { name, text in
            try bucket.plaintext(try layout.projection(name).text, identity) == Array(text.utf8)
        }
        let everythingOpens = try bucket.names.allSatisfy { try bucket.plaintext($0, identity) != nil }
        #expect(fetched.segments == segments)
        #expect(fetched.verdict == .sound)
        #expect(fetched.beyondCheckpoint == 0)
        #expect(artifacts)
        #expect(projections)
        #expect(everythingOpens)
        return try fetched.size == size && artifacts && projections && everythingOpens
            && fetched.segments == segments
    }
}
