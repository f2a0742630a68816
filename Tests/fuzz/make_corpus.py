#!/usr/bin/env python3
"""Writes the corpus that the fuzzing targets start from, fixtures/fuzz/TARGET/, out of the fixtures.

Files named `found-…` are inputs that once broke something; they are left alone. The same files come out every time.
"""
import base64
import hmac
import json
import subprocess
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FILE_KEY = b"YELLOW SUBMARINE"


def put(target, name, content):
    folder = FIXTURES / "fuzz" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def segment(name):
    return (FIXTURES / "journals" / name / "000000000001.jsonl").read_bytes()


def journals():
    seen = set()
    for name in ("good-month", "good-escapes", "good-authors", "good-roots", "good-two-epochs", "good-x-types"):
        lines = segment(name)
        put("JournalLines", name, b"\1" + lines)
        for number, line in enumerate(lines.splitlines(keepends=True), 1):
            record = json.loads(line)
            if name == "good-escapes" or record["event"]["type"] not in seen:
                seen.add(record["event"]["type"])
                put("RecordLine", f"{name}-{number}", line)
                data = line[line.index(b'"data":') + 7:line.rindex(b',"sig":"', 0, line.rindex(b',"sig":"'))]
                put("StrictJSON", f"{name}-{number}", data)
    for name in ("bit-flip-in-data", "torn-garbage", "epoch-skipped", "key-retired-schema-2", "ts-backwards"):
        put("JournalLines", name, b"\0" + segment(name))
    for name in ("escape-long-form", "envelope-order", "duplicate-key", "nested-too-deep", "number-exponent", "utf8-invalid"):
        line = max(segment(name).splitlines(keepends=True)[1:], key=len)
        put("RecordLine", name, line)
    many = ",".join(f'"k{number}":{number}' for number in range(30))
    put("StrictJSON", "many-keys", b"{" + many.encode() + b"}")
    put("StrictJSON", "all-kinds", '[null,true,false,0,-9007199254740991,"\\u0001\\n\\"é😀",[],{},{"":""}]'.encode())
    put("StrictJSON", "deep", b"[" * 16 + b"]" * 16)
    for name in ("torn-above-checkpoint", "fork-in-the-second-head", "checkpoint-two-signatures", "checkpoint-leading-zero",
                 "good-cosigned", "good-head-with-two-deadlines"):
        for part in ("checkpoint", "head"):
            path = FIXTURES / "journals" / name / part
            if path.exists():
                put("CheckpointNote", f"{name}-{part}", path.read_bytes())


def witnesses():
    cosigners = json.loads((FIXTURES / "vectors.json").read_text())["cosigners"]
    keys = [cosigner["verifier_key"] for cosigner in cosigners]
    note = (FIXTURES / "journals" / "good-cosigned" / "checkpoint").read_bytes()
    lines = note.split(b"\n\n")[1]
    log = json.loads((FIXTURES / "vectors.json").read_text())["checkpoint"]["verifier_key"]
    put("WitnessTexts", "answer", keys[0].encode() + b"\n" + lines)
    put("WitnessTexts", "answer-of-one", keys[1].encode() + b"\n" + b"".join(
        line for line in lines.splitlines(keepends=True) if b" witness.example/w2 " in line))
    put("WitnessTexts", "policy", f"""# who watches
log {log} https://log.example
witness one {keys[0]} https://witness.example/one
witness\ttwo {keys[1]}
group any any one two
group all all any
quorum all
""".encode())
    put("WitnessTexts", "policy-none", b"quorum none\n")


def deliveries():
    for kind, name in ((b"\0", "good-month.delivery"), (b"\1", "good-month.answer")):
        message = (FIXTURES / "deliveries" / name).read_bytes()
        put("Delivery", name, kind + message)
        short = message.splitlines(keepends=True)
        put("Delivery", name + "-short", kind + b"".join(line for line in short if not line.startswith(b"{"))
            .replace(b"events 2", b"events 0").replace(b"lines 4", b"lines 0")
            .replace(b"recorded 5\n", b"").replace(b"never event-signature the author's signature does not match\n", b""))


def proofs():
    for name in ("good-month-5.tlog-proof", "good-month-from-3.proof"):
        proof = (FIXTURES / "proofs" / name).read_bytes()
        put("Proof", name, b"\0" + proof)
        put("Proof", name + "-no-path", b"\0" + b"".join(line for line in proof.splitlines(keepends=True) if len(line) != 45))
    # Plans: see Proof.swift.
    for journal in range(4):
        for kind in range(2):
            for step in range(8):
                put("Proof", f"plan-{journal}-{kind}-{step}", bytes([1, journal, 4 + step % 3, 2 + journal, kind, step, step, 5]))


