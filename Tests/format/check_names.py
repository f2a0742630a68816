#!/usr/bin/env python3
"""The names of types in Sources, and of files there and in Tests.

- What is thrown ends in `Error`: a type that conforms to Error or OperationError, and a type in `throws(…)`.
- A file's name is of one target only; what fuzzes a file (Tests/fuzz) may have its name.
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
    """(path, text) of Swift files, the path relative to the repository."""
    seen, used = {}, set()
    for path, text in files:
        for name in sorted(set(misnamed(text)) if path.parts[0] == "Sources" else ()):
            known = next((other for other in OTHERWISE if f".{other}".endswith(f".{name}")), None)
            if known:
                used.add(known)
            elif not name.endswith("Error"):
                yield f"{path}: {name} is thrown; its name must end in Error"
        target, name = path.parent.parts[:3 if path.parts[1] == "Support" else 2], path.name
        if seen.setdefault(name, target) != target:
            yield f"{path}: {'/'.join(seen[name])} has a file {name}, too"
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
    kept = [(Path("Sources/A/Kept.swift"), " ".join(f"throws({name})" for name in OTHERWISE))]
    assert list(findings(kept)) == []
    assert len(list(findings(kept + [(Path("Sources/B/Kept.swift"), "")]))) == 1
    assert len(list(findings(kept + [(Path("Tests/Support/B/Kept.swift"), "throws(Killed)")]))) == 1
    assert len(list(findings(kept + [(Path("Sources/A/Folder/Kept.swift"), "throws(Damage)")]))) == 1
    assert len(list(findings([]))) == len(OTHERWISE)


def main():
    check_itself()
    paths = [path for part in ("Sources", "Tests") for path in sorted((ROOT / part).rglob("*.swift"))]
    paths = [path for path in paths if ROOT / "Tests/fuzz" not in path.parents]
    wrong = list(findings((path.relative_to(ROOT), path.read_text()) for path in paths))
    print("\n".join(wrong) or f"{len(paths)} files: what is thrown is named an error, and no two targets have a file of one name")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
