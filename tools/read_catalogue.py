#!/usr/bin/env python3
"""read_catalogue.py [--tree HASH] [--list | --where PATH] [FILE]

Reads an artifact's catalogue, written from journal-format.md alone (sections 10.1 and 10.2): checks it and prints what it
holds. FILE is its plain text, `age -d -i KEY dev@2026-01.catalogue.zst.age | zstd -d`; without FILE standard input is read.

    --tree HASH    compare the listing's hash with `tree` of artifact.sealed
    --list         print the listing
    --where PATH   print where the bytes of a file of a full artifact lie, `OFFSET LENGTH AT` a line, AT in the plain
                   stream or `-` for zeros; PATH as the listing has it, without `./`

Exit status: 0 sound · 1 not what the format says, or another tree · 2 it could not be read · 7 there is no such file"""
import argparse, hashlib, re, sys

NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ESCAPED = re.compile(rb"(?:[\x21-\x5b\x5d-\x7e]|\\x(?:[01][0-9a-f]|20|5c|7f|[89a-f][0-9a-f]))+")
STREAM, WRITE = 2**60, 2**27

class Bad(Exception):
    """What the text has that no catalogue has."""

def need(condition, what):
    if not condition: raise Bad(what)

def number(text):
    need(NUMBER.fullmatch(text) and int(text) < 2**63, f"{text!r} is not a number")
    return int(text)

def plain(text):
    """The bytes of an escaped field."""
    raw = text.encode()
    need(ESCAPED.fullmatch(raw), f"{text!r} is not escaped as it must be")
    return re.sub(rb"\\x(..)", lambda found: bytes([int(found[1], 16)]), raw)

def path(text):
    names = plain(text).split(b"/")
    need(len(plain(text)) <= 4096 and not {b"", b".", b".."} & set(names) and b"\0" not in plain(text), f"{text!r} is not a path")
    return tuple(names)

def sections(text):
    """{name: bytes}; unknown ones are stepped over."""
    first, _, rest = text.partition(b"\n")
    need(first == b"devjournal/catalogue/v1", "its first line is another format's")
    found = {}
    while rest:
        line, feed, rest = rest.partition(b"\n")
        words = re.fullmatch(rb"([a-z]+) (0|[1-9][0-9]*)", line)
        need(words and feed, f"{line[:60]!r} is not a section's line")
        name, length = words[1].decode(), int(words[2])
        need(length <= len(rest), f"the section {name} is shorter than it says")
        need("index" not in found, "something follows the index")
        if name in ("frames", "listing", "map", "index"):
            need(name not in found, f"there are two sections {name}")
            found[name] = rest[:length]
        rest = rest[length:]
    need("frames" in found, "there is no frame table")
    return found

def lines(section, what):
    need(not section or section.endswith(b"\n"), f"the last line of {what} does not end")
    try: return section.decode("ascii").split("\n")[:-1]
    except UnicodeDecodeError: raise Bad(f"{what} is not ASCII") from None

def index(section, text):
    """How many frames it has; each is of one section, follows the one before, and is what it says."""
    count, place, last = 0, 0, None
    end = len(text) - len(b"index %d\n" % len(section)) - len(section)
    for line in lines(section, "the index"):
        words = re.fullmatch(r"([0-9a-f]{64}) ([1-9][0-9]*) ([1-9][0-9]*) (frames|listing|map)( \S+)?", line)
        need(words and int(words[3]) <= 4 << 20, f"{line!r} is not a line of an index")
        part, name = text[place:place + int(words[3])], words[4]
        need(hashlib.sha256(part).hexdigest() == words[1], f"the frame at byte {place} is not what the index says")
        begins = b"%s " % name.encode()
        if name != last: need((part.split(b"\n", 1)[1] if place == 0 else part).startswith(begins), f"{name} does not begin with a frame")
        if words[5]:
            path = b"." if name != last else part.split(b"\t")[0]
            need(name == "listing" and words[5][1:].encode() == path, f"the frame at byte {place} begins with another path")
        need(name == last or name != "listing" or words[5], "the listing begins with no path")
        count, place, last = count + 1, place + len(part), name
    need(place == end, "the index leaves something out")
    return count

def frames(section):
    for line in lines(section, "the frame table"):
        need(re.fullmatch(r"[0-9a-f]{64} [1-9][0-9]*", line), f"{line!r} is not a frame")
        yield int(line[65:])