def manifests():
    hashes = [sha256(bytes([number])).hexdigest() for number in range(4)]
    header = "ts\tlabel\ttype\tparent\tbytes\tsha256\tlocal_path\tobject_key\n"
    first = f"2026-01-31T10:00:00Z\tdev@2026-01\tfull\t-\t100\t{hashes[0]}\tartifacts/a\told/key\n"
    second = f"1770000000\t2026-02\tincremental\t2026-01\t10\t{hashes[1].upper()}\t/srv/b\t-\n"
    third = f"2026-03-31\t2026-03\tincr\t-\t7\t{hashes[2]}\t/x/dev@2026-03.incr.from_2026-01.send.zst.age\t\n"
    put("Manifest", "v2", ("\0" + header + first + second + third).encode())
    put("Manifest", "no-header", ("\0" + second.replace("2026-01", "-") + first.replace("\told/key", "") + "# a remark\n\n").encode())
    put("Manifest", "own-header", (f"\0# sha256\tSize\tlabel\tremark\tkind\r\n\r\n{hashes[3]}\t1\t2026-01\thello\tanchor\r\n").encode())
    put("Manifest", "problems", ("\0" + header + first * 2 + "x\n" + third.replace("-03\t", "-13\t")).encode())
    rows = [
        {"ts": None, "label": "dev@2026-01", "type": "full", "parent": None, "name": "dev@2026-01.full.send.zst.age",
         "bytes": 100, "sha256": hashes[0], "local_path": "artifacts/a", "object_key": "old/key"},
        {"ts": "2026-02-28T10:00:00.000Z", "label": "dev@2026-02", "type": "incr", "parent": "dev@2026-01",
         "name": "dev@2026-02.incr.from_2026-01.send.zst.age", "bytes": 7, "sha256": hashes[1],
         "local_path": "artifacts/b", "object_key": None}]
    source = {"name": "old.tsv", "sha256": hashes[2], "bytes": 200}
    for name, shares in {"one-part": [rows], "two-parts": [rows[:1], rows[1:]], "label-twice": [rows[:1] * 2]}.items():
        parts = [{"source": source, "part": number, "parts": len(shares), "rows": share} for number, share in enumerate(shares, 1)]
        put("Manifest", f"events-{name}", b"\1" + b"".join(json.dumps(part, separators=(",", ":")).encode() + b"\n" for part in parts))


def b64(content):
    return base64.b64encode(content).rstrip(b"=")


