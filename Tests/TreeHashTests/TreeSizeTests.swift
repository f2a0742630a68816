import DurableFiles
import Glibc
import ScratchSpace
import SystemPackage
import Testing

@testable import TreeHash

@Suite("The size of a tree")
struct TreeSizeTests {
    private func size(_ top: FilePath) throws -> [Int] {
        let size = try TreeSize(top)
        return [size.objects, size.bytes]
    }

    @Test("Files count once and without their holes, everything counts as an object")
    func sizes() throws {
        let scratch = try ScratchDirectory()
        let top = scratch.path.appending("tree")
        try makeDirectories(top.appending("a/b"))
        #expect(try size(top) == [2, 0])
        try plant(top.appending("a/file"), [UInt8](repeating: 1, count: 5000))
        try plant(top.appending("a/b/empty"))
        #expect(try size(top) == [4, 5000])
        #expect(link(top.appending("a/file").string, top.appending("a/other").string) == 0)
        #expect(symlink("nowhere", top.appending("link").string) == 0)
        #expect(try size(top) == [6, 5000])
        let sparse = try OpenFile(top.appending("sparse"), .readWrite, options: .create, permissions: .ownerReadWrite)
        try sparse.truncate(to: 1 << 40)
        #expect(try size(top) == [7, 5000])
        #expect(try TreeSize(top).apparentBytes == 5000 + 1 << 40)
        #expect(try TreeSize(top).streamBytes > 5000)
    }

    @Test("Of a snapshot it is found by inodes, and is what a walk finds", .enabled(if: ScratchDisk.isWanted))
    func snapshot() throws {
        let series = try SnapshotSeries()
        try series.edit(
            """
            mkdir -p a/b; echo x > a/inline; head -c 300000 /dev/urandom > a/b/file; ln a/b/file other; ln -s nowhere link
            truncate -s 1G sparse; echo x >> sparse; mkfifo pipe; fallocate -l 100000 prealloc; head -c 5000 /dev/zero > odd
            exec 7> a/removed; echo x >&7; rm a/removed; btrfs -q subvolume snapshot -r . ../1
            """)
        let found = try #require(TreeSize(snapshot: series.path("1")))
        #expect(found == (try TreeSize(walking: series.path("1"))))
        #expect(found.objects == 10 && found.apparentBytes > 1 << 30)
        #expect(TreeSize(snapshot: series.path("code")) == nil)
    }
}
