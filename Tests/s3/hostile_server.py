#!/usr/bin/env python3
"""hostile_server.py DIRECTORY MODE-FILE PORT-FILE

The objects of a directory (a mirror at file://DIRECTORY) as a bucket of S3's interface, read only, on a free port of this
machine. The first word of MODE-FILE, read anew for each request, says how it lies:

    honest           it does not
    token-repeats    each page of a listing says that it goes on, from where the one before did
    elements         a listing is 7 MB of empty elements
    listing-endless  a listing never ends
    headers          the head of an answer never ends
    interim          nothing but interim answers (100 Continue)
    slow             one byte a second
    silent           nothing
    redirect         to another address
    escape           what it says would move a terminal's cursor
    checkpoint       the checkpoint never ends
    larger           artifacts are announced and sent with a megabyte more than they have
    longer           artifacts are announced as they are, and never end

What never ends ends after 200 MB, which no client takes, or when the client has gone.
"""
import http.server, os, sys, time, urllib.parse
from xml.sax.saxutils import escape

directory, mode_file, port_file = sys.argv[1:]
ENDLESS = 200 << 20


class Bucket(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_): pass

    def do_HEAD(self): self.answer()
    def do_GET(self): self.answer()

    def answer(self):
        with open(mode_file) as file: self.mode = file.read().split()[0]
        target = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(target.query, keep_blank_values=True)
        key = urllib.parse.unquote(target.path).lstrip("/").partition("/")[2]
        try:
            early = getattr(self, "mode_" + self.mode.replace("-", "_"), None)
            if early and early(key, query): return
            if "list-type" in query: self.list(query.get("prefix", [""])[0])
            else: self.object(key)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def whole(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD": self.wfile.write(body)

    def endless(self, piece, *, head=b""):
        """A body in chunks, whatever else its head says."""
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        for content in (head, *(piece for _ in range(ENDLESS // len(piece)))):
            if content: self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
            sent += len(content)
        self.wfile.write(b"0\r\n\r\n")

    def list(self, prefix):
        names = sorted(os.path.relpath(os.path.join(place, name), directory)
                       for place, below, files in os.walk(directory) if ".devjournal" not in place for name in files)
        contents = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{os.path.getsize(os.path.join(directory, name))}</Size><ETag>&quot;e&quot;</ETag></Contents>"
            for name in names if name.startswith(prefix))
        self.page(f"<IsTruncated>false</IsTruncated>{contents}")

    def page(self, inner):
        self.whole(200, f"<?xml version=\"1.0\"?><ListBucketResult>{inner}</ListBucketResult>".encode())

    def object(self, key):
        path = os.path.join(directory, key)
        if not os.path.isfile(path): return self.whole(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        with open(path, "rb") as file: content = file.read()
        self.whole(200, content, ETag='"e"')

    # --- lies: True where the request is answered ---

    def mode_token_repeats(self, key, query):
        if "list-type" in query and query["max-keys"] != ["1"]:
            self.page("<IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>")
            return True

    def mode_elements(self, key, query):
        if "list-type" in query:
            self.page("<IsTruncated>false</IsTruncated>" + "<a/>" * (7 << 18))
            return True

    def mode_listing_endless(self, key, query):
        if "list-type" in query:
            self.send_response(200)
            self.endless(b"<a/>" * 16384, head=b"<ListBucketResult>")
            return True

    def mode_headers(self, key, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(ENDLESS // 1000): self.wfile.write(b"x-%d: %s\r\n" % (number, b"y" * 1000))
        return True

    def mode_interim(self, key, query):
        for _ in range(ENDLESS // 50): self.wfile.write(b"HTTP/1.1 100 Continue\r\nx-more: yes and so on\r\n\r\n")
        return True

    def mode_slow(self, key, query):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b" ")
            time.sleep(1)
        return True

    def mode_silent(self, key, query):
        time.sleep(600)
        return True

    def mode_redirect(self, key, query):
        self.whole(307, b"", Location="http://127.0.0.1:1/elsewhere")
        return True

    def mode_escape(self, key, query):
        self.whole(403, "<Error><Code>AccessDenied</Code><Message>\x1b[31mred\x9b2J\u202e\u2028left</Message></Error>".encode())
        return True

    def mode_checkpoint(self, key, query):
        if key.endswith("/checkpoint.age"):
            self.send_response(200)
            self.send_header("ETag", '"e"')
            self.endless(b"x" * 65536)
            return True

    def mode_larger(self, key, query):
        if "/artifacts/" in key:
            with open(os.path.join(directory, key), "rb") as file: content = file.read()
            self.whole(200, content + b"x" * (1 << 20), ETag='"e"')
            return True

    def mode_longer(self, key, query):
        if "/artifacts/" in key:
            with open(os.path.join(directory, key), "rb") as file: content = file.read()
            self.send_response(200)
            self.send_header("ETag", '"e"')
            self.send_header("Content-Length", str(len(content)))
            self.endless(b"x" * 65536, head=content)
            return True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address): pass


server = Server(("127.0.0.1", 0), Bucket)
with open(port_file + ".new", "w") as file: file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
