#!/usr/bin/env python3
"""counting_proxy.py PORT

Between clients and a server on PORT of this machine: hands everything on as it is, and counts the bytes that the server sends.
Prints two ports: its own, and one where anybody who connects is told how many they are since the last one asked."""
import socket, sys, threading

count, lock = 0, threading.Lock()


def listening():
    found = socket.create_server(("127.0.0.1", 0))
    return found, found.getsockname()[1]


def hand_on(source, target, counts):
    global count
    try:
        while piece := source.recv(1 << 16):
            if counts:
                with lock:
                    count += len(piece)
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(door):
    while True:
        client = door.accept()[0]
        server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=hand_on, args=(client, server, False), daemon=True).start()
        threading.Thread(target=hand_on, args=(server, client, True), daemon=True).start()


def tell(door):
    global count
    while True:
        asking = door.accept()[0]
        with lock:
            asking.sendall(b"%d\n" % count)
            count = 0
        asking.close()


door, port = listening()
teller, telling = listening()
print(port, telling, flush=True)
threading.Thread(target=serve, args=(door,), daemon=True).start()
tell(teller)
