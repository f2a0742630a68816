"""A proxy that lies: between one client and a plain-HTTP server on this machine, it hands requests and answers on as they
are, bytes and `Host` and all, so that signatures stay valid, and spoils some of them.

Which request meets which fault follows from the seed, the request's label (its method and what it is about, without
what is random in it) and how often that label came before, not from the order in which threads happen to send. So a
seed does nearly the same again; what depends on time (timeouts, connections that are used again) may differ a little."""
import collections, random, re, socket, struct, threading, time

REQUEST, ANSWER = "request", "answer"
# Fault: weight, and where it strikes. Those of the answer strike when the server has done what was asked.
FAULTS = {
    "503": (4, REQUEST), "503 with Retry-After": (1, REQUEST), "429": (3, REQUEST), "429 with Retry-After": (1, REQUEST), "500": (4, REQUEST),
    "reset before the request": (6, REQUEST), "reset in the request": (8, REQUEST), "stall before the request": (1, REQUEST),
    "bit in the request's body": (12, REQUEST), "bit in the request's head": (3, REQUEST),
    "bit in the request's body, answer lost": (6, REQUEST),
    "bit in what is stored": (20, REQUEST), "bit in what is stored, answer lost": (20, REQUEST),
    "answer lost": (12, ANSWER), "500 though it was done": (6, ANSWER), "reset in the answer": (8, ANSWER), "answer cut": (8, ANSWER),
    "bit in the answer's body": (12, ANSWER), "bit in the answer's head": (3, ANSWER), "stall in the answer": (1, ANSWER),
}
SENTENCES = {400: "InvalidArgument", 403: "AccessDenied", 429: "TooManyRequests", 500: "InternalError", 503: "SlowDown", 507: "QuotaExceeded"}
LONGEST_STALL = 60

class Gone(Exception):
    """One side has closed the connection."""

class Message:
    """A request or an answer: its head as it came, and its body. `kept`: whether the connection stays usable after it."""
    def __init__(self, head, body, kept=True):
        self.head, self.body, self.kept = head, body, kept
        self.first = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")

    @classmethod
    def read(cls, connection, pending, to_method=None):
        """`to_method`: the request's, where this is an answer. Returns it and what came behind it."""
        while b"\r\n\r\n" not in pending: pending += received(connection)
        head, rest = pending.split(b"\r\n\r\n", 1)
        head += b"\r\n\r\n"
        status = int(head.split(b" ", 2)[1]) if to_method else 0
        if to_method and 100 <= status < 200: return cls.read(connection, rest, to_method)
        if to_method == "HEAD" or status in (204, 304): return cls(head, b""), rest
        length = re.search(rb"\r\ncontent-length: *(\d+)\r\n", head, re.I)
        if re.search(rb"\r\ntransfer-encoding: *chunked\r\n", head, re.I): body, rest = chunked(connection, rest)
        elif length or not to_method: body, rest = exactly(connection, rest, int(length[1]) if length else 0)
        else: return cls(head, until_closed(connection, rest), kept=False), b""
        return cls(head, body), rest

    @property
    def bytes(self): return self.head + self.body

def received(connection):
    try: piece = connection.recv(1 << 18)
    except OSError as error: raise Gone(str(error))
    if not piece: raise Gone("closed")
    return piece

def exactly(connection, pending, count):
    pieces, have = [pending], len(pending)
    while have < count:
        pieces.append(received(connection))
        have += len(pieces[-1])
    whole = b"".join(pieces)
    return whole[:count], whole[count:]

def until_closed(connection, pending):
    while True:
        try: pending += received(connection)
        except Gone: return pending

def chunked(connection, pending):
    """A chunked body as it came on the wire."""
    body = b""
    while True:
        while b"\r\n" not in pending: pending += received(connection)
        line, rest = pending.split(b"\r\n", 1)
        size = int(line.split(b";")[0], 16)
        chunk, pending = exactly(connection, rest, size + 2)
        body += line + b"\r\n" + chunk
        if size == 0: return body, pending

def flipped(random, data):
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1:], place

def reset(connection):
    """Closes it with RST in place of FIN."""
    try: connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError: pass
    connection.close()

def refusal(status, retry_after=None):
    code = SENTENCES[status]
    body = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>The proxy says {code}.</Message></Error>".encode()
    more = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
    return f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body

def label_of(method, target):
    """What a request is about, the same in each run of a seed."""
    target = re.sub(r"[0-9a-f]{64}", "HASH", target)
    target = re.sub(r"\d{8}T\d{6}Z-\d+", "RUN", target)   # the quickstart's own folder
    target = re.sub(r"(uploadId|continuation-token)=[^&]*", r"\1=ID", target)
    return f"{method} {target}"

