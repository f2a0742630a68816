"""A door between one client and a plain-HTTP server on this machine: bytes pass through it as they are, slowly if that is
asked, while it is open. While it is shut, connections are refused or, left ajar, taken and never answered. What is on its
way when it shuts is cut off in the middle."""
import select, socket, threading, time

class Door:
    def __init__(self, server):
        """`server`: HOST:PORT."""
        host, port = server.rsplit(":", 1)
        self.server, self.state, self.passing = (host, int(port)), "open", set()
        self.listener, self.port, self.lock = None, 0, threading.Lock()
        self.open()

    def open(self):
        with self.lock:
            if not self.listener:
                self.listener = socket.socket()
                self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.listener.bind(("127.0.0.1", self.port))
                self.listener.listen(64)
                self.port = self.listener.getsockname()[1]
                threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()
            self.state = "open"
            self.cut()

    def shut(self):
        with self.lock:
            self.state = "shut"
            if self.listener: self.listener.shutdown(socket.SHUT_RDWR), self.listener.close()
            self.listener = None
            self.cut()

    def leave_ajar(self):
        with self.lock:
            self.state = "ajar"
            self.cut()

    def cut(self):
        for each in list(self.passing):
            try: each.shutdown(socket.SHUT_RDWR)
            except OSError: pass

    def accept(self, listener):
        while True:
            try: client, _ = listener.accept()
            except OSError: return
            threading.Thread(target=self.hand_on, args=(client,), daemon=True).start()

    def hand_on(self, client):
        self.passing.add(client)
        server = None
        try:
            while self.state == "ajar": time.sleep(0.05)
            server = socket.create_connection(self.server)
            self.passing.add(server)
            while True:
                for one in select.select([client, server], [], [])[0]:
                    piece = one.recv(1 << 16)
                    if not piece: return
                    (server if one is client else client).sendall(piece)
        except OSError: pass
        finally:
            for each in (client, server):
                if each: self.passing.discard(each), each.close()
