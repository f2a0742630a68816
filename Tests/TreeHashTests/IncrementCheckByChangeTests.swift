import DurableFiles
import ScratchSpace
import SystemPackage
import Testing

@testable import TreeHash

@Suite("What an increment would get wrong, by what changed", .enabled(if: ScratchDisk.isWanted), .serialized)
struct IncrementCheckByChangeTests {
    /// What is found by what changed in the second snapshot.
    private func check(_ before: String, _ after: String) throws -> IncrementCheck {
        let series = try SnapshotSeries()
        try series.edit(before)
        try series.snapshot("1")
        try series.edit(after)
        try series.snapshot("2")
        let found = try #require(try IncrementCheck(changesOf: series.path("2"), since: series.path("1")))
        #expect(found.lostSetIDs == (try IncrementCheck(series.path("2"), since: series.path("1"))).lostSetIDs)
        return found
    }

    @Test("A set-ID file that has another owner or group and the same mode; not one whose mode changed, nor a new one")
    func setIDs() throws {
        let found = try check(
            "mkdir d; for i in a b c d/e f; do echo $i > $i; chmod 4755 $i; done; chmod 2755 b; ln a d/z; mkdir g; chmod 2755 g",
            """
            chown 1000 a; chmod 4755 a; chown 0:1000 b; chmod 2755 b; chown 1000 c; chmod 4750 c; mv d moved
            chown 7 moved/e; chmod 4755 moved/e; rm f; echo f > f; chown 1000 f; chmod 4755 f; chown 1000 g
            """)
        #expect(found.lostSetIDs.first == ["a", "b", "moved/e", "moved/z"])
    }

    @Test(
        "A hole in a changed file that was there before",
        arguments: [
            ("truncate -s 1M file", "echo x >> file", true),
            ("head -c 1M /dev/urandom > file", "truncate -s 2M file", true),
            ("head -c 1M /dev/urandom > file", "fallocate -p -o 64K -l 64K file", true),
            ("head -c 1M /dev/urandom > file", "fallocate -l 2M file", true),
            ("head -c 1M /dev/urandom > file", "echo x >> file", false), ("echo x > file", "echo y > file", false),
            ("truncate -s 1M hole; echo x > file", "echo y > file", false), ("true", "truncate -s 1M new", false),
        ])
    func holes(_ before: String, _ after: String, _ isFound: Bool) throws {
        #expect(try check(before, after).hasHoles == isFound)
    }

    @Test("Where Btrfs cannot say what changed, there is no answer")
    func noAnswer() throws {
        let series = try SnapshotSeries()
        try series.snapshot("1")
        #expect(try IncrementCheck(changesOf: series.path("code"), since: series.path("1")) == nil)
    }
}
