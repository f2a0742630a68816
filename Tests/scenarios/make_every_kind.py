#!/usr/bin/env python3
"""make_every_kind.py STEP DIR

Every kind of object that Btrfs can hold, for the scenarios: STEP 1 makes them in DIR, STEP 2 and 3 change them in every
way that an incremental stream has to tell. Needs root, and Btrfs for what it knows alone (clones, compression).
"""
import fcntl, os, random, socket, stat, struct, subprocess, sys

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
CAPABILITY, NOBODY = "security.capability", 0xFFFFFFFF
PUNCH, KEEP_SIZE, ZERO_RANGE = 0x02, 0x01, 0x10
FICLONE, FICLONERANGE = 0x40049409, 0x4020940D
noise = random.Random(1).randbytes


def write(name, content=b"", mode=0o644):
    with open(name, "wb") as file:
        file.write(content)
    os.chmod(name, mode)


def fallocate(name, flags, offset, length):
    options = {0: [], KEEP_SIZE: ["--keep-size"], PUNCH: ["--punch-hole"], ZERO_RANGE: ["--zero-range"]}[flags]
    subprocess.run(["fallocate", *options, "--offset", str(offset), "--length", str(length), name], check=True)


def patch(name, offset, content):
    with open(name, "r+b") as file:
        file.seek(offset)
        file.write(content)


def clone(source, target, source_offset=None, length=0, offset=0):
    """The extents of a file in another one too: the whole of it, or a range of blocks."""
    with open(source, "rb") as give, open(target, "wb" if source_offset is None else "r+b") as take:
        if source_offset is None:
            fcntl.ioctl(take, FICLONE, give.fileno())
        else:
            fcntl.ioctl(take, FICLONERANGE, struct.pack("=qQQQ", give.fileno(), source_offset, length, offset))


def acl(*entries):
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *(entry if len(entry) == 3 else entry + (NOBODY,))) for entry in entries)


def capability(bit, flags=1):
    return struct.pack("<5I", 0x02000000 | flags, 1 << bit, 0, 0, 0)


def device(name, kind, major, minor, mode=0o640):
    os.mknod(name, kind | mode, os.makedev(major, minor))
    os.chmod(name, mode)


def bind(name):
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(name)


