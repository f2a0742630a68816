import Backup
import BackupJournal
import DurableFiles
import Foundation
import JournalFixtures
import JournalFormat
import ScratchSpace
import SystemPackage
import Testing

@testable import JournalStore

@Suite("The cache that spares an append the reading of the journal")
struct CacheTests {
    private let bench: JournalBench

    init() throws {
        bench = try JournalBench()
        try bench.enrolAuthor()
    }

    private var cache: JournalCache { JournalCache(bench.directory, sequencer: bench.sequencer) }
    private var cacheFiles: FilePath { bench.directory.path.appending("cache") }

    private func isBelieved(for purpose: Journal.Purpose = .anything) -> Bool {
        let replay = cache.read(pinnedRoot: bench.root.id, for: purpose)
        return replay != nil
    }

    private func append(_ text: String, _ purpose: Journal.Purpose = .line, id: EventID? = nil) throws -> Receipt {
        var journal = try bench.open(.resuming(purpose))
        return try #require(try journal.record([note(text)], author: nil, id: id).first)
    }

    private func snapshot(_ month: Int) throws -> NewEvent {
        let label = "dev@20\(10 + month / 12)-\(String(101 + month % 12).dropFirst())"
        return NewEvent(
            try #require(EventType("snapshot.taken")), by: .author,
            ["label": .string(label), "uuid": .string("u\(month)"), "path": .string("/s/\(label)")])
    }

