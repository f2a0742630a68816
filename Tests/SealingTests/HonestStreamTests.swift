import Foundation
import Sealing
import StockTools
import SystemPackage
import Testing

/// What an inspector that is too strict would refuse is a month that cannot be sealed, or worse, restored.
@Suite("Streams of real btrfs send", .enabled(if: areMountsWanted))
struct HonestStreamTests {
    /// Makes, renames, swaps, links, clones and removes all kinds of objects at a few names, so that names are taken over
    /// from other objects and directories move while they are filled.
    private static let edits = #"""
        import ctypes, os, random, shutil, socket, stat, subprocess, sys
        top, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        chance = random.Random(seed)
        os.chdir(top)
        libc = ctypes.CDLL(None, use_errno=True)
        def name(): return chance.choice("abcdefg")
        def directories(): return ["."] + [os.path.join(d, n) for d, ns, _ in os.walk(".") for n in ns if not os.path.islink(os.path.join(d, n))]
        def objects(): return [os.path.join(d, n) for d, ns, fs in os.walk(".") for n in ns + fs]
        def files(): return [o for o in objects() if stat.S_ISREG(os.lstat(o).st_mode)]
        def fresh():
            path = os.path.join(chance.choice(directories()), name())
            if os.path.lexists(path): remove(path)
            return path
        def remove(path):
            if os.path.isdir(path) and not os.path.islink(path): shutil.rmtree(path)
            else: os.unlink(path)
        def make():
            path, kind = fresh(), chance.randrange(8)
            if kind < 3:
                with open(path, "wb") as file: file.write(chance.randbytes(chance.choice([0, 10, 5000, 70000])))
            elif kind == 3: os.mkdir(path)
            elif kind == 4: os.symlink(chance.choice(["a", "../b", "/etc/passwd", "."]), path)
            elif kind == 5: os.mkfifo(path)
            elif kind == 6: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
            else: socket.socket(socket.AF_UNIX).bind(path) if len(path) < 90 else os.mkdir(path)
        def write():
            if files():
                with open(chance.choice(files()), "r+b") as file:
                    file.seek(chance.choice([0, 4096, 40000]))
                    file.write(chance.randbytes(3000))
        def cut():
            if files(): os.truncate(chance.choice(files()), chance.choice([0, 4096, 100000, 1 << 20]))
        def punch():
            if files(): subprocess.run(["fallocate", "-p", "-o", "4096", "-l", "8192", chance.choice(files())], check=True)
        def clone():
            if files():
                source, target = chance.choice(files()), fresh()
                if os.path.lexists(source): subprocess.run(["cp", "--reflink=always", source, target], check=True)
        def link():
            if files():
                source, target = chance.choice(files()), fresh()
                if os.path.lexists(source): os.link(source, target)
        def rename():
            if objects():
                source, target = chance.choice(objects()), os.path.join(chance.choice(directories()), name())
                if (target + "/").startswith(source + "/") or (source + "/").startswith(target + "/"): return
                if os.path.lexists(target): remove(target)
                if os.path.lexists(source) and os.path.isdir(os.path.dirname(target)): os.rename(source, target)
        def swap():
            if len(objects()) > 1:
                one, other = chance.sample(objects(), 2)
                libc.renameat2(-100, one.encode(), -100, other.encode(), 2)
        def mode():
            if objects():
                path = chance.choice(objects())
                if not os.path.islink(path): os.chmod(path, chance.choice([0o644, 0o4755, 0o700]))
        def owner():
            if objects(): os.chown(chance.choice(objects()), chance.randrange(3), 0, follow_symlinks=False)
        def gone():
            if objects(): remove(chance.choice(objects()))
        steps = [make] * 5 + [write, cut, punch, clone, clone, link, link, rename, rename, rename, swap, swap, mode, owner, gone]
        for _ in range(count): chance.choice(steps)()
        """#

    @Test("none is refused, full or incremental, compared with its parent, version 1 or 2")
    func accepted() throws {
        let months = 8
        let given = ProcessInfo.processInfo.environment["HONEST_STREAM_SEED"].flatMap(Int.init)
        let seed = given ?? .random(in: 0..<1 << 30)
        print("HONEST_STREAM_SEED=\(seed)")
        let disk = try MountedFileSystem.btrfs()
        let streams = try Scratch()
        try bash("btrfs subvolume create $1", disk.text("code"))
        var commands: UInt64 = 0
        for month in 0..<months {
            try bash("timeout 60 python3 -c \"$1\" $2 $3 60", Self.edits, disk.text("code"), "\(seed &+ month)")
            try bash("btrfs subvolume snapshot -r $1 $2", disk.text("code"), disk.text("m\(month)"))
            let parent = month > 0 ? disk.path("m\(month - 1)") : nil
            for version in ["1", "2"] {
                let base = parent.map { "-p \($0.string)" } ?? ""
                try bash(
                    "btrfs -q send --proto \(version) \(base) -f $2 $1", disk.text("m\(month)"), streams.text("stream"))
                for tree in Set([parent, nil]) {
                    do {
                        let summary = try inspected(try streams.read("stream"), size: 100_000, parentTree: tree)
                        commands += summary.commands
                    } catch {
                        Issue.record("month \(month), version \(version), parent \(tree?.string ?? "-"): \(error)")
                    }
                }
                try bash("rm $1", streams.text("stream"))
            }
        }
        print("\(commands) commands of \(months) months")
        #expect(commands > 300)
    }

    @Test("the place of a subvolume that the parent had inside it is free")
    func formerSubvolume() throws {
        let disk = try MountedFileSystem.btrfs()
        let streams = try Scratch()
        try bash(
            """
            cd $1; btrfs subvolume create code; btrfs subvolume create code/inside
            btrfs subvolume snapshot -r code m1; btrfs subvolume delete code/inside
            mkdir code/inside; echo new > code/inside/file; btrfs subvolume snapshot -r code m2
            btrfs -q send -p m1 -f $2 m2
            """, disk.text(""), streams.text("stream"))
        let summary = try inspected(try streams.read("stream"), size: 1_000, parentTree: disk.path("m1"))
        #expect(summary.commands > 3)
    }
}