def first():
    for name in ("content", "links", "links/other place", "nodes", "rights", "names", "times", "many", "tree", "empty",
                 "attributes", "swap1", "swap2"):
        os.mkdir(name)

    write("content/empty")
    write("content/inline", b"a few bytes live in the metadata\n")
    write("content/block", noise(4096))
    write("content/large", noise(5 << 20))
    write("content/uneven", noise((1 << 20) + 777))
    for name in ("to truncate", "to extend", "to punch", "to zero", "to overwrite", "to empty"):
        write(f"content/{name}", noise(600_000))
    with open("content/sparse", "wb") as file:
        file.truncate(40 << 20)
    for offset in (0, 1 << 20, 20 << 20, (40 << 20) - 7):
        patch("content/sparse", offset, b"islands")
    with open("content/hole only", "wb") as file:
        file.truncate(12_345_678)
    write("content/preallocated", b"begun")
    fallocate("content/preallocated", 0, 0, 3 << 20)
    write("content/preallocated beyond", b"its end")
    fallocate("content/preallocated beyond", KEEP_SIZE, 0, 1 << 20)
    clone("content/large", "content/clone")
    write("content/partial clone", noise(1 << 20))
    clone("content/large", "content/partial clone", 2 << 20, 256 << 10, 512 << 10)
    write("content/clone of itself", noise(128 << 10))
    clone("content/clone of itself", "content/clone of itself", 0, 64 << 10, 256 << 10)
    for method in ("zstd", "lzo", "zlib"):
        write(f"content/compressed by {method}")
        subprocess.run(["btrfs", "property", "set", f"content/compressed by {method}", "compression", method], check=True)
        patch(f"content/compressed by {method}", 0, b"the same again and again\n" * 40_000 + noise(200_000))

    write("links/one", b"three names\n")
    os.link("links/one", "links/two")
    os.link("links/one", "links/other place/three")
    for number in range(300):
        os.link("links/two", f"links/other place/name {number}")
    for name, target in [("to a file", b"one"), ("dangling", b"not/there"), ("absolute", b"/nowhere/at/all"),
                         ("upwards", b"../../../.."), ("of bytes", b"\xff\xfe\n "), ("itself", b"itself"),
                         ("long", b"t" * 3900)]:
        os.symlink(target, b"links/" + name.encode())
    os.link("links/dangling", "links/dangling too", follow_symlinks=False)

    os.mkfifo("nodes/fifo")
    bind("nodes/socket")
    device("nodes/char", stat.S_IFCHR, 1, 3, 0o666)
    device("nodes/large numbers", stat.S_IFCHR, 4095, 1_048_575)
    device("nodes/block", stat.S_IFBLK, 259, 70_000)
    device("nodes/zero", stat.S_IFCHR, 0, 0, 0)
    os.link("nodes/fifo", "nodes/fifo too")

    for mode in (0, 0o111, 0o222, 0o1644, 0o2644, 0o2755, 0o4755, 0o6711, 0o7000, 0o7777):
        write(f"rights/file {mode:04o}", b"#!", 0o600)
        os.chown(f"rights/file {mode:04o}", 12_345, 54_321)
        os.chmod(f"rights/file {mode:04o}", mode)
        os.mkdir(f"rights/dir {mode:04o}")
        os.chown(f"rights/dir {mode:04o}", NOBODY - 1, 3_000_000_000)
        os.chmod(f"rights/dir {mode:04o}", mode)
    write("rights/set-user-id of its owner alone", b"#!")
    os.chown("rights/set-user-id of its owner alone", 1000, 0)
    os.chmod("rights/set-user-id of its owner alone", 0o4100)

    for name in (b"-rf", b"--", b"new\nline", b"tab\tand \\ and \x7f", b"\xff\xfe not UTF-8 \x80", b"x" * 255,
                 "é".encode() * 127, b" ", b"...", b"*", b"o257-7-0", "Ａ combining e\u0301".encode()):
        write(b"names/" + name, name)
    top = os.getcwd()
    os.chdir("names")
    for _ in range(14):
        os.mkdir("d" * 255)
        os.chdir("d" * 255)
    write("z" * 200, b"nearly as deep as a stream can name it\n")
    os.chdir(top)

    for number in range(1500):
        write(f"many/entry {number:04}", str(number).encode())

    os.makedirs("tree/a/b/c/d")
    os.makedirs("tree/x/y/z")
    write("tree/a/b/file", b"goes along")
    write("tree/x/y/z/file", b"stays")
    write("swap1/one", b"1")
    write("swap2/two", b"2")

    os.makedirs("empty/in/in")

    write("attributes/many")
    for number in range(120):
        os.setxattr("attributes/many", f"user.number.{number}", noise(number))
    write("attributes/large")
    os.setxattr("attributes/large", "user.large", noise(15_900))
    write("attributes/kinds")
    os.setxattr("attributes/kinds", "user." + "n" * 250, b"the longest name")
    os.setxattr("attributes/kinds", "user.empty", b"")
    os.setxattr("attributes/kinds", "user.zero", b"\0\n\xff")
    os.setxattr("attributes/kinds", "trusted.mine", b"root sees it")
    os.setxattr("attributes/kinds", "security.note", b"any text")
    os.symlink("kinds", "attributes/link")
    os.setxattr("attributes/link", "trusted.of.a.link", b"not of its target", follow_symlinks=False)
    device("attributes/node", stat.S_IFCHR, 7, 7)
    os.setxattr("attributes/node", "trusted.of.a.node", b"1")
    write("attributes/able", b"#!", 0o755)
    os.chown("attributes/able", 1000, 1000)
    os.setxattr("attributes/able", CAPABILITY, capability(10))
    write("attributes/able to lose", b"#!", 0o755)
    os.setxattr("attributes/able to lose", CAPABILITY, capability(12, 0))
    write("attributes/able in a namespace", b"#!", 0o755)
    os.setxattr("attributes/able in a namespace", CAPABILITY, struct.pack("<6I", 0x03000001, 1 << 10, 0, 0, 0, 1000))
    named = acl((0x01, 6), (0x02, 4, 1000), (0x02, 7, 2000), (0x04, 4), (0x08, 5, 3000), (0x10, 7), (0x20, 0))
    write("attributes/acl")
    os.setxattr("attributes/acl", ACCESS, named)
    os.mkdir("attributes/default acl")
    write("attributes/default acl/from before", b"inherits nothing")
    os.mkdir("attributes/default acl/from before too")
    os.setxattr("attributes/default acl", DEFAULT, named)
    write("attributes/default acl/heir", b"inherits")
    os.mkdir("attributes/default acl/heirs")
    os.mkdir("attributes/compressing")
    write("attributes/compressing/from before", b"inherits nothing")
    subprocess.run(["btrfs", "property", "set", "attributes/compressing", "compression", "zstd"], check=True)
    write("attributes/compressing/heir", b"inherits" * 10_000)

    for number, moment in enumerate((0, -1, -1_500_000_000, 999_999_999, -(10**18) * 3 - 7, 10**18 * 9 + 123_456_789)):
        write(f"times/{number}")
        os.utime(f"times/{number}", ns=(0, moment))
    os.mkfifo("times/fifo")
    os.symlink("0", "times/link")
    os.mkdir("times/dir")
    for name in ("fifo", "link", "dir"):
        os.utime(f"times/{name}", ns=(0, -86_400_000_000_001), follow_symlinks=False)
    os.chmod(".", 0o2751)
    os.chown(".", 1000, 1001)
    os.setxattr(".", "user.of.the.top", b"1")


