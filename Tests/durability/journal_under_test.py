"""A server's tree with a journal in it, used only through the `devjournal` on PATH, and what must hold of it whatever
happened: no acknowledged record is lost or changed, none stands there twice, and the journal can be appended to again.

The journals are fixtures, so their keys are known (tools/make_fixtures.py). What is printed on standard output by an
`append` is the acknowledgement: `seq id hash`. Files that a program keeps beside the segments are left alone."""
import base64, hashlib, json, os, re, shutil, subprocess, sys, threading

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RECEIPT = re.compile(r"(\d+) ([0-9a-f-]{36}) ([0-9a-f]{64})\n")
POISONED = "was not confirmed by the disk"

class Broken(Exception):
    """Something that must never happen."""

PROGRAM = shutil.which("devjournal") or sys.exit("there is no devjournal on PATH")

def event_id(random):
    """A UUIDv7 of today's shape from a seeded generator."""
    digits = f"{(0x19a5c000000 << 80) | (7 << 76) | (random.getrandbits(12) << 64) | (2 << 62) | random.getrandbits(62):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

class Server:
    def __init__(self, place, acknowledged=None):
        self.place = place
        self.config = os.path.join(place, "dev.conf")
        self.journal = os.path.join(place, "ls/journal")
        self.acknowledged = dict(acknowledged or {})             # event id: (seq, hash)
        self.lock = threading.Lock()

    @classmethod
    def of_fixture(cls, place, fixture, records=None):
        """The first `records` of a fixture that is one segment long by then, under the fixtures' sequencer. The last of them
        is a note of today: behind older ones a clock that nothing synchronises may not append."""
        server = cls(place)
        for name in ("journal", "manifests", "keys", "locks", "tmp"): os.makedirs(os.path.join(place, "ls", name), mode=0o700)
        source = os.path.join(REPOSITORY, "fixtures/journals", fixture)
        with open(os.path.join(source, "000000000001.jsonl"), "rb") as file: lines = file.readlines()
        if records: lines = lines[:records - 1]
        with open(os.path.join(server.journal, "000000000001.jsonl"), "wb") as file: file.writelines(lines)
        if not records: shutil.copy(os.path.join(source, "checkpoint"), server.journal)
        seed = base64.b64encode(hashlib.sha256(b"devjournal fixture key LS").digest()).decode()
        key = os.path.join(place, "ls/keys/sequencer.key")
        with open(key, "w") as file: file.write(f"devjournal-key-v1 sequencer {seed}\n")
        os.chmod(key, 0o600)
        with open(os.path.join(place, "ls/keys/root.fingerprint"), "w") as file:
            file.write(json.loads(lines[0])["event"]["author"] + "\n")
        server.configure()
        for command in [*server.note("the clock is right"), "--clock-is-right"], server.command("checkpoint"):
            done = server.run(command)
            if done.returncode: raise Broken(f"no journal: {done.stderr}")
        server.acknowledged = {id: (seq, hash) for seq, id, hash, _ in server.records()}
        return server

    def configure(self):
        with open(self.config, "w") as file:
            file.write(f"DATASET=dev\nLS_ROOT={self.place}/ls\nWS_STATE={self.place}/ws\nCODE={self.place}/code\nWORKTREE=off\n")

    def copy(self, place):
        shutil.copytree(self.place, place)
        server = Server(place, self.acknowledged)
        server.configure()
        return server

    # --- the program ---

    def command(self, *arguments): return [PROGRAM, *arguments, "--config", self.config]
    def note(self, text, id=None): return self.command("append", "note", f"text={text}", *(["--id", id] if id else []))

    def run(self, command, **options):
        """Runs a command; an acknowledgement it printed is remembered, also if it failed or was killed afterwards."""
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, **options)
        done.receipt = self.remember(done.stdout) if "append" in command else None
        return done

    def remember(self, output):
        receipt = RECEIPT.fullmatch(output)
        if not receipt: return None
        seq, id, hash = int(receipt[1]), receipt[2], receipt[3]
        with self.lock:
            if self.acknowledged.setdefault(id, (seq, hash)) != (seq, hash):
                raise Broken(f"{id} was acknowledged as {self.acknowledged[id]} and as {(seq, hash)}")
        return receipt

    def verify(self): return self.run(self.command("verify", "--json"))

    def is_poisoned(self, done): return done.returncode != 0 and POISONED in done.stderr

    # --- what the files hold ---

    def segments(self): return sorted(name for name in os.listdir(self.journal) if re.fullmatch(r"\d{12}\.jsonl", name))

    def records(self):
        """(seq, event id, hash of the line, event) of each line before a torn tail, by reading the files and nothing else."""
        found = []
        for name in self.segments():
            with open(os.path.join(self.journal, name), "rb") as file:
                for line in file:
                    if not line.endswith(b"\n") or b"\0" in line: break
                    record = json.loads(line)
                    found.append((record["seq"], record["event"]["id"], hashlib.sha256(line).hexdigest(), record["event"]))
        return found

    def check_durable(self):
        """What was acknowledged lies within what the journal itself says of the disk. To be asked where every fault was a
        process that was killed or a sync that failed."""
        with open(os.path.join(self.journal, "durable")) as file: _, _, first, _, durable, *_ = file.readline().split()
        last = self.segments()[-1]
        if int(last[:12]) != int(first): raise Broken(f"the last segment is {last}, and durable speaks of {first}")
        with open(os.path.join(self.journal, last), "rb") as file: lines = file.read(int(durable)).count(b"\n")
        beyond = [place for place in self.acknowledged.values() if place[0] >= int(first) + lines]
        if beyond: raise Broken(f"acknowledged, and not on the disk: {beyond}")

    def check_records(self):
        """Acknowledged ones are there, in their place and unchanged; none is there twice; no number is left out."""
        records = self.records()
        if [record[0] for record in records] != list(range(1, len(records) + 1)): raise Broken("the numbers have a gap")
        if len({record[1] for record in records}) != len(records): raise Broken("an event stands there twice")
        places = {id: (seq, hash) for seq, id, hash, _ in records}
        for id, place in self.acknowledged.items():
            if places.get(id) != place: raise Broken(f"acknowledged {id} {place}, but it is {places.get(id)}")
        return records

    def check_verdict(self, allowed):
        done = self.verify()
        if done.returncode not in allowed:
            raise Broken(f"verify exits with {done.returncode}, not one of {allowed}: {done.stdout}{done.stderr}")
        return done.returncode

    def check_kept_tails(self, records):
        """What was cut off as a torn tail is there, and the journal tells of it."""
        told = {event["data"]["kept"]: event["data"]["sha256"] for *_, event in records if event["type"] == "journal.repaired"}
        for name in os.listdir(self.journal):
            if not name.startswith("torn-"): continue
            with open(os.path.join(self.journal, name), "rb") as file: hash = hashlib.sha256(file.read()).hexdigest()
            if told.get(name) != hash: raise Broken(f"{name} was cut off, and no journal.repaired tells of it")

    def recover(self, text, id, poisoned=None):
        """What a user does after trouble: the same append again, `repair` where the journal asks for it. `poisoned`:
        whether it must ask, or must not; None where both are right. Returns what was met."""
        met = {"torn": self.check_verdict((0, 3)) == 3}
        self.check_records()
        again = self.run(self.note(text, id))
        met["poisoned"] = self.is_poisoned(again)
        if poisoned is not None and met["poisoned"] != poisoned:
            raise Broken(f"the next append {'says' if met['poisoned'] else 'does not say'} that the journal is poisoned: {again.stderr}")
        if met["poisoned"]:
            for _ in range(2):
                if not self.is_poisoned(self.run(self.note("another"))): raise Broken("a later append was not refused")
            repaired = self.run(self.command("repair"))
            if repaired.returncode: raise Broken(f"repair exits with {repaired.returncode}: {repaired.stderr}")
            again = self.run(self.note(text, id))
        if again.returncode or not again.receipt: raise Broken(f"the next append exits with {again.returncode}: {again.stderr}")
        self.check_verdict((0,))
        records = self.check_records()
        if sum(record[1] == id for record in records) != 1: raise Broken(f"{id} is not there once")
        self.check_kept_tails(records)
        return met
