#!/usr/bin/env bash
# The bench of the journal, with tiny sizes and the `devjournal` on PATH: every row is there and has its ratio. No time
# is judged. What cannot be measured is an error.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/rows.bash"

# has_row WORK PEER: the row has two figures, a ratio, and says whether it is reached.
has_row() {
    grep -qE "^$1 +[0-9][0-9.,]*( ms| s|/s| MiB) +$2 +[0-9][0-9.,]*( ms| s|/s| MiB) +[0-9.]+x +(at|less).* (yes|no) +[0-9]+\$" \
        "$work/table" || broken "no row $1 against $2"
}

exits 0 "$bench" --help
exits 64 "$bench"
exits 64 "$bench" everything
exits 64 "$bench" journal --rounds none
exits 2 env DEVJOURNAL="$work/none" "$bench" journal
[[ $(stat -f -c %T /dev/shm 2>/dev/null) != tmpfs ]] || exits 2 env TMPDIR=/dev/shm "$bench" journal

measured=0
(($(nproc) >= 2)) || measured=2 # the row for two cores cannot be measured on one
exits "$measured" "$bench" journal --records 5000 --rounds 3 --keep "$work/kept"
has_row 'append, one process, durable' 'sqlite3 insert, FULL, (rollback journal|WAL)'
has_row '' 'C: open, write, fdatasync'
has_row 'append, 64 processes at once' 'sqlite3 insert, FULL, WAL'
has_row 'append, 5,000 records' 'append, 1,000 records'
has_row 'append --batch, 5,000 events' 'libsodium signing, one core'
((measured)) || has_row 'rebuild, 2 cores' '.*openssl sha256.*'
has_row 'rebuild, 1 core' '.*openssl sha256.*'
has_row 'rebuild, peak memory' 'the reach itself'
has_row 'verify, [0-9,]+ records' 'libsodium verification, all cores'
has_row 'start-up: --version' 'C hello world'
[[ -d $work/kept/long && $(find "$work/kept" -mindepth 1 -maxdepth 1 | wc -l) == 1 ]] || broken "what is kept is not one journal"
sed -n '/^work/,$p' "$work/table"

# A program that cannot do one of the works: the row says so, the others are there.
cat >"$work/no_verify" <<END
#!/bin/sh
[ "\$1" != verify ] || { echo "out of order" >&2; exit 1; }
exec "$DEVJOURNAL" "\$@"
END
chmod +x "$work/no_verify"
exits 2 env DEVJOURNAL="$work/no_verify" "$bench" journal --records 5000 --rounds 1 --keep "$work/kept"
grep -q '^verify, .* NOT MEASURED' "$work/table" || broken "the row that failed is left out"
grep -q 'out of order' "$work/table" || broken "nothing says why"
has_row 'start-up: --version' 'C hello world'
echo "the bench holds"
