#!/usr/bin/env python3
"""make_source_tree.py [--seed N] [--megabytes N] MONTH DIR

A realistic source tree for the quickstart and the tests, the same for the same seed: MONTH 1 fills the empty DIR with
text, binary files, hard links, symlinks, extended attributes, an ACL, a sparse file, a fifo, set modes, names in many
scripts and names that are no UTF-8, empty directories. MONTH 2 and later edit it as a month's work would: files
changed, added, deleted, renamed, moved. Needs root for owners and trusted attributes.
"""
import argparse, os, random, struct

WORDS = """append anchor backup bucket byte chain checkpoint commit copy digest disk event file fold gap hash head index
journal key label ledger line list log mirror month note offset order page part plan proof queue record replay restore
root seal segment sequence server sign snapshot source stream sync table tail tree value verify wipe witness""".split()
FOLDERS = ["app", "app/models", "app/views", "docs", "docs/ä", "lib", "lib/parser", "lib/parser/tests", "data", "build"]
EPOCH = 1_700_000_000_000_000_000
MONTH_NS = 30 * 86_400 * 1_000_000_000


class Maker:
    def __init__(self, top, seed, month, megabytes):
        self.top, self.month, self.megabytes = os.fsencode(top), month, megabytes
        self.random = random.Random(f"{seed}/{month}")

    def path(self, name):
        return os.path.join(self.top, os.fsencode(name))

    def text(self, lines):
        choose = self.random.choice
        return "".join(
            "    " * self.random.randrange(4) + " ".join(choose(WORDS) for _ in range(self.random.randrange(2, 12))) + "\n"
            for _ in range(lines)).encode()

    def write(self, name, content, mode=0o644):
        with open(self.path(name), "wb") as file:
            file.write(content)
        os.chmod(self.path(name), mode)

    def folder(self, name, mode=0o755):
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), mode)

    def settle_times(self):
        """Sets every mtime to the nanosecond, from the seed, deepest first; entries keep theirs from months before."""
        begin = EPOCH + self.month * MONTH_NS
        for folder, folders, files in os.walk(self.top, topdown=False):
            for name in sorted(files) + sorted(folders) + ([b"."] if folder == self.top else []):
                path = os.path.join(folder, name)
                if os.lstat(path).st_mtime_ns > begin:
                    moment = EPOCH + self.month * MONTH_NS - self.random.randrange(MONTH_NS)
                    os.utime(path, ns=(moment, moment), follow_symlinks=False)

    def first_month(self):
        for name in FOLDERS:
            self.folder(name)
        for number in range(240):
            place = self.random.choice(FOLDERS)
            kind = self.random.choice(["swift", "md", "sh", "json", "c"])
            self.write(f"{place}/{self.random.choice(WORDS)}{number}.{kind}", self.text(self.random.randrange(5, 400)),
                       0o755 if kind == "sh" else 0o644)
        for number in range(self.megabytes):
            self.write(f"data/image{number:03}.bin", self.random.randbytes(1 << 20))
        self.odd_objects()

    def odd_objects(self):
        for name in ["empty", "empty/deep/er", "locked", "shared", "sticky"]:
            self.folder(name)
        os.chmod(self.path("locked"), 0o700)
        os.chmod(self.path("shared"), 0o2775)
        os.chmod(self.path("sticky"), 0o1777)
        self.write("locked/secret.txt", b"only the owner reads this\n", 0o600)
        self.write("lib/tool", b"#!/bin/sh\n", 0o4755)
        self.write("empty.txt", b"", 0o444)
        self.write("docs/no newline at the end", b"like this")
        self.write("docs/new\nline and\ttab", b"names may hold these\n")
        self.write("docs/日本語 – żółw – 🐢.md", self.text(20))
        self.write(b"docs/latin1-\xe9\xff.txt", b"a name that is no UTF-8\n")
        self.write("docs/" + "n" * 255, b"as long as a name may be\n")
        self.write("lib/shared.h", self.text(30))
        os.link(self.path("lib/shared.h"), self.path("app/shared.h"))
        os.link(self.path("lib/shared.h"), self.path("docs/shared.h"))
        os.symlink("lib/parser", self.path("parser"))
        os.symlink("nowhere/at all", self.path("dangling"))
        os.symlink(b"docs/latin1-\xe9\xff.txt", self.path("app/latin1"))
        os.mkfifo(self.path("app/queue"), 0o640)
        with open(self.path("data/sparse.img"), "wb") as file:
            file.truncate(64 << 20)
            for place in (0, 17 << 20, (64 << 20) - 4096):
                file.seek(place)
                file.write(self.random.randbytes(4096))
        os.setxattr(self.path("docs"), "user.comment", "papers, ä".encode())
        os.setxattr(self.path("lib/tool"), "user.checksum", self.random.randbytes(32))
        os.setxattr(self.path("lib/tool"), "trusted.origin", b"built here")
        os.setxattr(self.path("empty.txt"), "user.empty", b"")
        os.setxattr(self.path("locked/secret.txt"), "system.posix_acl_access", acl(1000, 0o4))
        os.setxattr(self.path("shared"), "system.posix_acl_default", acl(1001, 0o6))
        for name, user, group in [("app", 1000, 1000), ("app/shared.h", 1000, 100), ("dangling", 1000, 1000)]:
            os.chown(self.path(name), user, group, follow_symlinks=False)

    def later_month(self):
        files = sorted(
            os.path.relpath(os.path.join(folder, name), self.top) for folder, _, names in os.walk(self.top)
            for name in names if name.endswith((b".swift", b".md", b".sh", b".json", b".c")))
        chosen = self.random.sample(files, 60)
        for name in chosen[:40]:
            with open(self.path(name), "ab") as file:
                file.write(self.text(self.random.randrange(1, 40)))
        for name in chosen[40:50]:
            os.unlink(self.path(name))
        for name in chosen[50:56]:
            os.rename(self.path(name), self.path(name + b".old"))
        self.folder(f"app/month{self.month}")
        for number, name in enumerate(chosen[56:]):
            os.rename(self.path(name), self.path(f"app/month{self.month}/moved{number}"))
        for number in range(12):
            self.write(f"app/month{self.month}/{self.random.choice(WORDS)}{number}.swift", self.text(120))
        self.write(f"data/new{self.month}.bin", self.random.randbytes(self.megabytes << 17))
        with open(self.path("data/sparse.img"), "r+b") as file:
            file.seek(self.month << 22)
            file.write(self.random.randbytes(8192))
        os.chmod(self.path("empty.txt"), 0o400 + self.month)
        os.setxattr(self.path("docs"), "user.month", str(self.month).encode())
        if self.month == 2:
            os.rename(self.path("build"), self.path("out"))
            os.unlink(self.path("docs/shared.h"))
            os.link(self.path("lib/tool"), self.path("app/tool"))
        if self.month == 3:
            os.unlink(self.path("dangling"))
            os.symlink("app/month3", self.path("dangling"))
            os.removexattr(self.path("empty.txt"), "user.empty")
            os.rmdir(self.path("empty/deep/er"))


def acl(user, rights):
    """A POSIX ACL as the kernel keeps it: version 2, then tag, rights and id of each entry (acl(5), posix_acl_xattr.h)."""
    owner, named, group, mask, other, nobody = 0x01, 0x02, 0x04, 0x10, 0x20, 0xFFFFFFFF
    entries = [(owner, 6, nobody), (named, rights, user), (group, 0, nobody), (mask, rights, nobody), (other, 0, nobody)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--megabytes", type=int, default=24, help="of binary files in month 1")
    options.add_argument("month", type=int)
    options.add_argument("dir")
    given = options.parse_args()
    os.umask(0o022)
    maker = Maker(given.dir, given.seed, given.month, given.megabytes)
    if given.month == 1:
        maker.first_month()
    else:
        maker.later_month()
    maker.settle_times()


if __name__ == "__main__":
    main()