    /// What was taken up again is what reading everything gives.
    private func requireEqualToReading() throws {
        let read = try bench.directory.replay(pinnedRoot: bench.root.id, growsTree: true)
        for purpose in [Journal.Purpose.line, .manyLines, .anything] {
            guard let resumed = cache.read(pinnedRoot: bench.root.id, for: purpose) else {
                Issue.record("not believed for \(purpose)")
                return
            }
            #expect(VerifierPosition(resumed.verifier) == VerifierPosition(read.verifier))
            #expect(resumed.verifier.checkpoint() == read.verifier.checkpoint())
            #expect(resumed.verifier.keyring.inOrder.map(\.id) == read.verifier.keyring.inOrder.map(\.id))
            #expect(resumed.verifier.keyring.inOrder.map(\.retiredAt) == read.verifier.keyring.inOrder.map(\.retiredAt))
            #expect(resumed.verifier.keyring.sequencer == read.verifier.keyring.sequencer)
            #expect(resumed.verifier.vouchingRoots == read.verifier.vouchingRoots)
            #expect(resumed.verifier.dataset == read.verifier.dataset)
            #expect(resumed.summary == read.summary)
            for id in read.verifier.ids.ids { #expect(try resumed.holds(id)) }
            if purpose == .anything {
                let (left, right) = (try resumed.readableState(), try read.readableState())
                #expect(ProjectionFiles.contents(left).map(\.text) == ProjectionFiles.contents(right).map(\.text))
                #expect(left.snapshots == right.snapshots && left.lastTime == right.lastTime)
            }
        }
    }

    @Test("After any appends in any order it holds what reading from the first record gives, and it was really used")
    func equivalence() throws {
        var generator = SeededGenerator(31)
        var month = 0
        var told: [(EventID, String)] = []
        for round in 0..<120 {
            switch generator.below(8) {
            case 0:
                var journal = try bench.open(.resuming(.anything))
                _ = try journal.record([try snapshot(month)], author: bench.author)
                month += 1
            case 1:
                var journal = try bench.open(.resuming(.manyLines))
                _ = try journal.record(try notes(generator.below(60)).map { BatchEntry($0) }, author: nil)
            case 2:
                let wasBelieved = isBelieved()
                _ = try bench.open(.resuming(.line)).writeCheckpoint()
                // Who wrote it says so to the cache, where that fitted before.
                #expect(isBelieved() == wasBelieved)
                _ = try append("after a checkpoint")
            case 3:
                var journal = try bench.open(.reading)
                _ = try journal.record([note("a")], author: nil)
                _ = try journal.record(notes(3), author: nil)
            case 4 where !told.isEmpty:
                let (id, text) = told[generator.below(told.count)]
                let again = try append(text, id: id)
                #expect(!again.isNew && again.id == id)
            default:
                let id = EventID(at: JournalBench.start, random: (0..<10).map { _ in UInt8(generator.below(256)) })
                #expect(try append("round \(round)", id: id).isNew)
                told.append((id, "round \(round)"))
            }
            if round.isMultiple(of: 6) { try requireEqualToReading() }
        }
        try requireEqualToReading()
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("It continues across the end of a segment")
    func segments() throws {
        var journal = try bench.open()
        _ = try journal.record(notes(JournalDirectory.recordsInSegment - 4), author: nil)
        _ = consume journal
        for seq in 4095...4099 {
            #expect(isBelieved(for: .line))
            #expect(try append("\(seq)").seq == seq)
        }
        try requireEqualToReading()
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("An id told long ago is found again in a table that has grown")
    func ids() throws {
        var told: [EventID] = []
        for number in 0..<300 {
            let receipt = try append("\(number)")
            told.append(receipt.id)
        }
        #expect(isBelieved())
        for (number, id) in told.enumerated() {
            let again = try append("\(number)", id: id)
            #expect(!again.isNew && again.seq == number + 3)
        }
        #expect(complaint { _ = try append("other", id: told[7]) }?.contains("with other content") == true)
        #expect(try bench.verdict().records == 302)
    }

    @Test("An event made elsewhere whose id stands before the place taken up is refused, and nothing is written")
    func foreignDuplicate() throws {
        let id = try append("first").id
        let before = bench.bytes
        var journal = try bench.open(.resuming(.anything))
        let event = SignedEvent(
            id: id, log: journal.log, type: try #require(EventType("note")), ts: JournalBench.start,
            data: ["text": .string("again")], signedBy: bench.author)
        var said: String?
        do { _ = try journal.record(EventBatch(delivered: [event])) } catch { said = "\(error)" }
        #expect(said?.contains("duplicate-id") == true)
        #expect(bench.bytes == before)
    }

    @Test("Anybody who touched the last segment, checkpoint or cache makes the next append read the journal")
    func mismatches() throws {
        let names = ["position", "state", "ids"]
        func overwrite(_ path: FilePath, _ change: (inout [UInt8]) -> Void) throws {
            var bytes = try readFile(path)
            change(&bytes)
            let file = try OpenFile(path, .writeOnly, options: .truncate)
            try file.write(bytes.span)
        }
        let older = try bench.open().writeCheckpoint().note
        let changes: [(String, () throws -> Void)] = [
            ("a byte of the position", { try overwrite(cacheFiles.appending("position")) { $0[40] ^= 1 } }),
            ("half a position", { try overwrite(cacheFiles.appending("position")) { $0.removeLast($0.count / 2) } }),
            ("an empty position", { try overwrite(cacheFiles.appending("position")) { $0 = [] } }),
            ("a byte of the state", { try overwrite(cacheFiles.appending("state")) { $0[100] ^= 1 } }),
            ("half a state", { try overwrite(cacheFiles.appending("state")) { $0.removeLast($0.count / 2) } }),
            ("half a table", { try overwrite(cacheFiles.appending("ids")) { $0.removeLast($0.count / 2) } }),
            ("the segment written again with the same bytes", { try overwrite(bench.segment) { _ in } }),
            (
                "another checkpoint, put back",
                {
                    _ = try bench.open().writeCheckpoint()
                    #expect(isBelieved(), "a checkpoint by the holder of the lock")
                    try plant(bench.directory.checkpointPath, Array(older.utf8))
                }
            ),
            ("a next segment", { try writeFileAtomically(bench.directory.segmentPath(firstSeq: 4097), []) }),
        ]
        for (name, change) in changes {
            _ = try append("before \(name)")
            #expect(isBelieved(), "before \(name)")
            try change()
            #expect(!isBelieved(), "after \(name)")
            try? removeFile(bench.directory.segmentPath(firstSeq: 4097))
            _ = try append("after \(name)", .anything)
            try requireEqualToReading()
        }
        for name in names {
            try removeFile(cacheFiles.appending(name))
            #expect(!isBelieved(), "without \(name)")
            _ = try append("after \(name) was removed", .anything)
            try requireEqualToReading()
        }
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("A changed line in the last segment is found by the next append")
    func tampering() throws {
        _ = try append("one")
        _ = try append("two")
        var bytes = bench.bytes
        let place = try #require(bytes.firstRange(of: Array("one".utf8))?.lowerBound)
        bytes[place] = UInt8(ascii: "O")
        let file = try OpenFile(bench.segment, .writeOnly)
        try file.write(bytes.span)
        let said = complaint { _ = try append("three") }
        #expect(said?.contains("damaged or forged") == true)
    }

    @Test("An older cache put back is not believed")
    func rollback() throws {
        _ = try append("one")
        let old = try ["position", "state", "ids"].map { try readFile(cacheFiles.appending($0)) }
        _ = try append("two")
        for (name, bytes) in zip(["position", "state", "ids"], old) {
            try writeFileAtomically(cacheFiles.appending(name), bytes)
        }
        #expect(!isBelieved())
        #expect(try append("three").seq == 5)
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("A cache that cannot be written does not make an append fail")
    func fullDisk() throws {
        _ = try append("one")
        try removeDirectoryWithContents(cacheFiles)
        try writeFileAtomically(cacheFiles, [])
        #expect(try append("two").seq == 4)
        #expect(try append("three").seq == 5)
        #expect(!isBelieved())
        #expect(try bench.verdict().kind == .sound)
    }

    private func removeDirectoryWithContents(_ path: FilePath) throws {
        try FileManager.default.removeItem(atPath: path.string)
    }
}