def hkdf(key, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def x25519_stanza():
    private = X25519PrivateKey.from_private_bytes(b"a fixed key of the fuzzing targets"[:32])
    recipient = private.public_key()
    ephemeral = X25519PrivateKey.from_private_bytes(sha256(b"devjournal fuzzing share").digest())
    share = ephemeral.public_key().public_bytes_raw()
    key = hkdf(ephemeral.exchange(recipient), share + recipient.public_bytes_raw(), b"age-encryption.org/v1/X25519")
    return b"-> X25519 " + b64(share) + b"\n" + b64(ChaCha20Poly1305(key).encrypt(bytes(12), FILE_KEY, None)) + b"\n"


def scrypt_stanza():
    salt = sha256(b"devjournal fuzzing salt").digest()[:16]
    key = Scrypt(b"age-encryption.org/v1/scrypt" + salt, 32, 2, 8, 1).derive(b"a passphrase")
    return b"-> scrypt " + b64(salt) + b" 1\n" + b64(ChaCha20Poly1305(key).encrypt(bytes(12), FILE_KEY, None)) + b"\n"


def age():
    version = b"age-encryption.org/v1\n"
    unknown = b"-> grease a b\n" + b64(bytes(range(48))) + b"\n\n"
    header = version + unknown + x25519_stanza() + b"---"
    mac = b64(hmac.digest(hkdf(FILE_KEY, b"", b"header"), header, "sha256"))
    nonce = bytes([7] * 16)
    chunk = ChaCha20Poly1305(hkdf(FILE_KEY, nonce, b"payload")).encrypt(bytes(11) + b"\1", b"a small file\n", None)
    file = header + b" " + mac + b"\n" + nonce + chunk
    put("AgeFile", "binary", b"\0\7\60" + file)
    put("AgeHeader", "two-stanzas", b"\7\60" + header + b" " + mac + b"\n")
    put("AgeHeader", "passphrase", b"\1\100" + version + scrypt_stanza() + b"--- " + mac + b"\nmore")
    put("AgeHeader", "bodies", b"\0\5" + version + b"-> a\n\n-> b ~ !\n" + (b"A" * 64 + b"\n") * 2 + b"\n--- " + mac + b"\n")
    armor = armored(file)
    put("AgeFile", "armored", b"\0\7\60" + armor)
    # Plans: see AgeFile.swift.
    plans = {"one": [5], "last-full": [7], "two": [3 + 64, 5], "three": [67, 67, 6], "empty-last": [67, 4], "short": [66, 5],
             "renumbered": [67, 13], "damaged": [67, 23], "cut": [7 + 32], "not-last": [67], "trailing": [7, 5]}
    for name, plan in plans.items():
        put("AgeFile", f"plan-{name}", b"\1\0\1" + bytes(plan) + b"\0" + header)
        put("AgeFile", f"plan-{name}-armored", b"\5\0\377" + bytes(plan) + b"\0" + header)
    put("AgeFile", "passphrase", b"\3\7\60" + b"\5\0" + version + scrypt_stanza() + b"---")
    put("Armor", "armor", b"\7\60" + armor)
    put("Armor", "crlf-and-space", b"\1\100" + b" \n\n" + armor.replace(b"\n", b"\r\n") + b"\n \n")
    put("Armor", "full-lines", b"\2\0" + armored(bytes(96))[:-1])


def armored(content):
    text = base64.b64encode(content)
    lines = [text[place:place + 64] for place in range(0, len(text), 64)]
    begin, end = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"
    return b"\n".join([begin, *lines, end, b""])


def identities():
    key = bech32("age-secret-key-", sha256(b"devjournal fuzzing identity").digest()).upper()
    other = bech32("age-secret-key-", bytes(range(32))).upper()
    text = f"# created: 2026-01-05T09:30:00Z\n# a comment\n\n{key}\n"
    put("IdentityFile", "one", text.encode())
    put("IdentityFile", "two-crlf", f"{key}\r\n\r\n#\r\n{other}".encode())
    put("Recipient", "identity", key.encode())
    put("Recipient", "recipient", bech32("age", bytes([9]) + bytes(31)).encode())
    put("Recipient", "small-order", bech32("age", bytes(32)).encode())
    put("Recipient", "plugin", b"age1plugin1qqqq")
    put("IdentityFile", "other-kinds", b"AGE-SECRET-KEY-PQ-1QQ\nAGE-PLUGIN-X-1QQ\n")


def bech32(prefix, content):
    def polymod(values):
        state = 1
        for value in values:
            top, state = state >> 25, (state & 0x1ffffff) << 5 ^ value
            for bit, generator in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
                state ^= generator if top >> bit & 1 else 0
        return state
    bits = int.from_bytes(content, "big") << 4
    values = [bits >> shift & 31 for shift in range(255, -1, -5)]
    start = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    checksum = polymod(start + values + [0] * 6) ^ 1
    values += [checksum >> shift & 31 for shift in range(25, -1, -5)]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[value] for value in values)


def send_streams():
    def attribute(kind, value):
        return kind.to_bytes(2, "little") + len(value).to_bytes(2, "little") + value

    def command(kind, content):
        return len(content).to_bytes(4, "little") + kind.to_bytes(2, "little") + bytes(4) + content

    def number(value, count=8):
        return value.to_bytes(count, "little")

    first = attribute(15, b"dev@2026-01") + attribute(1, bytes(range(1, 17))) + attribute(2, number(42))
    parent = attribute(20, bytes(range(101, 117))) + attribute(21, number(41))
    place = attribute(15, b"file") + attribute(18, number(0))
    for version in (1, 2):
        data = attribute(19, b"content") if version == 1 else number(19, 2) + b"content"
        start = b"\1\7\60" + b"btrfs-stream\0" + number(version, 4)
        body = command(3, attribute(15, b"file") + attribute(3, number(257))) + command(15, place + data)
        put("SendStream", f"full-v{version}", start + command(1, first) + body + command(21, b""))
        put("SendStream", f"incremental-v{version}", start + command(2, first + parent) + body + command(21, b""))
    put("SendStream", "trailing", start + command(1, first) + command(21, b"") + b"\0")
    # Four bytes a command: make a link, rename it, write to it; an encoded write; a hole.
    put("StreamCommands", "link", bytes([0, 5, 0, 1, 0, 6, 0, 1, 0, 12, 1, 0, 7]))
    put("StreamCommands", "increment", bytes([1, 6, 2, 0, 0, 12, 5, 0, 7, 13, 5, 3, 1, 22, 3, 0, 4, 20, 3, 0, 3]))


