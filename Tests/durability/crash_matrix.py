#!/usr/bin/env python3
"""crash_matrix.py [-v]: ends `devjournal` at every system call of an append that touches a file, and lets each of them
fail, once and from there on. Needs strace, `devjournal` on PATH, and no root.

The calls are recorded first, then one run is made for each: killed before the call, or given EIO or ENOSPC for it.
Killed before call N+1 is killed after call N, so every state on disk is met. After each run the journal must be sound or
torn, take the same event again (after `devjournal repair` where it says that it is poisoned), then be sound, hold every
acknowledged record where it was, and nothing twice. With EVERY=1 in the environment also the calls that only read are all
tried, most of which are left out for time, and every point of a segment's beginning, of which each run takes one half by
chance and says which. Lines cut off by a file size limit are writes that stopped half-way.

Exit status: 0 all held · 1 something did not · 2 it could not run"""
import collections, concurrent.futures, os, random, re, resource, shutil, signal, subprocess, sys, tempfile, time
from journal_under_test import POISONED, Broken, Server, event_id

CHANGING = {"write", "pwrite64", "writev", "fdatasync", "fsync", "sync_file_range", "rename", "renameat", "renameat2", "link", "linkat",
            "ftruncate", "fallocate", "unlink", "unlinkat", "mkdir", "mkdirat", "fsetxattr", "chmod", "fchmod", "copy_file_range"}
OTHERS = {"openat", "open", "flock", "close", "exit_group"}
READING = {"read", "pread64", "readv", "newfstatat", "fstat", "statx", "stat", "lstat", "getdents64", "lseek", "mmap"}
FULL = {"write", "pwrite64", "writev", "fdatasync", "fsync", "rename", "renameat", "renameat2", "linkat", "ftruncate", "mkdir"}
Call = collections.namedtuple("Call", "name number text")
Point = collections.namedtuple("Point", "fault injections call")
SAMPLE = 1 if os.environ.get("EVERY") else 4                      # of calls that only read, one in so many is killed or fails

def calls_of(server, command, trace):
    """The calls on files from the moment the configuration is opened; what comes before is the loader's."""
    subprocess.run(["strace", "-f", "-y", "-s", "0", "-o", trace, *command], capture_output=True, stdin=subprocess.DEVNULL)
    found, counts, begun = [], collections.Counter(), False
    with open(trace, errors="replace") as file:
        for line in file:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if not match: continue
            counts[match[1], match[2]] += 1
            begun = begun or server.config in line
            if not begun or match[2] not in CHANGING | OTHERS | READING: continue
            if server.place in line or match[2] == "exit_group" or re.match(r"\d+ +write\(1", line):
                found.append(Call(match[2], counts[match[1], match[2]], line.split(" ", 1)[1].strip()))
    return found

def points_of(calls):
    points, reading = [], 0
    for call in calls:
        reads = call.name in READING
        reading += reads
        if reads and reading % SAMPLE: continue
        points.append(Point("killed", [f"{call.name}:signal=KILL:when={call.number}"], call))
        if call.name in ("exit_group", "mmap", "lseek"): continue
        points.append(Point("EIO", [f"{call.name}:error=EIO:when={call.number}"], call))
        if call.name in FULL or call.name == "openat" and "O_CREAT" in call.text:
            points.append(Point("ENOSPC", [f"{call.name}:error=ENOSPC:when={call.number}"], call))
        if call.name in ("fdatasync", "fsync"):                    # a disk that stays bad: no call like it succeeds any more
            both = [("fdatasync", 1), ("fsync", 1)]
            before = [sum(c.name == name for c in calls[:calls.index(call)]) for name, _ in both]
            first = [min((c.number for c in calls if c.name == name), default=1) for name, _ in both]
            for error in ("EIO", "ENOSPC"):
                points.append(Point(f"{error} from here on", [
                    f"{name}:error={error}:when={start + skipped}+" for (name, _), start, skipped in zip(both, first, before)], call))
    return points