def second():
    for name, size in [("to truncate", 4097), ("to extend", 2_000_000), ("to empty", 0), ("inline", 3),
                       ("sparse", 50 << 20), ("preallocated beyond", 3)]:
        os.truncate(f"content/{name}", size)
    fallocate("content/to punch", PUNCH, 40_960, 409_600)
    fallocate("content/to zero", ZERO_RANGE, 4096, 100_000)
    fallocate("content/sparse", PUNCH, 1 << 20, 4096)
    patch("content/to overwrite", 299_999, b"in the midst")
    patch("content/hole only", 6_000_000, b"no longer")
    patch("content/preallocated", 1 << 20, b"written later")
    patch("content/clone", 1 << 20, b"no longer shared")
    patch("content/compressed by zstd", 300_000, b"changed inside")
    write("content/empty", b"no more")
    clone("content/large", "content/uneven", 0, 1 << 20, 0)
    clone("content/large", "content/later clone")
    clone("content/uneven", "content/block", 4096, 4096, 4096)

    os.unlink("links/one")
    os.unlink("links/other place/name 7")
    os.rename("links/other place/three", "links/four")
    os.link("links/four", "many/five")
    os.unlink("links/dangling")
    os.symlink("elsewhere", "links/dangling")
    os.rename("links/absolute", "nodes/absolute")

    # Each kind by another one, under the same name.
    os.unlink("nodes/fifo")
    write("nodes/fifo", b"a file now")
    os.unlink("nodes/socket")
    os.mkdir("nodes/socket")
    write("nodes/socket/inside")
    os.unlink("nodes/char")
    os.symlink("block", "nodes/char")
    os.unlink("nodes/large numbers")
    device("nodes/large numbers", stat.S_IFBLK, 8, 1, 0o600)
    os.unlink("nodes/block")
    os.mkfifo("nodes/block")
    os.rmdir("empty/in/in")
    bind("empty/in/in")
    os.unlink("content/to overwrite")
    os.mkdir("content/to overwrite")
    os.chmod("nodes/zero", 0o7777)

    for mode in (0, 0o1644, 0o4755, 0o7777):
        os.chmod(f"rights/file {mode:04o}", mode ^ 0o4770)
        os.chmod(f"rights/dir {mode:04o}", mode ^ 0o3007)
    os.chown("rights/file 6711", 7, 8)
    os.chmod("rights/file 6711", 0o6701)
    patch("rights/file 2755", 0, b"writing takes the bit away")
    os.chmod("rights/file 2755", 0o2755)

    os.rename(b"names/new\nline", b"names/\n")
    os.rename(b"names/" + b"x" * 255, b"names/" + b"y" * 255)
    os.unlink(b"names/\xff\xfe not UTF-8 \x80")
    deep = os.open("names/" + "d" * 255, os.O_RDONLY)
    for _ in range(13):
        deep = os.open("d" * 255, os.O_RDONLY, dir_fd=deep)
    os.rename("z" * 200, "y" * 200, src_dir_fd=deep, dst_dir_fd=deep)
    with os.fdopen(os.open("y" * 200, os.O_WRONLY, dir_fd=deep), "wb") as file:
        file.write(b"renamed and written, this deep\n")

    for number in range(0, 1500, 3):
        os.unlink(f"many/entry {number:04}")
    for number in range(1, 1500, 3):
        os.rename(f"many/entry {number:04}", f"many/renamed {1500 - number:04}")

    # A directory becomes the child of its own child; two change places, as two files do.
    os.rename("tree/a/b", "tree/b")
    os.rename("tree/a", "tree/b/c/a")
    exchange("tree/x", "tree/b")
    exchange("swap1", "swap2")
    exchange("swap1/two", "swap2/one")
    os.rename("tree/x/c/d", "empty/d")

    os.removexattr("attributes/many", "user.number.3")
    os.setxattr("attributes/many", "user.number.4", b"other")
    os.setxattr("attributes/large", "user.large", noise(15_000))
    os.removexattr("attributes/link", "trusted.of.a.link", follow_symlinks=False)
    os.chown("attributes/able", 1001, 1000)
    os.setxattr("attributes/able", CAPABILITY, capability(13))
    os.removexattr("attributes/able to lose", CAPABILITY)
    patch("attributes/able in a namespace", 0, b"writing takes it away")
    os.setxattr("attributes/acl", ACCESS, acl((0x01, 7), (0x02, 1, 9), (0x04, 7), (0x10, 5), (0x20, 4)))
    os.removexattr("attributes/default acl/heir", ACCESS)
    os.mkdir("attributes/default acl/heirs/next", 0o750)
    write("attributes/default acl/heirs/next/one", b"inherits from afar")
    write("attributes/compressing/next heir", b"inherits" * 9000)
    subprocess.run(["btrfs", "property", "set", "attributes/compressing/heir", "compression", ""], check=True)
    for number in range(3):
        os.utime(f"times/{number}", ns=(0, -number - 2))
    os.chmod(".", 0o755)
    os.setxattr(".", "user.of.the.top", b"2")


