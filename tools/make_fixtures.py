#!/usr/bin/env python3
"""make_fixtures.py [DIR]: write fixtures/journals/, fixtures/proofs/, fixtures/tiles/, fixtures/deliveries/ and fixtures/vectors.json
(below DIR, default: this repository).
make_fixtures.py --unkept DIR: write below DIR the journals that the repository does not keep: they are large, or hold FIFOs,
links and directories.
make_fixtures.py --table: print the table of fixtures that journal-format.md ends with.

A second writer of the format, independent of the Swift one, and the place where one sees how each broken journal is
made: one function a journal, its docstring the reason. Keys, times and ids are fixed, so each run gives the same bytes.
Needs Python 3.11 and either the `cryptography` package or OpenSSL 3's command line."""
import base64, datetime, functools, hashlib, json, os, re, shutil, subprocess, sys, tempfile

ORDER = 2**252 + 27742317777372353535851937790883648493            # of Ed25519's group: the L of "S + L"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
EVENT, RECORD, ENROL = b"devjournal/event/v1\n", b"devjournal/record/v1\n", b"devjournal/enrol/v1\n"
ENDORSE = "devjournal/endorse/v1\n"

def sha256(data): return hashlib.sha256(data).digest()
def base64_of(data): return base64.b64encode(data).decode()

def quoted(text):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'

def encoded(value):
    """The strict JSON of section 5: no white space, members in the order given."""
    match value:
        case None | True | False: return {None: "null", True: "true", False: "false"}[value]
        case int(): return str(value)
        case str(): return quoted(value)
        case list(): return "[" + ",".join(map(encoded, value)) + "]"
        case dict(): return "{" + ",".join(quoted(k) + ":" + encoded(v) for k, v in value.items()) + "}"
    raise TypeError(type(value))

def run_openssl(*arguments, **files):
    with tempfile.TemporaryDirectory() as place:
        for name, data in files.items():
            with open(os.path.join(place, name), "wb") as file: file.write(data)
        return subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True).stdout

class Key:
    """An Ed25519 key of one role, from a fixed seed. Never use a key like this for anything but a test."""
    def __init__(self, name, role):
        self.role, self.seed = role, sha256(b"devjournal fixture key " + name.encode())
        self.der = bytes.fromhex("302e020100300506032b657004220420") + self.seed
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
            self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
            self.public = self.private.public_key().public_bytes_raw()
        except ImportError:
            self.private = None
            self.public = run_openssl("pkey", "-inform", "DER", "-in", "k", "-pubout", "-outform", "DER", k=self.der)[-32:]
        self.kid, self.text = kid_of(role, self.public), base64_of(self.public)
    def sign(self, message):
        if self.private: return self.private.sign(message)
        return run_openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", "k", "-rawin", "-in", "m", k=self.der, m=message)
    def proof(self, log, role=None):
        return base64_of(self.sign(ENROL + f"{log}\n{role or self.role}\n".encode() + self.public))

class Witness(Key):
    """A key of somebody else that cosigns checkpoints (C2SP tlog-cosignature, Ed25519)."""
    def __init__(self, name):
        super().__init__("witness " + name, "witness")
        self.name = name
        self.key_hash = sha256(f"{name}\n\x04".encode() + self.public)[:4]
        self.verifier_key = f"{name}+{self.key_hash.hex()}+{base64_of(bytes([4]) + self.public)}"
    def cosignature(self, text, seconds):
        """The line below a note's text, with its LF."""
        sig = self.sign(f"cosignature/v1\ntime {seconds}\n".encode() + text)
        return foreign(self.name, self.key_hash + seconds.to_bytes(8, "big") + sig)

def foreign(name, data): return f"— {name} {base64_of(data)}\n".encode()

def kid_of(role, public): return sha256(f"devjournal/key/v1\ned25519\n{role}\n".encode() + public).hex()[:32]

ROOT, ROOT2, ROOT3 = Key("root", "root"), Key("second root", "root"), Key("third root", "root")
LS, LS2, LS3 = Key("LS", "sequencer"), Key("LS again", "sequencer"), Key("LS once more", "sequencer")
W1, W2 = Witness("witness.example/w1"), Witness("witness.example/w2")
WS, WS2, STRANGER = Key("WS", "author"), Key("second WS", "author"), Key("stranger", "author")

def uuid7(ms, name):
    tail = int.from_bytes(sha256(b"devjournal fixture id " + name.encode())[:10], "big")
    digits = f"{(ms << 80) | (7 << 76) | ((tail >> 64) % 4096 << 64) | (2 << 62) | tail % 2**62:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

def milliseconds(ts): return round(datetime.datetime.fromisoformat(ts).timestamp() * 1000)
def time_text(ms): return datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"

def edited(data, change):
    """`change` is (old, new); old must stand there exactly once."""
    if change is None: return data
    assert data.count(change[0]) == 1, (change, data)
    return data.replace(*change)

def merkle_root(leaves):
    """RFC 6962, section 2.1, over the leaves themselves."""
    if not leaves: return sha256(b"")
    if len(leaves) == 1: return sha256(b"\0" + leaves[0])
    k = 1
    while 2 * k < len(leaves): k *= 2
    return sha256(b"\1" + merkle_root(leaves[:k]) + merkle_root(leaves[k:]))

def inclusion_path(index, leaves):
    """RFC 6962, section 2.1.1."""
    if len(leaves) < 2: return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k: return inclusion_path(index, leaves[:k]) + [merkle_root(leaves[k:])]
    return inclusion_path(index - k, leaves[k:]) + [merkle_root(leaves[:k])]

