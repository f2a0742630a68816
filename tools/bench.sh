#!/usr/bin/env bash
# bench.sh WHAT [OPTION…]
#
# Compares devjournal with programs that do the same work, in the same run and by turns, and prints one table: medians,
# ratios, the figure to reach and whether it is reached. WHAT is one of:
#
#     journal    appends, batches, rebuild, verify, start-up
#     transfer   a large artifact to a bucket and back, against rclone, awscli and curl
#     month      a month with a push, the first one, a restore, months in which nothing changed; against btrbk, restic, borg
#     seal       sealing a stored stream and a live btrfs send, opening; --endless GIB: memory with a stream of any length
#     files      files of a month found, printed and extracted, and out of a bucket, against restic and borg
#
# `bench.sh WHAT --help` lists the options. The binary is built as the README says, or taken from $DEVJOURNAL. It
# installs nothing and names what is missing.
#
# Exit status: 0 everything was measured, reached or not · 2 something could not be measured · 64 usage
set -euo pipefail
benches=$(dirname "$(readlink -f "$0")")/bench

case ${1:-} in
    --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
    files | journal | month | seal | transfer) exec "$benches/$1.sh" "${@:2}" ;;
    '') echo "bench.sh: error: what is to be measured? journal, transfer, month, seal, files" >&2 && exit 64 ;;
    *) echo "bench.sh: error: unknown: $1; there is: journal, transfer, month, seal, files" >&2 && exit 64 ;;
esac
