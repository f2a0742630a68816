#!/usr/bin/env python3
"""Judges many journals in one process. Each line of standard input is a JSON object {"journal":DIR,"root":KID or null,
"head":FILE or null}; each line of standard output is the report on it, as `verify_journal.py --json` prints it."""
import json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import verify_journal

for line in sys.stdin:
    given = json.loads(line)
    report, _ = verify_journal.verify(given["journal"], given["root"], given["head"])
    print(json.dumps(report), flush=True)
