import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
import ScratchSpace
import Synchronization
import SystemPackage
import Testing

@Suite("The ballast")
struct BallastTests {
    private final class Count: Sendable {
        private let value = Mutex(0)

        var now: Int { value.withLock { $0 } }
        func up() { value.withLock { $0 += 1 } }
    }

    /// Takes all room of the disk, the end of the last page included.
    private func fill(_ disk: ScratchDisk) throws {
        let file = try OpenFile(
            disk.path.appending("filler"), .writeOnly, options: .create, permissions: .ownerReadWrite)
        let page = [UInt8](repeating: 1, count: 4096)
        while (try? file.write(page.span)) != nil {}
    }

    private func large() throws -> NewEvent { try note(String(repeating: "x", count: 5000)) }

    @Test(
        "A record that finds no room takes the ballast's, which is reported; without ballast it is refused",
        .enabled(if: ScratchDisk.isWanted))
    func fullDisk() throws {
        let disk = try ScratchDisk(size: 12 << 20)
        let bench = try JournalBench(in: disk.path)
        let told = Count()
        let directory = JournalDirectory(bench.directory.path) { told.up() }
        func open() throws(JournalError) -> Journal {
            try Journal.open(
                directory, .reading, lock: bench.lock, sequencer: bench.sequencer, pinnedRoot: bench.root.id,
                clock: ClockRule(now: JournalBench.start) { true })
        }
        #expect(directory.ballast.make())
        #expect(directory.ballast.isThere)
        try fill(disk)
        // when
        try {
            var journal = try open()
            for _ in 0..<3 { _ = try journal.record([try large()], author: nil) }
        }()
        // then
        #expect(told.now == 1)
        #expect(!directory.ballast.isThere)
        #expect(try bench.verdict().records == 4)
        #expect(try bench.verdict().kind == .sound)
        #expect(!directory.ballast.make())
        // Without it
        try fill(disk)
        let before = bench.bytes
        let said = complaint {
            var journal = try open()
            for _ in 0..<3 { _ = try journal.record([try large()], author: nil) }
        }
        #expect(said?.contains("No space left") == true)
        #expect(told.now == 1)
        #expect(bench.bytes.starts(with: before))
        #expect(try bench.verdict().kind == .sound)
        // With room again
        try removeFile(disk.path.appending("filler"))
        #expect(directory.ballast.make())
    }

    @Test("One that was not made whole is made again", .enabled(if: ScratchDisk.isWanted))
    func interrupted() throws {
        let disk = try ScratchDisk(size: 12 << 20)
        let ballast = JournalDirectory(disk.path).ballast
        try plant(disk.path.appending("ballast"), [1])
        #expect(!ballast.isThere)
        #expect(ballast.make())
        #expect(contents(disk.path.appending("ballast"))?.count == Ballast.size)
    }

    @Test("Where there is not room for twice as much, none is made", .enabled(if: ScratchDisk.isWanted))
    func small() throws {
        let disk = try ScratchDisk(size: 7 << 20)
        #expect(!JournalDirectory(disk.path).ballast.make())
        #expect(tree(disk.path) == [])
    }
}
