#!/usr/bin/env python3
"""verify_journal.py [--journal] DIR [--root KID] [--head FILE] [--json]

An independent verifier of devjournal's journal, written from journal-format.md alone; "rule n" and "section n" refer
to it. Needs Python 3.11 and either the `cryptography` package or OpenSSL 3's command line.
Exit status: 0 sound, 1 damaged, 2 could not check or not report, 3 torn tail, 4 sound with warnings."""
import argparse, base64, datetime, hashlib, json, os, re, stat, subprocess, sys, tempfile

LIMIT, NOTE_LIMIT, SEGMENT, DEPTH, BIGGEST, DAY = 65535, 65536, 4096, 16, 2**53 - 1, 86_400_000
HEX64, UUID = r"[0-9a-f]{64}", r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NAME, KID, TYPE = r"[a-z0-9][a-z0-9_-]{0,31}", r"[0-9a-f]{32}", r"[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*"
TIME = r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\.(\d{3})Z"
TEXT = re.compile(rb'(?:[^"\\\x00-\x1f]|\\["\\bfnrt]|\\u00(?:0[0-7bef]|1[0-9a-f]))*')
COUNT, SIGNATURE = r"[1-9]\d{0,15}", r"— ([!-*,-~]{1,255}) ([A-Za-z0-9+/]+=?=?)\n"
NOTE = re.compile(rf"(devjournal/({UUID}))\n({COUNT})\n(.{{44}})\nepoch ({COUNT})\nhead ({HEX64})\ndue (\S+)\n\n((?:{SIGNATURE}){{1,17}})", re.ASCII)

class Bad(Exception):
    """The first thing wrong: a reason, and the record's number where it is not the one being read."""
    def __init__(self, reason, record=None): self.reason, self.record = reason, record
class Unable(Exception): """The check could not be made: that is neither a pass nor damage."""

def need(condition, reason, record=None):
    if not condition: raise Bad(reason, record)
def match(pattern, value): return type(value) is str and re.fullmatch(pattern, value, re.ASCII) is not None

def unbase64(text, size):
    """The bytes, or None where the text is not the one canonical base64 of `size` bytes."""
    try: raw = base64.b64decode(text, validate=True)
    except (ValueError, TypeError): return None
    return raw if len(raw) == size and base64.b64encode(raw).decode() == text else None

def milliseconds(ts):
    m = [int(n) for n in re.fullmatch(TIME, ts, re.ASCII).groups()]
    return int((datetime.datetime(*m[:6]) - datetime.datetime(1970, 1, 1)).total_seconds()) * 1000 + m[6]

def is_time(ts):
    try: return match(TIME, ts) and milliseconds(ts) >= 0
    except ValueError: return False                                       # 30 February, or the year 0000

def read_regular(path):
    """The file's bytes, or None where no regular file has the name: a link is not followed, a FIFO not waited for."""
    if not stat.S_ISREG(os.lstat(path).st_mode): return None
    with open(path, "rb") as file: return file.read()

def sha256(data): return hashlib.sha256(data).digest()
def kid_of(role, key): return sha256(b"devjournal/key/v1\ned25519\n" + role.encode() + b"\n" + key).hex()[:32]

# --- Ed25519 (section 7.1): RFC 8032 without the cofactor; S below L; A and R canonical and not of small order.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
Y8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
def sane_point(raw):
    y = int.from_bytes(raw, "little") % 2**255
    return y < P and y not in (0, 1, P - 1, Y8, P - Y8)

def verify_signature(key, signature, message):
    if int.from_bytes(signature[32:], "little") >= L or not sane_point(key) or not sane_point(signature[:32]): return False
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError: return verify_with_openssl(key, signature, message)
    try: return Ed25519PublicKey.from_public_bytes(key).verify(signature, message) is None
    except (InvalidSignature, ValueError): return False                   # anything else is not a verdict on the signature

