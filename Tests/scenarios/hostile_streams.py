#!/usr/bin/env python3
"""hostile_streams.py SEED ROUND NAME UUID PARENT_UUID MAJOR MINOR CANARIES

A hostile send stream on standard output, always the same for the same words: a snapshot NAME that begins soundly (every
other one is an increment to the received snapshot PARENT_UUID), and in it, anywhere, commands of each kind with odd paths,
kinds and sizes: through symbolic links, through nodes of the disk MAJOR:MINOR, out of the snapshot, into directory
CANARIES, to names of the staging directory's own, too long, no text. One in a few lacks its END.
"""
import random, struct, sys
import send_stream
from send_stream import *


def paths(chance, name, canaries):
    inside = ["f", "d", "d/f", "new", "d/new", "l", "disk", "fifo", "", "."]
    through = ["l/canary", "l/cage", "l/cage/canary", "l/new", "l", "d/../f", "d/l/canary"]
    outside = ["..", "../new", "../../canary", "../../../canary", "../../keys", "/", "/new", "/proc/self/root/new", "/dev/null",
               f"{canaries}/canary", f"{canaries}/new", f"..{canaries}/canary", f"../../../..{canaries}/canary",
               f"../{name}", f"../{name}/f", f"{name}/f", "../dev@2001-01/f", "../dev@2001-01", "../.", "disk/x", "/received/canary",
               "/received/new", "../../../usr/new", "/usr/bin/btrfs", "/proc/self/mounts"]
    odd = ["n" * 255, "n" * 256, "d/" * 1500 + "x", "\udcff\udcfe", "a\nb", "\x1b[31m", "a//b", "d/", "f/x", "//f", "-rf", "\u202e"]
    return chance.choice(chance.choice([inside, inside, through, outside, odd]))


def targets(chance, canaries, major, minor):
    return chance.choice([
        "..", ".", "/", "../..", "../../..", "../../../..", canaries, f"../../../..{canaries}", f"../../../../..{canaries}",
        "../../keys", "/received", "/received/..", "/dev", f"/dev/loop{minor}", "/proc/self/root", "/proc/1/root", "f", "l",
        "../dev@2001-01", "/usr/bin", ""])


def one(chance, words):
    name, own, parent, major, minor, canaries = words
    path = lambda: paths(chance, name, canaries)
    size = lambda: chance.choice(["0", "1", "4096", "70000", "1048576", "17592186044417", "9223372036854775807"])
    content = chance.choice(["x", "spoilt" * 700, "y" * 40000])
    kind = chance.choice(list(COMMANDS) + ["mknod", "mknod", "write", "write", "clone", "link", "subvolume", "snapshot", "unknown"])
    match kind:
        case "mkfile" | "mkdir" | "mkfifo" | "unlink" | "rmdir": return COMMANDS[kind][1](path())
        case "mknod": return node(
            path(), chance.choice(["60666", "20666", "100666", "140666", "66777", "10666"]), *chance.choice([(major, minor), (1, 1), (0, 0)]))
        case "symlink": return COMMANDS[kind][1](path(), targets(chance, canaries, major, minor))
        case "rename" | "link": return COMMANDS[kind][1](path(), path())
        case "write" | "encoded_write":
            if kind == "write" or send_stream.version == 1: return COMMANDS["write"][1](path(), content)
            return COMMANDS[kind][1](path(), content, chance.choice([str(len(content)), size()]))
        case "clone": return clone(path(), chance.choice([own, parent]), path(), size())
        case "truncate": return COMMANDS[kind][1](path(), size())
        case "chmod": return COMMANDS[kind][1](path(), chance.choice(["6777", "777", "0", "177777"]))
        case "chown": return COMMANDS[kind][1](path(), chance.choice(["0", "7", "4294967295"]), "7")
        case "set_xattr" | "remove_xattr":
            key = chance.choice(["user.a", "security.capability", "trusted.x", "system.posix_acl_access", "btrfs.compression", ""])
            return COMMANDS[kind][1](path(), key, *(["zlib"] if kind == "set_xattr" else []))
        case "utimes": return COMMANDS[kind][1](path(), "12345")
        case "fallocate":
            return COMMANDS[kind][1](path(), chance.choice(["0", "1", "2", "3", "16", "64"]), "0", chance.choice(["4096", "8388608", size()]))
        case "fileattr": return COMMANDS[kind][1](path(), chance.choice(["16", "32", "8388608", "0"]))
        case "subvolume": return command(1, (PATH, text(path())), (UUID, uuid.UUID(own).bytes), (GENERATION, number("7")))
        case "snapshot": return command(
            2, (PATH, text(path())), (UUID, uuid.UUID(own).bytes), (GENERATION, number("7")),
            (CLONE_UUID, uuid.UUID(parent).bytes), (CLONE_GENERATION, number("7")))
        case "unknown": return command(chance.randrange(0, 40), (PATH, text(path())), (chance.randrange(0, 40), b"x" * 9))


def main():
    if len(sys.argv) != 9:
        print(__doc__, file=sys.stderr)
        return 64
    seed, number_of_round, name, own, parent, major, minor, canaries = sys.argv[1:]
    chance = random.Random(f"{seed}/{number_of_round}")
    is_increment = chance.random() < 0.5
    send_stream.version = chance.choice([1, 2])
    words = (name, own, parent, int(major), int(minor), canaries)
    first = [(PATH, text(name)), (UUID, uuid.UUID(own).bytes), (GENERATION, number("7"))]
    if is_increment:
        first += [(CLONE_UUID, uuid.UUID(parent).bytes), (CLONE_GENERATION, number("7"))]
    # What the parent has, too: so that the hostile commands find something.
    sound = [] if is_increment else [
        COMMANDS["mkdir"][1]("d"), COMMANDS["mkfile"][1]("f"), COMMANDS["write"][1]("f", "sound" * 900),
        COMMANDS["mkfile"][1]("d/f")]
    sound += [COMMANDS["symlink"][1]("l", targets(chance, canaries, major, minor)), node("disk", "60666", major, minor)]
    chance.shuffle(sound[4:])
    # btrfs receive ends at the first command that fails: so few a stream that some come to the last.
    for _ in range(chance.choice([1, 1, 2, 3, 8])):
        sound.insert(chance.randrange(max(0, len(sound) - 2), len(sound) + 1), one(chance, words))
    ends = END if chance.random() < 0.9 else b""
    begin = command(2 if is_increment else 1, *first)
    sys.stdout.buffer.write(b"btrfs-stream\0" + struct.pack("<I", send_stream.version) + begin + b"".join(sound) + ends)
    return 0


if __name__ == "__main__":
    sys.exit(main())
