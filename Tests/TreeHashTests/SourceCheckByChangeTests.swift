import DurableFiles
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

@Suite("Whether a source is still sound, by what changed", .enabled(if: ScratchDisk.isWanted), .serialized)
struct SourceCheckByChangeTests {
    /// Bytes of harmless changes; nil where everything has to be looked at.
    private func check(_ before: String, _ after: String) throws -> Int? {
        let series = try SnapshotSeries()
        try series.edit(before)
        try series.snapshot("1")
        try series.edit("\(after); sync -f .")
        return try look(series)
    }

    private func look(_ series: SnapshotSeries) throws -> Int? {
        let code = series.path("code")
        return try SourceCheck.bytesOfHarmlessChanges(in: code, named: code, since: series.path("1"))
    }

    @Test(
        "An ordinary month: sizes of what changed alone",
        arguments: [
            ("echo x > a", "true", 0), ("echo x > a; echo y > b", "echo more >> a", 7),
            ("mkdir d; echo x > d/a", "mv d/a d/b; truncate -s 1M c; rm -f e", 1_048_578),
            ("mkdir d; echo x > d/a", "mkdir e; ln -s a link; chmod 700 d; rm d/a", 0),
            ("echo x > a", "ln a b; python3 -c 'import os; os.setxattr(\"a\", \"user.x\", b\"1\")'", 2),
        ])
    func harmless(_ before: String, _ after: String, _ bytes: Int) throws {
        #expect(try check(before, after) == bytes)
    }

    @Test(
        "What a check could find, or what moves paths, needs a whole look",
        arguments: [
            ("mkdir d; echo x > d/a", "mv d e"), ("true", "btrfs -q subvolume create nested"),
            ("mkdir d", "btrfs -q subvolume create d/nested"), ("true", "touch a; chattr +C a"),
            ("touch a", "chattr +A a"), ("mkdir d", "chattr +d d"), ("true", "btrfs property set . compression zstd"),
            (
                "true",
                "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do n=$(printf 'x%.0s' {1..250}); mkdir $n; cd $n; done"
            ),
        ])
    func notHarmless(_ before: String, _ after: String) throws { #expect(try check(before, after) == nil) }

    @Test("A mount inside, another subvolume, and a snapshot that was written to")
    func others() throws {
        let series = try SnapshotSeries()
        try series.edit("mkdir 'a b'")
        try series.snapshot("1")
        try series.edit("sync -f .")
        #expect(try look(series) == 0)
        try series.edit("mount -t tmpfs none 'a b'")
        #expect(try look(series) == nil)
        try series.edit("umount 'a b'")
        #expect(try look(series) == 0)
        try bash(
            "btrfs property set $1 ro false; echo x > $1/x; sync -f $1; btrfs property set $1 ro true",
            series.path("1").string)
        #expect(try look(series) == nil)
        let other = series.path("other")
        try bash(
            "btrfs -q subvolume create $1; btrfs -q subvolume snapshot -r $1 $2", other.string, series.path("2").string)
        #expect(
            try SourceCheck.bytesOfHarmlessChanges(in: series.path("code"), named: "/c", since: series.path("2")) == nil
        )
    }
}