class FaultProxy:
    """`rate`: which part of all requests meets a fault; it may be changed at any time. `always`: a request for which it
    returns a status is answered with that and goes nowhere. `sign`: returns the headers of a request for the server, from
    method, target, headers and body; with it, what a PUT carries can be changed so that the server does not notice, as
    servers do that check no hash."""
    def __init__(self, server, seed, rate=0.0, sign=None):
        self.server, self.seed, self.rate, self.sign, self.always = server, seed, rate, sign, lambda method, target: None
        self.lock, self.seen, self.log, self.counts, self.requests = threading.Lock(), collections.Counter(), [], collections.Counter(), 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.open, self.is_closed, self.began = set(), False, time.monotonic()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self): return self
    def __exit__(self, *_):
        self.is_closed = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        with self.lock: left = list(self.open)
        for connection in left: reset(connection)

    def accept(self):
        while not self.is_closed:
            try: connection, _ = self.listener.accept()
            except OSError: return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock: self.open.add(client)
        pending = b""
        try:
            while True:
                request, pending = Message.read(client, pending)
                if not self.exchange(client, request): return
        except (Gone, OSError): pass
        finally:
            client.close()
            with self.lock: self.open.discard(client)

    def choose(self, label, request):
        """The fault of this request, or None, and the generator for its details."""
        with self.lock:
            self.requests += 1
            self.seen[label] += 1
            chance = random.Random(f"{self.seed} {label} {self.seen[label]}")
        if chance.random() >= self.rate: return None, chance
        names = [name for name in FAULTS if not (not request.body and "request's body" in name
                 or not (request.body and self.sign and request.first[0] == "PUT") and "is stored" in name)]
        return chance.choices(names, [FAULTS[name][0] for name in names])[0], chance

    def note(self, label, fault, detail=""):
        with self.lock:
            self.counts[fault] += 1
            self.log.append(f"{time.monotonic() - self.began:8.3f} {label}: {fault}{detail and ' ' + str(detail)}")

    # --- one request ---

    def exchange(self, client, request):
        """Returns whether the client's connection stays open."""
        method, target = request.first[0], request.first[1]
        label = label_of(method, target)
        status = self.always(method, target)
        if status:
            self.choose(label, request)
            self.note(label, f"always {status}")
            client.sendall(refusal(status))
            return True
        fault, chance = self.choose(label, request)
        if fault in ("503", "429", "500") or fault and "Retry-After" in fault:
            self.note(label, fault)
            client.sendall(refusal(int(fault[:3]), 1 if "Retry-After" in fault else None))
            return True
        if fault == "reset before the request":
            self.note(label, fault)
            return reset(client)
        if fault == "stall before the request":
            self.note(label, fault)
            return self.stall(client)
        sent, keeps = self.spoiled(request, fault, chance, label)
        with socket.create_connection(self.server) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not keeps:
                server.sendall(sent)
                reset(server)
                return reset(client)
            server.settimeout(LONGEST_STALL)
            try:
                server.sendall(sent)
                answer, _ = Message.read(server, b"", method)
            except (Gone, OSError) as error:
                # A head that was spoiled is not always answered.
                self.note(label, "server gave no answer", error)
                return reset(client)
        return self.answer(client, answer, fault, chance, label)

    def spoiled(self, request, fault, chance, label):
        """The request's bytes as they are to be sent, and whether all of it is."""
        if fault == "reset in the request":
            end = chance.randrange(1, len(request.bytes))
            self.note(label, fault, f"after {end} of {len(request.bytes)}")
            return request.bytes[:end], False
        if fault == "bit in the request's head":
            head, place = flipped(chance, request.head[:-4])
            self.note(label, fault, f"{request.head[max(0, place - 20):place + 5]!r} -> {head[max(0, place - 20):place + 5]!r}")
            return head + request.head[-4:] + request.body, True
        if fault and fault.startswith("bit in the request's body"):
            body, place = flipped(chance, request.body)
            if "lost" not in fault: self.note(label, fault, f"at {place} of {len(body)}")
            return request.head + body, True
        if fault and fault.startswith("bit in what is stored"):
            body, place = flipped(chance, request.body)
            if "lost" not in fault: self.note(label, fault, f"at {place} of {len(body)}")
            kept = dict(line.split(": ", 1) for line in request.head.decode("latin-1").split("\r\n")[1:-2] if re.match("x-amz-meta-|if-", line, re.I))
            headers = self.sign(request.first[0], request.first[1], {name.lower(): value for name, value in kept.items()}, body)
            head = "\r\n".join((" ".join(request.first), *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}", "", ""))
            return head.encode("latin-1") + body, True
        return request.bytes, True

    def answer(self, client, answer, fault, chance, label):
        status = answer.first[1]
        if fault == "bit in the answer's body" and not answer.body: fault = "bit in the answer's head"
        if fault and fault.endswith("answer lost"):
            self.note(label, fault, status)
            return reset(client)
        if fault == "500 though it was done":
            self.note(label, fault, status)
            client.sendall(refusal(500))
            return True
        if fault in ("reset in the answer", "answer cut", "stall in the answer"):
            end = chance.randrange(1, len(answer.bytes))
            self.note(label, fault, f"after {end} of {len(answer.bytes)}, {status}")
            client.sendall(answer.bytes[:end])
            if "stall" in fault: return self.stall(client)
            return reset(client) if "reset" in fault else False
        if fault == "bit in the answer's body":
            body, place = flipped(chance, answer.body)
            self.note(label, fault, f"at {place} of {len(body)}, {status}")
            client.sendall(answer.head + body)
            return answer.kept
        if fault == "bit in the answer's head":
            head, place = flipped(chance, answer.head[:-4])
            self.note(label, fault, f"{answer.head[max(0, place - 20):place + 5]!r} -> {head[max(0, place - 20):place + 5]!r}")
            client.sendall(head + answer.head[-4:] + answer.body)
            return answer.kept
        client.sendall(answer.bytes)
        return answer.kept

    def stall(self, client):
        """Nothing comes any more, until the client loses patience."""
        client.settimeout(LONGEST_STALL)
        try:
            while client.recv(1 << 16): pass
        except OSError: pass
        return False
