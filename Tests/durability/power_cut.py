#!/usr/bin/env python3
"""power_cut.py [SEED]: the power goes while events are appended, under a file system in an image. Needs root.

Each round: three writers append, the power is cut at a random moment, the file system is mounted again from what was on
the disk. Every record acknowledged before must be there, and the journal must take the next one. A file that was written
beside it without a sync shows whether the cut is one: it must be lost in most rounds.

Where the kernel itself makes the cut, an fdatasync that is under way may answer that all is well, and nothing is on the
disk (ext4, Linux 6.18: three plain C writers met it in 13 of 120 rounds). What is acknowledged meanwhile does not count
there: behind a real cut nobody would have lived to print it.

Exit status: 0 all held · 1 something did not · 2 it could not run"""
import os, random, subprocess, sys, tempfile, threading, time
from journal_under_test import Broken, Server, event_id
from loop_file_systems import ShutDown, WriteBackCacheKilled, own_namespace

ROUNDS = 8

def append_until(cut, server, ids, failures, counts_later):
    """What is printed is acknowledged, also when the power is gone a moment later."""
    while not cut.is_set():
        text = f"note {ids.random()}"
        child = subprocess.Popen(server.note(text), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        output = child.communicate(timeout=60)[0]
        if cut.is_set() and not counts_later: return
        try: server.remember(output)
        except Broken as found: failures.append(str(found))

def rounds_of(disk, plan):
    disk.mount()
    server = Server.of_fixture(os.path.join(disk.place, "ls"), "good-month")
    os.sync()
    begun, counts = len(server.acknowledged), {"rounds": 0, "acknowledged": 0, "torn": 0, "poisoned": 0, "lost_unsynced": 0}
    for number in range(ROUNDS):
        cut, failures = threading.Event(), []
        writers = [threading.Thread(target=append_until, args=(cut, server, random.Random(plan.random()), failures, disk.syncs_truly))
                   for _ in range(3)]
        for writer in writers: writer.start()
        time.sleep(0.3 + plan.random())
        control = os.path.join(disk.place, f"control-{number}")
        with open(control, "wb") as file: file.write(b"not synced" * 1000)
        if not disk.syncs_truly: cut.set()
        disk.cut()
        cut.set()
        for writer in writers: writer.join()
        disk.unmount()
        disk.mount()
        if failures: raise Broken(failures[0])
        counts["lost_unsynced"] += not os.path.exists(control) or open(control, "rb").read() != b"not synced" * 1000
        met = server.recover("after the cut", event_id(plan))
        counts["rounds"] += 1
        counts["torn"] += met["torn"]
        counts["poisoned"] += met["poisoned"]
    disk.unmount()
    counts["acknowledged"] = len(server.acknowledged) - begun
    if counts["lost_unsynced"] == 0: raise Broken("nothing was lost that was not synced: the power was not cut")
    return counts

def main():
    own_namespace()
    seed = int(sys.argv[1]) if sys.argv[1:] else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    plan, broken = random.Random(seed), 0
    kinds = [ShutDown]
    if WriteBackCacheKilled.is_possible(): kinds.append(WriteBackCacheKilled)
    else: print(f"{WriteBackCacheKilled.name}: NOT RUN, nbdkit, nbdfuse or /dev/fuse is missing")
    for kind in kinds:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="devjournal-cut.", dir="/var/tmp") as work:
            disk = kind(work)
            try: print(f"power cut, {kind.name}: {rounds_of(disk, plan)} ({time.monotonic() - began:.0f} s)", flush=True)
            except (Broken, subprocess.SubprocessError, OSError) as found:
                broken += 1
                print(f"BROKEN {kind.name}: {found} {getattr(found, 'stderr', '')}")
                try: disk.cut()
                except (OSError, AttributeError): pass
                try: disk.unmount()
                except (subprocess.SubprocessError, OSError, AttributeError): pass
    sys.exit(1 if broken else 0)

if __name__ == "__main__": main()
