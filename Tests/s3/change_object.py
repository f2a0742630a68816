#!/usr/bin/env python3
"""change_object.py BUCKET put|get|delete KEY [FILE]: what nobody of ours does to an object in a bucket.

For tests, beside with_seaweedfs.sh; signs its own requests. `put` stores FILE as it is, without the hash that ours keep
in the metadata. Exit status: 0 done · 1 the server refused"""
import http.client, os, sys, urllib.parse

sys.dont_write_bytecode = True
from lying_network import Server


def main(bucket, verb, key, file=None):
    server = Server(os.environ["S3_ENDPOINT"], os.environ["S3_CREDENTIALS"])
    target = urllib.parse.quote(f"/{bucket}/{key}")
    body = b""
    if verb == "put":
        with open(file, "rb") as source:
            body = source.read()
    connection = http.client.HTTPConnection(server.address, timeout=60)
    headers = server.signed(verb.upper(), target, {}, body)
    connection.request(verb.upper(), target, body=body, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    if verb == "get" and answer.status == 200:
        with open(file, "wb") as place:
            place.write(content)
    if answer.status not in (200, 204):
        sys.exit(f"change_object.py: {verb} {key}: status {answer.status}: {content[:300]}")


main(*sys.argv[1:])