def listing(section):
    """{path: fields}, the top by the empty path."""
    first, *rest = lines(section, "the listing")
    need(first == "devjournal/tree/v2", "the listing is another format's")
    found, before = {}, None
    for line in rest:
        fields = line.split("\t")
        need(len(fields) == 12 and fields[1] in ("file", "dir", "link", "fifo", "socket", "char", "block"), f"{line!r} is not an object")
        need(fields[0] == "." or fields[0].startswith("./"), f"{line!r} has no path")
        at = () if fields[0] == "." else path(fields[0][2:])
        need(before is None or before < at, f"{fields[0]} is out of order")
        need(at == () or found.get(at[:-1], [None] * 2)[1] == "dir", f"{fields[0]} is in no directory")
        need((fields[11] != "-") == (fields[1] == "file"), f"{fields[0]} has no content's hash, or has one and is not a file")
        found[at], before = fields, at
    need(() in found, "the listing has no top")
    return found

class Tree:
    """Folds the lines of a map: which object a path is, and of each file its size and [(offset, length, AT or None)]."""
    def __init__(self, isIncrement): self.names, self.open, self.isIncrement, self.ended = {(): "dir"}, None, isIncrement, False

    def take(self, at):
        """What stands there; an increment also acts on what its parent has, which is not known here."""
        if at in self.names: return self.names[at]
        need(self.isIncrement, f"there is nothing at {b'/'.join(at)}")
        self.names[at] = None
        return None

    def put(self, at, thing):
        need(self.names.get(at) is None, f"something stands already at {b'/'.join(at)}")
        above = self.names.get(at[:-1])
        need(above == "dir" or (above is None and self.isIncrement), f"there is no directory for {b'/'.join(at)}")
        self.names[at] = thing

    def file(self):
        need(self.open is not None, "content for no file")
        return self.open

    def fill(self, offset, length, at, grows=True):
        file = self.file()
        if not grows: length = min(length, file["size"] - offset)
        if length <= 0: return
        kept = []
        for start, count, source in file["pieces"]:
            end = start + count
            if start < offset: kept.append((start, min(end, offset) - start, source))
            if end > offset + length:
                skip = max(0, offset + length - start)
                kept.append((start + skip, count - skip, None if source is None else source + skip))
        kept += [(offset, length, at)] if at is not None else []
        file["pieces"] = sorted(kept)
        file["size"] = max(file["size"], offset + length)

    def apply(self, line):
        word, *rest = line.split("\t")
        need(not self.ended, "a line after the end")
        if word in ("file", "dir", "node", "fifo", "socket") and len(rest) == 1:
            thing = {"size": 0, "pieces": []} if word == "file" else word
            self.put(path(rest[0]), thing)
            self.open = thing if word == "file" else None
        elif word == "link" and len(rest) == 2:
            plain(rest[1]) and self.put(path(rest[0]), "link")
            self.open = None
        elif word == "rename" and len(rest) == 2:
            old, new = path(rest[0]), path(rest[1])
            need(new[:len(old)] != old, "a rename into itself")
            thing = self.take(old)
            below = [at for at in self.names if at[:len(old)] == old and at != old]
            moved = {new + at[len(old):]: self.names.pop(at) for at in below}
            del self.names[old]
            self.put(new, thing)
            self.names |= moved
            self.open = None
        elif word == "hardlink" and len(rest) == 2:
            self.put(path(rest[0]), self.take(path(rest[1])))
            self.open = None
        elif word in ("unlink", "rmdir") and len(rest) == 1:
            self.take(path(rest[0]))
            del self.names[path(rest[0])]
            self.open = None
        elif word == "open" and len(rest) == 1:
            thing = self.take(path(rest[0]))
            need(thing is None or type(thing) is dict, "content for what is not a file")
            self.open = thing if thing is not None else {"size": 2**63, "pieces": []}
        elif word == "truncate" and len(rest) == 1:
            size = number(rest[0])
            file = self.file()
            file["pieces"] = [(start, min(count, size - start), at) for start, count, at in file["pieces"] if start < size]
            file["size"] = size
        elif word in ("punch", "zeros") and len(rest) == 2: self.fill(number(rest[0]), number(rest[1]), None, word == "zeros")
        elif word == "data" and len(rest) in (3, 5):
            offset, length, at, count, stride = *map(number, rest[:3]), *(map(number, rest[3:]) if rest[3:] else (1, 0))
            need(length and length <= WRITE and count and (count == 1 or stride > length), f"{line!r} is not possible")
            need(at + max(count - 1, 0) * stride + length <= STREAM, "data past the end of any stream")
            for index in range(count): self.fill(offset + index * length, length, at + index * stride)
        elif word == "clone" and len(rest) == 5:
            offset, length, source, start = number(rest[0]), number(rest[1]), path(rest[3]), number(rest[4])
            need(rest[2] in ("own", "parent") and (rest[2] == "own" or self.isIncrement), "a clone of no tree")
            found = self.take(source) if rest[2] == "own" else None
            pieces = list(found["pieces"]) if type(found) is dict else []
            need(type(found) is not dict or start + length <= found["size"], "a clone past the end")
            need(found is not self.file() or abs(offset - start) >= length, "a clone of itself")
            self.fill(offset, length, None)
            for begin, count, at in pieces:
                low, high = max(begin, start), min(begin + count, start + length)
                if low < high and at is not None: self.fill(offset + low - start, high - low, at + low - begin)
        elif word == "encoded" and len(rest) == 7:
            offset, length = number(rest[0]), number(rest[1])
            for field in (*rest[2:4], *rest[5:]): number(field)
            need(re.fullmatch(r"zlib|zstd|lzo(4|8|16|32|64)", rest[4]), f"{rest[4]!r} is not a compression")
            self.fill(offset, length, None)
        elif word == "end" and len(rest) == 1:
            need(number(rest[0]) <= STREAM, "too long a stream")
            self.ended = True
        else: raise Bad(f"{line!r} is not a line of a stream map")