def third():
    for name in ("swap1", "tree", "many"):
        subprocess.run(["rm", "-r", "--", name], check=True)
    write("many", b"a file where 1000 were")
    os.symlink("names", "tree")
    os.rename("swap2", "swap1")
    os.rename("content/large", "content/moved")
    clone("content/moved", "content/large")
    patch("content/large", 4096, noise(100_000))
    os.truncate("content/sparse", 1 << 20)
    os.truncate("content/to empty", 1 << 20)
    for name in ("to punch", "uneven"):
        fallocate(f"content/{name}", PUNCH, 0, 1 << 18)
    os.rmdir("content/to overwrite")
    write("content/to overwrite", noise(50_000))
    os.unlink("nodes/char")
    device("nodes/char", stat.S_IFCHR, 5, 1)
    os.removexattr("attributes/default acl", DEFAULT)
    os.removexattr("attributes/acl", ACCESS)
    os.chmod("attributes/acl", 0)
    os.unlink("attributes/kinds")
    write("attributes/kinds", b"the same name, and no attribute")
    os.rename("names/" + "d" * 255, "d")
    os.chown(".", 0, 0)
    os.removexattr(".", "user.of.the.top")


def exchange(one, other):
    os.rename(one, "exchanged")
    os.rename(other, one)
    os.rename("exchanged", other)


os.umask(0o022)
os.chdir(sys.argv[2])
{"1": first, "2": second, "3": third}[sys.argv[1]]()
