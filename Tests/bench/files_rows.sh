#!/usr/bin/env bash
# The bench of files, with a tiny tree and the `devjournal` on PATH: every row is there and has its ratio. No time is judged.
# What cannot be measured is an error.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/rows.bash"
export TMPDIR=/var/lib # root takes snapshots only where nobody else may write

# has_row WORK PEER: the row, or one of those below it, has two figures and a ratio.
has_row() {
    awk -v work_name="$1" '/^[^ ]|^  [a-z]/ { is_in = index($0, work_name) == 1 } is_in' "$work/table" |
        grep -qE " [0-9][0-9.,]*( ms| s| MiB) +$2 +[0-9][0-9.,]*( ms| s| MiB) +[0-9.]+x " || broken "no row $1 against $2"
}

exits 0 "$bench" files --help
exits 64 "$bench" files --objects 1
exits 64 "$bench" files --everything

exits 0 "$bench" files --objects 1000 --megabytes 10 --rounds 1
for name in 'ls of a folder' 'find a name' 'diff of both' 'cat of 100 KiB'; do has_row "$name" 'the reach itself'; done
for name in 'ls of a folder' 'find a name' 'diff of both' 'cat of 100 KiB' 'extract all' 'cat of 100 KiB out of a bucket'; do
    has_row "$name" 'restic [a-z]+'
done
for name in 'ls of a folder' 'diff of both' 'cat of 100 KiB' 'extract all'; do has_row "$name" 'borg [a-z]+'; done
has_row '  bytes that its server sent' 'the reach itself'
has_row '  bytes that its server sent' 'restic dump'
sed -n '/^work/,$p' "$work/table"
echo "the bench holds"