def verify_with_openssl(key, signature, message):
    with tempfile.TemporaryDirectory() as place:
        k, s, m = (os.path.join(place, n) for n in "ksm")
        for path, data in (k, bytes.fromhex("302a300506032b6570032100") + key), (s, signature), (m, message):
            with open(path, "wb") as file: file.write(data)
        call = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", k, "-rawin", "-in", m, "-sigfile", s]
        try: answer = subprocess.run(call, capture_output=True, text=True)
        except FileNotFoundError: raise Unable("neither the `cryptography` package nor the openssl command is here")
        if "Signature Verif" not in answer.stdout: raise Unable("openssl cannot check Ed25519: " + answer.stderr.strip())
        return answer.returncode == 0

# --- Strict JSON (section 5): one reader, left to right, that raises the first thing wrong.
class Reader:
    def __init__(self, line): self.line, self.at = line, 0
    def peek(self): return self.line[self.at:self.at + 1]
    def eat(self, byte):
        need(self.peek() == byte, "syntax")
        self.at += 1
    def string(self):
        self.eat(b'"')
        text = TEXT.match(self.line, self.at)
        self.at = text.end()
        need(self.peek() != b"\\", "escape")
        self.eat(b'"')                                          # an unescaped control character ends up here
        return text[0].decode()
    def integer(self):
        digits = re.compile(rb"-?(0|[1-9][0-9]*)(?![0-9.eE])").match(self.line, self.at)
        need(digits and digits[0] != b"-0" and len(digits[0]) <= 17 and abs(int(digits[0])) <= BIGGEST, "number")
        self.at = digits.end()
        return int(digits[0])
    def value(self, depth):
        byte = self.peek()
        if byte == b'"':
            text = self.string()                                # the envelope's own are judged as they are spelled
            return json.loads(f'"{text}"') if depth > 1 else text
        if byte and byte in b"-0123456789": return self.integer()
        for word, meaning in (b"true", True), (b"false", False), (b"null", None):
            if self.line.startswith(word, self.at):
                self.at += len(word)
                return meaning
        need(byte in (b"{", b"["), "syntax")
        need(depth <= DEPTH, "depth")
        self.at += 1
        result, end = ({}, b"}") if byte == b"{" else ([], b"]")
        while self.peek() != end or result:
            if byte == b"{":
                key = self.string()
                need(key not in result, "duplicate-key")
                self.eat(b":")
                result[key] = self.value(depth + 1)
            else: result.append(self.value(depth + 1))
            if self.peek() == end: break
            self.eat(b",")
        self.at += 1
        return result
    def envelope(self, members):
        """An object whose members and their order are fixed; what is wrong is found at the first byte where it shows."""
        self.envelope_at, found = self.at, {}                   # at last: where the event, the inner envelope, begins
        for name, (starts, right) in members.items():
            need(not found or self.peek() != b"}", "envelope")                      # a member too few
            self.eat(b"," if found else b"{")
            need(found or self.peek() != b"}", "envelope")
            need(self.string() == name, "envelope")
            self.eat(b":")
            need(self.peek() and self.peek() in b'"{[-0123456789tfn', "syntax")     # no value begins like this
            need(self.peek() in starts, "envelope")                                 # a value of another kind
            found[name] = value = self.envelope(EVENT) if name == "event" else self.value(1)
            need(right(value), "version" if name == "v" else "envelope")
            need(name != "sig" or unbase64(value, 64), "base64")
        need(self.peek() != b",", "envelope")                                       # a member too many
        self.eat(b"}")
        return found
    def record(self):
        record = self.envelope(RECORD)
        need(self.at == len(self.line), "syntax")
        return record

STRING, INTEGER, OBJECT = b'"', b"-0123456789", b"{"
def shaped(pattern): return lambda value: match(pattern, value)
def counts(value): return type(value) is int and value >= 1
def is_text(value): return type(value) is str
def is_88(value): return len(value.encode()) == 88
def is_key(value): return is_text(value) and unbase64(value, 32) is not None
def is_sig(value): return is_text(value) and unbase64(value, 64) is not None
def are_endorsements(value):
    def right(one): return type(one) is dict and list(one) == ["kid", "sig"] and match(KID, one["kid"]) and is_sig(one["sig"])
    return type(value) is list and all(map(right, value))
