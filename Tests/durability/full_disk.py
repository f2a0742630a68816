#!/usr/bin/env python3
"""full_disk.py [SEED]: a journal on a file system that fills up, on tmpfs, ext4 and Btrfs. Needs root and loop devices.

A filler file takes all space but a few bytes, then events are appended until the disk is full. Each append either
acknowledges or fails with one error and leaves a sound journal; when there is room again, what failed is said again and
is recorded once. Exit status: 0 all held · 1 something did not · 2 it could not run"""
import os, random, sys, tempfile, time
from journal_under_test import Broken, Server, event_id
from loop_file_systems import Mounted, own_namespace

def fill(path):
    """Takes what is left, and says how much it was."""
    size = 0
    with open(path, "ab", buffering=0) as file:
        for block in (1 << 20, 4096, 512, 1):
            piece = b"\1" * block
            try:
                while (count := file.write(piece)): size += count
            except OSError: pass
        try: os.fsync(file.fileno())
        except OSError: pass
    return size

def rounds_of(kind, options, work, plan):
    counts = {"acknowledged": 0, "refused": 0, "recorded_nevertheless": 0, "poisoned": 0}
    with Mounted(kind, work, **options) as place:
        server = Server.of_fixture(os.path.join(place, "ls"), "good-month")
        filler = os.path.join(place, "filler")
        for _ in range(4):
            fill(filler)
            with open(filler, "r+b") as file: file.truncate(max(0, os.path.getsize(filler) - plan.randrange(0, 12000)))
            os.sync()
            failed = []
            for number in range(40):
                text, id = f"{number}", event_id(plan)
                done = server.run(server.note(text, id))
                if done.returncode == 0: counts["acknowledged"] += 1; continue
                if done.receipt: raise Broken("acknowledged and failed")
                if done.stderr.count("error:") != 1: raise Broken(f"not one error: {done.stderr}")
                counts["refused"] += 1
                server.check_verdict((0, 3))
                if id in {record[1] for record in server.check_records()}:
                    counts["recorded_nevertheless"] += 1
                    if "recorded" not in done.stderr: raise Broken(f"it is recorded, and the error does not say so: {done.stderr}")
                failed.append((text, id))
                if len(failed) == 3: break
            os.truncate(filler, 0)
            for text, id in failed: counts["poisoned"] += server.recover(text, id)["poisoned"]
            if server.run(server.command("rebuild")).returncode: raise Broken("the projections cannot be written anew")
            server.recover("there is room", event_id(plan), poisoned=False)
            if server.run(server.command("rebuild", "--check")).returncode: raise Broken("the projections have drifted")
    return counts

def main():
    own_namespace()
    seed = int(sys.argv[1]) if sys.argv[1:] else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    plan, broken = random.Random(seed), 0
    for kind, options in (("tmpfs", {"size": 1 << 20}), ("ext4", {"size": 8 << 20}), ("btrfs", {"size": 128 << 20})):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="devjournal-full.", dir="/var/tmp") as work:
            try: print(f"full disk, {kind}: {rounds_of(kind, options, work, plan)} ({time.monotonic() - began:.0f} s)", flush=True)
            except Broken as found:
                broken += 1
                print(f"BROKEN {kind}: {found}")
    sys.exit(1 if broken else 0)

if __name__ == "__main__": main()
