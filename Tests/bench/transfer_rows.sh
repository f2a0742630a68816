#!/usr/bin/env bash
# The bench of transfers, with a tiny artifact and the `devjournal` on PATH: every row is there and has its ratio, and a
# peer that is not installed is named. No time is judged. What cannot be measured is an error.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/rows.bash"

# has_rows COUNT PEER: so many rows have two figures and a ratio to that peer.
has_rows() {
    local count
    count=$(grep -cE "^.{38} +[0-9][0-9.,]*( ms| s| MiB) +$2 +[0-9][0-9.,]*( ms| s| MiB) +[0-9.]+x " "$work/table") || true
    ((count == $1)) || broken "$count rows against $2, not $1"
}

exits 0 "$bench" transfer --help
exits 64 "$bench" transfer --megabytes none
exits 64 "$bench" transfer --everything

# Wall time, processor time and memory both ways, and the first two once more where all hash and sync.
exits 0 "$bench" transfer --megabytes 40 --rounds 1
for peer in 'openssl sha256, signed curl' 'sha256sum, signed curl' rclone awscli; do has_rows 8 "$peer"; done
has_rows 2 'the reach itself'
has_rows 1 'the push above'
sed -n '/^work/,$p' "$work/table"

# All programs of this machine but two.
mkdir "$work/path"
while IFS= read -r -d : place; do ln -s "$place"/* "$work/path/" 2>/dev/null || true; done <<<"$PATH:"
rm -f "$work/path/rclone" "$work/path/aws"
exits 2 env PATH="$work/path" "$bench" transfer --megabytes 1 --rounds 1
for work_name in 'upload: push' 'download: pull'; do
    for peer in rclone awscli; do
        grep -qE "^$work_name +NOT MEASURED: $peer is not installed" "$work/table" || broken "$work_name leaves out $peer"
    done
done
grep -qx '4 could not be measured' "$work/table" || broken "not all that is missing is counted"
has_rows 8 'openssl sha256, signed curl'
echo "the bench holds"
