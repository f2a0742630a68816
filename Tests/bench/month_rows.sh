#!/usr/bin/env bash
# The bench of a month, with tiny trees and the `devjournal` on PATH: every row is there and has its ratio, and a peer that is
# not installed is named. No time is judged. What cannot be measured is an error.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/rows.bash"
export TMPDIR=/var/lib

# has_row WORK PEER: the row has two figures, a ratio, and says whether it is reached.
has_row() {
    grep -qE "^$1 +[0-9][0-9.,]*( ms| s) +$2 +[0-9][0-9.,]*( ms| s) +-?[0-9.]+x +at most .* (yes|no) +[0-9]+\$" "$work/table" ||
        broken "no row $1 against $2"
}

exits 0 "$bench" month --help
exits 64 "$bench" month --objects 1
exits 64 "$bench" month --everything

exits 0 "$bench" month --objects 300 --changed 20 --large 300 --sparse 1 --rounds 1
for peer in btrbk restic borg; do
    has_row '(first month, 300 objects|the same)' "$peer"
    has_row '(month, 300 objects, 20 changed|the same)' "$peer"
done
has_row '  processor time' btrbk
has_row 'restore of the latest' 'gpg, zstd, btrfs receive'
has_row 'unchanged, 300 objects' 'itself, 100 objects'
has_row 'unchanged, sparse file of 1 GiB' 'itself without it'
has_row "new sparse file, a GiB's processor time" 'SHA-256 of zeros, openssl'
has_row 'month with a working copy' 'btrbk, then btrfs receive'
sed -n '/^work/,$p' "$work/table"

# All programs of this machine but two.
mkdir "$work/path"
while IFS= read -r -d : place; do ln -s "$place"/* "$work/path/" 2>/dev/null || true; done <<<"$PATH:"
rm -f "$work/path/restic" "$work/path/borg"
exits 2 env PATH="$work/path" "$bench" month --objects 100 --changed 5 --rounds 1 --only month
for peer in restic borg; do grep -q "NOT MEASURED: $peer is not installed" "$work/table" || broken "$peer is not named"; done
echo "the bench holds"
