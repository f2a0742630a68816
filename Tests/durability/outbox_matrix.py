#!/usr/bin/env python3
"""outbox_matrix.py [-v]: what a workstation says and what it is answered, ended or failed at every system call.

As crash_matrix.py, for the workstation's side: `append --outbox` to an outbox that is new, that has a line, that has a
torn line; `outbox repair` after a sync that failed; and a whole delivery. After each run the same is said again (after
`devjournal outbox repair` where that is asked for) and delivered. Then every acknowledged event is in the outbox and in
the server's journal once, the replica is that journal, and both are sound.

strace counts a call in each thread by itself. Where a wake-up between threads is the third write of its thread before the
third write that is meant, that call cannot be tried: it is named, and more than three of them are a failure.

Exit status: 0 all held · 1 something did not, or too much was not tried · 2 it could not run"""
import concurrent.futures, json, os, random, re, shutil, signal, subprocess, sys, tempfile, time
from crash_matrix import CHANGING, calls_of, points_of
from journal_under_test import Broken, POISONED, PROGRAM, Server, event_id

UNTRIED_AT_MOST = 3

class Untried(str):
    """A point that no run has met."""
    call = ""

class Household:
    """A workstation beside a server that a fixture made."""
    def __init__(self, place):
        self.place, self.config = place, os.path.join(place, "ws.conf")
        self.state = os.path.join(place, "ws")
        self.server = Server(os.path.join(place, "server"))

    @classmethod
    def new(cls, place):
        household = cls(place)
        household.server = Server.of_fixture(os.path.join(place, "server"), "good-month")
        household.configure()
        first = json.loads(open(os.path.join(household.server.journal, "000000000001.jsonl")).readline())
        household.must("replica", "pin", "--log", first["log"], "--root", first["event"]["author"])
        household.server.run(household.server.command("key", "enrol", household.must("key", "new").stdout.strip(), "--name", "desk"))
        household.must("deliver", "--", *household.serving)
        return household

    def configure(self):
        with open(self.config, "w") as file: file.write(f"DATASET=dev\nLS_ROOT={self.place}/none\nWS_STATE={self.state}\n")

    def copy(self, place):
        shutil.copytree(self.place, place)
        household = Household(place)
        household.configure()
        household.server.configure()
        return household

    @property
    def serving(self): return self.server.command("serve", "deliver")
    def command(self, *arguments):
        cut = arguments.index("--") if "--" in arguments else len(arguments)
        return [PROGRAM, *arguments[:cut], "--config", self.config, *arguments[cut:]]
    def say(self, id): return self.command("append", "--outbox", "note", "text=said", "--id", id)
    def deliver(self): return self.command("deliver", "--", *self.serving)
    def run(self, command): return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    def must(self, *arguments):
        done = self.run(self.command(*arguments))
        if done.returncode: raise Broken(f"{arguments[0]} exits with {done.returncode}: {done.stderr}")
        return done

    def lines(self):
        path = os.path.join(self.state, "outbox/events.jsonl")
        if not os.path.exists(path): return b""
        with open(path, "rb") as file: return file.read()

    def recover(self, id, acknowledged):
        """What a user does after trouble, and what must hold then."""
        met = {"poisoned": False}
        for command in (self.say(id), self.deliver()):
            done = self.run(command)
            if done.returncode and POISONED in done.stderr:
                met["poisoned"] = True
                self.must("outbox", "repair")
                done = self.run(command)
            # strace counts in each process, so a fault meets the server's own sync, too: its journal is repaired as it says.
            if done.returncode and os.path.exists(os.path.join(self.server.journal, "poisoned")):
                met["poisoned"] = True
                self.server.run(self.server.command("repair"))
                done = self.run(command)
            if done.returncode: raise Broken(f"afterwards {command[1]} exits with {done.returncode}: {done.stderr}")
        lines = self.lines()
        if not lines.endswith(b"\n"): raise Broken("the outbox ends in the middle of a line")
        said = [json.loads(line)["id"] for line in lines.splitlines()]
        recorded = [event["id"] for *_, event in self.server.records()]
        for one in {id, *acknowledged}:
            if said.count(one) != 1: raise Broken(f"{one} is {said.count(one)} times in the outbox")
            if recorded.count(one) != 1: raise Broken(f"{one} is recorded {recorded.count(one)} times")
        def bytes_of(directory): return b"".join(open(os.path.join(directory, name), "rb").read() for name in sorted(os.listdir(directory)) if re.fullmatch(r"\d{12}\.jsonl", name))
        if bytes_of(os.path.join(self.state, "replica")) != bytes_of(self.server.journal): raise Broken("the replica is not the journal")
        self.server.check_verdict((0, 4))
        return met

def fresh(place): return Household.new(place)
def with_a_line(place):
    household = fresh(place)
    household.run(household.say("019a5c00-0000-7000-8000-00000000abcd"))
    return household
def torn(place):
    household = with_a_line(place)
    with open(os.path.join(household.state, "outbox/events.jsonl"), "ab") as file: file.write(b'{"id":"019a5c')
    return household
def poisoned(place):
    household = with_a_line(place)
    done = household.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=2+", *household.say("019a5c00-0000-7000-8000-00000000abce")])
    if done.returncode == 0: raise SystemExit("a failed sync was acknowledged")
    return household