RECORD = {"v": (INTEGER, lambda v: v == 1), "log": (STRING, shaped(UUID)), "epoch": (INTEGER, counts),
          "seq": (INTEGER, counts), "prev": (STRING, shaped(HEX64)), "ts": (STRING, is_time),
          "kid": (STRING, shaped(KID)), "event": (OBJECT, bool), "sig": (STRING, is_88)}
EVENT = {"id": (STRING, shaped(UUID)), "log": (STRING, shaped(UUID)), "type": (STRING, lambda v: match(TYPE, v) and len(v) <= 64),
         "schema": (INTEGER, counts), "author": (STRING, shaped(KID)), "ts": (STRING, is_time),
         "data": (OBJECT, lambda v: True), "sig": (STRING, is_88)}

KEY_EVENTS = {  # their data: exactly these members, in this order
    "journal.opened": {"dataset": shaped(NAME), "root": is_key, "sequencer": is_key},
    "epoch.started": {"epoch": counts, "base_size": counts, "base_head": shaped(HEX64), "sequencer": is_key, "reason": is_text},
    "root.enrolled": {"key": is_key, "proof": is_sig}, "root.retired": {"kid": shaped(KID), "reason": is_text},
    "root.replaced": {"key": is_key, "proof": is_sig, "base_size": counts, "base_head": shaped(HEX64), "reason": is_text,
                      "endorsements": are_endorsements},
    "key.enrolled": {"role": is_text, "key": is_key, "name": is_text, "proof": is_sig},
    "key.retired": {"kid": shaped(KID), "reason": is_text}}
AUTHORS = {t: {"root"} for t in "journal.opened epoch.started root.enrolled root.retired".split()}
AUTHORS |= {t: {"sequencer"} for t in """root.replaced key.enrolled key.retired recipient.set kit.made artifact.registered
    artifact.uploaded artifact.stored artifact.verified artifact.catalogued artifact.withdrawn restore.released worktree.updated
    journal.repaired journal.succeeds manifest.imported drill.completed review.signed""".split()}
AUTHORS |= {t: {"author"} for t in "snapshot.taken artifact.sealed witness.accepted".split()}
AUTHORS |= {t: {"sequencer", "author"} for t in "snapshot.restored note".split()}

def merkle_root(leaves):
    """RFC 6962, section 2.1, over leaf hashes."""
    if len(leaves) < 2: return leaves[0] if leaves else sha256(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + merkle_root(leaves[:k]) + merkle_root(leaves[k:]))

