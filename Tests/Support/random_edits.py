#!/usr/bin/env python3
"""random_edits.py TREE SEED COUNT [SNAPSHOT]

Makes COUNT edits of a subvolume, of every kind that a listing has to see and of some that it must not see, chosen by SEED:
the same seed makes the same edits of the same tree. With SNAPSHOT a read-only snapshot of it is made at the end, while files
that have no name any more are still open and what was written may not be on the disk."""
import ctypes, fcntl, mmap, os, random, shutil, stat, struct, subprocess, sys

FICLONE, FICLONERANGE = 0x40049409, 0x4020940D
libc = ctypes.CDLL(None, use_errno=True)


class Edits:
    def __init__(self, top, seed):
        os.chdir(top)
        self.random = random.Random(seed)
        self.open = []
        self.look()

    def look(self):
        self.directories, self.files, self.others = [b"."], [], []
        for folder, folders, files in os.walk(b"."):
            for name in sorted(folders):
                path = os.path.join(folder, name)
                (self.others if os.path.islink(path) else self.directories).append(path)
            for name in sorted(files):
                path = os.path.join(folder, name)
                (self.files if stat.S_ISREG(os.lstat(path).st_mode) else self.others).append(path)
            folders.sort()

    def new_name(self):
        name = self.random.choice([b"a", b"b", b"a-b", b"a.b", b"a b", b"\xff\n\\", b"z" * 60, b"%d" % self.random.randrange(10**6)])
        directory = self.random.choice(self.directories)
        return os.path.join(directory, name + b"%d" % self.random.randrange(10**9))

    def size(self):
        return self.random.choice([0, 1, 100, 2000, 4096, 5000, 70000, self.random.randrange(400000)])

    def data(self, size):
        return self.random.randbytes(size) if self.random.random() < 0.6 else bytes([self.random.randrange(256)]) * size

    # Each takes what it needs from the lists; one that fails (a name that is gone) is none.

    def make(self):
        with open(self.new_name(), "wb") as file: file.write(self.data(self.size()))

    def make_directory(self): os.mkdir(self.new_name())
    def make_link(self): os.symlink(self.random.choice([b"nowhere", b"\xff", b"a/b"]), self.new_name())
    def make_fifo(self): os.mkfifo(self.new_name())
    def make_node(self): os.mknod(self.new_name(), stat.S_IFCHR | 0o600, os.makedev(self.random.randrange(9), 3))
    def hard_link(self): os.link(self.random.choice(self.files + self.others), self.new_name(), follow_symlinks=False)

    def many_links(self):
        path = self.random.choice(self.files)
        for number in range(40): os.link(path, self.new_name() + b"l" * 150)

    def write(self):
        path = self.random.choice(self.files)
        times = os.stat(path)
        with open(path, "r+b") as file:
            file.seek(self.random.randrange(max(1, os.path.getsize(path) + 5000)))
            file.write(self.data(self.size()))
        if self.random.random() < 0.3: os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def write_same_size(self):
        path = self.random.choice(self.files)
        times = os.stat(path)
        with open(path, "r+b") as file: file.write(self.random.randbytes(min(times.st_size, 5000)))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def write_the_same(self):
        path = self.random.choice(self.files)
        with open(path, "r+b") as file:
            data = file.read(100000)
            file.seek(0)
            file.write(data)

    def write_by_map(self):
        path = self.random.choice(self.files)
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            memory[self.random.randrange(len(memory))] = self.random.randrange(256)

    def append(self):
        with open(self.random.choice(self.files), "ab") as file: file.write(self.data(self.size()))

    def truncate(self):
        path = self.random.choice(self.files)
        os.truncate(path, self.random.choice([0, 1, 4096, self.random.randrange(os.path.getsize(path) + 100000)]))

    def cut_and_grow(self):
        path = self.random.choice(self.files)
        size = os.path.getsize(path)
        os.truncate(path, self.random.randrange(size))
        os.truncate(path, size)

    def fallocate(self, mode):
        path = self.random.choice(self.files)
        start = self.random.choice([0, 4096, self.random.randrange(os.path.getsize(path) + 1)])
        with open(path, "r+b") as file:
            libc.fallocate(file.fileno(), mode, ctypes.c_long(start), ctypes.c_long(self.random.choice([1, 4096, 60000])))

    def preallocate(self): self.fallocate(self.random.choice([0, 1]))
    def punch(self): self.fallocate(3)
    def zero_range(self): self.fallocate(0x10)

    def clone(self):
        with open(self.random.choice(self.files), "rb") as source, open(self.new_name(), "wb") as target:
            fcntl.ioctl(target.fileno(), FICLONE, source.fileno())

    def clone_over(self):
        source, target = self.random.choice(self.files), self.random.choice(self.files)
        times = os.stat(target)
        with open(source, "rb") as source, open(target, "r+b") as file: fcntl.ioctl(file.fileno(), FICLONE, source.fileno())
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))

    def clone_range(self):
        with open(self.random.choice(self.files), "rb") as source, open(self.random.choice(self.files), "r+b") as target:
            at = 4096 * self.random.randrange(10)
            fcntl.ioctl(target.fileno(), FICLONERANGE, struct.pack("<qQQQ", source.fileno(), 0, 4096, at))

    def make_in_place(self):
        path = self.new_name()
        with open(path, "wb"): pass
        subprocess.run([b"chattr", b"+C", path], check=False, stderr=subprocess.DEVNULL)
        with open(path, "wb") as file: file.write(self.random.randbytes(9000))

    def rename(self): os.rename(self.random.choice(self.files + self.others), self.new_name())
    def rename_over(self): os.rename(self.random.choice(self.files), self.random.choice(self.files))
    def move_directory(self): os.rename(self.random.choice(self.directories[1:]), self.new_name())

    def exchange(self):
        paths = self.random.choice([self.directories[1:], self.files, self.directories[1:] + self.files])
        libc.renameat2(-100, self.random.choice(paths), -100, self.random.choice(paths), 2)

    def deep_edit(self):
        # Below a directory that moves, though nothing else in between is touched.
        path = self.random.choice(self.files)
        os.chmod(path, self.random.choice([0o600, 0o644, 0o4755]))
        if path.count(b"/") > 1: os.rename(b"/".join(path.split(b"/")[:2]), self.new_name())

    def remove(self): os.unlink(self.random.choice(self.files + self.others))

    def remove_tree(self):
        if self.random.random() < 0.3: shutil.rmtree(self.random.choice(self.directories[1:]))

    def replace_directory(self):
        path = self.random.choice(self.directories[1:])
        if os.listdir(path): return
        os.rmdir(path)
        os.mkdir(path)

    def change_mode(self): os.chmod(self.random.choice(self.files + self.directories), self.random.choice([0o700, 0o755, 0o640, 0o2750]))
    def change_owner(self): os.chown(self.random.choice(self.files + self.directories + self.others), self.random.randrange(3), 5, follow_symlinks=False)
    def change_times(self): os.utime(self.random.choice(self.files + self.directories), ns=(0, self.random.randrange(-10**18, 10**18)))

    def change_attribute(self):
        path, name = self.random.choice(self.files + self.directories), self.random.choice(["user.a", "user.b", "trusted.c"])
        if self.random.random() < 0.3: return os.removexattr(path, name)
        os.setxattr(path, name, self.random.randbytes(self.random.choice([0, 5, 2000])))

    def read(self):
        for path in self.files[:: self.random.randrange(1, 5)]:
            with open(path, "rb") as file: file.read(10)
        for path in self.directories: os.listdir(path)

    def open_and_remove(self):
        path = self.random.choice(self.files)
        self.open.append(open(path, "r+b"))
        os.unlink(path)
        self.open[-1].write(b"x" * 5000)

    def link_a_nameless(self):
        top = os.open(b".", os.O_RDONLY)
        file = os.open(b".", os.O_TMPFILE | os.O_RDWR)
        os.write(file, self.data(9000))
        # Only with a directory does it follow the link.
        os.link(b"/proc/self/fd/%d" % file, self.new_name(), src_dir_fd=top, follow_symlinks=True)
        os.close(file)
        os.close(top)

    def write_to_disk(self):
        top = os.open(b".", os.O_RDONLY)
        libc.syncfs(top)
        os.close(top)

    def all_kinds(self):
        kinds = [getattr(self, name) for name in sorted(vars(Edits)) if not name.startswith("_")
                 and name not in ("look", "new_name", "size", "data", "fallocate", "all_kinds", "run")]
        # More comes than goes.
        return kinds + [self.make, self.make_directory] * 5

    def run(self, count):
        kinds = self.all_kinds()
        for _ in range(count):
            try:
                self.random.choice(kinds)()
            except (OSError, IndexError, ValueError):
                pass
            self.look()


def main():
    if len(sys.argv) not in (4, 5): print(__doc__, file=sys.stderr); return 64
    edits = Edits(sys.argv[1], int(sys.argv[2]))
    edits.run(int(sys.argv[3]))
    if len(sys.argv) == 5:
        os.chdir("/")
        subprocess.run(["btrfs", "-q", "subvolume", "snapshot", "-r", sys.argv[1], sys.argv[4]], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