def stream_map(section):
    first, *rest = lines(section, "the stream map") or [""]
    words = first.split("\t")
    need(len(words) == 4 and words[0] == "devjournal/map/v1" and words[1] in ("1", "2") and UUID.fullmatch(words[2])
         and (words[3] == "-" or UUID.fullmatch(words[3])), "the stream map is another format's")
    tree = Tree(words[3] != "-")
    for line in rest: tree.apply(line)
    need(tree.ended, "the stream map has no end")
    return tree

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--list", action="store_true")
    only.add_argument("--where")
    parser.add_argument("file", nargs="?")
    options = parser.parse_args()
    try: text = open(options.file, "rb").read() if options.file else sys.stdin.buffer.read()
    except OSError as error: sys.exit(print(f"read_catalogue.py: {error}", file=sys.stderr) or 2)
    try:
        parts = sections(text)
        lengths = list(frames(parts["frames"]))
        objects = listing(parts["listing"]) if "listing" in parts else None
        tree = stream_map(parts["map"]) if "map" in parts else None
        hash = hashlib.sha256(parts["listing"]).hexdigest() if objects is not None else None
        indexed = index(parts["index"], text) if "index" in parts else None
        need(options.tree in (None, hash), f"it lists another tree: {hash}")
        if objects is not None and tree is not None and not tree.isIncrement:
            need(set(objects) == set(tree.names), "listing and stream map have other paths")
    except Bad as found: sys.exit(print(f"read_catalogue.py: {found}", file=sys.stderr) or 1)
    if options.list: sys.stdout.write("" if objects is None else parts["listing"].decode())
    elif options.where is not None: show(options.where, objects, tree)
    else:
        print(f"frames {len(lengths)}, {sum(lengths)} bytes of age plaintext")
        if objects is not None: print(f"listing {len(objects)} objects, tree {hash}")
        if tree is not None: print("map of an increment" if tree.isIncrement else "map of a full stream")
        if indexed is not None: print(f"index {indexed} frames")

def show(where, objects, tree):
    file = tree and tree.names.get(path(where))
    if type(file) is not dict or tree.isIncrement: sys.exit(print(f"read_catalogue.py: there is no file {where} here", file=sys.stderr) or 7)
    offset, size = 0, int(objects[path(where)][5]) if objects else file["size"]
    for start, count, at in [*file["pieces"], (size, 0, None)]:
        start = min(start, size)
        if start > offset: print(offset, start - offset, "-")
        if min(count, size - start) > 0: print(start, min(count, size - start), at)
        offset = start + min(count, size - start)

if __name__ == "__main__": main()
