#!/usr/bin/env python3
"""lying_network.py [-v]: pushes, pulls and rebuilds through a network that lies (fault_proxy.py), in seeded rounds.

Started by with_seaweedfs.sh, with the `devjournal` on PATH. In each round a small journal with artifacts is pushed,
grows, is pushed again, is pulled and sometimes rebuilt, each several times while the network does what it likes. Then:
- what says that it is done, is: every object in the bucket, read from the server itself, is byte for byte what its key
  and its metadata promise, the mirror gives the same journal, and what was pulled is on disk exactly;
- what fails has one error line and an exit status that means it, and leaves nothing half: the journal is sound, tells of
  no upload that is not in the bucket, and nothing wrong has a final name;
- afterwards, without faults, a push completes.
And errors that cannot heal stop at once, which is counted in requests.

SEED (default 5) and ROUNDS (default 8) are taken from the environment. Exit status: 0 all held · 1 something did not ·
2 it could not run"""
import collections, concurrent.futures, datetime, hashlib, hmac, http.client, json, os, random, re, shutil, subprocess, sys, tempfile, threading, time
import urllib.parse, xml.etree.ElementTree as ElementTree
from fault_proxy import FAULTS, FaultProxy

BUCKET = "lying"
MONTHS = ("2024-01", "2024-02")
RATES, ATTEMPTS = (0.04, 0.15, 0.35, 0.6), (2, 4, 6)
# 1: what was read is damaged · 2: the system · 7: not there · 9: the mirror. Nobody used anything wrongly (64).
FAILURES = {"push": (1, 7, 9), "pull": (1, 7, 9), "rebuild": (1, 7, 9)}
PASSPHRASE = "correct horse battery staple\n"

class Broken(Exception):
    """Something that must never happen."""

PROGRAM = shutil.which("devjournal") or sys.exit("there is no devjournal on PATH")