def in_outbox(call): return "/outbox" in call.text or "write(1" in call.text
def changes_outbox(call): return in_outbox(call) and call.name in CHANGING
def in_state(call): return ("/ws/outbox" in call.text or "/ws/replica" in call.text or "/ws/heads" in call.text) and call.name in CHANGING
SCENARIOS = [
    ("say, to a new outbox", fresh, lambda one, id: one.say(id), in_outbox),
    ("say, behind a line", with_a_line, lambda one, id: one.say(id), changes_outbox),
    ("say, behind a torn line", torn, lambda one, id: one.say(id), changes_outbox),
    ("repair of the outbox", poisoned, lambda one, id: one.command("outbox", "repair"), changes_outbox),
    ("a delivery", with_a_line, lambda one, id: one.deliver(), in_state),
]

def with_faults(command, injections, trace, seconds=30):
    """Runs under strace. It counts a call in each thread by itself, and so lets a wake-up between two threads fail in
    place of the call that is meant, now and then. The kernel never fails those, and nothing goes on after one: None then."""
    words = [word for one in injections for word in ("-e", "inject=" + one)]
    running = subprocess.Popen(["strace", "-f", "-qq", "-y", "-s", "0", "-o", trace, *words, *command], text=True, start_new_session=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for second in range(seconds):
        try:
            out, err = running.communicate(timeout=1)
            return subprocess.CompletedProcess(command, running.returncode, out, err)
        except subprocess.TimeoutExpired:
            with open(trace, errors="replace") as file:
                is_other = any("INJECTED" in line and "anon_inode:[eventfd]" in line for line in file)
            if not is_other and second < seconds - 1: continue
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
            if is_other: return None
    raise Broken(f"has not ended after {seconds} s")

def run_point(name, base, place, point, id, command):
    for _ in range(25):
        result = try_point(name, base, place, point, id, command)
        if result: return result
    untried = Untried(f"{name}: {point.fault} at {point.call.name} {point.call.number}\n      {point.call.text}")
    untried.call = name, point.call.text
    return untried

def try_point(name, base, place, point, id, command):
    """What was met, or what is broken in words; None if the fault met another call."""
    household = base.copy(place)
    before = [json.loads(line)["id"] for line in household.lines().splitlines() if line.endswith(b"}")]
    try:
        done = with_faults(command(household, id), point.injections, place + ".trace")
        if not done: return None
        acknowledged = done.stdout.strip() == id
        if done.returncode == 0 and "--outbox" in command(household, id) and not acknowledged and "write(1" not in point.call.text:
            raise Broken("exits with 0 and acknowledges nothing")
        if name.startswith("say") and point.fault != "killed" and point.call.name == "fdatasync" and done.returncode == 0:
            raise Broken("acknowledged what was not confirmed")
        return household.recover(id, before)
    except Broken as broken:
        return f"{name}: {point.fault} at {point.call.name} {point.call.number}: {broken}\n      {point.call.text}"
    finally:
        shutil.rmtree(place)
        os.remove(place + ".trace")

def main():
    if not shutil.which("strace"): print("strace is not installed") or sys.exit(2)
    verbose, began, total, failures, untried = "-v" in sys.argv, time.monotonic(), 0, [], []
    with tempfile.TemporaryDirectory(prefix="devjournal-outbox.") as work, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = os.path.realpath(work)
        for name, prepare, command, chosen in SCENARIOS:
            base, ids = prepare(os.path.join(work, name.replace(" ", "-"))), random.Random(3)
            recording = base.copy(os.path.join(work, "recording"))
            calls = [call for call in calls_of(recording, command(recording, event_id(ids)), os.path.join(work, "trace")) if chosen(call)]
            shutil.rmtree(recording.place)
            # A close(2) that strace lets fail is not made: its lock would stay, which no failing close leaves behind.
            points = [point for point in points_of(calls) if point.fault == "killed" or point.call.name != "close"]
            results = list(pool.map(lambda pair: run_point(name, base, os.path.join(work, str(pair[0])), pair[1], event_id(random.Random(pair[0])), command), enumerate(points)))
            if verbose:
                for point, result in zip(points, results): print(f"  {point.fault:20} {point.call.name:12} {result}  {point.call.text[:90]}")
            untried += [result for result in results if isinstance(result, Untried)]
            broken = [result for result in results if isinstance(result, str) and not isinstance(result, Untried)]
            print(f"{name}: {len(calls)} calls, {len(points)} runs; then poisoned {sum(r['poisoned'] for r in results if isinstance(r, dict))}; {len(broken)} broken", flush=True)
            total, failures = total + len(points), failures + broken
    calls = {one.call for one in untried}
    if len(calls) > UNTRIED_AT_MOST: failures.append(f"{len(calls)} calls could not be tried")
    for one in untried: print("NOT TRIED", one)
    for one in failures: print("BROKEN", one)
    print(f"outbox matrix: {total} runs, {len(untried)} not tried, {len(failures)} broken, {time.monotonic() - began:.0f} s")
    sys.exit(1 if failures or not total else 0)

if __name__ == "__main__": main()
