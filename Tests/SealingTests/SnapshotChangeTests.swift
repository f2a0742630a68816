import DurableFiles
import StockTools
import SystemPackage
import Testing

@Suite("Whether anything was written to a snapshot since it was made", .enabled(if: areMountsWanted), .serialized)
struct SnapshotChangeTests {
    private let disk: MountedFileSystem

    init() throws {
        disk = try .btrfs(options: "relatime")
        try bash(
            """
            btrfs -q subvolume create $1; cd $1; mkdir dir; echo one > one; ln one two; head -c 200000 /dev/zero > big
            for i in $(seq 3000); do echo $i > dir/$i; done; touch none; chattr +C none; head -c 9000 /dev/urandom > none
            """, disk.text("code"))
    }

    private func snapshot() throws { try bash("btrfs -q subvolume snapshot -r $1 $2", disk.text("code"), snap) }
    private var snap: String { disk.text("snap") }

    private func isChanged() throws -> Bool {
        let directory = try OpenDirectory(FilePath(snap))
        try directory.synchronizeFileSystem()
        let found = try #require(try directory.subvolume())
        return try directory.isChanged(since: found.generationAtCreation)
    }

    @Test("Not by snapshots of it, by reading it, by a new name, or by edits of its source")
    func untouched() throws {
        try snapshot()
        #expect(try !isChanged())
        try bash(
            """
            btrfs -q subvolume snapshot $2 $2.copy; echo edit > $2.copy/one; echo edit > $1/one; rm -r $1/dir; cat $2/*/* $2/one > $2.read
            mv $2 $2.other; sync -f $1; mv $2.other $2; btrfs -q subvolume snapshot -r $2 $2.again
            """, disk.text("code"), snap)
        #expect(try !isChanged())
    }

    @Test("Not where the snapshot was taken while files were still being written")
    func delayed() throws {
        try bash("cd $1; for i in $(seq 500); do echo $i >> dir/$i; done; rm big", disk.text("code"))
        try snapshot()
        #expect(try !isChanged())
    }

    @Test("By every kind of edit, though it is read-only again")
    func edited() throws {
        let edits = [
            "echo x >> one", "rm two", "rm -r dir", "touch -d @1 big", "chmod 600 one", "mv dir/7 dir/x7", "mkdir new",
            "python3 -c 'import os; os.setxattr(\"one\", \"user.x\", b\"y\")'", "fallocate -p -o 4096 -l 4096 big",
            "chown 1:1 dir", "ln big other", "truncate -s 0 big", "ln -s a link", "chmod 700 .",
            "dd if=/dev/zero of=none bs=1 count=1 conv=notrunc status=none",
        ]
        for edit in edits {
            try snapshot()
            try bash(
                "btrfs property set -ts $1 ro false; cd $1; \(edit); cd /; btrfs property set -ts $1 ro true", snap)
            #expect(try isChanged(), "\(edit)")
            try bash("btrfs -q subvolume delete $1", snap)
        }
    }

    @Test("By btrfs receive, which writes what it makes; a snapshot of what was received is as it was made")
    func received() throws {
        try snapshot()
        try bash(
            "mkdir $2; btrfs -q send $1 | btrfs -q receive $2; btrfs -q subvolume delete $1; btrfs -q subvolume snapshot -r $2/snap $3",
            snap, disk.text("in"), disk.text("kept"))
        let received = try OpenDirectory(disk.path("in").appending("snap"))
        let kept = try OpenDirectory(disk.path("kept"))
        let (first, second) = (try #require(try received.subvolume()), try #require(try kept.subvolume()))
        try kept.synchronizeFileSystem()
        #expect(try received.isChanged(since: first.generationAtCreation))
        #expect(try !kept.isChanged(since: second.generationAtCreation))
        #expect(first.receivedUUID != nil && first.receivedUUID == second.receivedUUID)
    }
}