class Journal:
    def __init__(self, pinned):
        self.pinned, self.log, self.root, self.epoch, self.ts, self.torn = pinned, None, None, 1, "", b""
        self.hashes, self.leaves, self.ids, self.warnings = ["0" * 64], [], set(), []
        self.roles, self.keys, self.retired, self.evidence = {}, {}, set(), None        # roles and keys by kid
        self.pin_retired = None                                                         # by which record
        self.vouching = set()                                                           # kids of roots, section 7.5
        self.replaced, self.replacement = {}, None                                      # of roots: by which record; the last
        self.epochs = {}                                                                # epoch: (sequencer's kid, base)
        self.old = None                                                                 # data of journal.succeeds
    @property
    def size(self): return len(self.leaves)

    def lines(self, directory):
        """Section 4: every line but a torn tail, which is set aside."""
        names = sorted(n for n in os.listdir(directory) if re.fullmatch(r"[0-9]{12}\.jsonl", n))
        for index, name in enumerate(names):
            need(name == f"{index * SEGMENT + 1:012}.jsonl", "segment")
            content = read_regular(os.path.join(directory, name))
            need(content is not None, "segment")
            last = index == len(names) - 1
            nul = content.find(b"\0") if last else -1             # in the last segment, the tail begins with its line
            whole = content.rfind(b"\n", 0, nul if nul >= 0 else len(content)) + 1
            lines, torn = content[:whole].split(b"\n")[:-1], content[whole:]
            for count, line in enumerate(lines):
                need(count < SEGMENT, "segment")
                yield line
            need(last or (not torn and len(lines) == SEGMENT), "segment")
            self.torn = torn
        need(self.size, "empty")

    def admit(self, line):
        """Section 6: one line without its LF, judged in the order of the rules."""
        need(len(line) < LIMIT, "line-too-long")
        need(line, "blank-line")
        need(not line.endswith(b"\r"), "crlf")
        need(not line.startswith(b"\xef\xbb\xbf"), "bom")
        try: line.decode()
        except UnicodeDecodeError: raise Bad("utf8")
        reader = Reader(line)
        record = reader.record()
        event = record["event"]
        number, kind, data, first = self.size + 1, event["type"], event["data"], self.size == 0
        author, kid, log = event["author"], record["kid"], self.log or record["log"]
        need(record["log"] == event["log"] == log, "log")
        starts = kind == "epoch.started"
        need(record["epoch"] == self.epoch + starts and not (starts and first), "epoch")
        need(record["seq"] == number, "seq")
        need(record["prev"] == self.hashes[-1], "prev")
        need(record["ts"] >= self.ts, "ts-backwards")
        need(first == (kind == "journal.opened"), "genesis")
        if first or starts:
            self.shape(event)
            key = unbase64(data["sequencer"], 32)
            need(kid == kid_of("sequencer", key) and key not in self.keys.values(), "record-key")
        else:
            need(kid in self.roles, "unknown-key")
            need(self.roles[kid] == "sequencer", "key-role")
            need(kid not in self.retired, "retired-key")
            key = self.keys[kid]
        need(verify_signature(key, unbase64(record["sig"], 64), b"devjournal/record/v1\n" + line[:-98]), "record-signature")
        if first:
            root = unbase64(data["root"], 32)
            need(author == kid_of("root", root), "unknown-key")
        need(first or author in self.roles, "unknown-key")
        need(author not in self.retired, "retired-key")
        signed = line[reader.envelope_at:-2 * 98]
        author_key = root if first else self.keys[author]
        need(verify_signature(author_key, unbase64(event["sig"], 64), b"devjournal/event/v1\n" + signed), "event-signature")
        need(("root" if first else self.roles[author]) in AUTHORS.get(kind, {"sequencer", "author"}), "role")
        if kind in KEY_EVENTS: self.shape(event), self.enrol(kind, data, record, log)
        need(event["id"] not in self.ids, "duplicate-id")
        self.log, self.epoch, self.ts, self.root = log, record["epoch"], record["ts"], self.root or author
        self.ids.add(event["id"])
        if first or starts: self.vouching.add(author)           # its signature commits to every line before
        self.hashes.append(hashlib.sha256(line + b"\n").hexdigest())
        self.leaves.append(sha256(b"\0" + line + b"\n"))
        if number == 2 and kind == "journal.succeeds" and event["schema"] == 1: self.old = data
        if abs(milliseconds(event["ts"]) - milliseconds(record["ts"])) > DAY: self.warn(number, "author-skew")
        if not kind.startswith("x.") and (kind not in AUTHORS or event["schema"] != 1): self.warn(number, "unknown-type")

    def shape(self, event):
        shapes, data = KEY_EVENTS[event["type"]], event["data"]
        need(event["schema"] == 1 and list(data) == list(shapes) and all(shapes[n](data[n]) for n in data), "data")

    def enrol(self, kind, data, record, log):
        def learn(role, text):
            key = unbase64(text, 32)
            proof = b"devjournal/enrol/v1\n%s\n%s\n" % (log.encode(), role.encode()) + key
            need(key not in self.keys.values(), "enrolment")
            need("proof" not in data or verify_signature(key, unbase64(data["proof"], 64), proof), "enrolment")
            self.roles[kid_of(role, key)], self.keys[kid_of(role, key)] = role, key
        def alive(role): return {k for k in self.roles if self.roles[k] == role} - self.retired
        if kind == "journal.opened":
            learn("root", data["root"])
            learn("sequencer", data["sequencer"])
            self.epochs[1] = record["kid"], 0
        elif kind == "epoch.started":
            base = data["epoch"], data["base_size"], data["base_head"]
            need(base == (record["epoch"], self.size, record["prev"]), "enrolment")
            self.retired |= alive("sequencer")
            learn("sequencer", data["sequencer"])
            self.epochs[record["epoch"]] = record["kid"], self.size
        elif kind == "root.enrolled": learn("root", data["key"])
        elif kind == "root.replaced":
            gone, authors = alive("root"), [k for k in self.roles if k in alive("author")]
            learn("root", data["key"])
            base = data["base_size"], data["base_head"]
            need(base == (self.size, record["prev"]), "enrolment")
            signed = "devjournal/endorse/v1\n%s\n%d\n%s\n%s\n%s" % (log, *base, data["key"], data["reason"])
            need(authors and [one["kid"] for one in data["endorsements"]] == authors, "endorsement")
            for one in data["endorsements"]:
                need(verify_signature(self.keys[one["kid"]], unbase64(one["sig"], 64), signed.encode()), "endorsement")
            self.retired |= gone
            if self.pinned in gone: self.pin_retired = record["seq"]
            self.replaced |= dict.fromkeys(self.vouching, record["seq"])
            self.vouching, self.replacement = set(), record["seq"]
        elif kind == "key.enrolled":
            need(data["role"] == "author", "enrolment")
            learn("author", data["key"])
        else:
            role = "root" if kind == "root.retired" else "author"
            need(data["kid"] in alive(role) and (role == "author" or len(alive(role)) > 1), "enrolment")
            self.retired.add(data["kid"])
            if data["kid"] == self.pinned: self.pin_retired = record["seq"]

    def warn(self, record, reason): self.warnings.append({"record": record, "reason": reason})

    def acknowledged(self, note, remembered):
        """Section 8: a signed head, from the directory's checkpoint or remembered elsewhere. Its size."""
        prefix = "head-" if remembered else "checkpoint-"
        try: parts = NOTE.fullmatch(note.decode()) if len(note) <= NOTE_LIMIT else None
        except UnicodeDecodeError: parts = None
        need(parts, prefix + "format", 0)
        origin, log, size, root, epoch, head, due, lines = parts.groups()[:8]
        root, epoch, size = unbase64(root, 32), int(epoch), int(size)
        need(root and is_time(due) and log == self.log and max(epoch, size) <= BIGGEST, prefix + "format", 0)
        signatures = {}                                         # by name and keyhash4: no two may be of one key
        for name, text in re.findall(SIGNATURE, lines):
            need(len(text) % 4 == 0, prefix + "format", 0)
            raw = unbase64(text, len(text) // 4 * 3 - text.count("="))
            need(raw and len(raw) > 4 and (name, raw[:4]) not in signatures, prefix + "format", 0)
            signatures[name, raw[:4]] = raw[4:]
        need(epoch <= self.epoch, "shorter-than-head", self.size + 1)
        key = self.keys[self.epochs[epoch][0]]
        sig = signatures.get((origin, sha256(origin.encode() + b"\n\x01" + key)[:4]), b"")
        text = note[:note.index(b"\n\n") + 1]
        need(len(sig) == 64 and verify_signature(key, sig, text), prefix + "signature", 0)
        base = min((b for e, (_, b) in self.epochs.items() if e > epoch), default=size)
        if size > base:
            need(remembered, "checkpoint-cut", base + 1)
            return self.warn(base + 1, "cut")
        need(size <= self.size, "shorter-than-head", self.size + 1)
        same = head == self.hashes[size] and root == merkle_root(self.leaves[:size])
        if not same and remembered:
            self.evidence = note.decode(), merkle_root(self.leaves[:size]).hex(), self.hashes[size]
        need(same, "fork" if remembered else "checkpoint-root", size)
        return size

def verify(directory, pinned=None, head=None, before=True):
    journal, bad, checkpoint = Journal(pinned), None, None
    try:
        for line in journal.lines(directory): journal.admit(line)
        need(pinned not in journal.replaced, "root-replaced", journal.replaced.get(pinned))
        need(pinned is None or pinned in journal.vouching, "root", 1)
        path = os.path.join(directory, "checkpoint")
        if os.path.lexists(path):
            note = read_regular(path)
            need(note is not None, "checkpoint-format", 0)
            checkpoint = journal.acknowledged(note, False)
        if head:
            with open(head, "rb") as file: notes = re.split(rb"(?m)^(?=devjournal/)", file.read())
            for note in notes[1:] if not notes[0] and len(notes) > 1 else notes: journal.acknowledged(note, True)
    except Bad as found: bad = found
    if not bad and journal.torn: bad = Bad("torn-tail")
    torn = bad is not None and bad.reason == "torn-tail"
    verdict = "torn" if torn else "damaged" if bad else "warnings" if journal.warnings else "sound"
    some, at = journal.size > 0, bad and (journal.size + 1 if bad.record is None else bad.record)
    report = {"verdict": verdict, "records": journal.size, "epoch": journal.epoch if some else None, "log": journal.log,
            "root": journal.root, "root_pinned": pinned is not None, "head": journal.hashes[-1] if some else None,
            "merkle_root": merkle_root(journal.leaves).hex() if some else None, "checkpoint": checkpoint,
            "reason": bad and bad.reason, "record": at, "warnings": journal.warnings, "torn_bytes": len(journal.torn),
            "root_retired": journal.pin_retired, "root_replaced": journal.replacement}
    if before and journal.old and match(UUID, journal.old.get("log")) and match(KID, journal.old.get("root")):
        report["before"] = kept(os.path.join(directory, "before", journal.old["log"]), journal.old)
        if report["before"] == "damaged": report["verdict"] = "damaged"
    return report, journal.evidence

def kept(directory, old):
    """Section 10, journal.succeeds: what is there of the lines of the journal that this one goes on for."""
    if not os.path.isdir(directory) or not any(re.fullmatch(r"[0-9]{12}\.jsonl", n) for n in os.listdir(directory)): return "missing"
    report, _ = verify(directory, old["root"], before=False)
    same = all(report[ours] == old.get(its) for ours, its in (("log", "log"), ("records", "size"), ("head", "head")))
    return "sound" if same and report["verdict"] in ("sound", "warnings") else "damaged"

WHY = {"sound": "every line, signature, role and acknowledged head was checked and is right",
    "warnings": "nothing is damaged; the points below are for a person to judge",
    "torn-tail": "the last write did not finish: what is before it is sound, and nothing acknowledged is lost",
    "shorter-than-head": "a signed head acknowledged more records than there are: restore them from a replica",
    "fork": "two histories were signed for one place: keep both heads as evidence",
    "cut": "a newer epoch began below a head that was remembered: the lines above its base are gone from this journal",
    "empty": "there is no whole record here", "segment": "a segment is missing, misnamed, too short, too long or not a regular file",
    "prev": "the line does not name the hash of the line before it", "root": "the root remembered neither opened this journal nor started an epoch of it",
    "root-replaced": "the root remembered did not agree to the one that replaced it here; if you know why, remember the new one",
    "endorsement": "not every author has endorsed the new root for this journal and this head",
    "record-signature": "the line is not what the sequencer signed", "event-signature": "the event is not what its author signed",
    "role": "a key of this role may not author this type", "retired-key": "the key was retired before this record",
    "unknown-key": "no earlier record made this key known", "key-role": "the key is known in another role",
    "enrolment": "the key event does not fit the keys known so far", "version": "a format version this verifier does not know",
    "author-skew": "the author's time and the sequencer's are more than a day apart",
    "unknown-type": "sound, but of a type or schema this version does not know: projections must refuse it"}

def story(report, head, evidence):
    reason, warnings = report["reason"], report["warnings"]
    what = f"record {report['record']}: {reason}" if reason else f"{report['records']} records"
    why = WHY.get(reason or report["verdict"], "see journal-format.md, section 6")
    if report["verdict"] == "damaged" and not reason:
        what, why = "the lines kept of the journal before this one", "in this journal's own lines nothing wrong was found"
    lines = [f"{report['verdict']}: {what}", "  " + why]
    lines += [f"warning: record {w['record']}: {w['reason']}: {WHY[w['reason']]}" for w in warnings]
    if evidence: lines += ["the remembered head:", evidence[0] + f"this journal there: root {evidence[1]} head {evidence[2]}"]
    names = "records", "epoch", "log", "root", "head", "merkle_root", "checkpoint", "torn_bytes"
    lines += [f"{name:<12} {report[name]}" for name in names if report[name]]
    if "before" in report: lines.append(f"before       {report['before']}: the kept lines of the journal that this one succeeds")
    if report["root_retired"] and reason not in ("root", "root-replaced"):
        lines.append(f"note: the root expected was retired by record {report['root_retired']}; remember the one that followed it")
    if report["root_replaced"]: lines.append(f"note: record {report['root_replaced']} replaced the root; no old root agreed, the authors did")
    if not report["root_pinned"]: lines.append("not checked: whose journal this is; root was taken from record 1 (pass --root)")
    lines.append("not visible: lines cut off above every acknowledged head leave no trace" + ("" if head else " (pass --head)"))
    return "\n".join(lines)

def visible(text):
    """Nothing of what was named or found steers the terminal: what is not printable becomes its JSON or byte escape."""
    def shown(c): return f"\\x{ord(c) - 0xdc00:02x}" if "\udc80" <= c <= "\udcff" else json.dumps(c)[1:-1]
    return "".join(c if c.isprintable() or c == "\n" else shown(c) for c in text)

def could_not(what, why):
    """Ends with status 2. Written directly, because what cannot be written either must not change the status."""
    try: os.write(2, f"verify_journal: error: could not {what}: {visible(str(why))}\n".encode(errors="backslashreplace"))
    except OSError: pass
    os._exit(2)

class Options(argparse.ArgumentParser):
    def error(self, message): could_not("check", f"{message} (see --help)")

def main():
    options = Options(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("directory", nargs="?", metavar="DIR", help="the journal's directory")
    options.add_argument("--journal", metavar="DIR", help="the same, as an option")
    options.add_argument("--root", metavar="KID", type=shaped_kid, help="root's fingerprint, remembered elsewhere")
    options.add_argument("--head", metavar="FILE", help="signed heads remembered elsewhere")
    options.add_argument("--json", action="store_true", help="the report as one JSON object")
    given = options.parse_args()
    if (given.directory is None) == (given.journal is None): options.error("name one journal directory")
    try:
        report, evidence = verify(given.directory or given.journal, given.root, given.head)
        text = json.dumps(report) if given.json else visible(story(report, given.head, evidence))
    except (OSError, Unable) as error: could_not("check", error)
    except Exception as error: could_not("check", repr(error))              # a fault of this program is not a verdict
    try:
        with open(1, "wb", closefd=False) as output: output.write(text.encode() + b"\n")
    except OSError as error: could_not("write the report", error)
    sys.exit({"sound": 0, "damaged": 1, "torn": 3, "warnings": 4}[report["verdict"]])

def shaped_kid(text):
    if not match(KID, text): raise argparse.ArgumentTypeError("a fingerprint is 32 lower-case hex digits")
    return text

if __name__ == "__main__": main()