def run(*command): return subprocess.run([PROGRAM, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
def must(*command):
    done = run(*command)
    if done.returncode: raise Broken(f"{' '.join(command)} exits with {done.returncode}: {done.stderr}")
    return done.stdout.strip()
def contents(path):
    with open(path, "rb") as file: return file.read()

class Server:
    """The real server, without the proxy, and signed requests (signature version 4) that are made here."""
    def __init__(self, endpoint, credentials):
        self.address = endpoint.removeprefix("http://")
        self.place = (self.address.split(":")[0], int(self.address.split(":")[1]))
        self.keys = dict(line.split("=", 1) for line in contents(credentials).decode().split())

    def signed(self, method, target, headers, body=b""):
        """The headers of a request, signed. `target` is encoded already and its query sorted."""
        time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        hash, (path, _, words) = hashlib.sha256(body).hexdigest(), target.partition("?")
        headers = dict(sorted({**headers, "host": self.address, "x-amz-content-sha256": hash, "x-amz-date": time}.items()))
        names = ";".join(headers)
        canonical = "\n".join((method, path, words, *(f"{name}:{value}" for name, value in headers.items()), "", names, hash))
        scope = f"{time[:8]}/auto/s3/aws4_request"
        key = ("AWS4" + self.keys["AWS_SECRET_ACCESS_KEY"]).encode()
        for part in (*scope.split("/"), "\n".join(("AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()))):
            key = hmac.digest(key, part.encode(), "sha256")
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={self.keys['AWS_ACCESS_KEY_ID']}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return headers

    def request(self, method, path, **query):
        words = "&".join(f"{name}={urllib.parse.quote(value, safe='')}" for name, value in sorted(query.items()))
        target = urllib.parse.quote(path) + (f"?{words}" if words else "")
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, target, headers=self.signed(method, target, {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally: connection.close()

    def objects(self, prefix):
        """Key: (bytes, the hash in its metadata) of all below a prefix, which the keys are told without."""
        status, _, body = self.request("GET", f"/{BUCKET}", **{"list-type": "2", "prefix": prefix})
        if status != 200: raise Broken(f"the server's own listing: {status} {body}")
        names = [element.text for element in ElementTree.fromstring(body).iter() if element.tag.endswith("}Key")]
        found = {}
        for name in names:
            status, head, body = self.request("GET", f"/{BUCKET}/{name}")
            if status != 200: raise Broken(f"{name} is listed, but reading it gives {status}")
            found[name.removeprefix(prefix)] = (body, head["x-amz-meta-sha256"])
        return found

# --- the household: made once, copied for each round ---

CRC32C = []
for byte in range(256):
    for _ in range(8): byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
    CRC32C.append(byte)

def send_stream(label, uuid, parent, size):
    """A Btrfs send stream of one file with random content."""
    def number(value, size): return value.to_bytes(size, "little")
    def attribute(kind, value): return number(kind, 2) + number(len(value), 2) + value
    def command(kind, body):
        crc, head = 0, number(len(body), 4) + number(kind, 2)
        for byte in head + bytes(4) + body: crc = crc >> 8 ^ CRC32C[crc & 255 ^ byte]
        return head + number(crc, 4) + body
    first = attribute(15, label.encode()) + attribute(1, bytes.fromhex(uuid.replace("-", ""))) + attribute(2, number(7, 8))
    if parent: first += attribute(20, bytes.fromhex(parent.replace("-", ""))) + attribute(21, number(6, 8))
    whole = [b"btrfs-stream\0" + number(1, 4), command(2 if parent else 1, first)]
    data, name = random.Random(label).randbytes(size), attribute(15, b"file")
    for start in range(0, size, 48_000): whole.append(command(15, name + attribute(18, number(start, 8)) + attribute(19, data[start:start + 48_000])))
    return b"".join(whole) + command(21, b"")

class Household:
    """A server's tree with a journal; one artifact is registered and the next one is sealed."""
    def __init__(self, place, mirror=None, proxy=None, attempts=10, credentials=None):
        self.place, self.mirror, self.credentials = place, mirror, credentials or os.environ["S3_CREDENTIALS"]
        self.root, self.config = os.path.join(place, "ls"), os.path.join(place, "dev.conf")
        self.journal = os.path.join(self.root, "journal")
        self.configure(self.config, proxy.address if proxy else "", attempts)

    def configure(self, config, address, attempts=10, root=None):
        with open(config, "w") as file:
            file.write(f"DATASET=dev\nLS_ROOT={root or self.root}\nWS_STATE={self.place}/ws\nCODE={self.place}/code\nWORKTREE=off\n"
                       f"MIRROR={self.mirror or ''}\nS3_ENDPOINT=http://{address}\nS3_CREDENTIALS={self.credentials}\n"
                       f"S3_TIMEOUT=2\nS3_ATTEMPTS={attempts}\nS3_PART_SIZE=5\n")
        return config

    @classmethod
    def new(cls, place, size):
        os.makedirs(place)
        household = cls(place)
        with open(os.path.join(place, "passphrase"), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file: file.write(PASSPHRASE)
        household.must("init", "--kit", f"{place}/kit.age", "--passphrase-file", f"{place}/passphrase")
        household.must("key", "enrol", household.must("key", "new"), "--name", "ws")
        uuids = [f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2)]
        household.seal(MONTHS[0], uuids[0], (), size)
        household.register(MONTHS[0])
        household.seal(MONTHS[1], uuids[1], ("--parent", f"dev@{MONTHS[0]}", "--parent-uuid", uuids[0]), 20_000)
        return household

    def seal(self, month, uuid, parent, size):
        label, stream = f"dev@{month}", os.path.join(self.place, "stream")
        with open(stream, "wb") as file: file.write(send_stream(label, uuid, parent[-1] if parent else None, size))
        self.must("append", "snapshot.taken", "--as", "workstation", f"label={label}", f"uuid={uuid}", "path=/snapshot")
        self.must("seal", label, "--type", "incr" if parent else "full", "--uuid", uuid, *parent, "--stream", stream)
        os.remove(stream)

    def register(self, month):
        spool = os.path.join(self.place, "ws/spool")
        for name in os.listdir(spool):
            if name.startswith(f"dev@{month}.") and name.endswith(".send.zst.age"): return self.must("register", os.path.join(spool, name))
        raise Broken(f"nothing is sealed for {month}")

    def copy(self, place, *arguments, **options):
        shutil.copytree(self.place, place)
        return Household(place, *arguments, **options)

    def run(self, *command): return run(*command, "--config", self.config)
    def must(self, *command): return must(*command, "--config", self.config)

    # --- what the files hold ---

    def lines(self, journal=None):
        journal = journal or self.journal
        return b"".join(contents(os.path.join(journal, name)) for name in sorted(os.listdir(journal)) if name.endswith(".jsonl"))

    def uploads(self):
        events = (json.loads(line)["event"] for line in self.lines().splitlines())
        return [event["data"] for event in events if event["type"] == "artifact.uploaded"]

    def artifacts(self):
        """Path below the root: bytes."""
        return artifacts_below(self.root)

def artifacts_below(root):
    found = {}
    for directory, _, names in os.walk(os.path.join(root, "artifacts")):
        for name in names:
            if not name.endswith(".part"): found[os.path.relpath(os.path.join(directory, name), root)] = contents(os.path.join(directory, name))
    return found

# --- one round ---

class Tally:
    """What all rounds met."""
    def __init__(self): self.lock, self.commands, self.sentences = threading.Lock(), collections.Counter(), collections.Counter()
    def count(self, command, done):
        sentence = error_of(done.stderr)
        with self.lock:
            self.commands[f"{command} {'done' if done.returncode == 0 else done.returncode}"] += 1
            if sentence: self.sentences[f"{command} {done.returncode}: " + re.sub(r"[0-9a-f]{64}|127\.0\.0\.1:\d+|round-\d+|\d+", "#", sentence)] += 1

def error_of(stderr):
    lines = [line for line in stderr.splitlines() if line.startswith("devjournal: error: ")]
    return lines[0] if lines else None

class Round:
    def __init__(self, number, seed, bases, server, work, tally):
        self.number, self.server, self.tally, self.random = number, server, tally, random.Random(f"{seed} {number}")
        self.is_careless = self.random.random() < 0.5                # whether the server checks no hash
        self.proxy = FaultProxy(server.place, f"{seed} {number}", sign=server.signed if self.is_careless else None)
        self.rate, attempts = self.random.choice(RATES), self.random.choice(ATTEMPTS)
        self.size = "large" if self.random.random() < 0.25 else "small"
        self.prefix = f"round-{number}"
        self.place = os.path.join(work, self.prefix)
        self.household = bases[self.size].copy(self.place, f"s3://{BUCKET}/{self.prefix}", self.proxy, attempts)
        self.attempts = attempts

    def run(self):
        """None, or what is broken and the proxy's log."""
        try:
            with self.proxy:
                self.push()
                for note in range(self.random.randrange(3)): self.household.must("append", "note", f"text=note {note}")
                self.household.register(MONTHS[1])
                self.push()
                self.pull()
                if self.random.random() < 0.35: self.rebuild()
        except (Broken, subprocess.TimeoutExpired) as broken:
            return f"round {self.number} ({self.size}{', careless server' if self.is_careless else ''}, {self.rate:.0%} faults, {self.attempts} attempts): {broken}\n" + "\n".join(f"      {line}" for line in self.proxy.log)
        finally:
            shutil.rmtree(self.place, ignore_errors=True)

    def through_faults(self, name, command, tries=3):
        """Runs a command until it says that it is done, so often at most; whether it did."""
        self.proxy.rate = self.rate
        try:
            for _ in range(tries):
                done = command()
                self.proxy.note(name, f"exits with {done.returncode}", error_of(done.stderr) or "")
                self.tally.count(name, done)
                self.check_command(name, done)
                if done.returncode == 0: return True
            return False
        finally: self.proxy.rate = 0

    def check_command(self, name, done):
        errors = done.stderr.count("devjournal: error: ")
        if done.returncode == 0:
            if errors: raise Broken(f"{name} is done and tells of an error: {done.stderr}")
        elif done.returncode not in FAILURES[name] or errors != 1:
            raise Broken(f"{name} exits with {done.returncode} and {errors} errors: {done.stderr}")

    def must_without_faults(self, name, *command):
        done = self.household.run(*command)
        if self.has_damaged_checkpoint(done): done = self.restore_checkpoint()
        if done.returncode: raise Broken(f"without faults {name} exits with {done.returncode}: {done.stderr}")
        return done

    def has_damaged_checkpoint(self, done):
        """A server that checks no hash took a damaged checkpoint, and nobody who is left knows whose."""
        return self.is_careless and done.returncode == 1 and "checkpoint cannot be read" in done.stderr and "--restore-checkpoint" in done.stderr

    def restore_checkpoint(self):
        """What the hint says."""
        with self.tally.lock: self.tally.commands["checkpoint restored by hand"] += 1
        return self.household.run("push", "--restore-checkpoint")

    # --- push ---

    def push(self):
        def once():
            done = self.household.run("push")
            self.check_bucket(done.returncode == 0)
            return done
        is_done = self.through_faults("push", once)
        again = self.must_without_faults("push", "push")
        if is_done and "up to date" not in again.stderr: raise Broken(f"push said done, but the next one found something: {again.stderr}")
        self.check_bucket(True)

    def check_bucket(self, is_done):
        """What the journal tells is in the bucket; where a push said done, also all of the journal, and nothing is damaged."""
        self.household.must("verify")
        objects, artifacts = self.server.objects(f"{self.prefix}/"), self.household.artifacts()
        for upload in self.household.uploads():
            bytes, _ = objects.get(upload["object_key"], (None, None))
            if bytes is None: raise Broken(f"{upload['object_key']} is recorded as uploaded and is not there")
            if hashlib.sha256(bytes).hexdigest() != upload["sha256"]: raise Broken(f"{upload['object_key']} is recorded as uploaded and is damaged")
        if not is_done: return
        missing = {hashlib.sha256(bytes).hexdigest() for bytes in artifacts.values()} - {upload["sha256"] for upload in self.household.uploads()}
        if missing: raise Broken(f"push said done, but did not record {missing}")
        for key, (bytes, promised) in objects.items():
            hash, named = hashlib.sha256(bytes).hexdigest(), re.search("[0-9a-f]{64}", key)
            if key.startswith("dev/journal/") and hash != named[0]: continue    # nobody's, where the journal can be had without it
            if hash != promised or named and hash != named[0]: raise Broken(f"push said done, but {key} is damaged")
        self.check_mirror(artifacts)

    def check_mirror(self, artifacts):
        """A pull from the server itself gives just this journal and these artifacts; the projections are the journal's."""
        config, target = self.household.configure(os.path.join(self.place, "direct.conf"), self.server.address), os.path.join(self.place, "direct")
        must("pull", "latest", "--to", target, "--config", config)
        if self.household.lines(os.path.join(target, "journal")) != self.household.lines(): raise Broken("push said done, but the mirror's journal is another")
        if artifacts_below(target) != artifacts: raise Broken("push said done, but the mirror gives other artifacts")
        shutil.rmtree(target)
        for name in ("snapshots_v2.tsv", "state.env"):
            sealed = self.server.request("GET", f"/{BUCKET}/{self.prefix}/dev/manifests/{name}.age")[2]
            opened = subprocess.run(["age", "-d", "-i", os.path.join(self.household.root, "keys/ls_dev_backup.key")], input=sealed, capture_output=True)
            if opened.stdout != contents(os.path.join(self.household.root, "manifests", name)): raise Broken(f"push said done, but {name} in the mirror is another")

    # --- pull, rebuild ---

    def pull(self):
        target, artifacts = os.path.join(self.place, "pulled"), self.household.artifacts()
        def check(is_done):
            found = artifacts_below(target) if os.path.exists(target) else {}
            for path, bytes in found.items():
                if bytes != artifacts.get(path): raise Broken(f"{path} was pulled and is not what it should be")
            if is_done and found != artifacts: raise Broken("pull said done, but artifacts are missing")
            if is_done and self.household.lines(os.path.join(target, "journal")) != self.household.lines(): raise Broken("pull said done, but its journal is another")
        def once():
            done = self.household.run("pull", "latest", "--to", target)
            check(done.returncode == 0)
            return done
        if not self.through_faults("pull", once):
            self.must_without_faults("pull", "pull", "latest", "--to", target)
            check(True)

    def rebuild(self):
        """A new server from kit and bucket; then the old one cannot write any more."""
        before, root = self.household.lines(), os.path.join(self.place, "new")
        config = self.household.configure(os.path.join(self.place, "new.conf"), self.proxy.address, self.attempts, root)
        journal = os.path.join(root, "journal")
        command = ("rebuild", "--from-mirror", "--kit", f"{self.place}/kit.age", "--passphrase-file", f"{self.place}/passphrase", "--config", config)
        def once():
            done = run(*command)
            if done.returncode and os.path.exists(journal) and any(name.endswith(".jsonl") for name in os.listdir(journal)): raise Broken("a rebuild that failed left a journal")
            return done
        if not self.through_faults("rebuild", once):
            done = run(*command)
            if self.has_damaged_checkpoint(done): done = self.restore_checkpoint() and run(*command)
            if done.returncode: raise Broken(f"without faults rebuild exits with {done.returncode}: {done.stderr}")
        if not self.household.lines(journal).startswith(before): raise Broken("rebuild said done, but its journal is another")
        must("verify", "--config", config)
        old = self.household.run("push")
        if old.returncode != 9 or "epoch" not in old.stderr: raise Broken(f"the old server's push exits with {old.returncode}: {old.stderr}")

# --- errors that cannot heal ---

def unhealable(base, server, work):
    """What each case does, in how many requests at most, and what it says; yields what is broken."""
    wrong = os.path.join(work, "wrong.credentials")
    with open(wrong, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file: file.write("AWS_ACCESS_KEY_ID=tester\nAWS_SECRET_ACCESS_KEY=not-this-one\n")
    def on_put(status): return lambda method, target: status if method == "PUT" else None
    def on_all(status): return lambda method, target: status
    def never(method, target): return None
    # Name, bucket, credentials, what the proxy always says, exit status, words, requests: of this method, at most so many.
    cases = [
        ("a wrong key", BUCKET, wrong, never, 9, "does not accept the credentials", "", 1),
        ("no such bucket", "nothing-here", None, never, 7, "there is no bucket", "", 1),
        ("400 to all", BUCKET, None, on_all(400), 9, "refused", "", 1),
        ("403 to all", BUCKET, None, on_all(403), 9, "refused", "", 1),
        ("400 to what is written", BUCKET, None, on_put(400), 9, "refused", "PUT", 1),
        ("403 to what is written", BUCKET, None, on_put(403), 9, "refused", "PUT", 1),
        ("507 to what is written", BUCKET, None, on_put(507), 2, "refused", "PUT", 1),
        ("503 to all", BUCKET, None, on_all(503), 9, "refused", "", 4),
        ("503 to what is written", BUCKET, None, on_put(503), 9, "refused", "PUT", 5),
    ]
    for number, (name, bucket, credentials, always, status, words, method, most) in enumerate(cases):
        with FaultProxy(server.place, 0) as proxy:
            proxy.always = always
            household = base.copy(os.path.join(work, f"unhealable-{number}"), f"s3://{bucket}/unhealable-{number}", proxy, 5, credentials)
            done = household.run("push")
            requests = sum(count for label, count in proxy.seen.items() if label.startswith(method))
            error = error_of(done.stderr)
            shutil.rmtree(household.place)
            if done.returncode != status or done.stderr.count("devjournal: error: ") != 1 or words not in error or not 1 <= requests <= most:
                yield f"{name}: exit status {done.returncode} after {requests} requests: {done.stderr}"

def main():
    if "S3_ENDPOINT" not in os.environ: print("start it with with_seaweedfs.sh") or sys.exit(2)
    verbose, began, tally = "-v" in sys.argv, time.monotonic(), Tally()
    seed, rounds = os.environ.get("SEED", "5"), int(os.environ.get("ROUNDS", "8"))
    print(f"seed {seed}, {rounds} rounds", flush=True)
    server = Server(os.environ["S3_ENDPOINT"], os.environ["S3_CREDENTIALS"])
    if server.request("PUT", f"/{BUCKET}")[0] != 200: print("the bucket cannot be made") or sys.exit(2)
    with tempfile.TemporaryDirectory(prefix="devjournal-lying.") as work, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = os.path.realpath(work)
        bases = {"small": Household.new(os.path.join(work, "small"), 3_000), "large": Household.new(os.path.join(work, "large"), 11 << 20)}
        failures = list(unhealable(bases["small"], server, work))
        requests, faults = 0, collections.Counter()
        def one(number):
            round = Round(number, seed, bases, server, work, tally)
            return round.run(), round.proxy
        for failure, proxy in pool.map(one, range(1, rounds + 1)):
            requests, faults = requests + proxy.requests, faults + proxy.counts
            if failure: failures.append(failure) or print("BROKEN", failure, flush=True)
    if verbose:
        for sentence, count in sorted(tally.sentences.items()): print(f"{count:6} {sentence}")
    for one in failures:
        if not one.startswith("round"): print("BROKEN", one)
    print("; ".join(f"{name}: {faults[name]}" for name in FAULTS))
    print("; ".join(f"{name}: {count}" for name, count in sorted(tally.commands.items())))
    print(f"lying network: seed {seed}, {rounds} rounds, {requests} requests, {sum(faults[name] for name in FAULTS)} faults, {len(failures)} broken, {time.monotonic() - began:.0f} s")
    sys.exit(1 if failures or not rounds else 0)

if __name__ == "__main__": main()
