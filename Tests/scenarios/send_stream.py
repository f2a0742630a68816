#!/usr/bin/env python3
"""send_stream.py NAME UUID [--parent UUID] [--version 1|2] [--damage DAMAGE] [COMMAND ARGUMENT…]…

A Btrfs send stream made by hand, on standard output: the snapshot NAME, the commands in their order, END. Of each
command the name of the kernel's fs/btrfs/send.h in lower case and its arguments as separate words:

    mkfile PATH · mkdir PATH · mkfifo PATH · mknod PATH MODE MAJOR MINOR · symlink PATH TARGET · rename PATH PATH ·
    link PATH EXISTING · unlink PATH · rmdir PATH · write PATH TEXT · clone PATH UUID SOURCE BYTES · truncate PATH SIZE ·
    chmod PATH MODE · chown PATH UID GID · set_xattr PATH NAME VALUE · remove_xattr PATH NAME · utimes PATH SECONDS ·
    of version 2: fallocate PATH MODE OFFSET BYTES · fileattr PATH FLAGS · encoded_write PATH TEXT BYTES

DAMAGE is what else is wrong with it: `trailing` bytes after END, `twice` (another stream behind it), `second` (another
snapshot in it), `truncated`, `no-end`, `checksum` of the last command but END, `length` (one that reaches past the end),
`endless` (one of 4 GiB), `attribute` (one longer than its command), `unknown` command, `empty`.
"""
import struct, sys, uuid

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(content):
    """As the stream has it: from 0, and not inverted."""
    crc = 0
    for byte in content:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc


def command(kind, *attributes):
    # In version 2 what is written reaches to the end of its command, and has no length of its own.
    body = b"".join(
        struct.pack("<H", number) + (b"" if number == DATA and version == 2 else struct.pack("<H", len(value))) + value
        for number, value in attributes)
    blank = struct.pack("<IHI", len(body), kind, 0) + body
    return struct.pack("<IHI", len(body), kind, crc32c(blank)) + body


def number(value, base=10):
    return struct.pack("<Q", int(value, base))


def text(value):
    return value.encode("utf-8", "surrogateescape")


def moment(seconds):
    return struct.pack("<qI", int(seconds), 0)


version = 1
inode = iter(range(257, 1 << 20))
UUID, GENERATION, INODE, SIZE, MODE, UID, GID, DEVICE, CTIME, MTIME, ATIME = range(1, 12)
XATTR_NAME, XATTR_DATA, PATH, PATH_TO, PATH_LINK, OFFSET, DATA = range(13, 20)
CLONE_UUID, CLONE_GENERATION, CLONE_PATH, CLONE_OFFSET, CLONE_LENGTH, FALLOCATE_MODE, FLAGS = range(20, 27)
UNENCODED_FILE_LENGTH, UNENCODED_LENGTH, UNENCODED_OFFSET, COMPRESSION = range(27, 31)
END = struct.pack("<IHI", 0, 21, crc32c(struct.pack("<IHI", 0, 21, 0)))


def made(kind, path, *more):
    return command(kind, (PATH, text(path)), (INODE, struct.pack("<Q", next(inode))), *more)


def node(path, mode, major, minor):
    major, minor = int(major), int(minor)
    device = struct.pack("<Q", minor & 0xFF | major << 8 | (minor & ~0xFF) << 12)
    return made(5, path, (DEVICE, device), (MODE, number(mode, 8)))


def clone(path, source_uuid, source, length):
    return command(
        16, (OFFSET, number("0")), (CLONE_LENGTH, number(length)), (PATH, text(path)),
        (CLONE_UUID, uuid.UUID(source_uuid).bytes), (CLONE_GENERATION, number("7")), (CLONE_PATH, text(source)),
        (CLONE_OFFSET, number("0")))


