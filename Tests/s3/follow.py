#!/usr/bin/env python3
"""follow.py STORY CONF HOST:PORT [WORD…]: what a scenario asks of a mirror that follows, with the devjournal on PATH.

It stands for systemd: whenever LS_ROOT/journal/grown is there and no follower runs, one is started, and one that failed is
started again. 64 writers append one event after another; each receipt has the time at which it was printed, each commit the
time at which the follower had the bucket's answer.

STORY: `seconds LIMIT [COUNT]`: the 99th percentile of the time from receipt to commit, which must be below LIMIT
       `troubles SEED`: followers are killed, the bucket goes and comes; then all must be committed

S3_ENDPOINT in CONF is written by this: the door's. Exit status: 0 as it should be · 1 not"""
import json, os, random, re, subprocess, sys, threading, time
from door import Door

WRITERS = 64

class Household:
    def __init__(self, conf, server):
        self.conf, self.door = conf, Door(server)
        with open(conf) as file: text = file.read()
        self.settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        with open(conf, "w") as file: file.write(re.sub("(?m)^S3_ENDPOINT=.*$", f"S3_ENDPOINT=http://127.0.0.1:{self.door.port}", text))
        self.grown = os.path.join(self.settings["LS_ROOT"], "journal", "grown")
        self.commits, self.receipts, self.durations, self.broken, self.reasons = [], {}, [], [], set()
        self.child, self.ends, self.stories, self.runs, self.failed, self.killed = None, False, 0, 0, 0, 0
        self.path_unit = threading.Thread(target=self.follow)
        self.path_unit.start()

    def follow(self):
        while not self.ends:
            if not os.path.exists(self.grown):
                time.sleep(0.01)
                continue
            self.runs += 1
            self.child = subprocess.Popen(["devjournal", "push", "--journal", "--json", "--config", self.conf], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            said = []
            reader = threading.Thread(target=lambda: said.extend(self.child.stderr))
            reader.start()
            for line in self.child.stdout:
                try: self.commits.append((time.monotonic(), json.loads(line)["checkpoint"]))
                except ValueError: self.broken.append(f"the follower said {line!r}")
            reader.join()
            status = self.child.wait()
            if status == -9: continue
            if status:
                self.failed += 1
                self.reasons.update(re.findall("\"error\": ?\"([^\"]*)", "".join(said)))
                if status != 9: self.broken.append(f"a follower exits with {status}: {''.join(said)}")
                time.sleep(0.5)

    def kill(self):
        if self.child and self.child.poll() is None:
            self.child.kill()
            self.killed += 1

    def append(self, text):
        began = time.monotonic()
        done = subprocess.run(["devjournal", "append", "note", f"text={text}", "--config", self.conf], capture_output=True, text=True)
        now = time.monotonic()
        if done.returncode: return self.broken.append(f"append exits with {done.returncode}: {done.stderr}")
        self.receipts[int(done.stdout.split()[0])] = now
        self.durations.append(now - began)

    def write(self, count, pause=0):
        """Returns when all writers are done. `pause`: seconds between two appends of one writer, and before its first up to so many."""
        self.stories += 1
        def writer(number):
            time.sleep(pause * number / WRITERS)
            for turn in range(count):
                self.append(f"{os.getpid()}.{self.stories}: writer {number}, {turn}")
                time.sleep(pause)
        threads = [threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()

    def committed(self):
        """What the server says that the bucket has: also where who committed was killed before he could say so."""
        try:
            with open(os.path.join(self.settings["LS_ROOT"], "manifests", "mirrored")) as file: return int(file.read().split("\n")[2])
        except (OSError, IndexError, ValueError): return 0

    def settle(self, limit):
        """Waits until all that was acknowledged is committed, and nobody follows any more."""
        wanted, until = max(self.receipts), time.monotonic() + limit
        while time.monotonic() < until:
            if self.committed() >= wanted and not os.path.exists(self.grown) and self.child.poll() is not None: return
            time.sleep(0.02)
        self.broken.append(f"after {limit} s only {self.committed()} of {wanted} records are committed")

    def end(self):
        self.ends = True
        self.path_unit.join()
        for one in self.broken: print("BROKEN", one)
        sys.exit(1 if self.broken else 0)

def percentile(values, share): return sorted(values)[max(0, -(-len(values) * share // 100) - 1)]

def seconds(household, limit, count):
    household.write(count, pause=6)
    household.settle(120)
    waits = []
    for seq, received in household.receipts.items():
        times = [moment for moment, size in household.commits if size >= seq]
        if times: waits.append(max(0, min(times) - received))
        else: household.broken.append(f"record {seq} was never committed")
    if len(household.receipts) != WRITERS * count: household.broken.append(f"{len(household.receipts)} receipts")
    if not household.broken:
        worst = percentile(waits, 99)
        print(f"{len(waits)} records by {WRITERS} writers in {len(household.commits)} commits: from receipt to commit 50% {percentile(waits, 50):.2f} s, "
              f"99% {worst:.2f} s, longest {max(waits):.2f} s; an append took 50% {percentile(household.durations, 50) * 1000:.0f} ms, 99% {percentile(household.durations, 99) * 1000:.0f} ms")
        if worst >= limit: household.broken.append(f"the 99th percentile must be below {limit} s")

def troubles(household, seed):
    print(f"seed {seed}", flush=True)
    plan = random.Random(seed)
    # While the bucket takes connections and answers nothing, every append ends: none of them waits for it.
    household.door.leave_ajar()
    household.write(2)
    before = household.committed()
    if household.commits: household.broken.append("a commit through a door that lets nothing through")
    household.door.open()
    stop = threading.Event()
    def fate():
        while not stop.wait(plan.uniform(0.1, 0.8)):
            what = plan.choice(("kill", "kill", "shut", "ajar", "open", "open"))
            if what == "kill": household.kill()
            elif what == "shut": household.door.shut()
            elif what == "ajar": household.door.leave_ajar()
            else: household.door.open()
    thread = threading.Thread(target=fate)
    thread.start()
    household.write(8, pause=0.3)
    stop.set()
    thread.join()
    household.door.open()
    household.settle(240)
    if household.killed < 3: household.broken.append("too few followers were killed to say anything")
    print(f"{len(household.receipts)} records, {household.runs} followers, {household.killed} of them killed, {household.failed} gave up; "
          f"from {before} to {household.committed()} committed", *sorted(household.reasons), sep="\n  ")

if __name__ == "__main__":
    story, conf, server, *words = sys.argv[1:]
    household = Household(conf, server)
    try:
        if story == "seconds": seconds(household, float(words[0]), int(words[1]) if words[1:] else 4)
        else: troubles(household, int(words[0]))
    except BaseException as error: household.broken.append(repr(error))
    household.end()