def syncs_of_lines(calls):
    """The syncs that acknowledge lines: of a segment's content, and then of the directory that names it."""
    found, changed = set(), False
    for call in calls:
        changed = changed or call.name == "write" and ".jsonl>" in call.text or call.name == "rename" and call.text.find('.jsonl")') > 0
        if changed and (call.name == "fdatasync" and ".jsonl>" in call.text or call.name == "fsync" and "/journal>)" in call.text): found.add(call)
    return found

class Scenario:
    """One command at one state of the journal, and which of its calls are tried."""
    def __init__(self, name, prepare, command, chosen=lambda call: True, appends=True, faults=None, tells=None, one_in=1):
        self.name, self.prepare, self.command, self.chosen, self.appends = name, prepare, command, chosen, appends
        self.faults = faults                                       # only these; None: all
        self.tells = tells                                         # a type that the journal must hold in the end
        self.one_in = 1 if os.environ.get("EVERY") else one_in     # of the points of one that takes long, others each time

    def run_point(self, base, place, point, id, syncs):
        server = base.copy(place)
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", *[word for one in point.injections for word in ("-e", "inject=" + one)]]
        try:
            done = server.run([*strace, *self.command(server, id)])
            if point.fault == "killed" and done.returncode != -signal.SIGKILL:
                raise Broken(f"was not killed: the call was not made ({done.returncode})")
            if done.returncode == 0 and self.appends and not done.receipt and "write(1" not in point.call.text:
                raise Broken("exits with 0 and acknowledges nothing")
            failed_sync = self.appends and point.fault != "killed" and point.call in syncs
            if not self.appends and done.receipt: raise Broken("appended to a poisoned journal")
            if failed_sync and done.receipt: raise Broken("acknowledged what was not confirmed")
            if self.appends and point.fault != "killed": self.check_status(server, done, id)
            met = server.recover("crash", id, poisoned=True if failed_sync else None)
            met["acknowledged"] = bool(done.receipt)
            if self.tells and all(event["type"] != self.tells for *_, event in server.records()): raise Broken(f"there is no {self.tells}")
            return met
        except Broken as broken:
            return f"{self.name}: {point.fault} at {point.call.name} {point.call.number}: {broken}\n      {point.call.text}"
        finally:
            shutil.rmtree(place)

    def check_status(self, server, done, id):
        """Recorded, not recorded and unknown are three answers, and each failure says something."""
        is_there = any(record[1] == id for record in server.records())
        if done.returncode in (0, 13) and not is_there: raise Broken(f"exits with {done.returncode}, and it is not recorded")
        if done.returncode not in (0, 13, 14) and is_there: raise Broken(f"exits with {done.returncode}, and it is recorded")
        if done.returncode and done.stderr.count("error: ") != 1: raise Broken(f"exits with {done.returncode} and says {done.stderr!r}")
        if done.returncode == 14 and "--id" not in done.stderr: raise Broken(f"does not say what is safe next: {done.stderr}")

    def run(self, work, pool, verbose):
        began = time.monotonic()
        base = self.prepare(os.path.join(work, self.name.replace(" ", "-")))
        ids = random.Random(1)
        recording = base.copy(os.path.join(work, "recording"))
        calls = [call for call in calls_of(recording, self.command(recording, event_id(ids)), os.path.join(work, "trace")) if self.chosen(call)]
        shutil.rmtree(recording.place)
        points = [point for point in points_of(calls) if not self.faults or point.fault in self.faults]
        if self.one_in > 1:
            seed = int(os.environ.get("POINTS_SEED") or random.randrange(1 << 20))
            print(f"POINTS_SEED={seed}: of {len(points)} points one in {self.one_in}", flush=True)
            points = random.Random(seed).sample(points, len(points) // self.one_in)
        tried = [pool.submit(self.run_point, base, os.path.join(work, f"{number}"), point, event_id(ids), syncs_of_lines(calls)) for number, point in enumerate(points)]
        results = [future.result() for future in tried]
        if verbose:
            for point, result in zip(points, results): print(f"  {point.fault:20} {point.call.name:12} {result}  {point.call.text[:90]}")
        broken = [result for result in results if isinstance(result, str)]
        met = [result for result in results if isinstance(result, dict)]
        kills = sum(point.fault == "killed" for point in points)
        print(f"{self.name}: {len(calls)} calls, {kills} kill points, {len(points) - kills} failures; then torn "
              f"{sum(m['torn'] for m in met)}, poisoned {sum(m['poisoned'] for m in met)}, acknowledged "
              f"{sum(m['acknowledged'] for m in met)}; {len(broken)} broken ({time.monotonic() - began:.0f} s)", flush=True)
        return len(points), broken

def append(server, id): return server.note("crash", id)
def in_journal(call): return "/journal/" in call.text or "/journal>" in call.text or "write(1" in call.text or call.name == "exit_group"

def short(place): return Server.of_fixture(place, "good-month")
def full_segment(place): return Server.of_fixture(place, "good-two-segments", records=4096)
def torn(place):
    server = short(place)
    with open(os.path.join(server.journal, "000000000001.jsonl"), "ab") as file: file.write(b'{"v":1,"log":"019c15a4' * 40)
    return server
def nul(place):
    """Three appends that were on their way to the disk together: of the first a sector is missing."""
    server = short(place)
    with open(os.path.join(server.journal, "000000000001.jsonl"), "rb") as file: line = file.readlines()[-1]
    with open(os.path.join(server.journal, "000000000001.jsonl"), "ab") as file: file.write(line[:200] + bytes(200) + line[400:] + line + line[:99])
    return server
def ended(server, call):
    """An append that was killed when it was about to make this call."""
    done = server.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}", *server.note("not confirmed")])
    if done.returncode != -signal.SIGKILL: raise SystemExit(f"the append was not killed at {call}")
    return server
