#!/usr/bin/env python3
"""month_tree.py OBJECTS DIR: makes a tree of so many objects, text of a few KiB each, a hundred a directory.
month_tree.py --change COUNT DIR: a month's work in it: writes to most of them, makes some, renames and removes a few.

The same bytes each time. Needs Python 3.9."""
import os, random, sys

WORDS = [f"{a}{b}" for a in ("let", "for", "in", "return", "value", "count", "self", "index") for b in ("", "s", "Of", "_at", "(x)", " = ")]

def text(random, size):
    """Lines that compress about as source code does: to a third."""
    lines, length = [], 0
    while length < size:
        line = " " * random.choice((0, 4, 8)) + " ".join(random.choices(WORDS, k=8)) + f" // {random.getrandbits(40):x}\n"
        lines.append(line)
        length += len(line)
    return "".join(lines)[:size]

def size_of(random): return min(200_000, int(random.lognormvariate(8.0, 1.1)))

def make(objects, top):
    numbers = random.Random(1)
    made = 1
    while made < objects:
        folder = os.path.join(top, f"module{made % 7}", f"part{made}")
        os.makedirs(folder, exist_ok=True)
        made += 1
        for number in range(min(100, objects - made)):
            with open(os.path.join(folder, f"File{number}.swift"), "w") as file: file.write(text(numbers, size_of(numbers)))
            made += 1

def change(count, top):
    numbers = random.Random(2)
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    for number, path in enumerate(numbers.sample(paths, min(count, len(paths)))):
        if number % 20 == 0: os.remove(path)
        elif number % 20 == 1: os.rename(path, path + ".moved")
        elif number % 20 == 2:
            with open(path + ".new", "w") as file: file.write(text(numbers, size_of(numbers)))
        else:
            with open(path, "a") as file: file.write(text(numbers, 400))

if sys.argv[1] == "--change": change(int(sys.argv[2]), sys.argv[3])
else: make(int(sys.argv[1]), sys.argv[2])