def consistency_path(size, leaves, whole=True):
    """RFC 6962, section 2.1.2."""
    if size == len(leaves): return [] if whole else [merkle_root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= k: return consistency_path(size, leaves[:k], whole) + [merkle_root(leaves[k:])]
    return consistency_path(size - k, leaves[k:], False) + [merkle_root(leaves[:k])]

class Journal:
    """A writer that can also write what it must not: every part of a line can be overridden by name."""
    def __init__(self, name, start="2026-01-31T20:00:00.000Z"):
        self.ms = milliseconds(start)
        self.log, self.name = uuid7(self.ms, "log of " + name), name
        self.lines, self.epoch, self.sequencer, self.files = [], 1, LS, {}
        self.torn_bytes = None                                      # where a verifier's count of them is to be compared
    def head(self, size=None):
        size = len(self.lines) if size is None else size
        return sha256(self.lines[size - 1]).hex() if size else "0" * 64

    def event(self, by, kind, data, *, id=None, event_log=None, schema=1, event_ts=None, event_key=None,
              event_domain=EVENT, event_edit=None, event_sig=lambda text: text):
        """`by` stands as author; `event_key` really signs. `event_edit` changes the bytes before they are signed,
        `event_sig` the finished signature."""
        ms = self.ms - (1500 if by.role == "author" else 0)
        body = {"id": id or uuid7(ms, f"{self.name} {len(self.lines) + 1}"), "log": event_log or self.log, "type": kind,
                "schema": schema, "author": by.kid, "ts": event_ts or time_text(ms), "data": data}
        body = edited(encoded(body)[:-1].encode(), event_edit)
        sig = (event_key or by).sign(event_domain + body)
        return body + b',"sig":"' + event_sig(base64_of(sig)).encode() + b'"}', sig
    def add(self, by, kind, data, *, v=1, log=None, epoch=None, seq=None, prev=None, ts=None, kid=None, record_key=None,
            record_domain=RECORD, record_edit=None, record_sig=lambda text: text, line_edit=None, event=None, **options):
        """Append one line. `kid` stands as the record's key, `record_key` really signs; `line_edit` comes last."""
        self.ms += MINUTE
        event, event_signature = event or self.event(by, kind, data, **options)
        head = encoded({"v": v, "log": log or self.log, "epoch": epoch or self.epoch, "seq": seq or len(self.lines) + 1,
                        "prev": prev or self.head(), "ts": ts or time_text(self.ms), "kid": kid or self.sequencer.kid})
        body = edited(head[:-1].encode() + b',"event":' + event, record_edit)
        sig = record_sig(base64_of((record_key or self.sequencer).sign(record_domain + body)))
        if sig == "the event's": sig = base64_of(event_signature)
        self.lines.append(edited(body + b',"sig":"' + sig.encode() + b'"}\n', line_edit))

    def note(self, text="a note", by=None, **options): self.add(by or self.sequencer, "note", {"text": text}, **options)
    def opened(self, data=None, by=ROOT, kind="journal.opened", **options):
        self.add(by, kind, data or {"dataset": "dev", "root": ROOT.text, "sequencer": LS.text}, **options)
    def enrolled(self, key=WS, by=None, name="workstation", role="author", proof=None, **options):
        data = {"role": role, "key": key.text, "name": name, "proof": proof or key.proof(self.log)}
        self.add(by or self.sequencer, "key.enrolled", data, **options)
    def retired(self, kid, kind="key.retired", by=None, reason="wiped"):
        self.add(by or self.sequencer, kind, {"kid": kid, "reason": reason})
    def new_epoch(self, key=LS2, data={}, by=ROOT, **options):
        self.epoch, self.sequencer = self.epoch + 1, key
        data = {"epoch": self.epoch, "base_size": len(self.lines), "base_head": self.head(), "sequencer": key.text,
                "reason": "LS was rebuilt"} | data
        self.add(by, "epoch.started", data, **options)
    def endorsement(self, by=WS, root=ROOT2, *, log=None, size=None, head=None, reason="kit lost", key=None):
        """`by` stands as endorser; `key` really signs. The head is that of all lines so far, unless told."""
        size = len(self.lines) if size is None else size
        text = ENDORSE + f"{log or self.log}\n{size}\n{head or self.head(size)}\n{root.text}\n{reason}"
        return {"kid": by.kid, "sig": base64_of((key or by).sign(text.encode()))}
    def replaced(self, endorsements=None, root=ROOT2, data={}, by=None, **options):
        endorsements = [self.endorsement(root=root)] if endorsements is None else endorsements
        data = {"key": root.text, "proof": root.proof(self.log), "base_size": len(self.lines), "base_head": self.head(),
                "reason": "kit lost", "endorsements": endorsements} | data
        self.add(by or self.sequencer, "root.replaced", data, **options)
    def replaced_and_started(self, root=ROOT2, key=LS2):
        self.replaced(root=root), self.new_epoch(key, by=root)
    def checkpoint(self, size=None, *, epoch=None, key=None, log=None, root=None, head=None, due=None, signer=None, text_edit=None,
                   edit=None, others=(), before=()):
        """A signed note (section 8) of the first `size` lines, its deadline 36 hours ahead, on the full hour after that.
        `signer` really signs, `text_edit` changes the text before; `edit` changes the note afterwards. `others` are cosigners,
        or whole lines; `before` stand above the sequencer's."""
        size = len(self.lines) if size is None else size
        key, name = key or self.sequencer, f"devjournal/{log or self.log}"
        root, due = root or base64_of(merkle_root(self.lines[:size])), due or time_text(-(-(self.ms + 36 * HOUR) // HOUR) * HOUR)
        text = f"{name}\n{size}\n{root}\nepoch {epoch or self.epoch}\nhead {head or self.head(size)}\ndue {due}\n"
        text = edited(text.encode(), text_edit)
        sig = sha256(f"{name}\n\x01".encode() + key.public)[:4] + (signer or key).sign(text)
        lines = [*before, f"— {name} {base64_of(sig)}\n".encode(), *others]
        lines = [line if isinstance(line, bytes) else line.cosignature(text, self.ms // 1000) for line in lines]
        return edited(text + b"\n" + b"".join(lines), edit)

    def segments(self):
        starts = range(0, len(self.lines), 4096)
        return {f"{start + 1:012}.jsonl": b"".join(self.lines[start:start + 4096]) for start in starts}

CASES, UNKEPT = {}, set()

def case(reason=None, record=None, *, warnings=(), begin=4, root=None, kept=True):
    """One journal: what a verifier must say of it, and on how many sound records of the usual beginning it stands."""
    def wrap(make):
        name = make.__name__.replace("_", "-")
        verdict = "torn" if reason == "torn-tail" else "damaged" if reason else "warnings" if warnings else "sound"
        expect = {"exit": {"sound": 0, "damaged": 1, "torn": 3, "warnings": 4}[verdict], "verdict": verdict, "record": record,
                  "reason": reason, "warnings": [{"record": n, "reason": w} for n, w in warnings]}
        expect |= {"root": root} if root else {}
        CASES[name] = make, begin, expect
        if not kept: UNKEPT.add(name)
        return make
    return wrap

class Other(str):
    """Something else than a regular file: `fifo`, `directory`, or the name that a symbolic link leads to."""

def build(name):
    make, begin, expect = CASES[name]
    journal = Journal(name)
    usual = (journal.opened, journal.enrolled, lambda: journal.note("from WS", WS), lambda: journal.note("from LS"))
    for step in usual[:begin]: step()
    make(journal)
    files = (journal.segments() | journal.files) if not journal.files.get("no segments") else journal.files
    files = {n: data for n, data in files.items() if isinstance(data, (bytes, Other))}
    expect = expect | ({"head": "head"} if "head" in files else {})
    expect |= {} if journal.torn_bytes is None else {"torn_bytes": journal.torn_bytes}
    expect |= {"why": " ".join(make.__doc__.split())}
    return files | {"expect.json": (json.dumps(expect, indent=1) + "\n").encode()}

# ---------------------------------------------------------------------------------------------- sound journals

@case(begin=0)
def good_month(j):
    """The first month of a small journal, with a checkpoint: the worked example."""
    label, name = "dev@2026-01", "dev@2026-01.full.send.zst.age"
    recipients = ["age1fjlszqaylk0rjcz9x7vzajw6j4catggtgz725deyprr2cpp98vrqw3l6ln"]
    digest = sha256(b"the artifact of the worked example").hex()
    uuid, size = "5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93", 1_843_200_517
    j.opened()
    j.add(LS, "recipient.set", {"recipients": recipients})
    j.add(LS, "kit.made", {"sha256": sha256(b"the kit of the worked example").hex(), "bytes": 2311, "work_factor": 18})
    j.enrolled()
    j.add(WS, "snapshot.taken", {"label": label, "uuid": uuid, "path": "/home/chuck/.snapshots/dev@2026-01",
                                 "source_uuid": "c3d94c1e-08b7-4f62-b1a5-6e2f9d7a4c10", "generation": 48211, "host": "ws",
                                 "login": "chuck", "script": "ws_dev_snapshot.sh"})
    j.add(WS, "artifact.sealed", {"label": label, "type": "full", "parent": None, "name": name, "bytes": size,
                                  "sha256": digest, "uuid": uuid, "parent_uuid": None, "stream_bytes": 4_912_334_128,
                                  "stream_version": 1, "recipients": recipients, "reason": {"rule": "first"},
                                  "tools": {"devjournal": "1.0.0", "btrfs": "6.14", "zstd": "1.5.7"}})
    j.add(LS, "artifact.registered", {"label": label, "type": "full", "parent": None, "name": name, "bytes": size,
                                      "sha256": digest, "local_path": f"artifacts/anchors/{name}", "reason": {"rule": "first"}})
    j.add(LS, "artifact.uploaded", {"label": label, "object_key": f"dev/artifacts/anchors/{digest}/{name}", "bytes": size,
                                    "sha256": digest, "store": "r2"})
    j.files["checkpoint"] = j.checkpoint()

@case(root=ROOT.kid)
def good_root_pinned(j):
    """The root's fingerprint was remembered elsewhere, and it is this journal's."""

@case()
def good_authors(j):
    """Two workstations; the first is retired, and what it signed before stays good."""
    j.enrolled(WS2, name="new workstation")
    j.note("both may write now", WS)
    j.retired(WS.kid)
    j.note("now only this one", WS2)

@case()
def good_roots(j):
    """A second root is enrolled, retires the first, and starts the next epoch alone."""
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.retired(ROOT.kid, "root.retired", ROOT2, "kit lost")
    j.epoch, j.sequencer = 2, LS2
    j.add(ROOT2, "epoch.started", {"epoch": 2, "base_size": 6, "base_head": j.head(), "sequencer": LS2.text, "reason": "new kit"})
    j.files["checkpoint"] = j.checkpoint()

@case(root=ROOT2.kid)
def good_root_enrolled_later(j):
    """The remembered root was enrolled after the beginning, and started an epoch: that commits it to all lines before."""
    good_roots(j)
    j.note()

@case(root=ROOT.kid)
def good_root_pinned_and_retired(j):
    """The remembered root opened the journal and was retired later: it is still this journal."""
    good_roots(j)

@case(root=ROOT2.kid)
def good_root_replaced(j):
    """The root key was lost: WS endorsed a new root, which started an epoch. Who remembers the new one accepts the journal."""
    j.replaced_and_started()
    j.note("the month goes on", WS)
    j.files["checkpoint"] = j.checkpoint()
    j.files["head"] = j.checkpoint(4, epoch=1, key=LS)

@case()
def good_root_replaced_by_two(j):
    """Two workstations, both of which endorsed the new root; an old one was retired before and was not asked."""
    j.enrolled(WS2, name="second workstation")
    j.enrolled(STRANGER, name="an old one"), j.retired(STRANGER.kid)
    j.replaced([j.endorsement(), j.endorsement(WS2)]), j.new_epoch(by=ROOT2)

@case(root=ROOT2.kid)
def good_root_replaced_reason_escaped(j):
    """The endorsement covers the reason's text, not how JSON spells it: quotes, a backslash, a line feed, a control character."""
    reason = 'the "kit" lies\nin C:\\kit\u0001'
    j.replaced([j.endorsement(reason=reason)], data={"reason": reason}), j.new_epoch(by=ROOT2)

@case()
def good_key_events_escaped(j):
    """A key's name and the reasons of all other key events, with every kind of escape in them: none stands in their way."""
    text = '"new"\\\n\u0001é'
    j.enrolled(WS2, name=text)
    j.retired(WS2.kid, reason=text)
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.retired(ROOT.kid, "root.retired", ROOT2, reason=text)
    j.new_epoch(data={"reason": text}, by=ROOT2)
    j.files["checkpoint"] = j.checkpoint()

@case(root=ROOT3.kid)
def good_root_replaced_twice(j):
    """The new kit was lost, too."""
    j.replaced_and_started(), j.replaced_and_started(ROOT3, LS3)

@case()
def good_root_replaced_epoch_not_started(j):
    """Without a remembered root nothing is wrong yet: the epoch may still be started."""
    j.replaced()

@case()
def good_two_epochs(j):
    """LS was rebuilt; a head of each epoch is remembered, both at or below the base of the epoch after."""
    old = j.checkpoint(3) + j.checkpoint(4)
    j.new_epoch()
    j.note("a new key, the same history", WS)
    j.files["checkpoint"] = j.checkpoint(5)
    j.files["head"] = old + j.checkpoint()

@case(begin=1)
def good_two_segments(j):
    """Exactly 4,096 records in the first segment and three in the second; some records share one millisecond."""
    for number in range(2, 4100): j.note("", ts=time_text(j.ms + MINUTE // 2) if number % 9 == 0 else None)
    j.files["checkpoint"] = j.checkpoint(4096)
    j.files["head"] = j.checkpoint(4098)

@case()
def good_x_types(j):
    """Types of a user's own, by both roles, in any schema: not even a warning."""
    j.add(LS, "x.photos.copied", {"count": 12, "ok": True, "skipped": None})
    j.add(WS, "x.1", {}, schema=7)

@case(begin=1)
def good_succession(j):
    """This journal continues good-month's, whose server was lost with its kit: record 2 names the end of its known lines."""
    old = Journal("good-month")
    good_month(old)
    lines = b"".join(old.lines)
    j.add(LS, "journal.succeeds", {
        "log": old.log, "root": ROOT.kid, "epoch": 1, "size": len(old.lines), "head": old.head(),
        "merkle_root": merkle_root(old.lines).hex(), "last_ts": time_text(old.ms), "last_label": "dev@2026-01", "artifacts": 1,
        "bytes": 1_843_200_517, "recipients": ["age1fjlszqaylk0rjcz9x7vzajw6j4catggtgz725deyprr2cpp98vrqw3l6ln"],
        "stores": ["r2"], "known_by": {"lines": sha256(lines).hex(), "bytes": len(lines), "checkpoint": len(old.lines)},
        "reason": "the house burned down"})
    j.enrolled(), j.note("after the fire", WS)
    j.files["checkpoint"] = j.checkpoint()

@case(begin=1)
def good_every_type(j):
    """Every core type once or more, with all members that it may have, in an order that projections follow."""
    old = Journal("the journal before good-every-type")
    old.opened()
    label, before = "dev@2026-01", "dev@2025-12"
    recipients = ["age1fjlszqaylk0rjcz9x7vzajw6j4catggtgz725deyprr2cpp98vrqw3l6ln"]
    uuid, received = "5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93", "a1f6c0de-3b52-4c19-8d70-94e2b7f15c08"
    def digest(name): return sha256(f"{name} of good-every-type".encode()).hex()
    def artifact(of): return {"label": of, "type": "full", "parent": None, "name": f"{of}.full.send.zst.age", "bytes": 4096,
                              "sha256": digest(of)}
    def said(by): return {"login": "chuck", "script": f"{by}.sh"}
    local = f"artifacts/anchors/{label}.full.send.zst.age"
    store = {"object_key": f"dev/artifacts/anchors/{digest(label)}/{label}.full.send.zst.age"}
    known = {"label": label, "bytes": 4096, "sha256": digest(label)}
    stored = {"bytes": 512, "sha256": digest("the catalogue")}
    # The beginning of a server's life.
    j.add(LS, "journal.succeeds", {
        "log": old.log, "root": ROOT.kid, "epoch": 1, "size": 1, "head": old.head(),
        "merkle_root": merkle_root(old.lines).hex(), "last_ts": time_text(old.ms), "last_label": None, "artifacts": 0,
        "bytes": 0, "recipients": [], "stores": [],
        "known_by": {"lines": sha256(old.lines[0]).hex(), "bytes": len(old.lines[0]), "checkpoint": None},
        "reason": "the server and its kit were lost"})
    j.add(LS, "recipient.set", {"recipients": recipients} | said("init_LS"))
    j.add(LS, "kit.made", {"sha256": digest("the kit"), "bytes": 2311, "work_factor": 18})
    j.enrolled(), j.enrolled(WS2, name="second workstation")
    j.add(LS, "manifest.imported", {
        "source": {"name": "snapshots.tsv", "sha256": digest("the manifest"), "bytes": 180}, "part": 1, "parts": 1,
        "rows": [{"ts": None} | artifact(before) | {"local_path": f"artifacts/anchors/{before}.full.send.zst.age",
                                                    "object_key": None}]})
    # A month.
    j.add(WS, "snapshot.taken", {"label": label, "uuid": uuid, "path": f"/home/chuck/.snapshots/{label}",
                                 "source_uuid": "c3d94c1e-08b7-4f62-b1a5-6e2f9d7a4c10", "parent_uuid": None,
                                 "generation": 48211, "tree": digest("the tree"), "nested": ["cache"],
                                 "lost_flags": {"count": 1, "first": ["+C data/image"]}, "host": "ws"})
    j.add(WS, "artifact.sealed", artifact(label) | {
        "uuid": uuid, "parent_uuid": None, "stream_bytes": 9000, "stream_version": 2, "recipients": recipients,
        "tree": digest("the tree"), "frames": {"size": 4_194_304, "count": 1, "sha256": digest("the frames")},
        "catalogue": stored | {"plain_bytes": 2048, "plain_sha256": digest("the plain catalogue")},
        "listing": {"since": str(before), "kernel": "6.18", "damaged": {"count": 1, "first": ["src/main.swift"]}},
        "reason": {"rule": "requested"}, "tools": {"devjournal": "1.0.0", "btrfs": "6.14", "zstd": "1.5.7"}})
    j.add(LS, "artifact.registered", artifact(label) | {
        "local_path": local, "reason": {"rule": "requested"},
        "catalogue": stored | {"local_path": f"catalogues/{label}.catalogue.zst.age"}})
    j.add(LS, "artifact.uploaded", known | store | {
        "store": "r2", "catalogue_key": f"dev/catalogues/{stored['sha256']}/{label}.catalogue.zst.age"} | said("push_to_cloud"))
    # What happens to it later.
    j.add(LS, "artifact.verified", known | {"result": "damaged", "found_sha256": digest("other bytes"), "found_bytes": 4095})
    j.add(LS, "artifact.stored", known | store | {"local_path": local})
    j.add(LS, "artifact.catalogued", {
        "label": label, "sha256": digest(label), "tree": digest("the tree"),
        "frames": {"size": 4_194_304, "count": 1, "sha256": digest("the frames")},
        "catalogue": {"bytes": 1000, "sha256": digest("a later catalogue"), "plain_bytes": 2048,
                      "plain_sha256": digest("the plain catalogue")}})
    j.add(LS, "snapshot.restored", {"label": label, "uuid": received, "received_uuid": uuid,
                                    "path": f"/srv/btrfs-backups/dev/restore/worktree_receive/{label}"})
    j.add(LS, "worktree.updated", {"label": label, "path": "/srv/btrfs-backups/dev/restore/worktree", "kept": None,
                                   "unpowered": {"set_id": 1, "capabilities": 0, "devices": 0}})
    j.add(LS, "restore.released", {"label": label, "chain": [label], "to": f"second workstation ({WS2.kid})",
                                   "confirmed": "chuck 2026-01-31T20:18:00.000Z"})
    j.add(LS, "restore.released", {"label": label, "chain": [label], "to": f"second workstation ({WS2.kid})",
                                   "paths": ["src/main.swift", "sub\\x20dir"]})
    j.add(LS, "restore.released", {"label": label, "chain": [label], "to": f"second workstation ({WS2.kid})", "paths": []})
    j.add(WS2, "snapshot.restored", {"label": label, "uuid": received, "received_uuid": uuid,
                                     "path": f"/home/chuck/.snapshots/{label}", "trust_server": True})
    j.add(LS, "drill.completed", {"label": label, "method": "receive"})
    j.add(LS, "artifact.withdrawn", {"label": label, "sha256": digest(label), "reason": "sealed from the wrong disk",
                                     "login": "chuck"})
    # The journal itself.
    j.add(LS, "journal.repaired", {"bytes": 17, "sha256": digest("the torn tail"), "kept": "torn-20-0123456789abcdef",
                                   "why": "the last line was not written to its end"})
    j.add(WS, "witness.accepted", {"superseded": [{"epoch": 1, "size": 25, "root": base64_of(sha256(b"another root")),
                                                   "head": digest("another head")}], "base": 20, "epoch": 1,
                                   "reason": "the disk failed"})
    j.add(LS, "review.signed", {"up_to": 4, "head": j.head(4), "reviewer": "auditor", "findings": [
        {"slug": "journal-repaired", "severity": "notable", "records": [2], "subject": None}]})
    j.note("read by a person", WS)
    # Its keys.
    j.retired(WS2.kid)
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.retired(ROOT.kid, "root.retired", ROOT2, "kit lost")
    j.replaced_and_started(ROOT3)
    j.files["checkpoint"] = j.checkpoint()

@case()
def good_escapes(j):
    """Every escape there is, characters of one to four bytes, and what needs no escape although some writers use one."""
    j.note("".join(map(chr, range(32))) + '"\\/<>&\x7f\u2028é€😀\U0010fffd')
    j.add(LS, "x.empty", {"": "", "é": [], "{": {}, "sig": ',"sig":'})

@case()
def good_names_escaped(j):
    """Names of members with escapes, each another name; the author signed them as they are spelled."""
    j.add(WS, "x.names", {'"': 1, "\\": 2, '\\"': 3, "\\\\": 4, "\n": 5, "\\n": 6, "\x00": 7, ',"sig":"': 8})

@case(begin=1)
def good_limits(j):
    """A line of exactly 65,535 bytes, 16 containers, the largest integers, a type of 64 bytes, the last instant."""
    j.note("")
    room = 65_535 - len(j.lines.pop())
    j.ms -= MINUTE
    j.note("a" * room)
    nested = []
    for _ in range(14): nested = [nested]
    j.add(LS, "x." + "a" * 62, {"a": nested, "n": [2**53 - 1, 1 - 2**53, 0]})
    j.note(ts="9999-12-31T23:59:59.999Z", event_ts="9999-12-31T23:59:59.999Z")
    assert len(j.lines[1]) == 65_535

@case()
def good_skew_of_a_day(j):
    """An author's clock exactly 24 hours slow is not a warning yet."""
    j.note(by=WS, event_ts=time_text(j.ms + MINUTE - DAY))

@case()
def good_other_files(j):
    """Names other than a segment's and `checkpoint` are ignored."""
    j.files |= {"000000000001.jsonl.tmp": b"left over\n", "README": b"\0", "1.jsonl": b"x\n"}

@case()
def shorter_above_every_head(j):
    """Two records were cut off above every acknowledged head: nobody can see that, so it passes."""
    j.files["checkpoint"], j.files["head"] = j.checkpoint(3), j.checkpoint(4)
    j.note(), j.note()
    del j.lines[4:]

# ----------------------------------------------------------------------------------- sound, with warnings

@case(warnings=[(5, "author-skew")])
def author_skew(j):
    """WS's clock is a millisecond more than 24 hours ahead."""
    j.note(by=WS, event_ts=time_text(j.ms + MINUTE + DAY + 1))
    j.note()

@case(warnings=[(5, "unknown-type")])
def unknown_type(j):
    """A type that a later version may know: it is sound, and projections refuse it."""
    j.add(LS, "artifact.moved", {"label": "dev@2026-01"})
    j.note()

@case(warnings=[(5, "unknown-type")])
def unknown_schema(j):
    """A core type in a schema that a later version may know."""
    j.note(schema=2)
    j.note()

@case(warnings=[(5, "unknown-type")])
def unknown_type_x(j):
    """A user's own types are those below `x.`; `x` alone is none of them."""
    j.add(LS, "x", {})

@case(warnings=[(5, "author-skew"), (5, "unknown-type")])
def two_warnings(j):
    """One record earns both warnings."""
    j.add(WS, "artifact.moved", {}, event_ts="2020-02-29T00:00:00.000Z")

@case(warnings=[(5, "cut")])
def cut(j):
    """LS was lost and rebuilt from a copy of four records; the head remembered elsewhere is of six."""
    j.note(), j.note()
    j.files["head"] = j.checkpoint()
    del j.lines[4:]
    j.new_epoch()
    j.note()
    j.files["checkpoint"] = j.checkpoint()

# ------------------------------------------------------------------------------------------------ torn tails

@case("torn-tail", 5)
def torn_partial_line(j):
    """Half of the fifth line was written."""
    j.note()
    j.lines[4] = j.lines[4][:300]
    j.torn_bytes = 300

@case("torn-tail", 5)
def torn_missing_lf(j):
    """Of the fifth line only the final LF is missing."""
    j.note()
    j.lines[4] = j.lines[4][:-1]

@case("torn-tail", 5)
def torn_nul_tail(j):
    """A sector of the fifth line never reached the disk, but its end and its LF did."""
    j.note("a" * 1000)
    j.lines[4] = j.lines[4][:512] + b"\0" * 512 + j.lines[4][1024:]
    j.torn_bytes = len(j.lines[4])

@case("torn-tail", 5)
def torn_nul_tail_without_lf(j):
    """The file was made longer, and only NULs are there."""
    j.lines.append(b"\0" * 4096)

@case("torn-tail", 5)
def torn_garbage(j):
    """Bytes that are not even JSON, without LF."""
    j.lines.append(b"\xff\xfegarbage")

@case("torn-tail", 5)
def torn_above_checkpoint(j):
    """The torn line is the first that nobody acknowledged."""
    j.files["checkpoint"] = j.files["head"] = j.checkpoint()
    j.lines.append(b'{"v":1')

@case("torn-tail", 6, warnings=[(5, "author-skew")])
def torn_with_warning(j):
    """A torn tail after a record that earns a warning: the tail decides the status, the warning is kept."""
    j.note(by=WS, event_ts="2020-01-01T00:00:00.000Z")
    j.lines.append(b'{"v":1')

@case("shorter-than-head", 5)
def torn_below_checkpoint(j):
    """The torn line was acknowledged by the directory's own checkpoint."""
    j.note()
    j.files["checkpoint"] = j.checkpoint()
    j.lines[4] = j.lines[4][:-1]
    j.torn_bytes = len(j.lines[4])

@case("shorter-than-head", 5)
def torn_below_remembered_head(j):
    """The torn line was acknowledged to somebody who remembers it."""
    j.note()
    j.files["head"] = j.checkpoint()
    j.lines[4] = j.lines[4][:300]

@case("prev", 5)
def torn_after_damage(j):
    """Damage before a torn tail: damage decides."""
    j.note(prev=j.head(3))
    j.lines.append(b'{"v":1')
    j.torn_bytes = 0

@case("empty", 1, begin=0)
def torn_only_line(j):
    """The very first line is torn: there is no journal to go back to."""
    j.opened()
    j.lines[0] = j.lines[0][:-1]
    j.torn_bytes = len(j.lines[0])

@case("segment", 5)
def torn_in_a_full_segment(j):
    """The fifth line has no LF, and another segment follows: not the tail, so not a torn tail."""
    j.note()
    j.files |= {"000000000001.jsonl": b"".join(j.lines)[:-1], "000000004097.jsonl": b""}

@case("syntax", 5)
def garbage_in_a_full_segment(j):
    """A line of garbage with its LF, in a segment that is not the last."""
    j.files |= {"000000000001.jsonl": b"".join(j.lines) + b"garbage\n", "000000004097.jsonl": b""}

@case("syntax", 5)
def nul_in_a_full_segment(j):
    """A run of NULs at the end of a segment that is not the last."""
    j.note("a" * 1000)
    j.lines[4] = j.lines[4][:512] + b"\0" * 512 + j.lines[4][1024:]
    j.files["000000004097.jsonl"] = b""

def lose_a_sector(j, number):
    """Of a line's bytes, 512 never reached the disk."""
    j.lines[number - 1] = j.lines[number - 1][:512] + b"\0" * 512 + j.lines[number - 1][1024:]

@case("torn-tail", 5)
def torn_nul_before_the_last_line(j):
    """Two appends were on their way together; a sector of the first never arrived, the second is whole: both are the tail."""
    j.note("a" * 1000), j.note()
    lose_a_sector(j, 5)
    j.torn_bytes = len(j.lines[4]) + len(j.lines[5])

@case("torn-tail", 5)
def torn_nul_before_a_partial_line(j):
    """Of three appends the first lacks a sector, the second is whole, the third has no LF."""
    j.note("a" * 1000), j.note(), j.note()
    lose_a_sector(j, 5)
    j.lines[6] = j.lines[6][:300]
    j.torn_bytes = sum(map(len, j.lines[4:]))

@case("torn-tail", 6)
def torn_nul_over_a_line_feed(j):
    """The sector that never arrived held the end of one line and the beginning of the next."""
    j.note(), j.note("a" * 1000), j.note()
    tail = b"".join(j.lines[5:])
    end = len(j.lines[5])
    j.lines[5:] = [tail[:end - 256] + b"\0" * 512 + tail[end + 256:]]
    j.torn_bytes = len(tail)

@case("torn-tail", 5)
def torn_nul_and_then_garbage(j):
    """What follows the first line with a NUL is not judged, not even a whole line of garbage."""
    j.note("a" * 1000)
    lose_a_sector(j, 5)
    j.lines.append(b"garbage\n")
    j.torn_bytes = len(j.lines[4]) + len(j.lines[5])

@case("torn-tail", 6)
def torn_nul_above_checkpoint(j):
    """The line before the one with NULs is the last that was acknowledged."""
    j.note("acknowledged")
    j.files["checkpoint"] = j.checkpoint()
    j.note("a" * 1000), j.note()
    lose_a_sector(j, 6)
    j.torn_bytes = len(j.lines[5]) + len(j.lines[6])

@case("shorter-than-head", 5)
def nul_below_checkpoint(j):
    """NULs in a line at or below an acknowledged head, and sound lines after it: no interrupted write leaves that."""
    j.note("a" * 1000), j.note("acknowledged")
    j.files["checkpoint"] = j.checkpoint()
    j.note()
    lose_a_sector(j, 5)
    j.torn_bytes = sum(map(len, j.lines[4:]))

@case("shorter-than-head", 5)
def nul_below_remembered_head(j):
    """The same, and the head is remembered elsewhere."""
    j.note("a" * 1000), j.note("acknowledged")
    j.files["head"] = j.checkpoint()
    lose_a_sector(j, 5)

@case("prev", 5)
def damage_before_a_nul(j):
    """A line that does not fit, and then one with NULs: damage decides."""
    j.note(prev=j.head(3)), j.note("a" * 1000)
    lose_a_sector(j, 6)
    j.torn_bytes = 0

@case("syntax", 5)
def garbage_as_last_line(j):
    """Garbage with its LF is not a torn tail: a torn write lacks its end, or has NULs in it."""
    j.lines.append(b"garbage\n")

# ------------------------------------------------------------------------------------------- segments, lengths

@case("empty", 1, begin=0)
def emptied(j):
    """The segment is there, with nothing in it."""
    j.files["000000000001.jsonl"] = b""

@case("empty", 1)
def emptied_below_remembered_head(j):
    """Everything is gone; a remembered head cannot even be checked."""
    j.files |= {"head": j.checkpoint(), "no segments": True}

@case("segment", 1)
def segment_missing(j):
    """The first segment is missing."""
    j.files |= {"000000004097.jsonl": b"".join(j.lines), "no segments": True}

@case("segment", 5)
def segment_too_short(j):
    """The first segment holds four records, and another follows."""
    j.note()
    j.files |= {"000000000001.jsonl": b"".join(j.lines[:4]), "000000004097.jsonl": j.lines[4]}

@case("segment", 5)
def segment_misnamed(j):
    """The second file is named after the next record, but not every number begins a segment."""
    j.note()
    j.files |= {"000000000001.jsonl": b"".join(j.lines[:4]), "000000000005.jsonl": j.lines[4]}

@case("segment", 1)
def segment_zero(j):
    """A file that sorts before the first segment."""
    j.files["000000000000.jsonl"] = b""

@functools.cache
def full_segment():
    """The lines of good-two-segments: 4,096 and three more."""
    made = Journal("good-two-segments")
    made.opened(), good_two_segments(made)
    return tuple(made.lines)

def after_a_full_segment(j, *more):
    j.files |= {"000000000001.jsonl": b"".join(full_segment()[:4096] + more), "no segments": True}

@case("segment", 4097, begin=0, kept=False)
def segment_of_4097_lines(j):
    """The 4,097th record, sound, in the first segment."""
    after_a_full_segment(j, full_segment()[4096])

@case("segment", 4097, begin=0, kept=False)
def segment_of_4096_lines_and_garbage(j):
    """Garbage with its LF is a line, and that is one too many."""
    after_a_full_segment(j, b"garbage\n")

@case("torn-tail", 4097, begin=0, kept=False)
def torn_in_a_4097th_line(j):
    """The last segment is full, and a part of a line follows in the same file: that is a torn tail like any other."""
    after_a_full_segment(j, full_segment()[4096][:300])
    j.torn_bytes = 300

@case("torn-tail", 4097, begin=0, kept=False)
def torn_nul_in_a_4097th_line(j):
    """The same, and the line has its LF but NULs in its middle."""
    line = full_segment()[4096]
    after_a_full_segment(j, line[:100] + b"\0" * 100 + line[200:])
    j.torn_bytes = len(line)

@case("torn-tail", 4097, begin=0, kept=False)
def torn_nul_in_a_4097th_line_and_more(j):
    """A line with NULs after the 4,096th, and a whole one after that."""
    line = full_segment()[4096]
    after_a_full_segment(j, line[:100] + b"\0" * 100 + line[200:], full_segment()[4097])
    j.torn_bytes = len(line) + len(full_segment()[4097])

@case("torn-tail", 4000, begin=0, kept=False)
def torn_nul_in_a_segment_of_4097_lines(j):
    """Only what is before the tail counts as lines of the segment."""
    lines = list(full_segment()[:4097])
    j.torn_bytes = sum(map(len, lines[3999:]))
    lines[3999] = lines[3999][:100] + b"\0" * 100 + lines[3999][200:]
    j.files |= {"000000000001.jsonl": b"".join(lines), "no segments": True}

@case("segment", 4097, begin=0, kept=False)
def torn_in_a_4097th_line_before_another_segment(j):
    """Bytes without LF after the 4,096th line, and another segment follows."""
    after_a_full_segment(j, full_segment()[4096][:300])
    j.files["000000004097.jsonl"] = b"".join(full_segment()[4096:])

@case("segment", 4097, begin=0, kept=False)
def segment_fifo_after_a_full_one(j):
    """The second segment is a FIFO; opening it waits for ever."""
    after_a_full_segment(j)
    j.files["000000004097.jsonl"] = Other("fifo")

def special(name, reason, record, why, **files):
    """A journal in which `segment` or `checkpoint` is something else than a regular file, or `other` another name."""
    def make(j):
        j.files["no segments"] = "segment" in files
        names = {"segment": "000000000001.jsonl", "checkpoint": "checkpoint", "other": "000000000001.jsonl.lock"}
        j.files |= {"kept.segment": b"".join(j.lines), "kept.checkpoint": j.checkpoint()}
        j.files |= {names[name]: Other(what) for name, what in files.items()}
    make.__name__, make.__doc__ = name, why
    case(reason, record, kept=False)(make)

special("segment_link", "segment", 1, "A symbolic link to a sound segment.", segment="kept.segment")
special("segment_link_to_nothing", "segment", 1, "A symbolic link to nothing.", segment="nothing")
special("segment_fifo", "segment", 1, "A FIFO with a segment's name.", segment="fifo")
special("segment_directory", "segment", 1, "A directory with a segment's name.", segment="directory")
special("checkpoint_link", "checkpoint-format", 0, "A symbolic link to a sound checkpoint.", checkpoint="kept.checkpoint")
special("checkpoint_link_to_nothing", "checkpoint-format", 0, "A symbolic link to nothing: not the same as no checkpoint.",
        checkpoint="nothing")
special("checkpoint_fifo", "checkpoint-format", 0, "A FIFO named `checkpoint`.", checkpoint="fifo")
special("checkpoint_directory", "checkpoint-format", 0, "A directory named `checkpoint`.", checkpoint="directory")
special("good_other_fifo", None, None, "A FIFO of another name is ignored like any file.", other="fifo")

@case("line-too-long", 5)
def line_too_long(j):
    """A line of 65,536 bytes, otherwise right."""
    j.note("")
    room = 65_536 - len(j.lines.pop())
    j.ms -= MINUTE
    j.note("a" * room)
    j.note()

# --------------------------------------------------------------------------------------- bytes changed, lines moved

@case("record-signature", 5)
def bit_flip_in_data(j):
    """One bit of the note's text."""
    j.note("paid", line_edit=(b"paid", b"said")), j.note()

@case("record-signature", 5)
def bit_flip_in_header(j):
    """One bit of the record's time, which stays possible."""
    j.note(), j.note()
    head, tail = j.lines[4].split(b'"kid"', 1)
    j.lines[4] = head.replace(b'.000Z"', b'.001Z"') + b'"kid"' + tail

@case("prev", 5)
def bit_flip_in_prev(j):
    """One bit of prev."""
    digit = j.head()[:1].encode()
    j.note(line_edit=(b'"prev":"' + digit, b'"prev":"' + (b"0" if digit != b"0" else b"1"))), j.note()

@case("log", 5)
def bit_flip_in_log(j):
    """One bit of the record's log id."""
    j.note(), j.note()
    flipped = j.log[:-1] + f"{int(j.log[-1], 16) ^ 1:x}"
    j.lines[4] = j.lines[4].replace(j.log.encode(), flipped.encode(), 1)

@case("unknown-key", 5)
def bit_flip_in_kid(j):
    """One bit of the sequencer's key id."""
    flipped = f"{int(LS.kid[0], 16) ^ 1:x}" + LS.kid[1:]
    j.note(by=WS, line_edit=(LS.kid.encode(), flipped.encode())), j.note()

@case("record-signature", 5)
def bit_flip_in_signature(j):
    """One bit of the record's signature."""
    j.note(record_sig=lambda text: ("A" if text[0] != "A" else "B") + text[1:]), j.note()

@case("prev", 5)
def line_replaced_validly_signed(j):
    """Record 4 was replaced by another, validly signed: record 5 still names the first."""
    j.note()
    first, last = j.lines[3], j.lines[4]
    del j.lines[3:]
    j.note("another")
    j.lines.append(last)

@case("seq", 5)
def lines_reordered(j):
    """Lines 5 and 6 changed places."""
    j.note(), j.note()
    j.lines[4:] = j.lines[5], j.lines[4]

@case("seq", 5)
def line_dropped(j):
    """Line 5 is missing."""
    j.note(), j.note()
    del j.lines[4]

@case("seq", 1)
def first_line_dropped(j):
    """Line 1 is missing."""
    del j.lines[0]

@case("seq", 6)
def line_duplicated(j):
    """Line 5 stands twice."""
    j.note()
    j.lines.append(j.lines[4])

@case("seq", 5)
def seq_gap_validly_signed(j):
    """The sequencer itself left a number out."""
    j.note(seq=6)

@case("prev", 5)
def prev_wrong_validly_signed(j):
    """The sequencer itself named the hash of line 3."""
    j.note(prev=j.head(3)), j.note()

@case("prev", 1, begin=0)
def prev_of_first_not_zero(j):
    """The first line's prev must be 64 zeros."""
    j.opened(prev="f" * 64)

@case("ts-backwards", 5)
def ts_backwards(j):
    """The sequencer's time goes back by a millisecond; the author's may."""
    j.note(ts=time_text(j.ms - 1)), j.note()

# ------------------------------------------------------------------------------------ strict JSON, validly signed

@case("blank-line", 5)
def blank_line(j):
    """An empty line between two records."""
    j.note()
    j.lines.insert(4, b"\n")

@case("blank-line", 5)
def blank_last_line(j):
    """An empty line at the end."""
    j.lines.append(b"\n")

@case("crlf", 2)
def crlf(j):
    """Line 2 ends in CR LF, as some editors leave it."""
    j.lines[1] = j.lines[1][:-1] + b"\r\n"

@case("bom", 1)
def bom(j):
    """The file begins with a byte order mark."""
    j.lines[0] = b"\xef\xbb\xbf" + j.lines[0]

def strict(name, reason, why, old, new, where="event_edit", text="a/b"):
    """A note in record 5 with `old` changed to `new` before it is signed."""
    def make(j): j.note(text, **{where: (old.encode(), new if isinstance(new, bytes) else new.encode())}), j.note()
    make.__name__, make.__doc__ = name, why
    case(reason, 5)(make)

strict("duplicate_key", "duplicate-key", "The same member twice in one object.", '"a/b"', '"a","text":"b"')
strict("duplicate_key_escaped", "duplicate-key", "The same member twice, its name with an escape.", '"a/b"', '"a","\\"":1,"\\"":2')
strict("white_space", "syntax", "A space after a colon.", '"text":', '"text": ')
strict("white_space_before_line", "syntax", "A space before the line.", '{"v"', ' {"v"', "record_edit")
strict("white_space_after_line", "syntax", "A space after the line.", '"}\n', '"} \n', "line_edit")
strict("second_value_in_line", "syntax", "A second value after the record.", '"}\n', '"}{}\n', "line_edit")
strict("comma_too_many", "syntax", "A comma before a closing brace.", '"a/b"', '"a/b",')
strict("raw_control_character", "syntax", "A tab that is not escaped.", "a/b", "a\tb")
strict("unterminated_string", "syntax", "The line ends inside a string.", '"}\n', '\n', "line_edit")
strict("value_of_no_kind", "syntax", "No value begins with a plus sign.", '"schema":1', '"schema":+1')
strict("value_of_no_kind_in_data", "syntax", "Nor with a parenthesis, whatever closes it.", '"a/b"', "(1]")
strict("upper_case_literal", "syntax", "True is not true.", '"a/b"', "True")
strict("escape_unneeded", "escape", "A letter written as \\u0061.", "a/b", "\\u0061/b")
strict("escape_slash", "escape", "A slash written as \\/.", "a/b", "a\\/b")
strict("escape_long_form", "escape", "LF written as \\u000a; it has a short form.", "a/b", "a\\u000ab")
strict("escape_upper_case", "escape", "A control character with upper-case hex.", "a/b", "a\\u001Fb")
strict("escape_surrogate", "escape", "A lone surrogate, escaped.", "a/b", "a\\ud800b")
strict("utf8_invalid", "utf8", "A byte that no UTF-8 text has.", "a/b", b"a\xffb")
strict("utf8_overlong", "utf8", "A slash in two bytes.", "a/b", b"a\xc0\xafb")
strict("utf8_surrogate", "utf8", "A lone surrogate, encoded.", "a/b", b"a\xed\xa0\x80b")
strict("utf8_before_syntax", "utf8", "A space first, a bad byte later: UTF-8 is judged for the whole line first.", ':"a/b', b': "a\xffb')
strict("number_fraction", "number", "1.0 is not an integer's form.", '"a/b"', "1.0")
strict("number_exponent", "number", "1e0 is not an integer's form.", '"a/b"', "1e0")
strict("number_too_large", "number", "2^53: not every reader can hold it.", '"a/b"', str(2**53))
strict("number_too_small", "number", "-2^53: not every reader can hold it.", '"a/b"', str(-2**53))
strict("number_leading_zero", "number", "A leading zero.", '"a/b"', "01")
strict("number_minus_zero", "number", "Zero has no sign.", '"a/b"', "-0")
strict("number_minus_alone", "number", "A minus sign without a digit.", '"a/b"', "-")
strict("number_ends_at_a_letter", "syntax", "The number is 1 and ends there; what follows it is not a comma.", '"a/b"', "1x")
strict("number_ends_at_a_sign", "syntax", "The number is 1, and 1-1 is not another.", '"a/b"', "1-1")
strict("number_ends_at_a_point", "number", "A point belongs to the number, whatever follows it.", '"a/b"', "1.x")
strict("nested_too_deep", "depth", "17 containers, data counted.", '"a/b"', "[" * 16 + "]" * 16)
strict("two_faults_in_one_line", "number", "The first fault from the left is the reason.", '"a/b"', '[01,"\\/", 1]')

strict("version_2", "version", "A format version that this one does not know; even the rest may be otherwise.",
       '{"v":1,"log"', '{"v":2,"journal"', "record_edit")
strict("version_2_ends_at_a_letter", "version", "The number is 2 and ends there: its value is judged before what follows it.",
       '{"v":1,', '{"v":2x,', "record_edit")
strict("version_fraction", "number", "2.0 is not an integer's form, so it is not a version either.", '{"v":1,', '{"v":2.0,', "record_edit")
strict("version_text", "envelope", "The version as a string.", '{"v":1', '{"v":"1"', "record_edit")
strict("envelope_order", "envelope", "Two members of the record changed places.", '"epoch":1,"seq":5', '"seq":5,"epoch":1', "record_edit")
strict("envelope_missing_member", "envelope", "The record has no epoch.", '"epoch":1,', "", "record_edit")
strict("envelope_ends_too_early", "envelope", "The event ends after its schema.", '"schema":1,', '"schema":1}', "line_edit")
strict("envelope_without_members", "envelope", "The event is {}.", '{"id":', '{}{"id":', "line_edit")
strict("envelope_brace_after_comma", "syntax", "After a comma a name is due: a comma too many, as anywhere else.", '"schema":1,',
       '"schema":1,}', "line_edit")
strict("envelope_comma_after_brace", "syntax", "No comma before the first member.", '{"id":', '{,"id":', "line_edit")
strict("envelope_name_with_a_bad_escape", "escape", "A wrong name is judged at its end, and its escape comes before that.",
       '"schema"', '"s\\/chema"')
strict("envelope_name_with_a_control_character", "syntax", "The same with a tab.", '"schema"', '"sch\tema"')
strict("envelope_extra_member", "envelope", "The event has a member more.", '"schema":1,', '"schema":1,"host":"ws",')
strict("envelope_member_after_sig", "envelope", "A member after the signature.", '"}\n', '","x":1}\n', "line_edit")
strict("envelope_duplicate_member", "envelope", "seq stands twice: in an envelope that is a wrong name in a place.",
       '"seq":5,', '"seq":5,"seq":5,', "record_edit")
strict("envelope_zero", "envelope", "Schemas begin at 1.", '"schema":1', '"schema":0')
strict("envelope_data_list", "envelope", "data must be an object.", '{"text":"a/b"}', "[]")
strict("envelope_type_shape", "envelope", "A type with an empty part.", '"note"', '"x..y"')
strict("envelope_type_too_long", "envelope", "A type of 65 bytes.", '"note"', '"' + "a" * 65 + '"')
strict("envelope_time_without_ms", "envelope", "Times have three decimals.", '.000Z","data"', 'Z","data"')
strict("envelope_date_that_is_none", "envelope", "2026 has no 29 February.", '"2026-01-31T', '"2026-02-29T', text="a/b")

@case("envelope", 5)
def envelope_leap_second(j):
    """Seconds go to 59."""
    j.note(event_ts="2016-12-31T23:59:60.000Z"), j.note()

@case("envelope", 5)
def envelope_uuid_not_v7(j):
    """An event id must be a UUID of version 7."""
    j.note(id="5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93"), j.note()

@case("envelope", 5)
def envelope_upper_case_hex(j):
    """Hex is lower case."""
    j.note(prev=j.head().upper()), j.note()

@case("envelope", 5)
def envelope_short_signature(j):
    """A signature of 84 characters."""
    j.note(record_sig=lambda text: text[:84]), j.note()

def stray(text):
    """The last letter before == carries two bits and four that must be 0: set one."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:85] + letters[letters.index(text[85]) | 1] + text[86:]

@case("base64", 5)
def base64_stray_bits(j):
    """The record's signature with a stray trailing bit: lax readers decode it to the same 64 bytes."""
    j.note(record_sig=stray), j.note()

@case("base64", 5)
def base64_stray_bits_in_event(j):
    """The event's signature with a stray trailing bit, and the record validly signed."""
    j.note(by=WS, event_sig=stray), j.note()

@case("base64", 5)
def base64_url_alphabet(j):
    """The right length, another alphabet."""
    j.note(record_sig=lambda text: "-_" + text[2:]), j.note()

@case("base64", 5)
def base64_letter_of_two_bytes(j):
    """88 bytes, but 87 characters: lengths are counted in bytes."""
    j.note(record_sig=lambda text: "\u00e9" + text[2:]), j.note()

@case("base64", 5)
def base64_escaped_letter(j):
    """88 bytes as stored, a quote written as an escape among them: that is 87 characters, and a signature's shape is right."""
    j.note(record_sig=lambda text: '\\"' + text[2:]), j.note()

@case("envelope", 5)
def envelope_signature_with_an_escape_more(j):
    """88 characters, one of them an escape of two bytes: 89 bytes as stored are not a signature's shape."""
    j.note(record_sig=lambda text: '\\"' + text[1:]), j.note()

@case("base64", 5)
def base64_escaped_letter_in_event(j):
    """The event's signature with an escape, 88 bytes as stored, and the record validly signed."""
    j.note(by=WS, event_sig=lambda text: '\\"' + text[2:]), j.note()

# ------------------------------------------------------------------------------------------------ log, epoch

@case("log", 5)
def event_of_another_journal(j):
    """WS signed this event for another journal."""
    j.note(by=WS, event_log=Journal("another").log), j.note()

@case("log", 5)
def record_of_another_journal(j):
    """The whole record, validly signed, belongs to another journal of the same keys."""
    log = Journal("another").log
    j.note(by=WS, event_log=log, log=log), j.note()

@case("epoch", 1, begin=0)
def epoch_of_first_not_1(j):
    """A journal begins with epoch 1."""
    j.opened(epoch=2)

@case("epoch", 6)
def epoch_skipped(j):
    """Epoch 3 after epoch 1."""
    j.note()
    j.epoch = 2
    j.new_epoch(), j.note()

@case("epoch", 6)
def epoch_old_after_new(j):
    """The old LS continues to write in epoch 1 after epoch 2 began."""
    j.new_epoch()
    j.note("an old LS", epoch=1, kid=LS.kid, record_key=LS), j.note()

@case("epoch", 5)
def epoch_without_epoch_started(j):
    """Epoch 2 begins with a note."""
    j.note(epoch=2), j.note()

@case("epoch", 5)
def epoch_started_in_the_same_epoch(j):
    """epoch.started that does not raise the epoch."""
    j.new_epoch(epoch=1), j.note()

# ------------------------------------------------------------------------------------------------ genesis, record keys

@case("genesis", 1, begin=0)
def genesis_missing(j):
    """The journal begins with a note."""
    j.note(), j.note()

@case("genesis", 5)
def genesis_twice(j):
    """journal.opened a second time."""
    j.opened(), j.note()

@case("data", 1, begin=0)
def genesis_members_reordered(j):
    """The members of a key event's data have an order."""
    j.opened({"dataset": "dev", "sequencer": LS.text, "root": ROOT.text})

@case("data", 1, begin=0)
def genesis_schema_2(j):
    """A key event of an unknown schema: the keyring cannot be known, so nothing after it can."""
    j.opened(schema=2)

@case("record-key", 1, begin=0)
def genesis_record_by_another_key(j):
    """The record is signed by a key that the event does not name as sequencer."""
    j.opened(kid=LS2.kid, record_key=LS2)

@case("unknown-key", 1, begin=0)
def genesis_author_not_its_root(j):
    """The event is signed by a root that it does not name."""
    j.opened(by=ROOT2)

@case("enrolment", 1, begin=0)
def genesis_one_key_for_two_roles(j):
    """Root and sequencer are one key: a stolen LS would be root."""
    both = Key("root", "sequencer")
    j.opened({"dataset": "dev", "root": ROOT.text, "sequencer": both.text}, kid=both.kid, record_key=both)

@case("root", 1, root=ROOT2.kid)
def root_not_the_pinned(j):
    """A journal that is sound in itself, under another root than the one remembered."""

@case("root", 1, root=ROOT2.kid)
def root_enrolled_but_not_vouching(j):
    """The remembered root was enrolled and retired the first, but no signature of it commits to the lines before."""
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.retired(ROOT.kid, "root.retired", ROOT2, "kit lost")

@case("root", 1, begin=0, root=ROOT2.kid)
def root_proof_copied(j):
    """A forger's journal under the real one's id, with the remembered root's enrolment copied from there."""
    forger = Key("forger", "root")
    j.opened({"dataset": "dev", "root": forger.text, "sequencer": LS.text}, by=forger)
    j.add(forger, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.add(forger, "epoch.started", {"epoch": 2, "base_size": 2, "base_head": j.head(), "sequencer": LS2.text, "reason": "forged"},
          epoch=2, kid=LS2.kid, record_key=LS2)

@case("root", 1, root=ROOT2.kid)
def root_vouched_by_another(j):
    """The remembered root was enrolled, but the epoch was started by the first."""
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.new_epoch(), j.note()

@case("root-replaced", 5, root=ROOT.kid)
def root_replaced_old_pin(j):
    """The remembered root did not agree to the new one: a person has to."""
    good_root_replaced(j)

@case("root-replaced", 5, root=ROOT.kid)
def root_replaced_old_pin_epoch_not_started(j):
    """The same before the new root has started its epoch."""
    j.replaced()

@case("root-replaced", 7, root=ROOT2.kid)
def root_replaced_twice_pin_between(j):
    """The remembered root replaced the first, and was replaced itself."""
    good_root_replaced_twice(j)

@case("root-replaced", 7, root=ROOT2.kid)
def root_replaced_after_an_agreed_change(j):
    """The remembered root came in with the first one's consent and started an epoch; then its key was lost."""
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.new_epoch(by=ROOT2), j.replaced_and_started(ROOT3, LS3)

@case("root", 1, root=ROOT2.kid)
def root_replaced_epoch_not_started(j):
    """The remembered root replaced the first, but has signed nothing yet that commits to the lines before."""
    j.replaced()

@case("root", 1, root=STRANGER.kid)
def root_replaced_other_pin(j):
    """Neither the old nor the new root is the one remembered."""
    good_root_replaced(j)

@case("root-replaced", 5, root=ROOT.kid)
def root_replaced_before_heads(j):
    """The remembered root was replaced, and the checkpoint does not fit: the root is judged first."""
    j.replaced_and_started()
    j.files["checkpoint"] = j.checkpoint(root="A" * 43 + "=")

@case("seq", 6, root=ROOT2.kid)
def root_not_the_pinned_and_damaged(j):
    """Another root than the one remembered, and a line is missing: the lines are judged first."""
    j.note(), j.note(), j.note()
    del j.lines[5]

@case("root", 1, root=ROOT2.kid)
def root_not_the_pinned_and_torn(j):
    """Another root than the one remembered, and a torn tail: damage decides."""
    j.note()
    j.lines[4] = j.lines[4][:-1]
    j.torn_bytes = len(j.lines[4])

@case("root", 1, root=ROOT2.kid)
def root_not_the_pinned_before_heads(j):
    """Another root than the one remembered, and a checkpoint that does not fit: the root is judged first."""
    j.files["checkpoint"] = j.checkpoint(root="A" * 43 + "=")

@case("record-key", 5)
def epoch_started_by_another_key(j):
    """The record of epoch.started is signed by another key than the one it names."""
    j.new_epoch(kid=LS3.kid, record_key=LS3), j.note()

@case("record-key", 5)
def epoch_started_with_the_old_key(j):
    """A new epoch needs a new key."""
    j.new_epoch(LS), j.note()

@case("record-key", 5)
def epoch_started_with_an_authors_key(j):
    """A new epoch's key must not have been known in any role."""
    j.new_epoch(Key("WS", "sequencer")), j.note()

@case("unknown-key", 5)
def unknown_sequencer_key(j):
    """A record validly signed by a key nobody enrolled."""
    j.note(kid=LS2.kid, record_key=LS2), j.note()

@case("unknown-key", 5)
def sequencer_key_under_another_role(j):
    """The sequencer's own key, but named by the id it would have as an author."""
    j.note(by=WS, kid=kid_of("author", LS.public)), j.note()

@case("key-role", 5)
def author_key_sequences(j):
    """An enrolled author signs a record."""
    j.note(kid=WS.kid, record_key=WS), j.note()

@case("key-role", 5)
def root_key_sequences(j):
    """Root signs a record."""
    j.note(kid=ROOT.kid, record_key=ROOT), j.note()

@case("retired-key", 6)
def retired_sequencer_key(j):
    """The old LS signs a record in the new epoch."""
    j.new_epoch()
    j.note(kid=LS.kid, record_key=LS), j.note()

# ------------------------------------------------------------------------------------------------ signatures

@case("record-signature", 5)
def record_signed_by_another_key(j):
    """The line names the sequencer, an author signed it."""
    j.note(record_key=WS), j.note()

@case("event-signature", 5)
def event_signed_by_another_key(j):
    """The event names WS, another key signed it; the record is right."""
    j.note(by=WS, event_key=STRANGER), j.note()

@case("record-signature", 5)
def event_record_domain_swap(j):
    """The sequencer signed the record's bytes under the event's domain."""
    j.note(record_domain=EVENT), j.note()

@case("event-signature", 5)
def record_event_domain_swap(j):
    """The author signed the event's bytes under the record's domain."""
    j.note(by=WS, event_domain=RECORD), j.note()

@case("record-signature", 5)
def event_signature_as_record_signature(j):
    """The sequencer's signature of the event stands in the record's place."""
    j.note(record_sig=lambda text: "the event's"), j.note()

def malleated(text):
    """S + L verifies under the bare equation, too; so S must be below L."""
    sig = base64.b64decode(text)
    return base64_of(sig[:32] + (int.from_bytes(sig[32:], "little") + ORDER).to_bytes(32, "little"))

@case("record-signature", 5)
def malleated_signature(j):
    """The record's signature (R, S) as (R, S + L)."""
    j.note(record_sig=malleated), j.note()

@case("event-signature", 5)
def malleated_event_signature(j):
    """The event's signature (R, S) as (R, S + L); the record is right."""
    j.note(by=WS, event_sig=malleated), j.note()

# ------------------------------------------------------------------------------------------------ authors and roles

@case("unknown-key", 5)
def unknown_author_key(j):
    """An event validly signed by a key nobody enrolled."""
    j.note(by=STRANGER), j.note()

@case("unknown-key", 2, begin=1)
def author_key_before_its_enrolment(j):
    """Keys count from the record after the one that enrols them."""
    j.enrolled(by=WS), j.note()

@case("retired-key", 6)
def retired_author_key(j):
    """WS was retired and still signs."""
    j.retired(WS.kid)
    j.note(by=WS), j.note()

@case("retired-key", 6)
def retired_sequencer_as_author(j):
    """An event of the old LS in the new epoch."""
    j.new_epoch()
    j.note(by=LS), j.note()

@case("retired-key", 7)
def retired_root_key(j):
    """The retired root starts an epoch."""
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)})
    j.retired(ROOT.kid, "root.retired", ROOT2)
    j.new_epoch(), j.note()

@case("role", 5)
def role_author_claims_upload(j):
    """A stolen WS claims that an artifact was uploaded."""
    j.add(WS, "artifact.uploaded", {"label": "dev@2026-01"}), j.note()

@case("role", 5)
def role_author_succeeds_another_journal(j):
    """A stolen WS claims that this journal continues another one."""
    j.add(WS, "journal.succeeds", {"log": j.log}), j.note()

@case("role", 5)
def role_author_enrols_a_key(j):
    """A WS enrols another one: no authority for that."""
    j.enrolled(WS2, by=WS), j.note()

@case("role", 5)
def role_sequencer_seals(j):
    """LS claims what only a WS can have seen."""
    j.add(LS, "artifact.sealed", {"label": "dev@2026-01"}), j.note()

@case("role", 5)
def role_sequencer_enrols_a_root(j):
    """Only a root makes a root."""
    j.add(LS, "root.enrolled", {"key": ROOT2.text, "proof": ROOT2.proof(j.log)}), j.note()

@case("role", 5)
def role_author_replaces_the_root(j):
    """A WS endorses a new root, but only the sequencer can put it in place."""
    j.replaced(by=WS), j.note()

@case("role", 5)
def role_root_replaces_the_root(j):
    """A root that has its key enrols another one: that is root.enrolled."""
    j.replaced(by=ROOT), j.note()

@case("role", 5)
def role_sequencer_starts_an_epoch(j):
    """A new epoch, named by the sequencer alone."""
    head = j.head()
    j.epoch, j.sequencer = 2, LS2
    j.add(LS, "epoch.started", {"epoch": 2, "base_size": 4, "base_head": head, "sequencer": LS2.text, "reason": ""}), j.note()

@case("role", 5)
def role_root_writes_a_note(j):
    """Root signs key events and nothing else."""
    j.note(by=ROOT), j.note()

@case("role", 5)
def role_root_writes_an_unknown_type(j):
    """Unknown types are for sequencer and authors."""
    j.add(ROOT, "root.moved", {}), j.note()

# ------------------------------------------------------------------------------------------------ key events

@case("data", 5)
def key_enrolled_extra_member(j):
    """Key events have exactly their members."""
    data = {"role": "author", "key": WS2.text, "name": "w", "proof": WS2.proof(j.log), "host": "ws"}
    j.add(LS, "key.enrolled", data), j.note()

@case("data", 5)
def key_enrolled_stray_bits(j):
    """The key's base64 with a stray trailing bit."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = WS2.text[:42] + letters[letters.index(WS2.text[42]) | 1] + "="
    j.add(LS, "key.enrolled", {"role": "author", "key": text, "name": "w", "proof": WS2.proof(j.log)}), j.note()

@case("data", 5)
def key_retired_schema_2(j):
    """A key event of an unknown schema."""
    j.add(LS, "key.retired", {"kid": WS.kid, "reason": ""}, schema=2), j.note()

@case("enrolment", 5)
def enrolment_without_proof(j):
    """The proof of possession was signed by another key."""
    j.enrolled(WS2, proof=STRANGER.proof(j.log)), j.note()

@case("enrolment", 5)
def enrolment_proof_for_another_role(j):
    """The proof of possession was made for the role root."""
    j.enrolled(WS2, proof=WS2.proof(j.log, "root")), j.note()

@case("enrolment", 5)
def enrolment_proof_for_another_journal(j):
    """The proof of possession was made for another journal."""
    j.enrolled(WS2, proof=WS2.proof(Journal("another").log)), j.note()

@case("enrolment", 5)
def enrolment_small_order_key(j):
    """The neutral point as public key: R = [S]B then "verifies" for any message; points of small order are refused."""
    seed = hashlib.sha512(STRANGER.seed).digest()[:32]                      # R and S of a key pair: R = [S]B
    scalar = (int.from_bytes(seed, "little") & (2**254 - 8) | 2**254) % ORDER
    neutral = b"\1" + bytes(31)
    proof = base64_of(STRANGER.public + scalar.to_bytes(32, "little"))
    j.add(LS, "key.enrolled", {"role": "author", "key": base64_of(neutral), "name": "w", "proof": proof}), j.note()

@case("enrolment", 5)
def enrolment_twice(j):
    """WS is enrolled already."""
    j.enrolled(), j.note()

@case("enrolment", 6)
def enrolment_after_retirement(j):
    """A retired key does not come back."""
    j.retired(WS.kid)
    j.enrolled(), j.note()

@case("enrolment", 5)
def enrolment_of_a_sequencer_key_as_author(j):
    """One key, one role."""
    j.enrolled(Key("LS", "author")), j.note()

@case("enrolment", 5)
def enrolment_in_another_role(j):
    """key.enrolled enrols authors only."""
    j.enrolled(LS2, role="sequencer"), j.note()

@case("enrolment", 5)
def enrolment_in_another_role_proved_as_author(j):
    """The same, with a proof made for the role author."""
    j.enrolled(LS2, role="sequencer", proof=LS2.proof(j.log, "author")), j.note()

@case("enrolment", 5)
def enrolment_in_an_unheard_of_role(j):
    """A role of any name has the right shape; only one is enrolled."""
    j.enrolled(LS2, role="witness"), j.note()

@case("enrolment", 5)
def enrolment_of_a_root_without_proof(j):
    """root.enrolled needs a proof of possession, too."""
    j.add(ROOT, "root.enrolled", {"key": ROOT2.text, "proof": STRANGER.proof(j.log)}), j.note()

@case("enrolment", 5)
def retiring_an_unknown_key(j):
    """Nobody enrolled that key."""
    j.retired(STRANGER.kid), j.note()

@case("enrolment", 6)
def retiring_twice(j):
    """WS is retired already."""
    j.retired(WS.kid), j.retired(WS.kid), j.note()

@case("enrolment", 5)
def retiring_the_sequencer(j):
    """Only a new epoch retires a sequencer."""
    j.retired(LS.kid), j.note()

@case("enrolment", 5)
def retiring_the_last_root(j):
    """Without a root there is no next epoch."""
    j.retired(ROOT.kid, "root.retired", ROOT), j.note()

@case("data", 5)
def replacement_extra_member(j):
    """Key events have exactly their members."""
    j.replaced(data={"host": "ls"}), j.note()

@case("data", 5)
def replacement_endorsement_extra_member(j):
    """So have the objects in them."""
    j.replaced([j.endorsement() | {"name": "WS"}]), j.note()

@case("data", 5)
def replacement_endorsements_no_list(j):
    """A single endorsement stands in a list, too."""
    j.replaced(data={"endorsements": j.endorsement()}), j.note()

@case("data", 5)
def replacement_endorsement_short_signature(j):
    """63 bytes of a signature, in canonical base64."""
    j.replaced([{"kid": WS.kid, "sig": base64_of(bytes(63))}]), j.note()

@case("enrolment", 5)
def replacement_without_proof(j):
    """The new root's proof of possession was signed by another key."""
    j.replaced(data={"proof": STRANGER.proof(j.log)}), j.note()

@case("enrolment", 5)
def replacement_by_the_same_root(j):
    """A root that is known replaces nothing."""
    j.replaced(root=ROOT), j.note()

@case("enrolment", 6)
def replacement_by_a_retired_root(j):
    """Nor does one that was replaced come back."""
    j.replaced(), j.replaced(root=ROOT), j.note()

@case("enrolment", 5)
def replacement_by_an_authors_key(j):
    """One key, one role."""
    j.replaced(root=Key("WS", "root")), j.note()

@case("enrolment", 5)
def replacement_base_size_wrong(j):
    """The endorsement is right for the base it names, but that is not the record before."""
    j.replaced([j.endorsement(size=3)], data={"base_size": 3, "base_head": j.head(3)}), j.note()

@case("enrolment", 5)
def replacement_base_head_wrong(j):
    """The base's head is not the record before."""
    j.replaced([j.endorsement(size=4, head=j.head(3))], data={"base_head": j.head(3)}), j.note()

@case("endorsement", 5)
def endorsement_missing(j):
    """A stolen LS alone."""
    j.replaced([]), j.note()

@case("endorsement", 2, begin=1)
def endorsement_without_authors(j):
    """Nobody is enrolled who could agree; LS's word alone is not enough."""
    j.replaced([]), j.note()

@case("endorsement", 5)
def endorsement_by_another_key(j):
    """The endorsement names WS, another key signed it."""
    j.replaced([j.endorsement(key=STRANGER)]), j.note()

@case("endorsement", 5)
def endorsement_malleated(j):
    """The endorsement's signature (R, S) as (R, S + L)."""
    sig = base64.b64decode(j.endorsement()["sig"])
    sig = sig[:32] + (int.from_bytes(sig[32:], "little") + ORDER).to_bytes(32, "little")
    j.replaced([{"kid": WS.kid, "sig": base64_of(sig)}]), j.note()

@case("endorsement", 5)
def endorsement_by_the_sequencer(j):
    """LS endorses what LS records."""
    j.replaced([j.endorsement(LS)]), j.note()

@case("endorsement", 5)
def endorsement_by_an_unknown_key(j):
    """A workstation that was never enrolled."""
    j.replaced([j.endorsement(STRANGER)]), j.note()

@case("endorsement", 7)
def endorsement_by_a_retired_author(j):
    """WS was retired; the one that came after it was not asked."""
    j.enrolled(WS2, name="second workstation"), j.retired(WS.kid)
    j.replaced(), j.note()

@case("endorsement", 7)
def endorsement_by_a_retired_author_too(j):
    """All who may endorse did, and one who may not."""
    j.enrolled(WS2, name="second workstation"), j.retired(WS.kid)
    j.replaced([j.endorsement(), j.endorsement(WS2)]), j.note()

@case("endorsement", 6)
def endorsement_by_one_of_two(j):
    """A stolen LS enrols a workstation of its own and lets it endorse: the other one was not asked."""
    j.enrolled(WS2, name="the thief's")
    j.replaced([j.endorsement(WS2)]), j.note()

@case("endorsement", 6)
def endorsement_in_another_order(j):
    """The authors endorse in the order of their enrolment: one content has one spelling."""
    j.enrolled(WS2, name="second workstation")
    j.replaced([j.endorsement(WS2), j.endorsement()]), j.note()

@case("endorsement", 5)
def endorsement_twice(j):
    """The same endorsement a second time."""
    j.replaced([j.endorsement(), j.endorsement()]), j.note()

@case("endorsement", 6)
def endorsement_of_an_earlier_head(j):
    """The endorsement is good, but was made one record before."""
    given = j.endorsement()
    j.note()
    j.replaced([given]), j.note()

@case("endorsement", 5)
def endorsement_of_another_history(j):
    """The endorsement is good for another fourth record."""
    fourth = j.lines.pop()
    j.note("another one")
    given = j.endorsement()
    j.lines[3] = fourth
    j.replaced([given]), j.note()

@case("endorsement", 5)
def endorsement_of_another_journal(j):
    """The endorsement names another journal."""
    j.replaced([j.endorsement(log=Journal("another").log)]), j.note()

@case("endorsement", 5)
def endorsement_of_another_root(j):
    """The endorsement was given to another new root."""
    j.replaced([j.endorsement(root=ROOT3)]), j.note()

@case("endorsement", 5)
def endorsement_of_the_spelled_reason(j):
    """The endorsement covers the reason as JSON spells it, not the text."""
    reason = 'the "kit" is lost (C:\\temp)'
    j.replaced([j.endorsement(reason=quoted(reason)[1:-1])], data={"reason": reason})

@case("endorsement", 5)
def endorsement_of_another_reason(j):
    """The author endorsed another reason."""
    j.replaced([j.endorsement(reason="a drill")]), j.note()

@case("retired-key", 6)
def replaced_root_starts_an_epoch(j):
    """The old root's key was found again, too late."""
    j.replaced(), j.new_epoch(by=ROOT), j.note()

@case("enrolment", 5)
def epoch_base_size_wrong(j):
    """The base is not the record before."""
    j.new_epoch(data={"base_size": 3}), j.note()

@case("enrolment", 5)
def epoch_base_head_wrong(j):
    """The base's head is not the record before."""
    j.new_epoch(data={"base_head": j.head(3)}), j.note()

@case("enrolment", 5)
def epoch_number_in_data_wrong(j):
    """The event announces another epoch than its record's."""
    j.new_epoch(data={"epoch": 3}), j.note()

@case("duplicate-id", 6)
def duplicate_id(j):
    """The same event a second time, in a record of its own."""
    event = j.event(WS, "note", {"text": "once"})
    j.note(by=WS, event=event), j.note(by=WS, event=event), j.note()

@case("duplicate-id", 5)
def duplicate_id_of_another_event(j):
    """The id of record 3 for another event."""
    j.note(by=WS, id=json.loads(j.lines[2])["event"]["id"]), j.note()

# ------------------------------------------------------------------------------------------------ acknowledged heads

@case("shorter-than-head", 5)
def shorter_than_remembered_head(j):
    """A head of six records is remembered; four are left, and they are sound."""
    j.note(), j.note()
    j.files["head"] = j.checkpoint()
    del j.lines[4:]

@case("shorter-than-head", 5)
def shorter_than_checkpoint(j):
    """The directory's own checkpoint is of five records."""
    j.note()
    j.files["checkpoint"] = j.checkpoint()
    del j.lines[4:]

@case("shorter-than-head", 5)
def epoch_of_head_unknown(j):
    """The remembered head is of epoch 2, which this journal does not know."""
    j.new_epoch()
    j.files["head"] = j.checkpoint()
    del j.lines[4:]

@case("checkpoint-root", 4)
def checkpoint_root_wrong(j):
    """The Merkle root is validly signed, but not the lines'."""
    j.files["checkpoint"] = j.checkpoint(root=base64_of(sha256(b"")))

@case("checkpoint-root", 3)
def checkpoint_head_wrong(j):
    """The head is validly signed, but it is line 4's, and the size is 3."""
    j.files["checkpoint"] = j.checkpoint(3, head=j.head(4))

@case("checkpoint-signature", 0)
def checkpoint_by_another_key(j):
    """The note names the sequencer's key, another signed."""
    j.files["checkpoint"] = j.checkpoint(signer=STRANGER)

@case("checkpoint-signature", 0)
def checkpoint_by_an_author(j):
    """An author made the note."""
    j.files["checkpoint"] = j.checkpoint(key=WS)

@case("checkpoint-signature", 0)
def checkpoint_by_the_old_sequencer(j):
    """The old LS signed for the new epoch."""
    j.new_epoch()
    j.files["checkpoint"] = j.checkpoint(key=LS)

@case("checkpoint-signature", 0)
def checkpoint_changed(j):
    """The size was changed after signing."""
    j.files["checkpoint"] = j.checkpoint(edit=(b"\n4\n", b"\n3\n"))

@case("checkpoint-format", 0)
def checkpoint_of_another_journal(j):
    """A validly signed note of another journal."""
    j.files["checkpoint"] = j.checkpoint(log=Journal("another").log)

@case("checkpoint-format", 0)
def checkpoint_leading_zero(j):
    """04 is not how 4 is written."""
    j.files["checkpoint"] = j.checkpoint(edit=(b"\n4\n", b"\n04\n"))

@case("checkpoint-format", 0)
def checkpoint_truncated(j):
    """The signature line is missing."""
    j.files["checkpoint"] = j.checkpoint().split("—".encode())[0]

@case("checkpoint-format", 0)
def checkpoint_two_signatures(j):
    """The sequencer's line twice: no two may be of one key."""
    note = j.checkpoint()
    j.files["checkpoint"] = note + note.split(b"\n\n")[1]

@case("checkpoint-format", 0)
def checkpoint_two_notes(j):
    """Two sound notes: only a file of remembered heads holds several."""
    j.files["checkpoint"] = j.checkpoint(3) + j.checkpoint()

@case("checkpoint-format", 0)
def checkpoint_many_notes(j):
    """The same with more than a reader needs to read: no note is that long."""
    j.files["checkpoint"] = j.checkpoint() * 200

@case("checkpoint-format", 0)
def checkpoint_stray_bits(j):
    """The root's base64 with a stray trailing bit."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    root = base64_of(merkle_root(j.lines))
    j.files["checkpoint"] = j.checkpoint(root=root[:42] + letters[letters.index(root[42]) | 1] + "=")

@case("checkpoint-format", 0)
def checkpoint_size_zero(j):
    """A checkpoint is of at least one record."""
    j.files["checkpoint"] = j.checkpoint(0)

@case("checkpoint-format", 0)
def checkpoint_size_too_large(j):
    """Counts end at 2^53-1, here too."""
    j.files["checkpoint"] = j.checkpoint().replace(b"\n4\n", b"\n%d\n" % (2**53))

@case("checkpoint-format", 0)
def checkpoint_seventeen_others(j):
    """One line of another key more than a note may have."""
    j.files["checkpoint"] = j.checkpoint(others=[foreign(f"witness.example/{n}", sha256(b"a signature")) for n in range(17)])

@case("checkpoint-signature", 0)
def checkpoint_cosigned_only(j):
    """Others signed it; the sequencer's line was taken out."""
    note, line = j.checkpoint(others=[W1, W2]), j.checkpoint().split(b"\n\n")[1]
    j.files["checkpoint"] = edited(note, (line, b""))

@case("checkpoint-signature", 0)
def checkpoint_other_key_of_the_name(j):
    """The only line of the sequencer's name is of another key: a name alone says nothing."""
    j.files["checkpoint"] = j.checkpoint(key=STRANGER, others=[W1])

@case("checkpoint-signature", 0)
def checkpoint_signature_too_long(j):
    """A byte follows the sequencer's signature: it is the signature of no text."""
    key_hash = sha256(f"devjournal/{j.log}\n\x01".encode() + LS.public)[:4]
    text, line = j.checkpoint().split(b"\n\n")
    signature = base64.b64decode(line.split()[-1])[4:]
    j.files["checkpoint"] = text + b"\n\n" + foreign(f"devjournal/{j.log}", key_hash + signature + b"\0")

def other_line(name, line, why):
    """A note with one line of another key, and what is wrong with that."""
    def make(j): j.files["checkpoint"] = j.checkpoint(others=[line])
    make.__name__, make.__doc__ = name, why
    case("checkpoint-format", 0)(make)

other_line("checkpoint_other_without_name", foreign("", sha256(b"a signature")), "A key without a name.")
other_line("checkpoint_other_with_plus", foreign("a+b", sha256(b"a signature")), "A `+` in a key's name ends it in a verifier key.")
other_line("checkpoint_other_with_space", foreign("a b", sha256(b"a signature")), "A space in a key's name.")
other_line("checkpoint_other_not_ascii", foreign("caf\u00e9", sha256(b"a signature")), "A letter beyond ASCII in a key's name.")
other_line("checkpoint_other_name_too_long", foreign("a" * 256, sha256(b"a signature")), "A key's name of 256 bytes.")
other_line("checkpoint_other_without_signature", foreign("a", b"hash"), "Nothing follows the four bytes that name the key.")
other_line("checkpoint_other_stray_bits", "— a aGFzaHg=\n".replace("g=", "h=").encode(), "Base64 with a stray trailing bit.")
other_line("checkpoint_other_with_hyphen", b"- " + foreign("a", sha256(b"a signature"))[4:], "A hyphen where the dash belongs.")

@case("checkpoint-format", 0)
def checkpoint_two_others_of_one_key(j):
    """The same witness twice, at two times: only one of them can be meant."""
    text = j.checkpoint().split(b"\n\n")[0] + b"\n"
    j.files["checkpoint"] = j.checkpoint(others=[W1, W1.cosignature(text, j.ms // 1000 + 60)])

@case("checkpoint-format", 0)
def checkpoint_origin_with_epoch(j):
    """The origin names the journal alone; the epoch has its own line."""
    j.files["checkpoint"] = j.checkpoint(log=f"{j.log}/1")

def other_text(name, old, new, why):
    """A note whose text was changed before it was signed."""
    def make(j):
        text = j.checkpoint().decode().split("\n\n")[0] + "\n"
        other, count = re.subn(old, new, text, flags=re.M)
        assert count == 1, (old, text)
        j.files["checkpoint"] = j.checkpoint(text_edit=(text.encode(), other.encode()))
    make.__name__, make.__doc__ = name, why
    case("checkpoint-format", 0)(make)

other_text("checkpoint_without_due", r"^due .*\n", "", "The line `due` is missing.")
other_text("checkpoint_without_epoch", r"^epoch .*\n", "", "The line `epoch` is missing.")
other_text("checkpoint_epoch_zero", "^epoch 1$", "epoch 0", "Epochs are counted from 1.")
other_text("checkpoint_due_no_time", "^due 2026-", "due 2026-13-", "`due` is a time as in a record.")
other_text("checkpoint_due_in_seconds", r"\.000Z$", "Z", "`due` without its milliseconds: a time has one spelling.")
other_text("checkpoint_line_more", "^epoch 1$", "epoch 1\nnext 2", "A line more than this version knows.")
other_text("checkpoint_lines_exchanged", r"^(epoch .*\n)(head .*\n)", r"\2\1", "`epoch` is not where it belongs.")

@case()
def good_cosigned(j):
    """Others signed below the sequencer: two witnesses and keys that nobody knows, sixteen in all, one of them above its line."""
    others = [foreign(f"log.example/{n}", sha256(b"a signature %d" % n)) for n in range(12)]
    others.append(foreign("w" * 255, sha256(b"short name, long name")))
    others.append(foreign(f"devjournal/{j.log}", sha256(b"another algorithm")[:4] + bytes(2420)))
    j.files["checkpoint"] = j.files["head"] = j.checkpoint(before=[W2], others=[W1, *others])

@case()
def good_head_with_two_deadlines(j):
    """Nothing was recorded between two notes: they say the same, and the newer deadline counts."""
    j.files["head"] = j.checkpoint()
    j.files["checkpoint"] = j.checkpoint(due=time_text(j.ms + 3 * DAY))
    j.files["head"] += j.files["checkpoint"]

@case("checkpoint-cut", 5)
def checkpoint_cut(j):
    """The directory's own checkpoint is of an old epoch and lies above the new epoch's base."""
    j.note(), j.note()
    j.files["checkpoint"] = j.checkpoint()
    del j.lines[4:]
    j.new_epoch(), j.note()

@case("head-format", 0)
def head_empty(j):
    """The file of remembered heads is empty: nothing was checked, so it cannot pass."""
    j.files["head"] = b""

@case("head-format", 0)
def head_with_something_before(j):
    """Something stands before the first note."""
    j.files["head"] = b"# from WS\n" + j.checkpoint()

@case("head-signature", 0)
def head_by_another_key(j):
    """The remembered note was not signed by the sequencer."""
    j.files["head"] = j.checkpoint(signer=STRANGER)

@case("fork", 5)
def fork(j):
    """The sequencer signed two histories: WS remembers one of five records, and this is the other."""
    j.note("what WS was told")
    j.files["head"] = j.checkpoint()
    del j.lines[4:]
    j.note("what LS says now"), j.note()
    j.files["checkpoint"] = j.checkpoint()

@case("fork", 5)
def fork_in_the_second_head(j):
    """The first remembered head is right, the second is of another history."""
    first = j.checkpoint()
    j.note("what WS was told")
    j.files["head"] = first + j.checkpoint()
    del j.lines[4:]
    j.note("what LS says now")

@case("fork", 5)
def fork_of_two_heads_of_one_size(j):
    """Two signed heads of one epoch and size: at most one of them can be this journal's."""
    j.note("what WS was told")
    told = j.checkpoint()
    del j.lines[4:]
    j.note("what LS says now")
    j.files["head"] = j.checkpoint() + told

@case("fork", 5)
def fork_before_a_malformed_head(j):
    """Heads are judged one after another: the first is of another history, the second cannot be read."""
    j.note("what WS was told")
    j.files["head"] = j.checkpoint() + b"devjournal/\n"
    del j.lines[4:]
    j.note("what LS says now")

# ------------------------------------------------------------------------------------------------ vectors and output

def vectors():
    """Each step of the format on its own, on the bytes of good-month."""
    files = build("good-month")
    lines = files["000000000001.jsonl"].splitlines(keepends=True)
    log = json.loads(lines[0])["log"]
    keys = {name: (key.seed.hex(), key) for name, key in {"root": ROOT, "sequencer": LS, "author": WS}.items()}
    record = lines[4][:-99]                                     # record 5: without `,"sig":"…"}` and LF
    event = lines[4][lines[4].index(b'"event":') + 8:-99][:-98]
    leaves = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f")]
    text, signed = files["checkpoint"].decode().split("\n\n")
    name = text.split("\n")[0]
    key_hash = sha256(name.encode() + b"\n\1" + LS.public)[:4].hex()
    return {"keys": [{"role": key.role, "seed": seed, "public": key.public.hex(), "kid": key.kid} for seed, key in keys.values()],
            "proof_of_possession": {"log": log, "role": "author", "public": WS.public.hex(), "seed": WS.seed.hex(),
                                    "message": (ENROL + f"{log}\nauthor\n".encode() + WS.public).hex(), "proof": WS.proof(log)},
            "prev": {"file": "journals/good-month/000000000001.jsonl", "line": 4, "prev_of_line_5": sha256(lines[3]).hex()},
            "event": {"line": 5, "signed": (EVENT + event).decode(), "kid": WS.kid, "sig": base64_of(WS.sign(EVENT + event))},
            "record": {"line": 5, "signed": (RECORD + record).decode(), "kid": LS.kid, "sig": base64_of(LS.sign(RECORD + record))},
            "checkpoint": {"signed": text + "\n", "due": text.split("\n")[5][4:], "kid": LS.kid, "key_hash": key_hash,
                           "sig": signed.split()[-1], "verifier_key": f"{name}+{key_hash}+{base64_of(bytes([1]) + LS.public)}"},
            "cosigners": [{"file": "journals/good-cosigned/checkpoint", "seed": w.seed.hex(), "verifier_key": w.verifier_key,
                           "time": cosigned_at(w)} for w in (W1, W2)],
            "rfc6962": {"leaves": [leaf.hex() for leaf in leaves], "roots": [merkle_root(leaves[:n]).hex() for n in range(9)]}}

def cosigned_at(witness):
    """The time in a cosignature below good-cosigned's checkpoint."""
    lines = build("good-cosigned")["checkpoint"].decode().split("\n\n")[1].splitlines()
    line, = [line for line in lines if line.startswith(f"— {witness.name} ")]
    return int.from_bytes(base64.b64decode(line.split()[-1])[4:12], "big")

def proofs():
    """Section 12: proofs of records 5 and 1 of good-month, and that its checkpoint continues the one of three records."""
    files = build("good-month")
    lines = files["000000000001.jsonl"].splitlines(keepends=True)
    old = Journal("good-month")
    old.lines = lines[:3]
    def proof(title, number, path, carried):
        head = [title, "extra " + base64_of(b"".join(lines[n - 1] for n in carried)), number, *map(base64_of, path)]
        return "\n".join(head).encode() + b"\n\n" + files["checkpoint"]
    return {"good-month-5.tlog-proof": proof("c2sp.org/tlog-proof@v1", "index 4", inclusion_path(4, lines), [1, 4, 5]),
            "good-month-1.tlog-proof": proof("c2sp.org/tlog-proof@v1", "index 0", inclusion_path(0, lines), [1, 4]),
            "good-month-from-3.proof": proof("devjournal/consistency-proof/v1", "old 3", consistency_path(3, lines), [1, 4]),
            "good-month-3.checkpoint": old.checkpoint()}

def deliveries():
    """Section 14: WS holds four records of good-month and delivers an event whose first answer was lost, and one that
    may not be; LS sends what came since."""
    files = build("good-month")
    lines = files["000000000001.jsonl"].splitlines(keepends=True)
    log = json.loads(lines[0])["log"].encode()
    event = lines[4][lines[4].index(b'"event":') + 8:-99]
    sent = [event + b"\n", event.replace(b'"type":"snapshot.taken"', b'"type":"artifact.stored"').replace(b"ff98cb", b"ff98cc", 1) + b"\n"]
    heads = [b"%d %s\n" % (n, sha256(lines[n - 1]).hex().encode()) for n in (4, 3, 1)]
    answers = [b"recorded 5\n", b"never event-signature the author's signature does not match\n"]
    return {"good-month.delivery": b"".join([b"devjournal-delivery-v1 %s\nheads 3\n" % log, *heads, b"events 2\n", *sent]),
            "good-month.answer": b"".join([b"devjournal-answer-v1 %s\nfrom 4\n" % log, files["checkpoint"], b"events 2\n",
                                           *answers, b"lines 4\n", *lines[4:]])}

def tiles():
    """Section 12.1: good-month as a tiled log, cut off in the first tile and the first bundle."""
    files = build("good-month")
    lines = files["000000000001.jsonl"].splitlines(keepends=True)
    return {"good-month/checkpoint": files["checkpoint"],
            f"good-month/tile/0/000.p/{len(lines)}": b"".join(sha256(b"\0" + line) for line in lines),
            f"good-month/tile/entries/000.p/{len(lines)}": b"".join(len(line).to_bytes(2, "big") + line for line in lines)}

def write(place):
    journals = os.path.join(place, "fixtures", "journals")
    if os.path.exists(journals): shutil.rmtree(journals)
    files = {f"fixtures/journals/{name}/{file}": data
             for name in CASES if name not in UNKEPT for file, data in build(name).items()}
    files |= {f"fixtures/proofs/{name}": data for name, data in proofs().items()}
    files |= {f"fixtures/deliveries/{name}": data for name, data in deliveries().items()}
    files |= {f"fixtures/tiles/{name}": data for name, data in tiles().items()}
    files["fixtures/vectors.json"] = (json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n").encode()
    for path, data in files.items():
        os.makedirs(os.path.dirname(os.path.join(place, path)), exist_ok=True)
        with open(os.path.join(place, path), "wb") as file: file.write(data)

def write_unkept(place):
    for name in sorted(UNKEPT):
        folder = os.path.join(place, name)
        os.makedirs(folder)
        for file, data in build(name).items():
            path = os.path.join(folder, file)
            if isinstance(data, bytes):
                with open(path, "wb") as opened: opened.write(data)
            elif data == "fifo": os.mkfifo(path)
            elif data == "directory": os.mkdir(path)
            else: os.symlink(data, path)

def table():
    print("| folder | verdict | what is wrong, or right |\n|---|---|---|")
    for name, (make, _, expect) in CASES.items():
        said = expect["reason"] and f"{expect['record']}: `{expect['reason']}`"
        said = said or ", ".join(f"{w['record']}: `{w['reason']}` (4)" for w in expect["warnings"]) or "sound"
        print(f"| `{name}`{' *' if name in UNKEPT else ''} | {said} | {' '.join(make.__doc__.split())} |")

if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]: table()
    elif sys.argv[1:2] == ["--unkept"]: write_unkept(sys.argv[2])
    else: write(sys.argv[1] if sys.argv[1:] else os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
