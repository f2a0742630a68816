import Digest
import DurableFiles
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

@Suite("A listing by change: when all has to be listed", .enabled(if: ScratchDisk.isWanted), .serialized)
struct ByChangeRefusalTests {
    private let series: SnapshotSeries

    init() throws {
        series = try SnapshotSeries()
        try series.edit("mkdir a; echo x > a/x; head -c 50000 /dev/urandom > b")
        try series.snapshot("1")
        try series.edit("echo y > a/y; rm b")
        try series.snapshot("2")
    }

    private func setReadOnly(_ name: String, _ isReadOnly: Bool) throws {
        try bash("btrfs property set -f -ts $1 ro \(isReadOnly)", series.path(name).string)
    }

    @Test("A snapshot that can be written to, either of both; what is not a subvolume; and another file system")
    func kinds() throws {
        for name in ["1", "2"] {
            try setReadOnly(name, false)
            #expect(try series.reason("2", since: "1") == .notReadOnly)
            try setReadOnly(name, true)
        }
        #expect(try series.reason("2/a", since: "1") == .notSubvolume)
        #expect(try series.reason("2", since: "1/a") == .notSubvolume)
        let other = try SnapshotSeries()
        try other.snapshot("1")
        let parent = ListingByChange.Parent(
            other.path("1"), since: .itsCreation, listing: series.listing("1"), digest: SHA256Digest())
        guard
            case .needsFull(.otherFileSystem) = try ListingByChange.make(
                of: series.path("2"), since: parent, month: nil)
        else {
            Issue.record("another file system was not seen")
            return
        }
        try series.expectSame("2", since: "1")
    }

    @Test("An older snapshot that was made the source again: Btrfs finds nothing changed though all is other")
    func rollback() throws {
        try bash("mv $1/code $1/before; btrfs -q subvolume snapshot $1/1 $1/code", series.disk.path.string)
        try series.snapshot("3")
        #expect(try series.writtenInodes("3", since: "2") == 0)
        #expect(try series.reason("3", since: "2") == .otherParent)
    }

    @Test("A full receive, a parent that is the younger one, and a generation that was recorded too late")
    func order() throws {
        #expect(try series.reason("1", since: "2") == .parentIsNewer)
        try series.receive("1")
        let generation = try series.generation(of: "in/1")
        try series.receive("2", since: "1")
        #expect(try series.reason("in/2", since: "in/1") == .otherParent)
        #expect(try series.reason("in/1", since: "1") == .otherParent)
        #expect(try series.reason("in/1", since: "1", .generation(generation)) == .otherParent)
        let late = try series.subvolume("in/2").generationAtCreation
        #expect(try series.reason("in/2", since: "in/1", .generation(late)) == .parentIsNewer)
        #expect(try series.reason("in/2", since: "in/1", .generation(1)) == .parentIsNewer)
        try series.listInFull("in/1")
        try series.expectSame("in/2", since: "in/1", .generation(generation))
    }

    @Test("A parent that was written to, whether it was taken or received")
    func touched() throws {
        try series.receive("1")
        let generation = try series.generation(of: "in/1")
        try series.receive("2", since: "1")
        for (parent, child, since) in [
            ("1", "2", ListingByChange.Parent.Since.itsCreation), ("in/1", "in/2", .generation(generation)),
        ] {
            try series.expectSame(child, since: parent, since)
            try setReadOnly(parent, false)
            try bash("chmod 700 $1/a/x", series.path(parent).string)
            try setReadOnly(parent, true)
            #expect(try series.reason(child, since: parent, since) == .parentTouched)
        }
    }

    @Test(
        "A parent that was snapshotted, and one with files that were removed while they were open, was not written to")
    func untouched() throws {
        try series.run(
            """
            import subprocess
            open("gone", "w").write("x" * 9000); file = open("gone"); os.unlink("gone"); os.chmod("a/x", 0o640)
            subprocess.run(["btrfs", "-q", "subvolume", "snapshot", "-r", ".", "../3"], check=True)
            """)
        try bash(
            "btrfs -q subvolume snapshot $1/3 $1/copy; echo z > $1/copy/z; cat $1/3/*/* > $1/read; sync -f $1",
            series.disk.path.string)
        try series.disk.unmount()
        try series.disk.mount()
        try bash("ls -lR $1/3", series.disk.path.string)
        try series.snapshot("4")
        try series.expectSame("4", since: "3")
    }

