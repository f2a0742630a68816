import Backup
import BackupJournal
import Digest
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import ScratchSpace
import Sodium
import SystemPackage
import Testing

/// A journal in a directory of its own, with its keys.
final class JournalBench: Sendable {
    private let scratch: ScratchDirectory?
    let folder: FilePath
    let directory: JournalDirectory
    let root = JournalKey.generate(.root)
    let sequencer = JournalKey.generate(.sequencer)
    let author = JournalKey.generate(.author)
    static let start = Timestamp(milliseconds: 1_769_889_600_000)

    /// - Parameter place: where the journal is made; nil for a scratch directory.
    init(in place: FilePath? = nil) throws {
        scratch = place == nil ? try ScratchDirectory() : nil
        folder = place ?? scratch?.path ?? "/nonexistent"
        directory = JournalDirectory(folder.appending("journal"))
        try Genesis(dataset: "dev", root: root, sequencer: sequencer, now: Self.start).write(to: directory)
    }

    var lock: FilePath { folder.appending("lock") }
    var segment: FilePath { directory.segmentPath(firstSeq: 1) }
    var bytes: [UInt8] { contents(segment) ?? [] }

    func open(
        _ opening: Journal.Opening = .reading, now: Timestamp = start, by key: JournalKey? = nil,
        trustsClock: Bool = true
    ) throws(JournalError) -> Journal {
        try Journal.open(
            directory, opening, lock: lock, sequencer: key ?? sequencer, pinnedRoot: root.id,
            clock: ClockRule(now: now) { trustsClock })
    }

    func verdict() throws -> Verdict { try directory.verdict(pinnedRoot: root.id, heads: []) }

    /// The texts of all notes, in order.
    func notes() throws -> [String] {
        var notes: [String] = []
        _ = try directory.replay { record, _ in
            if record.event.type == "note", let text = record.event.data["text"]?.string { notes.append(text) }
        }
        return notes
    }

    func types() throws -> [String] {
        var types: [String] = []
        _ = try directory.replay { record, _ in types.append(record.event.type) }
        return types
    }

    /// Enrols the author's key.
    func enrolAuthor() throws {
        var journal = try open()
        let event = KeyEvent.keyEnrolled(
            role: KeyRole.author.rawValue, key: author.publicKey, name: "ws",
            proof: ProofOfPossession.make(author.key, log: journal.log, role: .author))
        _ = try journal.record([NewEvent(event.type, by: .sequencer, event.data)], author: nil)
    }
}

extension Journal {
    /// Appends and waits for the disk.
    mutating func record(
        _ events: [NewEvent], author: JournalKey?, id: EventID? = nil
    ) throws(JournalError) -> [Receipt] {
        let batch = prepare(events.map { BatchEntry($0, id: id) }, author: author)
        return try confirm(try orReason { () throws(BatchFailure) in try append(batch) })
    }

    mutating func record(_ entries: [BatchEntry], author: JournalKey?) throws -> [Receipt] {
        try record(prepare(entries, author: author))
    }

    mutating func record(_ batch: EventBatch) throws -> [Receipt] { try confirm(try append(batch)) }
}

/// What lies in the journal's directory, but for what the program that appends keeps for itself.
func records(_ bench: JournalBench) -> [String] {
    tree(bench.directory.path).filter { !$0.hasPrefix("cache") && $0 != "durable" && $0 != "grown" }
}

func note(_ text: String, by role: KeyRole = .sequencer) throws -> NewEvent {
    NewEvent(try #require(EventType("note")), by: role, ["text": .string(text)])
}

func notes(_ count: Int) throws -> [NewEvent] {
    let type = try #require(EventType("note"))
    return (0..<count).map { NewEvent(type, by: .sequencer, ["text": .string("note \($0)")]) }
}

func sha256(_ bytes: [UInt8]) -> String { SHA256.hash(bytes.span).hex }

/// The error that a call ends with, in words.
func complaint(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}
