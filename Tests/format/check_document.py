#!/usr/bin/env python3
"""check_document.py [DOCUMENT]: every marked block of journal-format.md against the fixtures. Exit 1 on any difference.

    <!-- fixture: PATH -->            the next code block is this file
    <!-- fixture: PATH line N -->     … this line of the file
    <!-- fixture: PATH at A.B.0 -->   … this member of a JSON file, one line for each element of a list
    <!-- run: exit N -->              the next block is a bash script that, run from the repository's root, ends with
                                      status N and prints exactly the block after it
    <!-- run: COMMAND -->             the next block, or the lines up to the next empty one, are what COMMAND prints"""
import json, os, re, subprocess, sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARK = re.compile(r"<!-- (fixture|run): (.*?) -->")

def blocks(lines, at, count):
    """The next `count` fenced blocks after line `at`; where no fence follows, the paragraph."""
    found = []
    while len(found) < count:
        while at < len(lines) and not lines[at].strip(): at += 1
        fenced = lines[at].startswith("```")
        if not fenced and found and count == 2:                      # prose between a script and its output
            at += 1
            continue
        start = at + fenced
        at = start
        while lines[at] != "```" if fenced else lines[at].strip(): at += 1
        found.append("\n".join(lines[start:at]) + "\n")
        at += fenced
    return found

def fixture(what):
    path, _, part = what.partition(" ")
    with open(os.path.join(REPOSITORY, path), encoding="utf-8") as file: text = file.read()
    if part.startswith("line "): return text.split("\n")[int(part[5:]) - 1] + "\n"
    if part.startswith("at "):
        value = json.loads(text)
        for step in part[3:].split("."): value = value[int(step) if isinstance(value, list) else step]
        return "\n".join(map(str, value if isinstance(value, list) else [value])).rstrip("\n") + "\n"
    return text

def run(script):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr

def main():
    document = sys.argv[1] if sys.argv[1:] else os.path.join(REPOSITORY, "journal-format.md")
    with open(document, encoding="utf-8") as file: lines = file.read().split("\n")
    checked = wrong = 0
    for number, line in enumerate(lines):
        mark = MARK.fullmatch(line)
        if line.startswith("<!--") and not mark: sys.exit(f"{document}:{number + 1}: a mark that is none: {line}")
        if not mark: continue
        kind, what = mark.groups()
        if kind == "run" and what.startswith("exit "):
            script, shown = blocks(lines, number + 1, 2)
            status, is_ = run(script)
            shown, is_ = f"exit {what[5:]}\n{shown}", f"exit {status}\n{is_}"
        else:
            shown, = blocks(lines, number + 1, 1)
            is_ = fixture(what) if kind == "fixture" else run(what)[1]
        checked += 1
        if shown != is_:
            wrong += 1
            print(f"{document}:{number + 1}: {what}\n--- the document shows\n{shown}--- it is\n{is_}")
    print(f"{checked} blocks checked, {wrong} wrong")
    sys.exit(1 if wrong or not checked else 0)

if __name__ == "__main__": main()