    @Test("A listing that is not the recorded one, is cut, or lacks what was not changed")
    func listing() throws {
        try series.edit("mkdir z; mv a z/a")
        try series.snapshot("3")
        try series.listInFull("2")
        let sound = try #require(contents(series.listing("2")))
        func reason(_ listing: [UInt8], recorded: [UInt8]) throws -> FullListingReason? {
            try plant(series.listing("2"), listing)
            let parent = ListingByChange.Parent(
                series.path("2"), since: .itsCreation, listing: series.listing("2"), digest: SHA256.hash(recorded.span))
            let outcome = try ListingByChange.make(of: series.path("3"), since: parent, month: nil)
            if case .needsFull(let reason) = outcome { return reason }
            return nil
        }
        #expect(try reason(sound, recorded: sound) == nil)
        var other = sound
        other[other.count / 2] ^= 1
        #expect(try reason(other, recorded: sound) == .listingDiffers)
        #expect(try reason(Array(sound.dropLast()), recorded: sound) == .listingDiffers)
        #expect(try reason([], recorded: sound) == .listingDiffers)
        // Listings of other trees: their hash is as recorded, and Btrfs knows better.
        let lines = sound.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for left in 0..<(lines.count - 1) {
            let fewer = Array((lines[..<left] + lines[(left + 1)...]).joined(separator: [UInt8(ascii: "\n")]))
            let found = try reason(fewer, recorded: fewer)
            // A line of what was not changed below a directory that was not changed cannot be missed.
            #expect(found == .childNotFound || lines[left].starts(with: "./a/".utf8), "line \(left)")
        }
        for text in ["", "\n", "devjournal/tree/v2\n", "devjournal/tree/v2\n."] {
            #expect(try reason(Array(text.utf8), recorded: Array(text.utf8)) == .childNotFound)
        }
    }

    @Test("A file for the listing is empty again where it cannot be made, and a full disk is named")
    func file() throws {
        let path = series.listing("file")
        let file = try OpenFile(path, .readWrite, options: .create, permissions: .ownerReadWrite)
        try series.listInFull("1")
        let parent = ListingByChange.Parent(
            series.path("1"), since: .itsCreation, listing: series.listing("1"), digest: SHA256Digest())
        let outcome = try ListingByChange.list(series.path("2"), since: parent, month: nil, into: file)
        guard case .needsFull(.listingDiffers) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(contents(path) == [])
        let tree = try TreeHash.list(series.path("2"), into: file)
        #expect(contents(path).map { SHA256.hash($0.span) } == tree.digest)
        let full = try OpenFile("/dev/full", .writeOnly)
        let error = #expect(throws: FileFailure.self) { try TreeHash.list(series.path("2"), into: full) }
        #expect(error?.errno == .noSpace && error?.path == "/dev/full")
    }
}

@Suite("A listing by change: what did not change is read again", .enabled(if: ScratchDisk.isWanted), .serialized)
struct ReadAgainTests {
    private let marker = "the content that is going to rot "

    /// Flips a byte of each place where the image holds the marker.
    private func rot(_ series: SnapshotSeries) throws {
        try bash("sync -f $1", series.disk.path.string)
        try series.disk.unmount()
        try python(
            """
            import mmap, sys
            with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as image:
                at = image.find(sys.argv[2].encode())
                assert at > 0
                while at > 0:
                    image[at + 4] ^= 1
                    at = image.find(sys.argv[2].encode(), at + 1)
            """, series.disk.image.string, marker)
        try series.disk.mount()
    }

    private func make(_ options: String, isSummed: Bool = true) throws -> SnapshotSeries {
        let series = try SnapshotSeries(options: options)
        try series.run(
            """
            os.makedirs("a/b")
            for number in range(60): open("a/b/%d" % number, "w").write(str(number) * 5000)
            open("a/rots", "w").write("\(marker)" * 400)
            if \(isSummed ? 1 : 0): open("a/changed", "w").write("\(marker)" * 400)
            """)
        try series.snapshot("1")
        try series.edit("mv a moved\(isSummed ? "; chmod 600 moved/changed" : "")")
        try series.snapshot("2")
        try series.expectSame("2", since: "1")
        return series
    }

    @Test("In twelve months all that was not changed is read, each file once")
    func allInAYear() throws {
        let series = try make("noatime")
        var bytes = 0
        for month in 1...12 { bytes += try series.expectSame("2", since: "1", month: month).bytes }
        #expect(try TreeHash(series.path("2")).bytes == bytes)
    }

    @Test(
        "Content that rotted is named once in twelve months and the old hash stays",
        arguments: [("noatime", true), ("noatime,nodatasum", false)])
    func rotted(options: String, isSummed: Bool) throws {
        let series = try make(options, isSummed: isSummed)
        let sound = try series.listInFull("2").digest
        try rot(series)
        var damaged: [DamagedFile] = []
        for month in 1...12 {
            guard case .listed(let found) = try series.list("2", since: "1", month: month) else {
                Issue.record("month \(month)")
                return
            }
            #expect(found.digest == sound)
            damaged += found.damaged
        }
        // A file of which only the mode was changed, too; without checksums it would have been hashed for that.
        #expect(damaged.map(\.path.text).sorted() == (isSummed ? ["moved/changed"] : []) + ["moved/rots"])
        #expect(damaged.allSatisfy { ($0.reason != nil) == isSummed })
        guard case .listed(let found) = try series.list("2", since: "1") else { return }
        #expect(found.digest == sound && found.damaged.isEmpty)
    }
}
