import Backup
import DurableFiles
import Foundation
import JournalFormat
import JournalStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("Writes that fail")
struct FailedWriteTests {
    @Test(
        "On a full disk nothing is recorded, and with room again the journal continues",
        .enabled(if: ScratchDisk.isWanted))
    func fullDisk() throws {
        // given: a disk of a few pages, and a file that takes what the journal leaves
        let disk = try ScratchDisk(size: 64 << 10)
        let bench = try JournalBench(in: disk.path)
        let ballast = disk.path.appending("ballast")
        try {
            var journal = try bench.open()
            _ = try journal.record([note("kept")], author: nil)
        }()
        try plant(ballast, [UInt8](repeating: 1, count: 44 << 10))
        let before = bench.bytes
        // when
        var failure: JournalError?
        var journal = try bench.open()
        do throws(JournalError) {
            for _ in 0..<40 { _ = try journal.record(try large(), author: nil) }
        } catch {
            failure = error
        }
        // then
        guard case .file(let file) = failure else {
            Issue.record("the disk did not get full: \(String(describing: failure))")
            return
        }
        #expect(file.isOutOfSpace)
        #expect(failure?.hint?.contains("nothing was recorded") == true)
        #expect(bench.bytes.starts(with: before))
        #expect(try bench.verdict().kind == .sound)
        #expect(records(bench) == ["000000000001.jsonl"])
        // What is in memory is ahead of the file.
        var said: String?
        do { _ = try journal.record(try large(), author: nil) } catch { said = "\(error)" }
        #expect(said?.hasPrefix("the journal has") == true)
        _ = consume journal
        // With room again
        try removeFile(ballast)
        var later = try bench.open()
        let receipt = try later.record([note("next")], author: nil)
        #expect(receipt.first?.seq == (try bench.verdict().records))
        #expect(try bench.verdict().kind == .sound)
    }

    private func large() throws(JournalError) -> [NewEvent] {
        guard let type = EventType("note") else { return [] }
        return [NewEvent(type, by: .sequencer, ["text": .string(String(repeating: "x", count: 3000))])]
    }

    @Test(
        "A batch over a segment's end that finds no room leaves no segment", .enabled(if: ScratchDisk.isWanted),
        .timeLimit(.minutes(10)))
    func fullDiskAtSegmentEnd() throws {
        // given: room for the first segment's records, not for all of the second's
        let disk = try ScratchDisk(size: 4 << 20)
        let bench = try JournalBench(in: disk.path)
        let before = bench.bytes
        // when
        var failure: JournalError?
        do throws(JournalError) {
            var journal = try bench.open()
            _ = try journal.record(many(9000), author: nil)
        } catch {
            failure = error
        }
        // then
        guard case .file(let file) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(file.isOutOfSpace)
        #expect(bench.bytes == before)
        #expect(records(bench) == ["000000000001.jsonl"])
        #expect(try bench.verdict().kind == .sound)
    }

    private func many(_ count: Int) -> [NewEvent] {
        guard let type = EventType("note") else { return [] }
        return (0..<count).map { NewEvent(type, by: .sequencer, ["n": .integer($0)]) }
    }

    @Test("A journal whose last write was not confirmed is closed to appenders, and open to readers")
    func poisoned() throws {
        let bench = try JournalBench()
        let marker = bench.directory.path.appending("poisoned")
        try plant(marker, Array("x".utf8))
        let before = bench.bytes
        let said = complaint { _ = try bench.open() }
        #expect(said == "an earlier write to the journal was not confirmed by the disk (\(marker))")
        #expect(bench.bytes == before)
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("Repairing writes the last segment again, in another file, and says so in the journal")
    func rewrite() throws {
        let bench = try JournalBench()
        try {
            var journal = try bench.open()
            _ = try journal.record([note("kept")], author: nil)
        }()
        let marker = bench.directory.path.appending("poisoned")
        try plant(marker)
        let (before, inode) = (bench.bytes, try bench.segment.stat().inode)
        // when
        let wasPoisoned = try bench.directory.rewriteAfterFailedSync(lock: bench.lock, pinnedRoot: bench.root.id)
        // then
        #expect(wasPoisoned)
        #expect(bench.bytes == before)
        #expect(try bench.segment.stat().inode != inode)
        #expect(records(bench) == ["000000000001.jsonl", "poisoned"])
        #expect(pathExists(marker))
        _ = try bench.open()
        #expect(!pathExists(marker))
        #expect(try bench.types() == ["journal.opened", "note", "journal.repaired"])
        let again = try bench.directory.rewriteAfterFailedSync(lock: bench.lock, pinnedRoot: bench.root.id)
        #expect(!again)
    }

    @Test("Repairing keeps a torn tail for the next opening, and does not touch what is damaged")
    func rewriteOfTornAndDamaged() throws {
        let bench = try JournalBench()
        let sound = bench.bytes
        let marker = bench.directory.path.appending("poisoned")
        try plant(marker)
        try plant(bench.segment, sound + Array("{\"v\"".utf8))
        _ = try bench.directory.rewriteAfterFailedSync(lock: bench.lock, pinnedRoot: nil)
        #expect(bench.bytes == sound + Array("{\"v\"".utf8))
        _ = try bench.open()
        #expect(try bench.types() == ["journal.opened", "journal.repaired", "journal.repaired"])
        // Damaged
        try plant(marker)
        let damaged = Array(bench.bytes.dropFirst(3))
        try plant(bench.segment, damaged)
        #expect(throws: JournalError.self) {
            try bench.directory.rewriteAfterFailedSync(lock: bench.lock, pinnedRoot: nil)
        }
        #expect(bench.bytes == damaged)
        #expect(pathExists(marker))
    }
}
