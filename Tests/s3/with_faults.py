#!/usr/bin/env python3
"""with_faults.py COMMAND…: runs it with a network that lies (fault_proxy.py) between it and the server of with_seaweedfs.sh.

COMMAND finds the proxy through S3_ENDPOINT, and the server itself through STOCK_S3_ENDPOINT: stock tools compare no
hashes. SEED (default 5) and RATE (default 0.2: the part of all requests that meets a fault) are taken from the environment.

Exit status: COMMAND's · 1 it made too few requests to meet a fault · 2 there is no server"""
import os, subprocess, sys
from fault_proxy import FAULTS, FaultProxy
from lying_network import Server

def main():
    if "S3_ENDPOINT" not in os.environ or len(sys.argv) < 2: print("start it with with_seaweedfs.sh, and name a command") or sys.exit(2)
    server = Server(os.environ["S3_ENDPOINT"], os.environ["S3_CREDENTIALS"])
    seed, rate = os.environ.get("SEED", "5"), float(os.environ.get("RATE", "0.2"))
    with FaultProxy(server.place, seed, rate, sign=server.signed) as proxy:
        # Patience for a network that stalls for ever, and parts of the smallest size there is, so that there are several.
        settings = {"S3_ENDPOINT": f"http://{proxy.address}", "STOCK_S3_ENDPOINT": os.environ["S3_ENDPOINT"], "S3_TIMEOUT": "2", "S3_PART_SIZE": "5"}
        status = subprocess.run(sys.argv[1:], env={**os.environ, **settings}).returncode
    faults = sum(proxy.counts[name] for name in FAULTS)
    print(f"seed {seed}, {proxy.requests} requests, {faults} faults: " + ", ".join(f"{proxy.counts[name]} {name}" for name in FAULTS if proxy.counts[name]))
    sys.exit(status or (0 if faults else 1))

if __name__ == "__main__": main()
