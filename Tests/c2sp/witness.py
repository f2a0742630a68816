#!/usr/bin/env python3
"""witness.py PLACE NAME [MODE]: a C2SP tlog-witness on loopback for tests, written from its specification alone. PLACE/url and
PLACE/vkey say where it is and which key cosigns; PLACE/logs holds the verifier keys that it takes checkpoints of, and may change;
PLACE/state what it has cosigned. MODE is `honest`, or how it misbehaves:

    hangs        answers nothing
    drips        a byte of an endless answer now and then
    huge         sends more than any answer has
    elsewhere    cosigns the text of another origin
    stranger     cosigns with another key
    garbage      answers with bytes that are no text

Needs Python 3.11 and the `cryptography` package."""
import base64, hashlib, http.server, json, os, re, sys, time
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

def sha256(data): return hashlib.sha256(data).digest()
def key_hash(name, kind, key): return sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]
def vkey(name, kind, key): return f"{name}+{key_hash(name, kind, key).hex()}+{base64.b64encode(bytes([kind]) + key).decode()}"

def proves(old, new, first, second, path):
    """RFC 6962, section 2.1.2, from the definition: what the path's hashes add up to for both trees."""
    def walk(size, width, whole):
        """The roots of the first `size` leaves and of all `width` of a subtree, taking hashes from the path's end."""
        if size == width:
            if whole: return first, first
            hash = path.pop()
            return hash, hash
        k = 1 << (width - 1).bit_length() - 1
        right = path.pop() if size <= k else None
        if size <= k:
            older, newer = walk(size, k, whole)
            return older, sha256(b"\1" + newer + right)
        left = path.pop()
        older, newer = walk(size - k, width - k, False)
        return sha256(b"\1" + left + older), sha256(b"\1" + left + newer)
    path = list(path)
    try: return walk(old, new, True) == (first, second) and not path
    except IndexError: return False

class Witness:
    def __init__(self, place, name, mode):
        self.place, self.name, self.mode = place, name, mode
        seed = os.path.join(place, "seed")
        if not os.path.exists(seed):
            with open(seed, "wb") as file: file.write(os.urandom(32))
        with open(seed, "rb") as file: self.key = Ed25519PrivateKey.from_private_bytes(file.read())
        self.public = self.key.public_key().public_bytes_raw()
    def path(self, name): return os.path.join(self.place, name)

    def logs(self):
        with open(self.path("logs"), encoding="utf-8") as file: lines = file.read().split()
        return [(name, base64.b64decode(key)[1:]) for name, _, key in (line.split("+", 2) for line in lines)]
    def state(self):
        if not os.path.exists(self.path("state")): return {}
        with open(self.path("state"), encoding="utf-8") as file: return json.load(file)

    def answer(self, body):
        """Status, type and body for a request."""
        head, _, note = body.partition("\n\n")
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        old, *proof = head.split("\n")
        found = re.fullmatch(r"old (0|[1-9]\d*)", old)
        lines = text.split("\n")
        if not found or len(lines) < 4 or len(proof) > 63 or not re.fullmatch(r"0|[1-9]\d*", lines[1]): return 400, "", ""
        origin, size, root, old = lines[0], int(lines[1]), base64.b64decode(lines[2]), int(found[1])
        keys = [key for name, key in self.logs() if name == origin]
        if not keys: return 404, "", ""
        if not any(self.signed(origin, key, text, signatures) for key in keys): return 403, "", ""
        if old > size: return 400, "", ""
        state = self.state()
        known, known_root = state.get(origin, [0, ""])
        if old != known: return 409, "text/x.tlog.size", f"{known}\n"
        if known and size == known and root.hex() != known_root: return 409, "", ""
        path = [base64.b64decode(line) for line in proof]
        if known and not proves(known, size, bytes.fromhex(known_root), root, path) or not known and path: return 422, "", ""
        state[origin] = [size, root.hex()]
        with open(self.path("state.new"), "w", encoding="utf-8") as file: json.dump(state, file)
        os.replace(self.path("state.new"), self.path("state"))
        return 200, "text/plain", self.cosign(text)
    def signed(self, origin, key, text, signatures):
        for line in signatures.splitlines():
            dash, name, data = line.split(" ")
            data = base64.b64decode(data)
            if dash != "—" or name != origin or data[:4] != key_hash(origin, 1, key): continue
            try: Ed25519PublicKey.from_public_bytes(key).verify(data[4:], text.encode())
            except InvalidSignature: return False
            return True
        return False
    def cosign(self, text):
        if self.mode == "elsewhere": text = text.replace("devjournal/", "example.com/", 1)
        key, now = Ed25519PrivateKey.generate() if self.mode == "stranger" else self.key, int(time.time())
        signature = key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        data = key_hash(self.name, 4, self.public) + now.to_bytes(8, "big") + signature
        return f"— {self.name} {base64.b64encode(data).decode()}\n"

def handler(witness):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with open(witness.path("requests"), "ab") as file: file.write(body)
            if witness.mode == "hangs": return time.sleep(600)
            if not self.path.endswith("/add-checkpoint"): return self.send_error(404)
            status, kind, text = witness.answer(body.decode())
            data = text.encode()
            if witness.mode == "garbage": data = os.urandom(500)
            self.send_response(status)
            self.send_header("Content-Type", kind or "text/plain")
            if witness.mode not in ("huge", "drips"): self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                while witness.mode == "huge": self.wfile.write(bytes(1 << 16))
                while witness.mode == "drips": time.sleep(0.5), self.wfile.write(b"x"), self.wfile.flush()
                self.wfile.write(data)
            except OSError: pass
        def log_message(self, *_): pass
    return Handler

def main():
    place, name = sys.argv[1:3]
    os.makedirs(place, exist_ok=True)
    witness = Witness(place, name, sys.argv[3] if sys.argv[3:] else "honest")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(witness))
    server.daemon_threads = True
    for file, text in ("vkey", vkey(name, 4, witness.public)), ("url", f"http://127.0.0.1:{server.server_port}/w"):
        with open(witness.path(file + ".new"), "w", encoding="utf-8") as opened: opened.write(text + "\n")
        os.replace(witness.path(file + ".new"), witness.path(file))
    server.serve_forever()

if __name__ == "__main__": main()