COMMANDS = {
    "mkfile": (1, lambda path: made(3, path)),
    "mkdir": (1, lambda path: made(4, path)),
    "mknod": (4, node),
    "mkfifo": (1, lambda path: made(6, path)),
    "symlink": (2, lambda path, target: made(8, path, (PATH_LINK, text(target)))),
    "rename": (2, lambda path, to: command(9, (PATH, text(path)), (PATH_TO, text(to)))),
    "link": (2, lambda path, existing: command(10, (PATH, text(path)), (PATH_LINK, text(existing)))),
    "unlink": (1, lambda path: command(11, (PATH, text(path)))),
    "rmdir": (1, lambda path: command(12, (PATH, text(path)))),
    "set_xattr": (3, lambda path, name, value: command(
        13, (PATH, text(path)), (XATTR_NAME, text(name)), (XATTR_DATA, text(value)))),
    "remove_xattr": (2, lambda path, name: command(14, (PATH, text(path)), (XATTR_NAME, text(name)))),
    "write": (2, lambda path, content: command(15, (PATH, text(path)), (OFFSET, number("0")), (DATA, text(content)))),
    "clone": (4, clone),
    "truncate": (2, lambda path, size: command(17, (PATH, text(path)), (SIZE, number(size)))),
    "chmod": (2, lambda path, mode: command(18, (PATH, text(path)), (MODE, number(mode, 8)))),
    "chown": (3, lambda path, user, group: command(19, (PATH, text(path)), (UID, number(user)), (GID, number(group)))),
    "fallocate": (4, lambda path, mode, offset, length: command(
        23, (PATH, text(path)), (FALLOCATE_MODE, struct.pack("<I", int(mode))), (OFFSET, number(offset)),
        (SIZE, number(length)))),
    "fileattr": (2, lambda path, flags: command(24, (PATH, text(path)), (FLAGS, number(flags)))),
    "encoded_write": (3, lambda path, content, length: command(
        25, (PATH, text(path)), (OFFSET, number("0")), (UNENCODED_FILE_LENGTH, number(length)),
        (UNENCODED_LENGTH, number(length)), (UNENCODED_OFFSET, number("0")), (COMPRESSION, struct.pack("<I", 0)),
        (DATA, text(content)))),
    "utimes": (2, lambda path, seconds: command(
        20, (PATH, text(path)), (ATIME, moment(seconds)), (MTIME, moment(seconds)), (CTIME, moment(seconds)))),
}


def damaged(kind, header, first, commands):
    whole = header + first + b"".join(commands) + END
    last = bytearray(commands[-1])
    before = header + first + b"".join(commands[:-1])
    match kind:
        case None: return whole
        case "trailing": return whole + b"and more"
        case "twice": return whole + whole
        case "second": return header + first + b"".join(commands) + first + END
        case "truncated": return whole[:-len(END) - 3]
        case "no-end": return whole[:-len(END)]
        case "checksum":
            last[6] ^= 1
            return before + last + END
        case "length":
            last[0:4] = struct.pack("<I", 60_000)
            return before + last + END
        case "endless":
            last[0:4] = struct.pack("<I", 0xFFFF_FFFF)
            return before + last + END
        case "attribute":
            body = struct.pack("<HH", PATH, 500) + b"short"
            bad = struct.pack("<IHI", len(body), 11, 0) + body
            return before + bad[:6] + struct.pack("<I", crc32c(bad)) + bad[10:] + END
        case "unknown": return before + command(99, (PATH, b"x")) + END
        case "empty": return b""
    sys.exit(f"send_stream: error: unknown damage {kind}")


def main():
    global version
    words = sys.argv[1:]
    if len(words) < 2 or words[0].startswith("-"):
        print(__doc__, file=sys.stdout if "--help" in words else sys.stderr)
        return 0 if "--help" in words else 64
    name, own, words = words[0], words[1], words[2:]
    options = {}
    while words and words[0].startswith("--"):
        options[words[0]] = words[1]
        words = words[2:]
    version = int(options.get("--version", "1"))
    first = [(PATH, text(name)), (UUID, uuid.UUID(own).bytes), (GENERATION, number("7"))]
    if "--parent" in options:
        first += [(CLONE_UUID, uuid.UUID(options["--parent"]).bytes), (CLONE_GENERATION, number("7"))]
    commands = []
    while words:
        count, make = COMMANDS[words[0]]
        commands.append(make(*words[1:count + 1]))
        words = words[count + 1:]
    begin = command(2 if "--parent" in options else 1, *first)
    header = b"btrfs-stream\0" + struct.pack("<I", version)
    sys.stdout.buffer.write(damaged(options.get("--damage"), header, begin, commands or [made(3, "file")]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
