import Backup
import Foundation
import JournalFormat
import JournalStore
import ScratchSpace
import Synchronization
import SystemPackage
import Testing

@Suite("Many at once")
struct ConcurrencyTests {
    /// What threads report of each other.
    private final class Shared: Sendable {
        let receipts = Mutex<[Int: String]>([:])
        let failures = Mutex<[String]>([])
        let writers = Mutex(0)

        func failed(_ error: any Error) { failures.withLock { $0.append("\(error)") } }
    }

    /// Runs each body in a thread of its own and waits for all.
    private func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let group = DispatchGroup()
        for number in 0..<count {
            group.enter()
            Thread.detachNewThread {
                body(number)
                group.leave()
            }
        }
        group.wait()
    }

    private func write(_ writer: Int, _ count: Int, _ bench: JournalBench, _ shared: Shared, checkpoints: Bool = false)
    {
        for number in 0..<count {
            let text = "writer \(writer) note \(number)"
            do {
                var journal = try bench.open()
                let receipts = try journal.record([note(text)], author: nil)
                if checkpoints { try journal.writeCheckpoint() }
                shared.receipts.withLock { all in
                    for receipt in receipts {
                        if all.updateValue(text, forKey: receipt.seq) != nil {
                            shared.failed(Missing("one number for one record"))
                        }
                    }
                }
            } catch {
                shared.failed(error)
            }
        }
    }

    private struct Missing: Error {
        let what: String
        init(_ what: String) { self.what = what }
    }

    @Test(
        "Eight writers append fifty records each: every acknowledged record stands there once", .timeLimit(.minutes(10))
    )
    func writers() throws {
        let bench = try JournalBench()
        let shared = Shared()
        inThreads(8) { write($0, 50, bench, shared) }
        #expect(shared.failures.withLock { $0 } == [])
        let receipts = shared.receipts.withLock { $0 }
        #expect(receipts.count == 400)
        let notes = try bench.notes()
        #expect(notes.count == 400 && Set(notes).count == 400)
        for (seq, text) in receipts where notes[seq - 2] != text { Issue.record("record \(seq) is not \(text)") }
        let verdict = try bench.verdict()
        #expect(verdict.kind == .sound && verdict.records == 401)
    }

    @Test(
        "A reader of a journal that is being appended to finds it sound, or torn, and never shorter than its checkpoint",
        .timeLimit(.minutes(10)))
    func readers() throws {
        let bench = try JournalBench()
        let shared = Shared()
        inThreads(3) { number in
            if number == 0 {
                write(0, 150, bench, shared, checkpoints: true)
                shared.writers.withLock { $0 = 1 }
                return
            }
            var last = 0
            repeat {
                do {
                    let size = try bench.directory.replay(pinnedRoot: bench.root.id).verifier.size
                    if size < last { shared.failed(Missing("\(last) records, there are \(size)")) }
                    last = size
                } catch {
                    shared.failed(error)
                }
            } while shared.writers.withLock { $0 } == 0
        }
        #expect(shared.failures.withLock { $0 } == [])
        #expect(try bench.verdict().records == 151)
    }

    @Test("A line half-written is torn to a reader, at every length, and the reader changes nothing")
    func halfWritten() throws {
        let bench = try JournalBench()
        let sound = bench.bytes
        try {
            var journal = try bench.open()
            _ = try journal.record([note("next")], author: nil)
        }()
        let whole = bench.bytes
        for length in stride(from: sound.count + 1, to: whole.count, by: 5) {
            try plant(bench.segment, Array(whole.prefix(length)))
            let replay = try bench.directory.replay(pinnedRoot: bench.root.id)
            let (size, torn) = (replay.verifier.size, replay.tail?.bytes.count)
            #expect(size == 1 && torn == length - sound.count)
            #expect(bench.bytes.count == length)
        }
    }

    @Test("A checkpoint that goes beyond the journal is refused by readers and writers")
    func checkpointAhead() throws {
        let bench = try JournalBench()
        let before = bench.bytes
        try {
            var journal = try bench.open()
            _ = try journal.record(notes(3), author: nil)
            try journal.writeCheckpoint()
        }()
        try plant(bench.segment, before)
        for said in [complaint { _ = try bench.directory.replay() }, complaint { _ = try bench.open() }] {
            #expect(said?.contains("record 2: shorter-than-head") == true)
        }
        #expect(bench.bytes == before)
    }
}
