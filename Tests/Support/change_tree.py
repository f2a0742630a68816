#!/usr/bin/env python3
"""change_tree.py TOP SEED COUNT: COUNT random changes to the tree TOP, of every kind that a month can bring.

Few names, so that names are taken over from other objects and directories move while they are filled; contents of blocks
that come again, holes, zeros, reflinks of all lengths, hard links, swaps, large directories, devices and links."""
import ctypes, fcntl, os, random, shutil, socket, stat, struct, subprocess, sys

top, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
os.chdir(top)
libc = ctypes.CDLL(None, use_errno=True)
FICLONERANGE = 0x4020940D
BLOCK = 4096


def name():
    return chance.choice(["a", "b", "c", "d", "e", "f", "g", "ü \n", "\\x", "-", "x" * 60])


def directories():
    found = ["."]
    for above, names, _ in os.walk("."):
        found += [os.path.join(above, n) for n in names if not os.path.islink(os.path.join(above, n))]
    return found


def objects():
    return [os.path.join(above, n) for above, names, files in os.walk(".") for n in names + files]


def files():
    return [o for o in objects() if stat.S_ISREG(os.lstat(o).st_mode)]


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def fresh():
    path = os.path.join(chance.choice(directories()), name())
    if os.path.lexists(path):
        remove(path)
    return path


def content(length):
    """Random, zeros, one byte over and over, or a mixture of these by blocks."""
    kind = chance.randrange(5)
    if kind == 0:
        return bytes(length)
    if kind == 1:
        return bytes([chance.randrange(256)]) * length
    if kind == 2:
        blocks = [bytes(BLOCK), chance.randbytes(BLOCK), b"same" * (BLOCK // 4)]
        return b"".join(chance.choice(blocks) for _ in range(length // BLOCK + 1))[:length]
    return chance.randbytes(length)


def make():
    path, kind = fresh(), chance.randrange(9)
    if kind < 5:
        with open(path, "wb") as file:
            file.write(content(chance.choice([0, 1, 10, 2000, 4096, 5000, 49152, 70000, 131072, 300000, 1000000])))
    elif kind == 5:
        os.mkdir(path)
    elif kind == 6:
        os.symlink(chance.choice(["a", "../b", "/etc/passwd", ".", "ü \n"]), path)
    elif kind == 7:
        os.mkfifo(path) if chance.random() < 0.5 else os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    elif len(path) < 90:
        socket.socket(socket.AF_UNIX).bind(path)


def write():
    if files():
        with open(chance.choice(files()), "r+b") as file:
            file.seek(chance.choice([0, 1, 4095, 4096, 40000, 131072, 600000]))
            file.write(content(chance.choice([1, 3000, 4096, 8192, 100000])))


def append():
    if files():
        with open(chance.choice(files()), "ab") as file:
            file.write(content(chance.choice([1, 100, 5000, 60000])))


def cut():
    if files():
        os.truncate(chance.choice(files()), chance.choice([0, 1, 4096, 5000, 100000, 1 << 20, 3 << 20]))


def space(*options):
    if files():
        offset, length = chance.choice([0, 1000, 4096, 65536]), chance.choice([4096, 8192, 100000, 1 << 20])
        subprocess.run(["fallocate", *options, "-o", str(offset), "-l", str(length), chance.choice(files())], check=True)


def punch():
    space("-p")


def reserve():
    space("-n") if chance.random() < 0.5 else space()


def zero():
    space("-z")


def clone():
    if files():
        source, target = chance.choice(files()), fresh()
        if os.path.lexists(source):
            subprocess.run(["cp", "--reflink=always", source, target], check=True)


def clone_part():
    """Blocks of one file into another, or into itself; now and then up to the source's end."""
    if not files():
        return
    source, target = chance.choice(files()), chance.choice(files())
    size = os.stat(source).st_size
    if size < BLOCK:
        return
    offset = chance.randrange(size // BLOCK) * BLOCK
    length = 0 if chance.random() < 0.3 else chance.randrange(1, (size - offset) // BLOCK + 1) * BLOCK if size - offset >= BLOCK else 0
    to = chance.choice([0, BLOCK, 16 * BLOCK, 100 * BLOCK])
    with open(source, "rb") as src, open(target, "r+b") as dst:
        try:
            fcntl.ioctl(dst, FICLONERANGE, struct.pack("qQQQ", src.fileno(), offset, length, to))
        except OSError:
            pass  # onto itself


def link():
    if files():
        source, target = chance.choice(files()), fresh()
        if os.path.lexists(source):
            os.link(source, target)


def rename():
    if objects():
        source, target = chance.choice(objects()), os.path.join(chance.choice(directories()), name())
        if (target + "/").startswith(source + "/") or (source + "/").startswith(target + "/"):
            return
        if os.path.lexists(target):
            remove(target)
        if os.path.lexists(source) and os.path.isdir(os.path.dirname(target)):
            os.rename(source, target)


def swap():
    if len(objects()) > 1:
        one, other = chance.sample(objects(), 2)
        libc.renameat2(-100, one.encode(), -100, other.encode(), 2)


def inside_out():
    """A directory becomes a child of what was its own."""
    below = [d for d in directories() if d.count("/") > 1]
    if below:
        inner = chance.choice(below)
        outer = os.path.dirname(inner)
        aside = os.path.join(".", "aside")
        if os.path.lexists(aside) or outer == ".":
            return
        os.rename(inner, aside)
        target = os.path.join(aside, name())
        if os.path.lexists(target):
            remove(target)
        os.rename(outer, target)
        os.rename(aside, outer)


def become():
    """A directory becomes a file of its name, or a file a directory."""
    if objects():
        path = chance.choice(objects())
        isDirectory = os.path.isdir(path) and not os.path.islink(path)
        remove(path)
        if isDirectory:
            with open(path, "wb") as file:
                file.write(content(5000))
        else:
            os.mkdir(path)


def many():
    """A large directory."""
    path = fresh()
    os.mkdir(path)
    for number in range(chance.choice([20, 60])):
        with open(os.path.join(path, str(number)), "wb") as file:
            file.write(chance.randbytes(chance.choice([0, 9, 3000])))


def exchange():
    """Saved as editors do: a new file takes the name."""
    if files():
        path = chance.choice(files())
        with open("./new", "wb") as file:
            file.write(content(chance.choice([10, 9000])))
        os.rename("./new", path)


def mode():
    if objects():
        path = chance.choice(objects())
        if not os.path.islink(path):
            os.chmod(path, chance.choice([0o644, 0o4755, 0o700]))


def owner():
    if objects():
        os.chown(chance.choice(objects()), chance.randrange(3), 0, follow_symlinks=False)


def attribute():
    if files():
        os.setxattr(chance.choice(files()), "user.note", chance.randbytes(20))


def gone():
    if objects():
        remove(chance.choice(objects()))


steps = [make] * 6 + [write, write, append, cut, punch, reserve, zero, clone, clone, clone_part, clone_part, clone_part]
steps += [link, link, rename, rename, rename, swap, swap, inside_out, become, many, exchange, mode, owner, attribute, gone]
for _ in range(count):
    # What a change names may lie in what it has just removed.
    try:
        chance.choice(steps)()
    except (FileNotFoundError, NotADirectoryError):
        pass
