#!/usr/bin/env python3
"""type_passphrase.py FILE COMMAND…

Runs COMMAND on a terminal of its own and types the passphrase in FILE when it asks: stock `age -d` reads one from a
terminal only. Its standard output is COMMAND's terminal; exits as COMMAND does, or 124 after two minutes.
"""
import os, pty, select, sys, time

LIMIT = 120  # seconds


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 64
    with open(sys.argv[1], "rb") as file:
        passphrase = file.read().rstrip(b"\n")
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    seen, typed, end = b"", False, time.monotonic() + LIMIT
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # the command closed its side
            break
        if not typed and b"passphrase" in seen.lower():
            os.write(terminal, passphrase + b"\n")
            typed = True
    else:
        os.kill(child, 9)
        return 124
    sys.stdout.buffer.write(seen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
