import Digest
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

@Suite("A listing by change: names and places", .enabled(if: ScratchDisk.isWanted), .serialized)
struct ByChangeNamesTests {
    private let series: SnapshotSeries

    init() throws {
        series = try SnapshotSeries()
        try series.edit(
            """
            mkdir -p a/b/c a-b a.b z; for i in $(seq 30); do echo $i > a/b/$i; echo $i > a-b/$i; done; echo x > a/b/c/deep
            echo x > z/x; sync -f .
            """)
    }

    /// Edits, and what the listing by change makes again.
    private func changed(_ script: String, _ number: Int = 1) throws -> Int {
        if number == 1 { try series.snapshot("1") }
        try series.edit(script)
        try series.snapshot("\(number + 1)")
        return try series.expectSame("\(number + 1)", since: "\(number)", why: "\(script)").changed
    }

    @Test("A directory that moves takes along what it holds, of which nothing is made again")
    func movedDirectory() throws {
        // The top, z, a.
        #expect(try changed("mv a z/moved") == 3)
    }

    @Test("A file changed in a directory that was not, below one that has moved, replaces that name alone")
    func belowMoved() throws {
        #expect(try changed("chmod 600 a/b/c/deep a/b/7; mv a-b z; mv a 0") == 6)
    }

    @Test("What leaves a directory that moves, and what enters one, new directories too")
    func leavesAndEnters() throws {
        _ = try changed(
            """
            mv a/b/7 a-b/new; mkdir n n/m; mv a/b/c n/m/c; mv a-b n/a-b; mv z/x a/b; echo y > n/y; mv a/b 'a b'; rmdir a; mv n a
            """)
    }

    @Test("Directories that change places, and one replaced by another of its name")
    func changedPlaces() throws {
        _ = try changed("mv a t; mv a-b a; mv t a-b; rmdir a.b; mkdir a.b; echo x > a.b/x; rm -r z; mkdir z; mv a.b z/")
    }

    @Test("The order is that of the names, whatever stands below them")
    func order() throws {
        _ = try changed(
            #"mkdir x; for n in a a- a.b 'a b' $'a\xff' aa 'a\'; do mkdir -p "x/$n/a"; echo 1 > "x/$n/f"; echo 2 > "x/$n "; done; mv a x/a/"#
        )
        _ = try changed(#"mv x/a x/a-/q; echo 3 > 'x/a\/f'; mv $'x/a\xff' 'x/aa/a b'"#, 2)
    }

    @Test("The first of several names is found again where directories move, and where names come and go")
    func hardLinks() throws {
        try series.edit(
            "ln a/b/1 z/one; ln a/b/1 a-b/one; ln -s nowhere a/b/link; ln a/b/link z/link; mkfifo z/fifo; ln z/fifo a/fifo; ln a/b/2 z/two"
        )
        // Not touched themselves.
        _ = try changed("mv z 0")
        _ = try changed("mv a 1; chmod 600 0", 2)
        _ = try changed("rm a-b/one; ln 1/b/2 0two; mv 0/fifo a-b", 3)
        _ = try changed("chmod 600 1/b/1; mv 1 0/1", 4)
    }

    @Test("More names than one item holds")
    func manyNames() throws {
        let many = "for i in $(seq 300); do ln a/b/1 z/$i-$(printf %0200d 7); done; ln a/b/1 a/first"
        #expect(try changed(many) > 300)
        #expect(try changed("rm z/1*; mv z a/b/z; chmod 600 a/b/1", 2) > 190)
    }

    @Test("Files that were removed while they were open have no line, and their coming and going none either")
    func orphans() throws {
        try series.run(
            """
            import subprocess
            open("gone", "w").write("x" * 9000); open("a/gone", "w").write("y")
            files = [open("gone", "r+"), open("a/gone", "r+")]
            nameless = os.open(".", os.O_TMPFILE | os.O_RDWR); os.write(nameless, b"z" * 9000)
            os.unlink("gone"); os.unlink("a/gone")
            take = lambda name: subprocess.run(["btrfs", "-q", "subvolume", "snapshot", "-r", ".", "../" + name], check=True)
            take("1")
            files[0].write("more"); files[0].flush(); os.chmod("a/b/3", 0o600)
            os.link("/proc/self/fd/%d" % nameless, "named", src_dir_fd=os.open(".", os.O_RDONLY), follow_symlinks=True)
            take("2")
            """)
        #expect(try series.expectSame("2", since: "1").changed == 3)
    }

    @Test("Subvolumes inside are left out, as they are from the whole listing")
    func nested() throws {
        try series.edit("btrfs -q subvolume create a/inner; echo x > a/inner/x")
        _ = try changed("btrfs -q subvolume create z/inner; echo y > z/y; chmod 700 a")
        _ = try changed("btrfs -q subvolume delete a/inner; mkdir a/inner; echo x > a/inner/x; mv z a/b", 2)
    }

    @Test("An inode's number that was given out again stands for another inode")
    func numberAgain() throws {
        try series.edit("mkdir last; ln a/b/5 last/five")
        try series.snapshot("1")
        try series.edit("rm -r last")
        try series.disk.unmount()
        try series.disk.mount()
        try series.edit("mkdir z/new; mv a/b/6 z/new/six")
        try series.snapshot("2")
        let inode = { (name: String) in try bash("stat -c %i $1", self.series.path(name).string) }
        #expect(try inode("1/last") == inode("2/z/new"))
        try series.expectSame("2", since: "1")
    }

    @Test("More levels than files may be open, and paths longer than the system takes")
    func deep() throws {
        try series.run(
            "for number in range(700): os.mkdir('d' * 9); os.chdir('d' * 9); open('f', 'w').write(str(number))")
        #expect(try changed("cd a/b; touch 1 2 3; cd ../..; mv ddddddddd z/deep") == 6)
        try series.run(
            """
            os.chdir("z/deep")
            for number in range(690): os.chdir("d" * 9)
            open("f", "a").write("x"); os.mkdir("new"); os.rename("f", "new/f")
            """)
        try series.snapshot("3")
        #expect(try series.expectSame("3", since: "2").changed == 3)
    }
}
