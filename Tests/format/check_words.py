#!/usr/bin/env python3
"""check_words.py [--all]: the words of the documents, of what the program and the scripts say, and of their comments.

Plain English: short sentences, the verb early, standard terms. BANNED are turns that made readers stumble; a text that has
one is named with its file, and the exit status is 1. Code is not looked at: of Swift the string literals and comments, of
shell the comments and double-quoted strings, of Markdown everything but code. --all shows the texts."""
import glob, os, re, sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What is predicated with a noun: "X is no Y". Not "there is no", "no longer", "no such", "no more", "no other", "no larger".
NO = r"(?<!there )(?<!There )\b(?:is|are|was|were) no (?!longer\b|such\b|more\b|less\b|other\b|further\b|larger\b|older\b|newer\b|later\b|better\b)[a-zA-Z]+"
BANNED = {
    r"\b(?:is|are|was|were|be|been|gets?|has to be) told\b": "say who tells, or `learns`, `receives`, `prints`",
    r"\btold by\b": "`reported by`, or say who reports",
    r"\bh(?:old|olds|eld|olding) .{0,40}\bagainst\b": "check against, compare with",
    r"\b(?:go|goes|went|going) on\b": "continue",
    r"\banew\b": "again",
    r"\bwhoever\b": "somebody who, anybody who",
    r"\bbeside\b": "next to, with",
    r"\bbehind\b": "after",
    NO: "is not a …",
    r"\b(?:that|which|what) (?:is|are) none\b": "is not one",
    r"\bmissing or none\b": "say what is wrong with it",
    r"\b(?:is|are|was|were) to be looked at\b": "look at …",
    r"\bnobody has said that\b": "does not record that",
    r"\bdoes not hold .{0,30} for\b": "does not report … as",
    r"\ball that is of\b": "everything of",
}

# Texts that programs read, or that are bytes on a disk; and a clock may well be behind.
KEPT = {"worktree-behind", "behind", "the last segment was written anew\\n", "dev/beside"}

def swift_texts(text):
    """(line, text) of comments and string literals; of \"\"\" literals each paragraph, their lines joined."""
    at = 0
    pattern = re.compile(r'//+ ?(?P<comment>[^\n]*)|#?"""\n(?P<long>.*?)"""#?|#?"(?P<short>(?:\\.|[^"\\\n])*)"#?', re.S)
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        kind = match.lastgroup
        yield line, kind, match[kind]

def joined_comments(pieces):
    """Comments of consecutive lines as one text."""
    held = None
    for line, kind, text in pieces:
        if kind == "comment" and held and held[0] + held[2].count("\n") + 1 == line:
            held = (held[0], kind, held[2] + "\n" + text)
            continue
        if held: yield held
        held = (line, kind, text) if kind == "comment" else None
        if kind != "comment": yield line, kind, text
    if held: yield held

def shell_texts(text):
    pattern = re.compile(r"(?:(?<=\n)|(?<=[ \t]))# ?(?P<comment>[^\n]*)|\"(?P<short>(?:\\.|[^\"\\])*)\"|'(?P<code>[^']*)'|<<-?'?(?P<tag>[A-Z]+)'?\n(?P<long>.*?)\n(?P=tag)\n", re.S)
    for match in pattern.finditer(text):
        kind = match.lastgroup if match["long"] is None else "long"
        if kind != "code" and match[kind] is not None: yield text.count("\n", 0, match.start()) + 1, kind, match[kind]

def markdown_texts(text):
    text = re.sub(r"(?ms)^```.*?^```$", lambda match: "\n" * match[0].count("\n"), text)
    text = re.sub(r"(?m)^    .*$", "", text)
    text = re.sub(r"`[^`]*`", lambda match: "`" + "\n" * match[0].count("\n") + "`", text)
    line = 1
    for part in re.split(r"(\n\s*\n)", text):
        if part.strip(): yield line, "text", part
        line += part.count("\n")

def files():
    for path in sorted(glob.glob("**/*", root_dir=REPOSITORY, recursive=True)):
        if path.startswith((".build", "fixtures/")): continue
        if path.endswith(".md") and path != "CHANGELOG.md": yield path, markdown_texts
        elif path.endswith(".swift") and path.startswith(("Sources/", "Tests/")): yield path, lambda text: joined_comments(swift_texts(text))
        elif path.endswith((".sh", ".bash")) and path.startswith(("tools/", "Tests/")): yield path, lambda text: joined_comments(shell_texts(text))

def main():
    show = "--all" in sys.argv
    found = 0
    for path, texts in files():
        with open(os.path.join(REPOSITORY, path), encoding="utf-8") as file: content = file.read()
        for line, kind, text in texts(content):
            flat = re.sub(r"\\\n\s*", "", text)
            flat = re.sub(r"\s+", " ", re.sub(r"\\\(.*?\)", "…", flat)).strip()
            if flat in KEPT: continue
            if show: print(f"{path}:{line}: {kind}: {flat}")
            for pattern, instead in BANNED.items():
                for match in re.finditer(pattern, flat, re.I):
                    found += 1
                    if not show: print(f"{path}:{line}: {kind}: {flat[max(0, match.start() - 60):match.start()]}[{match[0]}]{flat[match.end():match.end() + 50]}  ({instead})")
    if not show: print(f"{found} turns to be put in other words")
    sys.exit(1 if found and not show else 0)

if __name__ == "__main__": main()
