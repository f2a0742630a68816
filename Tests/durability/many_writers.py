#!/usr/bin/env python3
"""many_writers.py [SEED]: 64 processes append at once, and some of them are killed at random times.

Each of 64 writers runs one `devjournal append` after another: with an id of its own, with an id that other writers use
too, or without one. A quarter is ended by SIGKILL. Then every acknowledged event must be there exactly once, in one
gapless order and within what the journal says of the disk; an id that several said must be there once, with the same
receipt for all; what was killed is there once or not at all, and saying it again with its id records it once.

Exit status: 0 all held · 1 something did not"""
import collections, os, random, subprocess, sys, tempfile, threading, time
from journal_under_test import Broken, Server, event_id

WRITERS, EACH, SHARED = 64, 3, 8

def main():
    seed = int(sys.argv[1]) if sys.argv[1:] else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    plan, began = random.Random(seed), time.monotonic()
    shared = [event_id(plan) for _ in range(SHARED)]
    counts, broken, durations, gate = collections.Counter(), [], [2.0], threading.Barrier(WRITERS)

    def writer(server, said):
        gate.wait()
        for text, id, fate in said:
            start = time.monotonic()
            child = subprocess.Popen(server.note(text, id), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                output, errors = child.communicate(timeout=None if fate is None else fate * 1.2 * max(durations[-8:]))
                durations.append(time.monotonic() - start)
            except subprocess.TimeoutExpired:
                child.kill()
                output, errors = child.communicate()
                counts["killed"] += 1
            try: acknowledged = server.remember(output)
            except Broken as found: broken.append(str(found)); continue
            counts["runs"] += 1
            counts["acknowledged"] += acknowledged is not None
            if acknowledged and id and acknowledged[2] != id: broken.append(f"{id} was said, {acknowledged[2]} acknowledged")
            if child.returncode not in (0, -9): broken.append(f"append exits with {child.returncode}: {errors}")

    with tempfile.TemporaryDirectory(prefix="devjournal-writers.") as work:
        server = Server.of_fixture(os.path.join(os.path.realpath(work), "ls"), "good-month")
        before, everything, threads = len(server.acknowledged), [], []
        for number in range(WRITERS):
            said = []
            for turn in range(EACH):
                kind = plan.choice(("own id", "shared id", "no id"))
                which = plan.randrange(SHARED)
                id = {"own id": event_id(plan), "shared id": shared[which], "no id": None}[kind]
                text = f"shared {which}" if kind == "shared id" else f"writer {number}, {turn}"
                said.append((text, id, plan.random() if plan.random() < 0.25 else None))
            everything += said
            threads.append(threading.Thread(target=writer, args=(server, said)))
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        records, unsure = [], []
        try:
            server.check_verdict((0, 3))
            server.check_durable()
            records = server.check_records()
            texts = collections.Counter(event["data"].get("text") for *_, event in records[before:])
            twice = [text for text, count in texts.items() if count > 1]
            if twice: raise Broken(f"more than once: {twice}")
            unsure = sorted({(text, id) for text, id, _ in everything if id and id not in server.acknowledged})
            for text, id in unsure: server.recover(text, id, poisoned=False)
            server.recover("the end", event_id(plan), poisoned=False)
            records = server.check_records()
        except Broken as found: broken.append(str(found))
    for one in broken: print("BROKEN", one)
    print(f"many writers: {WRITERS} at once, {counts['runs']} appends, {counts['acknowledged']} acknowledged, {counts['killed']} killed, "
          f"{len(unsure)} said again; {len(records) - before} records; {len(broken)} broken ({time.monotonic() - began:.0f} s)")
    sys.exit(1 if broken else 0)

if __name__ == "__main__": main()