def catalogue_texts():
    uuid, parent = "01020304-0506-0708-090a-0b0c0d0e0f10", "65666768-696a-6b6c-6d6e-6f7071727374"
    frames = f"{sha256(b'frame').hexdigest()} 1048721\n"
    put("CatalogueText", "catalogue", f"\0\7\60devjournal/catalogue/v1\nframes {len(frames)}\n{frames}later 2\na\n".encode())
    names = ["dir d", "file d/a\\x20b", "data 0 49152 311 43 49218", "zeros 2113536 9", "link l d/a", "node n", "fifo f", "socket s",
             "rename d e", "hardlink h e/a\\x20b", "open h", "punch 4096 8192", "truncate 100", "clone 100 9 own h 0",
             "encoded 4096 8192 700 4096 zstd 65536 4096", "unlink h", "dir r", "rmdir r", "end 2200000"]
    for name, first in (("full", f"1 {uuid} -"), ("increment", f"2 {uuid} {parent}")):
        text = "\n".join([f"devjournal/map/v1 {first}", *names, ""]).replace(" ", "\t")
        put("CatalogueText", f"map-{name}", b"\1\7\60" + text.encode())
    lines = [". dir 0755 0:0 - - - - - - user.note=6869,k\\x2c=00 -", "./a dir 0755 0:0 - - 1 - - - - -",
             f"./a/f file 4750 1000:0 2 3 -1500000000 - - ./a/f - {sha256(b'f').hexdigest()}",
             "./a\\x20b link 0777 0:0 1 9 1 - in\\x20b - - -", "./n char 0600 0:0 1 0 1 1:3 - - - -"]
    put("CatalogueText", "listing", b"\2\0\0" + "\n".join(lines).replace(" ", "\t").encode())
    digest = sha256(b"frame").hexdigest()
    put("CatalogueText", "index", f"\3\0\0{digest} 90 120 frames\n{digest} 60411 262032 listing .\n{digest} 61093 9 listing ./a\\x20b/c\n"
        f"{digest} 5 4194304 listing\n{digest} 1 1 map\n".encode())
    # Six bytes a command, see VirtualTree.swift: files, a directory, data, clones, a month, clones from the parent.
    put("VirtualTree", "months", bytes([
        0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 50, 9, 1, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 13, 0, 0, 20, 7, 30, 15, 0, 0, 90, 9, 5, 17, 0, 0, 0, 0, 0,
        3, 1, 2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 33 + 18, 5, 0, 0, 9, 3, 33 + 18, 0, 0, 9, 9, 30, 4, 1, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0,
        10, 0, 0, 3, 9, 0, 9, 0, 0, 12, 0, 0, 14, 0, 0, 8, 20, 40, 17, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0]))


def root_lines():
    log, head, kid = "019c15a4-1200-767e-aacb-e773cdde221d", sha256(b"head").hexdigest(), sha256(b"author").hexdigest()[:32]
    key = Ed25519PrivateKey.from_private_bytes(sha256(b"a new root").digest()).public_key().public_bytes_raw()

    def line(magic, size, reason, *rest):
        return ":".join([magic, log, str(size), head, base64.b64encode(key).decode(), base64.b64encode(reason).decode(), *rest]).encode()

    signature = base64.b64encode(bytes(range(64))).decode()
    for name, reason in (("short", b"x"), ("words", "kit lost: mold, größer".encode()), ("long", b"why " * 250)):
        put("RootLines", f"endorsed-{name}", line("devjournal-endorsed-v1", 7, reason, kid, signature))
    put("RootLines", "request", line("devjournal-root-v1", 7, b"x", signature))
    put("RootLines", "no-reason", line("devjournal-endorsed-v1", 7, b"", kid, signature))
    put("RootLines", "too-long", line("devjournal-endorsed-v1", 7, b"x" * 1001, kid, signature))


def zstd_frames():
    def frame(content, *options):
        return subprocess.run(["zstd", "-qc", *options, f"--stream-size={len(content)}"], input=content, stdout=subprocess.PIPE, check=True).stdout

    full, short = frame(bytes(4 << 20), "--no-check"), frame(b"a journal, a journal, a journal")
    put("ZstdFrames", "short", b"\3\7" + short)
    put("ZstdFrames", "full-and-short", b"\x1f\0" + full + short)
    put("ZstdFrames", "full-twice", b"\0\1" + full + full)
    put("ZstdFrames", "short-and-short", b"\5\5" + short + short)
    put("ZstdFrames", "skippable", b"\5\5" + full + b"\x50\x2a\x4d\x18\1\0\0\0\7")


if __name__ == "__main__":
    journals()
    witnesses()
    deliveries()
    proofs()
    manifests()
    age()
    identities()
    send_streams()
    catalogue_texts()
    root_lines()
    zstd_frames()
