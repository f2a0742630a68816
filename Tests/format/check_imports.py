#!/usr/bin/env python3
"""Holds the imports of every target against Package.swift, and the arrows between targets against their layers.

- What a target imports it declares, and what it declares it imports.
- Package.swift lists the targets from the ground up: each depends only on those listed before it.
- The core is pure: no file, no clock, no network.
- What is kept apart stays apart.
- Between the folders of a target, too, arrows go one way: where Y uses a type that X declares, nothing of Y comes back to X,
  not by way of others either. Files that lie in no folder are the target's ground and its roof, and do not count.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Part of the system or of the toolchain: nothing to declare.
SYSTEM = {"Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Testing"}
PURE = {"Backup", "Catalogue", "JournalFormat"}
IMPURE = SYSTEM | {"CLinux", "Curl", "DurableFiles", "Subprocess", "SystemPackage", "Threads"}
# Not for the clock or for files.
ALLOWED = {("Sources/JournalFormat/Bytes.swift", "Glibc"): "memcmp(3) and memchr(3)"}
# Targets that must not depend on one another, and why.
APART = {
    ("JournalStore", "Backup"): "the store keeps lines; what they mean is passed in",
    ("RecoveryKit", "JournalStore"): "a kit is opened where there is no journal",
}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)",
    re.M,
)
TEXT = re.compile(r'(#*)""".*?"""\1', re.S)


def imports(directory):
    """The modules that the files import, each with the first file that does."""
    found = {}
    for path in sorted(directory.rglob("*.swift")):
        for module in IMPORT.findall(TEXT.sub('""', path.read_text())):
            found.setdefault(module, path.relative_to(ROOT))
    return found


# The type of a declaration that is not inside another one.
DECLARED = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|final|indirect)\s+)*"
    r"(?:struct|class|enum|protocol|actor|typealias)\s+(\w+)",
    re.M,
)
TEXT_OR_COMMENT = re.compile(r'(#*)"""(?:.*?)"""\1|(#*)"(?:\\.|[^"\\\n])*"\2|//[^\n]*|/\*.*?\*/', re.S)
INTERPOLATED = re.compile(r"\\#*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")


def code(text):
    """Without comments; of texts only what is interpolated."""
    return TEXT_OR_COMMENT.sub(lambda found: "" if found[0][0] == "/" else " ".join(INTERPOLATED.findall(found[0])), text)


def folder_arrows(files):
    """
    files: (folder, name, text) of each.
    From a folder to another whose type it uses: (file, type), one of these uses.
    """
    sources = [(folder, name, code(text)) for folder, name, text in files]
    homes = {}
    for folder, _, text in sources:
        for declared in DECLARED.findall(text):
            homes.setdefault(declared, set()).add(folder)
    arrows = {}
    for folder, name, text in sources:
        for word in sorted(set(re.findall(r"\b[A-Z]\w*", text))):
            home = homes.get(word, ())
            if folder and len(home) == 1 and (other := next(iter(home))) and other != folder:
                arrows.setdefault((folder, other), (name, word))
    return arrows


def circles(target, files):
    """Each arrow from which a way leads back, in words."""
    arrows = folder_arrows(files)
    for (start, end), (name, word) in sorted(arrows.items()):
        seen, ahead = set(), [end]
        while ahead:
            folder = ahead.pop()
            if folder not in seen:
                seen.add(folder)
                ahead += [other for one, other in arrows if one == folder]
        if start in seen:
            yield f"{target}: {start}/{name} uses {word} of {end}, and {end} needs {start}"


def files_in_folders(target):
    directory = directory_of(target)
    for path in sorted(directory.rglob("*.swift")):
        parts = path.relative_to(directory).parts
        yield (parts[0] if len(parts) > 1 else "", path.name, path.read_text())


def dependencies(target):
    # ["Digest", null] of this package, ["SystemPackage", "swift-system", null, null] of another.
    return [next(iter(entry.values()))[0] for entry in target["dependencies"]]


def findings(package, imports_of):
    names = [target["name"] for target in package["targets"]]
    for place, target in enumerate(package["targets"]):
        name, declared = target["name"], dependencies(target)
        if target["type"] != "test":
            for other in declared:
                if other in names[place:]:
                    yield f"{name} depends on {other}, which Package.swift lists after it"
        for other in declared:
            if why := APART.get((name, other)):
                yield f"{name} depends on {other}: {why}"
        imported = imports_of(target)
        if imported is None:
            continue
        for module, path in imported.items():
            if module not in SYSTEM and module != name and module not in declared:
                yield f"{path} imports {module}, which {name} does not declare"
            if name in PURE and module in IMPURE and (str(path), module) not in ALLOWED:
                yield f"{path} imports {module}: {name} knows no file, no clock and no network"
        for other in declared:
            if other not in imported:
                yield f"{name} declares {other} and does not import it"


def directory_of(target):
    return ROOT / (target.get("path") or f"{'Tests' if target['type'] == 'test' else 'Sources'}/{target['name']}")


def imports_in_files(target):
    """Nil for a target that holds no Swift."""
    directory = directory_of(target)
    return imports(directory) if any(directory.rglob("*.swift")) else None


def check_itself():
    """Each rule finds what breaks it."""

    def target(name, *declared):
        return {"name": name, "type": "regular", "dependencies": [{"byName": [other, None]} for other in declared]}

    def found(targets, imported):
        return list(findings({"targets": targets}, lambda target: {m: "F.swift" for m in imported[target["name"]]}))

    one, two = target("Backup"), target("JournalStore", "Backup")
    sound = {"Backup": [], "JournalStore": ["Backup", "Glibc"]}
    assert len(found([one, two], sound)) == 1 and "passed in" in found([one, two], sound)[0]
    assert any("after it" in line for line in found([target("Age", "Mirror"), target("Mirror")], {"Age": ["Mirror"], "Mirror": []}))
    assert any("does not declare" in line for line in found([target("Age")], {"Age": ["Sodium"]}))
    assert any("does not import" in line for line in found([target("Zstd"), target("Age", "Zstd")], {"Zstd": [], "Age": []}))
    assert any("no clock" in line for line in found([one], {"Backup": ["Glibc"]}))
    there, back = ("A", "One.swift", "struct One { let two: Two }"), ("B", "Two.swift", "package enum Two {}\n// One\nlet a = \"One\"")
    assert folder_arrows([there, back]) == {("A", "B"): ("One.swift", "Two")} and not list(circles("T", [there, back]))
    again = ("B", "Three.swift", 'extension Two { var text: String { "\\(One.self)" } }')
    assert len(list(circles("T", [there, back, again]))) == 2
    third = [("C", "Three.swift", "struct Three { let one: One }"), ("B", "Four.swift", "extension Two { func three(_: Three) {} }")]
    assert len(list(circles("T", [there, back, *third]))) == 3
    assert not list(circles("T", [there, back, ("", "Roof.swift", "struct Roof { let one: One }"), ("A", "Up.swift", "let roof: Roof")]))
    quoted = TEXT.sub('""', 'let a = """\n    import os\n    """\n@testable import Age\npackage import Digest\n')
    assert IMPORT.findall(quoted) == ["Age", "Digest"]


def main():
    check_itself()
    described = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True)
    package = json.loads(described.stdout)
    wrong = set(findings(package, imports_in_files))
    for target in package["targets"]:
        if target["type"] != "test":
            wrong.update(circles(target["name"], files_in_folders(target)))
    wrong = sorted(wrong)
    print("\n".join(wrong) or f"{len(package['targets'])} targets: every import is declared, every arrow goes down, between folders one way")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
