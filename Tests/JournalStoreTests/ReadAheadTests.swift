import Backup
import BackupJournal
import DurableFiles
import JournalFixtures
import JournalFormat
import SystemPackage
import Testing

@testable import JournalStore

@Suite("However many cores take the lines apart, one judges them, and says the same")
struct ReadAheadTests {
    private static let count = 2 * JournalDirectory.recordsInSegment + 700

    /// What reading on so many cores says of the journal.
    private func read(_ bench: JournalBench, cores: Int) throws -> String {
        var replay = try bench.directory.begin(pinnedRoot: bench.root.id, heads: [], growsTree: true)
        do {
            try bench.directory.read(into: &replay, upTo: .max, readingOn: cores, nil) {
                (verifier, line, read, isHead) throws(DamageError) in
                try verifier.accept(line, checkingSignatures: isHead, read: read)
            }
        } catch {
            return "\(replay.verifier.size): \(error)"
        }
        let position = VerifierPosition(replay.verifier)
        let state = try replay.readableState()
        return "\(position) \(replay.verifier.tree.root()) \(replay.tail?.bytes.count ?? 0) \(state.head)"
    }

    @Test("Of a sound journal, a torn one, and ones with a changed byte at a seeded random place")
    func sameVerdict() throws {
        let bench = try JournalBench()
        var journal = try bench.open()
        let entries = try notes(Self.count - 1).map { BatchEntry($0) }
        _ = try journal.record(entries, author: nil)
        _ = consume journal
        let sound = try read(bench, cores: 1)
        #expect(sound.contains("size: \(Self.count),"))
        #expect(try read(bench, cores: 2) == sound)
        #expect(try read(bench, cores: 5) == sound)
        var generator = SeededGenerator(37)
        for round in 0..<4 {
            let firstSeq = generator.below(3) * JournalDirectory.recordsInSegment + 1
            let path = bench.directory.segmentPath(firstSeq: firstSeq)
            let before = try readFile(path, limit: JournalDirectory.segmentSizeLimit)
            var after = before
            let place = generator.below(before.count)
            if round == 0 {
                after.removeLast(1 + generator.below(200))
            } else {
                after[place] ^= 1 << UInt8(generator.below(8))
            }
            try writeFileAtomically(path, after)
            let alone = try read(bench, cores: 1)
            #expect(alone != sound, "byte \(place) of \(path)")
            #expect(try read(bench, cores: 2) == alone, "byte \(place) of \(path)")
            try writeFileAtomically(path, before)
        }
    }
}
