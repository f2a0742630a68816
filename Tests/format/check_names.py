#!/usr/bin/env python3
"""The names of types and files in Sources.

- What is thrown ends in `Error`: a type that conforms to Error or OperationError, and a type in `throws(…)`.
- A file's name is of one target only.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Thrown under another name, and why.
OTHERWISE = {
    "BatchFailure": "an error, and which event of a batch it is about",
    "Complaint": "an error as a person meets it",
    "Errno": "a type of swift-system",
    "Failure": "a type parameter",
    "FileFailure": "what a system call said of a path; it is also a part of other errors",
    "LegacyManifest.Problem": "one of many findings; thrown only as far as the loop that collects them",
}
DECLARED = re.compile(r"^\s*(?:@\w+\s+|\w+\s+)*(?:struct|enum|class|actor|extension)\s+([\w.]+)(?:<[^>]*>)?\s*:\s*([^{]*)\{", re.M)
THROWN = re.compile(r"\bthrows\(([\w.]+)\)")
QUOTED = re.compile(r'(#*)""".*?"""\1|//[^\n]*', re.S)


def misnamed(text):
    """The types that this source throws under a name that does not say so."""
    text = QUOTED.sub("", text)
    for name, conformances in DECLARED.findall(text):
        if {"Error", "OperationError"} & set(re.split(r"[\s,&]+", conformances)):
            yield name
    yield from THROWN.findall(text)


def findings(files):
    """(path, text) of Swift files, the path relative to Sources."""
    seen, used = {}, set()
    for path, text in files:
        for name in sorted(set(misnamed(text))):
            known = next((other for other in OTHERWISE if f".{other}".endswith(f".{name}")), None)
            if known:
                used.add(known)
            elif not name.endswith("Error"):
                yield f"{path}: {name} is thrown; its name must end in Error"
        target, name = path.parts[0], path.name
        if seen.setdefault(name, target) != target:
            yield f"{path}: {seen[name]} has a file {name}, too"
    for name in OTHERWISE.keys() - used:
        yield f"{Path(__file__).name}: nothing throws {name}"


def check_itself():
    """Each rule finds what breaks it."""

    def found(text):
        return list(misnamed(text))

    assert found("package enum Refusal: Error, Equatable {") == ["Refusal"]
    assert found("    struct NoSSH: OperationError {") == ["NoSSH"]
    assert found("extension Manifest.Problem: Error {}") == ["Manifest.Problem"]
    assert found("func read() throws(Damage) -> Int {") == ["Damage"]
    assert found("// a struct X: Error {\nfinal class Channel<Failure: Error>: Sendable {") == []
    kept = [(Path("A/Kept.swift"), " ".join(f"throws({name})" for name in OTHERWISE))]
    assert list(findings(kept)) == []
    assert len(list(findings(kept + [(Path("B/Kept.swift"), "")]))) == 1
    assert len(list(findings(kept + [(Path("A/Folder/Kept.swift"), "throws(Damage)")]))) == 1
    assert len(list(findings([]))) == len(OTHERWISE)


def main():
    check_itself()
    sources = ROOT / "Sources"
    paths = sorted(sources.rglob("*.swift"))
    wrong = list(findings((path.relative_to(sources), path.read_text()) for path in paths))
    print("\n".join(wrong) or f"{len(paths)} files: what is thrown is named an error, and no two targets have a file of one name")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
