#!/usr/bin/env bash
# The bench of sealing, with a tiny tree and the `devjournal` on PATH: every row is there and has its ratio, and memory
# stays within its bound with a made-up stream of 1 GiB. No time is judged. What cannot be measured is an error.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/rows.bash"

# has_row WORK PEER: the row has two figures and a ratio.
has_row() {
    grep -qE "^$1 +[0-9][0-9.,]*( ms| s| MiB) +$2 +[0-9][0-9.,]*( ms| s| MiB) +[0-9.]+x " "$work/table" ||
        broken "no row $1 against $2"
}

exits 0 "$bench" seal --help
exits 64 "$bench" seal --megabytes 1
exits 64 "$bench" seal --everything

exits 0 "$bench" seal --megabytes 20 --rounds 1
has_row 'seal a stored stream' 'zstd, age, tee, sha256sum'
has_row 'seal a live send' 'btrfs send, zstd, age, tee, sha256sum'
has_row 'the same, its tree hashed too' 'btrfs send, zstd, age, tee, sha256sum'
has_row '  processor time' 'btrfs send alone'
has_row 'open --without-journal' 'age -d, zstd -d'
has_row '  processor time' 'zstd -d alone'
has_row 'open: hashed first, then opened' 'age -d, zstd -d'
has_row '  processor time' 'sha256sum, then age -d, zstd -d'
sed -n '/^work/,$p' "$work/table"

exits 0 "$bench" seal --endless 1
for work_name in seal open; do
    peak=$(sed -n "s/^$work_name: .* at most \\([0-9]*\\)\\.[0-9] MiB\$/\\1/p" "$work/table")
    [[ -n $peak ]] || broken "nothing says how much memory $work_name took"
    ((peak < 128)) || broken "$work_name took $peak MiB"
done
cat "$work/table"
echo "the bench holds"
