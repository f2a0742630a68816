#!/usr/bin/env bash
# bench.sh seal [--megabytes N] [--rounds N] [--endless GIB]
#
# Sealing a stored send stream and one that a live `btrfs send` makes, against `zstd -3 -T2 | age | tee | sha256sum`, and
# opening an artifact against `age -d | zstd -d`; wall time, processor time of all processes, memory of the largest. The
# tree is made of this machine's /usr, on a Btrfs in an image file. devjournal also checks the stream's framing, syncs the
# artifact and records it in a journal; open reads a registered artifact, whose hash is checked against the journal first.
#
#     --megabytes N  size of the tree (default 1300; from 10 on)
#     --rounds N     rounds, each command in turn (default 9)
#     --endless GIB  instead of all that: seal a made-up stream of so many GiB and open it again; the most memory used
#
# Needs root. Works below TMPDIR (default /var/tmp), which must be on a disk, with four times the tree's size free.
#
# Exit status: 0 everything was measured, reached or not · 2 something could not be measured · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/common.bash"
source "$repository/Tests/Support/loop_btrfs.sh"

megabytes=1300 rounds=9 endless=0
all=("$@")
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --megabytes) whole_number "$1" "${2:-}" 10 && megabytes=$2 && shift ;;
        --rounds) whole_number "$1" "${2:-}" 1 && rounds=$2 && shift ;;
        --endless) whole_number "$1" "${2:-}" 1 && endless=$2 && shift ;;
        *) stop 64 "unknown argument $1" "bench.sh seal --help" ;;
    esac
    shift
done
limit=600 # seconds a table row, after which three rounds are enough

require "${CC:-gcc}" gcc stdio.h libc6-dev age age zstd zstd btrfs btrfs-progs sha256sum coreutils
why=$(can_mount_btrfs) || stop 2 "$why"
in_own_namespace "$0" "${all[@]}"
prepare
trap 'cd / && unmount_all; rm -rf --one-file-system -- "$work"' EXIT
compile time_processes

# --- the journal, fresh for each seal ---

label=dev@$(date +%Y-%m)
conf=$work/dev.conf key=$work/run/ls/keys/ls_dev_backup.key
printf 'DATASET=dev\nLS_ROOT=%s/run/ls\nWS_STATE=%s/run/ws\nCODE=%s/code\nWORKTREE=off\n' "$work" "$work" "$work" >"$conf"
# a_journal UUID: in $work/run, and a copy to start from in $work/base.
a_journal() {
    (umask 077 && echo 'a passphrase of no importance' >"$work/passphrase")
    {
        "$devjournal" init --config "$conf" --passphrase-file "$work/passphrase"
        "$devjournal" key enrol --config "$conf" --name ws "$("$devjournal" key new --config "$conf" 2>/dev/null)"
        "$devjournal" append --config "$conf" snapshot.taken label="$label" uuid="$1" path=/snapshot
    } >/dev/null 2>"$work/errors" || stop 2 "no journal: $(tail -n 2 "$work/errors")"
    cp -a -- "$work/run" "$work/base"
    recipient=$(cat "$work/run/ls/keys/ls_dev_backup.pub")
}
# What was sealed last is taken away before a run, and not within its time.
# shellcheck disable=SC2016 # the inner shell's
fresh='before=rm -rf -- "$WORK/run" && cp -a -- "$WORK/base" "$WORK/run"'
export WORK=$work
seal=("$fresh" "$devjournal" seal --config "$conf" "$label" --type full)
mib() { calc "$1 / 1024" '%.1f MiB'; }

if ((endless)); then
    "${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror -I"$repository/Sources/CCRC32C/include" \
        "$repository/tools/bench/endless_stream.c" "$repository/Sources/CCRC32C/CCRC32C.c" -o "$bin/endless_stream" ||
        stop 2 "endless_stream.c does not compile"
    uuid=00000000-0000-4000-8000-000000000001
    a_journal $uuid
    header "a made-up stream of $endless GiB"
    timed 1 1 "${seal[@]}" --uuid $uuid -- "$bin/endless_stream" "$label" "$endless" ||
        stop 2 "seal failed"
    printf 'seal: %s, %s of processors, at most %s\n' "$(ms "${medians[0]}")" "$(ms "${cpu_medians[0]}")" "$(mib "${peaks[0]}")"
    sealed=$(find "$work/run/ws/spool" -name "$label*.send.zst.age")
    printf 'the artifact: %s bytes\n' "$(thousands "$(stat -c %s "$sealed")")"
    "$devjournal" register --config "$conf" "$sealed" >/dev/null
    timed 1 1 "$devjournal" open --config "$conf" "$label" || stop 2 "open failed"
    printf 'open: %s, %s of processors, at most %s\n' "$(ms "${medians[0]}")" "$(ms "${cpu_medians[0]}")" "$(mib "${peaks[0]}")"
    exit 0
fi

# --- the tree, its stream ---

free=$(df --output=avail -BM -- "$work" | tail -n 1 | tr -dc 0-9)
((free > megabytes * 4)) || stop 2 "$work has too little space: $((megabytes * 4)) MiB are needed"
echo "Making a tree of $megabytes MiB…" >&2
mount_new_btrfs "$work/image" "$((megabytes * 2 + 512))M" "$work/fs" 2>/dev/null
btrfs -q subvolume create "$work/fs/tree"
find /usr/include /usr/share /usr/bin /usr/lib -xdev -type f -printf '%s\t%P\t%p\n' 2>/dev/null | LC_ALL=C sort -t $'\t' -k3 |
    awk -F '\t' -v most="$((megabytes << 20))" '$1 < 64 * 1048576 && (sum += $1) < most { print $3 }' |
    tar -cf - --no-recursion -T - 2>/dev/null | tar -xf - -C "$work/fs/tree" || stop 2 "the tree was not copied"