def appended_once(place):
    """The journal says how far it is on the disk."""
    server = short(place)
    if server.run(server.note("before")).returncode: raise SystemExit("cannot append")
    return server
def not_durable(place):
    """A line stands there and nobody waits for the disk any more: the lock of the syncs was the second to be taken."""
    return ended(appended_once(place), "flock:signal=KILL:when=2")
def in_doubt(place):
    """A sync was begun, and nobody has told how it ended."""
    return ended(appended_once(place), "fdatasync:signal=KILL:when=1")
def torn_new_segment(place):
    server = full_segment(place)
    with open(os.path.join(server.journal, "000000004097.jsonl"), "wb") as file: file.write(b'{"v":1,"log":"019c15a4')
    return server
def poisoned(place):
    """As a failed sync leaves it."""
    server = short(place)
    done = server.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=1", *server.note("not confirmed")])
    if done.returncode == 0 or done.receipt: raise SystemExit("a failed sync was acknowledged")
    return server

SCENARIOS = [
    Scenario("append", short, append),
    Scenario("append behind lines that are not durable", not_durable, append, in_journal),
    Scenario("append behind a sync that nobody ended", in_doubt, append, in_journal),
    Scenario("checkpoint over lines that are not durable", not_durable, lambda server, id: server.command("checkpoint"), in_journal, appends=False),
    Scenario("torn tail", torn, append, in_journal),
    Scenario("torn tail of several appends", nul, append, lambda call: in_journal(call) and call.name in CHANGING),
    Scenario("repair after a failed sync", poisoned, lambda server, id: server.command("repair"), in_journal, appends=False, tells="journal.repaired"),
    Scenario("append to a poisoned journal", poisoned, append, in_journal, appends=False),
    Scenario("checkpoint", short, lambda server, id: server.command("checkpoint"), in_journal, appends=False),
    Scenario("new segment", full_segment, append, lambda call: call.name in CHANGING and in_journal(call) or "4097.jsonl" in call.text,
             faults=("killed", "EIO", "EIO from here on"), one_in=2),
    Scenario("torn tail in a new segment", torn_new_segment, append, lambda call: in_journal(call) and call.name in CHANGING,
             faults=("killed", "EIO"), one_in=2),
]

