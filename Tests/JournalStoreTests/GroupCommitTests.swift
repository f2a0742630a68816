import Backup
import DurableFiles
import Foundation
import JournalFormat
import ScratchSpace
import Synchronization
import SystemPackage
import Testing

@testable import JournalStore

@Suite("Many appends, one sync")
struct GroupCommitTests {
    private let bench: JournalBench
    private var durable: FilePath { bench.directory.durablePath }

    init() throws {
        bench = try JournalBench()
        _ = try bench.open()
    }

    private func mark() throws -> DurableMark? {
        try DurableMark(readFrom: OpenFile(regular: durable, .readOnly))
    }

    /// Writes the mark as somebody leaves it who was ended in a sync.
    private func leaveDoubt() throws {
        var mark = try #require(try mark())
        mark.isInDoubt = true
        try mark.write(to: OpenFile(regular: durable, .readWrite))
    }

    private var inode: UInt64 { get throws { UInt64(try bench.segment.stat().inode.rawValue) } }

    /// Writes a line and lets the journal's lock go.
    private func write(_ text: String) throws -> WrittenLines {
        var journal = try bench.open(.resuming(.line))
        let lines = try journal.append(journal.prepare([BatchEntry(note(text))], author: nil))
        journal.close()
        return lines
    }

    /// Why lines were not confirmed.
    private func why(of lines: consuming WrittenLines) -> String? {
        do { _ = try lines.confirm() } catch { return "\(error)" }
        return nil
    }

    @Test("What is written is not durable, others append after it, and who confirms first makes all of it durable")
    func group() throws {
        let before = Int64(bench.bytes.count)
        let first = try write("one")
        let second = try write("two")
        #expect(try mark()?.bytes == before)
        let seqs1 = try second.confirm().map(\.seq)
        #expect(seqs1 == [3])
        #expect(try mark()?.bytes == Int64(bench.bytes.count))
        // Covered: it is not asked again whether the journal is in order.
        try plant(bench.directory.poisonPath)
        let seqs2 = try first.confirm().map(\.seq)
        #expect(seqs2 == [2])
        try removeFile(bench.directory.poisonPath)
        #expect(try bench.notes() == ["one", "two"])
    }

    @Test("Where the sync of another has failed meanwhile, nobody knows what is recorded")
    func poisoned() throws {
        let lines = try write("one")
        try plant(bench.directory.poisonPath)
        let said = why(of: lines)
        #expect(said?.contains("whether it is recorded is unknown") == true)
        #expect(complaint { _ = try bench.open() }?.contains("was not confirmed by the disk") == true)
    }

    @Test("A sync of which nobody has told the end makes the next one write the segment again, his lines included")
    func doubt() throws {
        let first = try write("one")
        try leaveDoubt()
        let inode = try inode
        let second = try write("two")
        // The next to open it has written it again; what he added is confirmed, and what was there before, too.
        #expect(try self.inode != inode)
        let seqs3 = try second.confirm().map(\.seq)
        #expect(seqs3 == [3])
        let seqs4 = try first.confirm().map(\.seq)
        #expect(seqs4 == [2])
        #expect(try mark()?.isInDoubt == false)
        #expect(try bench.notes() == ["one", "two"])
        // While he waits
        let third = try write("three")
        try leaveDoubt()
        let seqs5 = try third.confirm().map(\.seq)
        #expect(seqs5 == [4])
        #expect(try mark()?.bytes == Int64(bench.bytes.count))
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("A line that is gone from the file that was written again is not acknowledged")
    func lost() throws {
        let sound = bench.bytes
        let lines = try write("one")
        try writeFileAtomically(bench.segment, sound)
        let said = why(of: lines)
        #expect(said?.contains("unknown") == true)
    }

    @Test("Nothing that is said of another start of the machine, another file or a longer one is believed")
    func unbelieved() throws {
        _ = try write("one").confirm()
        let whole = try readFile(durable)
        let text = String(decoding: whole, as: UTF8.self)
        let boot = try #require(DurableMark.thisBoot)
        // Of the segment as it then is: a file that was written again may have the number of one that is gone.
        func longer() throws -> DurableMark {
            try DurableMark(
                OpenFile(regular: bench.segment, .readOnly), firstSeq: 1, bytes: Int64(bench.bytes.count + 1),
                isInDoubt: false)
        }
        let changes: [() throws -> Void] = [
            { try removeFile(durable) },
            { try plant(durable, []) },
            { try plant(durable, Array(text.replacingOccurrences(of: boot, with: "another").utf8)) },
            { try plant(durable, Array(text.replacingOccurrences(of: "sure", with: "doubt").utf8)) },
            { try longer().write(to: OpenFile(regular: durable, .readWrite)) },
            { try writeFileAtomically(bench.segment, bench.bytes) },
        ]
        for (number, change) in changes.enumerated() {
            try change()
            let inode = try inode
            _ = try write("after \(number)").confirm()
            #expect(try self.inode != inode, "change \(number)")
            let again = try self.inode
            _ = try write("and then").confirm()
            #expect(try self.inode == again)
        }
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("A follower shows lines once they are durable")
    func follower() throws {
        var follower = JournalFollower(bench.directory, lock: bench.lock, pinnedRoot: bench.root.id)
        var seen: [Int] = []
        let lines = try write("one")
        _ = try follower.look { record, _ in seen.append(record.seq) }
        #expect(seen == [1])
        let look = try follower.look { record, _ in seen.append(record.seq) }
        #expect(look == .unchanged && seen == [1])
        _ = try lines.confirm()
        _ = try follower.look { record, _ in seen.append(record.seq) }
        #expect(seen == [1, 2])
    }

    @Test("The older segment is durable before the next one begins", .timeLimit(.minutes(10)))
    func segments() throws {
        var journal = try bench.open()
        _ = try journal.record(notes(JournalDirectory.recordsInSegment - 2), author: nil)
        journal.close()
        let last = try write("4096")
        let next = try write("4097")
        #expect(try mark()?.firstSeq == 4097)
        try leaveDoubt()
        let seqs6 = try last.confirm().map(\.seq)
        #expect(seqs6 == [4096])
        let seqs7 = try next.confirm().map(\.seq)
        #expect(seqs7 == [4097])
        #expect(try bench.verdict().kind == .sound)
    }

    @Test("Threads that write and wait for each other's syncs lose nothing", .timeLimit(.minutes(10)))
    func threads() throws {
        let receipts = Mutex<[Int: String]>([:])
        let failures = Mutex<[String]>([])
        let group = DispatchGroup()
        for writer in 0..<8 {
            group.enter()
            Thread.detachNewThread { [bench] in
                for number in 0..<25 {
                    do {
                        var journal = try bench.open(.resuming(.line))
                        let lines = try journal.append(
                            journal.prepare([BatchEntry(note("\(writer) \(number)"))], author: nil))
                        journal.close()
                        if number % 9 == 5 { try leaveDoubt() }
                        for receipt in try lines.confirm() {
                            receipts.withLock { $0[receipt.seq] = "\(writer) \(number)" }
                        }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
                group.leave()
            }
        }
        group.wait()
        #expect(failures.withLock { $0 } == [])
        let notes = try bench.notes()
        let all = receipts.withLock { $0 }
        #expect(all.count == 200 && notes.count == 200)
        for (seq, text) in all where notes[seq - 2] != text { Issue.record("record \(seq) is not \(text)") }
        #expect(try bench.verdict().kind == .sound)
    }
}