snapshot=$work/fs/$label stream=$work/stream
btrfs -q subvolume snapshot -r "$work/fs/tree" "$snapshot"
btrfs -q send "$snapshot" >"$stream"
uuid=$(btrfs subvolume show "$snapshot" | awk '$1 == "UUID:" { print $2 }')
a_journal "$uuid"

header "$(zstd --version | sed 's/.* v\([0-9.]*\).*/zstd \1/')" "age $(age --version)" "$(btrfs --version | head -n 1)"
printf 'a tree of %s files, a stream of %s bytes\n' "$(thousands "$(find "$snapshot" -type f | wc -l)")" \
    "$(thousands "$(stat -c %s "$stream")")"
printf 'medians of whole processes and their children, measured from outside, by turns\n'
table_head

# two_rows WORK OURS PEER THEIRS WALL CPU: OURS and THEIRS are numbers of commands; WALL and CPU are the figures to reach,
# or empty.
two_rows() {
    local wall cpu
    wall=$(calc "${medians[$2]} / ${medians[$4]}") cpu=$(calc "${cpu_medians[$2]} / ${cpu_medians[$4]}")
    row "$1" "$(ms "${medians[$2]}")" "$3" "$(ms "${medians[$4]}")" "$(calc "$wall" %.2fx)" \
        "${5:+at most ${5}x}" "${5:+$wall <= $5}" "$turns"
    row "  processor time" "$(ms "${cpu_medians[$2]}")" "$3" "$(ms "${cpu_medians[$4]}")" "$(calc "$cpu" %.2fx)" \
        "${6:+at most ${6}x}" "${6:+$cpu <= $6}" "$turns"
}
memory_row() { # WORK PEAK
    row "$1" "$(calc "$2 / 1024" '%.1f MiB')" "the reach itself" "128.0 MiB" "$(calc "$2 / 131072" %.2fx)" \
        "less than 1x" "$2 < 131072" "$turns"
}

sealing="zstd -q -3 -T2 | age -r $recipient | tee $work/stock.age | sha256sum"
# shellcheck disable=SC2016 # the inner shell's
no_stock='before=rm -f -- "$WORK/stock.age"'
rows_stored() {
    timed "$rounds" "$limit" "${seal[@]}" --uuid "$uuid" --stream "$stream" \
        : "$no_stock" "in=$stream" bash -o pipefail -c "$sealing" : "in=$stream" zstd -q -3 -T2 ||
        { row_missing "seal a stored stream" "see above" && return; }
    two_rows "seal a stored stream" 0 "zstd, age, tee, sha256sum" 1 0.72 0.72
    two_rows "" 0 "zstd -3 -T2 alone" 2 "" ""
    memory_row "seal, peak memory" "${peaks[0]}"
}

rows_live() {
    timed "$rounds" "$limit" "${seal[@]}" --uuid "$uuid" -- btrfs -q send "$snapshot" \
        : "$no_stock" bash -o pipefail -c "btrfs -q send $snapshot | $sealing" \
        : "${seal[@]}" --uuid "$uuid" --tree "$snapshot" -- btrfs -q send "$snapshot" \
        : sh -c "btrfs -q send $snapshot | cat" || { row_missing "seal a live send" "see above" && return; }
    two_rows "seal a live send" 0 "btrfs send, zstd, age, tee, sha256sum" 1 0.88 0.80
    two_rows "the same, its tree hashed too" 2 "btrfs send, zstd, age, tee, sha256sum" 1 "" ""
    two_rows "" 0 "btrfs send alone" 3 "" ""
}

rows_open() {
    local file artifact
    file=$(find "$work/run/ws/spool" -name "$label*.send.zst.age")
    "$devjournal" register --config "$conf" "$file" >/dev/null 2>&1 || { row_missing "open" "register failed" && return; }
    artifact=$(find "$work/run/ls/artifacts" -name "$label*.send.zst.age")
    # What comes out is the stream, both ways.
    cmp -s <("$devjournal" open --config "$conf" "$label") "$stream" || { row_missing "open" "another stream" && return; }
    age -d -i "$key" "$artifact" >"$work/compressed"
    timed "$rounds" "$limit" "$devjournal" open --config "$conf" "$label" \
        : bash -o pipefail -c "age -d -i $key $artifact | zstd -q -d" \
        : bash -o pipefail -c "sha256sum $artifact && age -d -i $key $artifact | zstd -q -d" \
        : "$devjournal" open --config "$conf" --without-journal "$artifact" \
        : "in=$work/compressed" zstd -q -d ||
        { row_missing "open" "see above" && return; }
    two_rows "open --without-journal" 3 "age -d, zstd -d" 1 0.9 ""
    two_rows "" 3 "zstd -d alone" 4 "" ""
    two_rows "open: hashed first, then opened" 0 "age -d, zstd -d" 1 0.9 ""
    two_rows "" 0 "sha256sum, then age -d, zstd -d" 2 "" ""
    memory_row "open, peak memory" "${peaks[0]}"
}

rows_stored
rows_live
rows_open
finish