def half_written(work):
    """Lines that the file's size limit cuts off: the kernel writes a part, then ends the process or refuses the rest."""
    began, base, ids, broken, met = time.monotonic(), short(os.path.join(work, "half")), random.Random(2), [], collections.Counter()
    size = os.path.getsize(os.path.join(base.journal, "000000000001.jsonl"))
    for cut in (0, 1, 2, 100, 511, 512, 600):
        for ended in (True, False):                                # by SIGXFSZ; or that is ignored, and write(2) says EFBIG
            id, server = event_id(ids), base.copy(os.path.join(work, f"half-{cut}-{ended}"))
            def limit(): resource.setrlimit(resource.RLIMIT_FSIZE, (size + cut, size + cut)); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            done = server.run(server.note("crash", id), preexec_fn=limit, restore_signals=ended)
            try:
                if done.receipt or done.returncode == 0: raise Broken("acknowledged a line that does not fit")
                outcome = server.recover("crash", id)
                met["torn"] += outcome["torn"]
                if not ended and outcome["torn"]: raise Broken("a write that failed left a torn line")
            except Broken as found: broken.append(f"half-written line, {cut} bytes, {'ended' if ended else 'EFBIG'}: {found}")
            met["runs"] += 1
    print(f"half-written line: {met['runs']} runs, then torn {met['torn']}; {len(broken)} broken ({time.monotonic() - began:.0f} s)", flush=True)
    return met["runs"], broken

def failed_sync_in_a_group(work):
    """Eight processes append at once, and one sync fails: who waited for it is told that nobody knows; what was acknowledged
    before lies within what is on the disk; nothing is appended any more until the journal was repaired."""
    began, base, ids, broken, met = time.monotonic(), appended_once(os.path.join(work, "group")), random.Random(4), [], collections.Counter()
    for number in range(24):
        server, text = base.copy(os.path.join(work, f"group-{number}")), f"note {number}"
        said = [event_id(ids) for _ in range(8)]
        failing = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=1"]
        running = [subprocess.Popen([*(failing if index == number % 8 else []), *server.note(text, id)], text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for index, id in enumerate(said)]
        try:
            for child in running:
                out, err = child.communicate(timeout=120)
                receipt = server.remember(out)
                if bool(receipt) != (child.returncode == 0): raise Broken(f"exits with {child.returncode}: {out}{err}")
                refused = POISONED in err and child.returncode not in (0, 13)
                if not receipt and not refused and child.returncode != 14: raise Broken(f"exits with {child.returncode}: {err}")
                met["acknowledged" if receipt else "unknown" if child.returncode == 14 else "refused"] += 1
            server.check_verdict((0, 3))
            server.check_durable()
            poisoned = os.path.exists(os.path.join(server.journal, "poisoned"))
            met["poisoned"] += poisoned
            for place, id in enumerate(said): server.recover(text, id, poisoned=poisoned and place == 0)
        except Broken as found: broken.append(f"a failed sync in a group, {number}: {found}")
        met["runs"] += 1
    if not met["poisoned"] or not met["unknown"]: broken.append(f"a failed sync in a group was not met: {dict(met)}")
    print(f"a failed sync in a group: {dict(met)}; {len(broken)} broken ({time.monotonic() - began:.0f} s)", flush=True)
    return met["runs"], broken

def main():
    if not shutil.which("strace"): print("strace is not installed") or sys.exit(2)
    verbose, wanted = "-v" in sys.argv, [word for word in sys.argv[1:] if word != "-v"]
    began, total, broken = time.monotonic(), 0, []
    with tempfile.TemporaryDirectory(prefix="devjournal-crash.") as work, \
         concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = os.path.realpath(work)
        for scenario in SCENARIOS:
            if wanted and scenario.name not in wanted: continue
            count, found = scenario.run(work, pool, verbose)
            total, broken = total + count, broken + found
        for name, check in ("half-written line", half_written), ("a failed sync in a group", failed_sync_in_a_group):
            if wanted and name not in wanted: continue
            count, found = check(work)
            total, broken = total + count, broken + found
    for one in broken: print("BROKEN", one)
    print(f"crash matrix: {total} runs, {len(broken)} broken, {time.monotonic() - began:.0f} s")
    sys.exit(1 if broken else 0)

if __name__ == "__main__": main()
