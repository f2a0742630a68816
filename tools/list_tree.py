#!/usr/bin/env python3
"""list_tree.py [--without-power] DIR

A canonical listing of a tree: two trees are equal, data and metadata, when their listings are. One line per object,
sorted by path, fields separated by tabs:

    path kind mode owner links size mtime_ns rdev target same xattrs sha256

Names are bytes; what is not printable ASCII, and \\, is written \\xNN. `same` is the first path of the same file
(hard links), `-` where a field does not apply. Symlinks are not followed. Left out: what lies on another device (mount
points, nested subvolumes), links and size of directories, and what sending and receiving a snapshot does not keep:
inode numbers, atime, ctime, inode flags, and the mtime of DIR itself. With a line `devjournal/tree/v2` before it, its
SHA-256 is what `devjournal tree` prints.

With --without-power it is the listing that LS's working copy of that tree has: without device nodes, and without the
set-user-ID and set-group-ID bits and the capabilities of files.

Exit status: 0 listed, 2 an object could not be read.
"""
import hashlib, os, stat, sys

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFCHR: "char", stat.S_IFBLK: "block",
}


def shown(raw):
    """Bytes as printable ASCII on one line."""
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x5C else f"\\x{b:02x}" for b in raw)


def content(name, parent):
    digest = hashlib.sha256()
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    with open(fd, "rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def attributes(name, parent, hidden):
    path = os.path.join(b"/proc/self/fd/%d" % parent, name)
    pairs = []
    for key in sorted(map(os.fsencode, os.listxattr(path, follow_symlinks=False))):
        if key == os.fsencode(hidden or ""):
            continue
        value = os.getxattr(path, key, follow_symlinks=False)
        pairs.append(shown(key).replace(",", "\\x2c").replace("=", "\\x3d") + "=" + value.hex())
    return ",".join(pairs) or "-"


class Listing:
    def __init__(self, without_power=False):
        self.first = {}
        self.without_power = without_power

    def line(self, path, name, parent, found):
        kind = KINDS[stat.S_IFMT(found.st_mode)]
        regular, link, device = kind == "file", kind == "link", kind in ("char", "block")
        mode = stat.S_IMODE(found.st_mode)
        hidden = None
        if self.without_power and regular:
            mode, hidden = mode & ~(stat.S_ISUID | stat.S_ISGID), "security.capability"
        same = "-"
        if kind != "dir" and found.st_nlink > 1:
            same = shown(self.first.setdefault(found.st_ino, path))
        return "\t".join((
            shown(path), kind, f"{mode:04o}", f"{found.st_uid}:{found.st_gid}",
            "-" if kind == "dir" else str(found.st_nlink), "-" if kind == "dir" else str(found.st_size),
            # What btrfs receive makes comes into being in the top directory, and an increment need not set its mtime.
            "-" if path == b"." else str(found.st_mtime_ns),
            f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" if device else "-",
            shown(os.readlink(name, dir_fd=parent)) if link else "-",
            same, attributes(name, parent, hidden), content(name, parent) if regular else "-",
        ))

    def walk(self, path, name, parent, device):
        """Yields the object's line and, for a directory those below it."""
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        is_device = stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode)
        if found.st_dev != device or is_device and self.without_power:
            return
        yield self.line(path, name, parent, found)
        if not stat.S_ISDIR(found.st_mode):
            return
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        try:
            for child in sorted(os.fsencode(entry) for entry in os.listdir(fd)):
                yield from self.walk(path + b"/" + child, child, fd, device)
        finally:
            os.close(fd)


def main():
    words = sys.argv[1:]
    without_power = words[:1] == ["--without-power"]
    words = words[without_power:]
    if len(words) != 1 or words[0].startswith("-"):
        print(__doc__, file=sys.stdout if "--help" in sys.argv else sys.stderr)
        return 0 if "--help" in sys.argv else 64
    sys.setrecursionlimit(20_000)
    try:
        top = os.open(words[0], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for line in Listing(without_power).walk(b".", b".", top, os.fstat(top).st_dev):
            print(line)
    except OSError as error:
        print(f"list_tree: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
