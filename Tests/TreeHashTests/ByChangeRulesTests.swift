import Digest
import DurableFiles
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

@Suite("A listing by change: what counts as changed", .enabled(if: ScratchDisk.isWanted), .serialized)
struct ByChangeRulesTests {
    @Test("Nothing changed: the parent's listing, and no content is hashed")
    func unchanged() throws {
        let series = try SnapshotSeries()
        try series.edit("mkdir a; echo x > a/b; head -c 100000 /dev/urandom > c")
        try series.snapshot("1")
        try series.snapshot("2")
        let found = try series.expectSame("2", since: "1")
        #expect([found.changed, found.bytes] == [0, 0])
    }

    @Test("One inode changed among many in its leaf: one line is made again")
    func leaves() throws {
        let series = try SnapshotSeries()
        try series.edit(
            "for i in $(seq 500); do echo $i > $i; done; mkdir d; echo x > d/one; touch place; chattr +C place; echo y > place"
        )
        try series.snapshot("1")
        try series.edit("echo more >> d/one; sync -f .")
        try series.snapshot("2")
        let found = try series.expectSame("2", since: "1")
        #expect([found.changed, found.bytes] == [1, 7])
    }

    @Test("The parent's generation at creation counts, not the one that it has since it was itself snapshotted")
    func generationGrew() throws {
        let series = try SnapshotSeries()
        try series.edit("echo x > file")
        try series.snapshot("1")
        try series.edit("echo other > file; sync -f .")
        try series.snapshot("again", of: "1")
        try series.snapshot("2")
        let (parent, child) = (try series.subvolume("1"), try series.subvolume("2"))
        #expect(parent.generation > parent.generationAtCreation && child.generationAtCreation >= parent.generation)
        #expect(try series.expectSame("2", since: "1").changed == 1)
    }

    @Test("What is written right after the parent was made counts")
    func nextGeneration() throws {
        let series = try SnapshotSeries()
        for round in 1...12 {
            try series.edit("echo \(round) > file")
            try series.snapshot("\(round)")
            if round > 1 { #expect(try series.expectSame("\(round)", since: "\(round - 1)").changed >= 1) }
        }
    }

    @Test("A received increment: since the recorded generation, though what was received is not on the disk yet")
    func received() throws {
        let series = try SnapshotSeries()
        try series.edit("mkdir a b; for i in $(seq 50); do head -c 9000 /dev/urandom > a/$i; done; echo x > b/x")
        try series.snapshot("1")
        try series.receive("1")
        try series.listInFull("in/1")
        for round in 2...6 {
            let generation = try series.generation(of: "in/\(round - 1)")
            try series.edit(
                "head -c 200000 /dev/urandom > a/\(round); head -c 5000 /dev/urandom > new\(round); mv a/1\(round) b; rm a/2\(round)"
            )
            try series.snapshot("\(round)")
            try series.receive("\(round)", since: "\(round - 1)")
            let found = try series.expectSame("in/\(round)", since: "in/\(round - 1)", .generation(generation))
            // The files, and the directories that hold them.
            #expect(found.changed == 6)
            #expect(try series.expectSame("\(round)", since: "\(round - 1)").digest == found.digest)
        }
    }

    @Test(
        "Files that were merely read under relatime are not changed; one that is written in place counts all the same")
    func onlyRead() throws {
        let series = try SnapshotSeries(options: "relatime")
        try series.edit(
            """
            for i in $(seq 300); do echo $i > $i; touch -a -d '3 days ago' $i; done; touch place; chattr +C place
            echo content > place; touch -a -d '3 days ago' place
            """)
        try series.snapshot("1")
        try series.edit("cat * > /dev/null; sync -f .")
        try series.snapshot("2")
        #expect(try series.writtenInodes("2", since: "1") > 300)
        let found = try series.expectSame("2", since: "1")
        #expect([found.changed, found.bytes] == [1, 8])
    }

    @Test("Content is kept where the extents are the same, and never where it may be written in place")
    func contentKept() throws {
        let series = try SnapshotSeries()
        try series.edit(
            "head -c 500000 /dev/urandom > large; echo small > small; touch place; chattr +C place; head -c 7000 /dev/zero > place"
        )
        try series.snapshot("1")
        try series.edit("chmod 600 large small; mv small other; touch large; ln large second")
        try series.snapshot("2")
        #expect(try series.expectSame("2", since: "1").bytes == 0)
        try series.edit("chmod 600 place")
        try series.snapshot("3")
        #expect(try series.expectSame("3", since: "2").bytes == 7000)
    }

    @Test("Other content of the same size and time is found: in the inode, in extents, and by a clone of an old file")
    func sameSizeAndTime() throws {
        let series = try SnapshotSeries()
        try series.edit(
            """
            head -c 90000 /dev/urandom > old; sync -f .; echo one > inline; head -c 90000 /dev/urandom > extents
            cp --reflink=never extents cloned; head -c 90000 /dev/urandom > twin
            """)
        try series.snapshot("1")
        try series.edit(
            """
            for i in inline extents cloned twin; do cp -a $i ../$i.time; done
            cp --reflink=always cloned twin # of the same generation
            printf two | dd of=inline conv=notrunc status=none; printf two | dd of=extents bs=1 seek=50000 conv=notrunc status=none
            cp --reflink=always old cloned; for i in inline extents cloned twin; do touch -r ../$i.time $i; done
            """)
        try series.snapshot("2")
        #expect(try series.expectSame("2", since: "1").changed == 4)
    }

    @Test("A balance or a defragmentation costs hashes and changes nothing")
    func moved() throws {
        let series = try SnapshotSeries()
        try series.edit("for i in 1 2 3; do head -c 300000 /dev/urandom > $i; done; chmod 600 1")
        try series.snapshot("1")
        try series.edit("chmod 640 1; btrfs -q filesystem defragment -f 2; btrfs -q balance start --full-balance .")
        try series.snapshot("2")
        try series.expectSame("2", since: "1")
    }
}
