#!/usr/bin/env bash
# bench.sh journal [--records N] [--rounds N] [--keep DIR]
#
# Single appends against sqlite3 and a bare C program, 64 processes that append at once against 64 of sqlite3, a batch against libsodium's signing, appends to a long journal
# against a short one, rebuild against SHA-256 by openssl, what pushes store against the lines, verify against libsodium's verification, and start-up against
# a C hello world.
#
#     --records N   records of the long journal (default 1000000; from 2000 on)
#     --rounds N    rounds of what is measured again and again (default 31); a row that takes long stops after three, or
#                   when its time is up; verify of the long journal runs once, its peer before and after it
#     --keep DIR    works in DIR and keeps the long journal there; one that is there already is used again
#
# Works below TMPDIR (default /var/tmp), which must be on a disk; a million records take 2 GB there and a quarter of an
# hour.
#
# Exit status: 0 everything was measured, reached or not · 2 something could not be measured · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/common.bash"

records=1000000
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --records) whole_number "$1" "${2:-}" 2000 && records=$2 && shift ;;
        --rounds) whole_number "$1" "${2:-}" 1 && rounds=$2 && shift ;;
        --keep) [[ -n ${2:-} ]] || stop 64 "--keep takes a directory" && keep=$2 && shift ;;
        *) stop 64 "unknown argument $1" "bench.sh journal --help" ;;
    esac
    shift
done
limit=20 # seconds a row, after which three rounds are enough
short=1000
batch=$((records < 100000 ? records : 100000))

require "${CC:-gcc}" gcc stdio.h libc6-dev sodium.h libsodium-dev openssl openssl sqlite3 sqlite3
prepare
compile time_processes
compile hello
compile append_line
compile signature_rate -lsodium -pthread
free=$(df --output=avail -B1 -- "$work" | tail -n 1)
((free > records * 2000)) || stop 2 "$work has too little space: $((records * 2000)) bytes are needed"

# --- journals ---

# configure NAME TREE: $work/NAME.conf.
configure() {
    printf 'DATASET=dev\nLS_ROOT=%s\nWS_STATE=%s/ws\nCODE=%s/code\nWORKTREE=off\n' "$2" "$work" "$work" >"$work/$1.conf"
}
# journal NAME RECORDS: a new one in $work/NAME, a copy of `opened` with so many records.
journal() {
    local more size
    configure "$1" "$work/$1"
    cp -a -- "$work/opened" "$work/$1"
    size=$(count "$work/$1")
    while ((size < $2)); do
        more=$(($2 - size < 50000 ? $2 - size : 50000))
        head -n "$more" "$work/events.jsonl" | "$devjournal" append --config "$work/$1.conf" --batch >/dev/null
        size=$((size + more))
    done
}
count() { cat -- "$1"/journal/*.jsonl | wc -l; } # TREE

echo "Making the journals…" >&2
(umask 077 && echo 'a passphrase of no importance' >"$work/passphrase")
configure opened "$work/opened"
"$devjournal" init --config "$work/opened.conf" --passphrase-file "$work/passphrase" >/dev/null 2>"$work/errors" ||
    stop 2 "init: $(cat "$work/errors")"
text='one of many events of a benchmark'
seq "$((batch > 50000 ? batch : 50000))" | awk -v text="$text" \
    '{printf "{\"type\":\"x.bench\",\"data\":{\"number\":%d,\"host\":\"mx1.example\",\"text\":\"%s\"}}\n", $1, text}' \
    >"$work/events.jsonl"
head -n "$batch" "$work/events.jsonl" >"$work/batch.jsonl"
event=(x.bench "number:=1" host=mx1.example "text=$text")
journal short "$short"
long=${keep:-$work}/long
if [[ ! -d $long ]]; then
    journal long "$records"
    [[ -z $keep ]] || mv -- "$work/long" "$long" # only a whole one is used again
fi
configure long "$long"
records_found=$(count "$long")
((records_found >= records && records_found < records + 4096)) ||
    stop 64 "the journal in $keep has $records_found records" "name another directory, or --records $records_found"

# Sizes of what is stored and signed, from a record of the batch's kind; journal-format.md says what a signature covers.
line=$(tail -n 1 -- "$work/short"/journal/*.jsonl)
line_bytes=$((${#line} + 1))
signature=',"sig":"'
signed_record=$((${#line} - ${#signature} - 90 + 21)) # 88 of base64, "}; the domain line has 21
inner=${line#*'"event":'}
inner=${inner%"$signature"*}
signed_event=$((${#inner} - ${#signature} - 90 + 20))

header "$(openssl version | cut -d' ' -f1,2)" "sqlite3 $(sqlite3 --version | cut -d' ' -f1)" \
    "libsodium $(printf '#include <sodium.h>\nSODIUM_VERSION_STRING' | "${CC:-gcc}" -E - | tail -n 1 | tr -d '"')"
printf 'records: %s and %s, a line of %d bytes; signed: %d bytes of an event, %d of its record\n' \
    "$(thousands "$records_found")" "$(thousands "$short")" "$line_bytes" "$signed_event" "$signed_record"
printf 'medians of whole processes, measured from outside, by turns\n'
table_head

# --- rows ---

row_start_up() {
    local work_name="start-up: --version"
    timed "$rounds" "$limit" "$devjournal" --version : "$bin/hello" ||
        { row_missing "$work_name" "see above" && return; }
    row "$work_name" "$(ms "${medians[0]}")" "C hello world" "$(ms "${medians[1]}")" \
        "$(calc "${medians[0]} / ${medians[1]}" %.2fx)" \
        "at most +3.5 ms" "${medians[0]} - ${medians[1]} <= 3.5" "$turns"
}

row_append() {
    local work_name="append, one process, durable" mode content
    for mode in delete wal; do
        sqlite3 -batch -init /dev/null "$work/$mode.db" "PRAGMA journal_mode=$mode; \
            CREATE TABLE record(seq INTEGER PRIMARY KEY, line TEXT NOT NULL);" >/dev/null
    done
    content=$(printf "%$((line_bytes - 1))s" '' | tr ' ' x)
    local insert="PRAGMA synchronous=FULL; INSERT INTO record(line) VALUES('$content');"
    timed "$rounds" "$limit" "$devjournal" append --config "$work/short.conf" "${event[@]}" \
        : sqlite3 -batch -init /dev/null "$work/delete.db" "$insert" \
        : sqlite3 -batch -init /dev/null "$work/wal.db" "$insert" \
        : "$bin/append_line" "$work/lines" "$line_bytes" || { row_missing "$work_name" "see above" && return; }
    local ours=${medians[0]} bare=${medians[3]} slower faster
    local modes=("rollback journal" "WAL")
    if holds "${medians[1]} < ${medians[2]}"; then faster=0 slower=1; else faster=1 slower=0; fi
    row "$work_name" "$(ms "$ours")" "sqlite3 insert, FULL, ${modes[faster]}" "$(ms "${medians[faster + 1]}")" \
        "$(calc "$ours / ${medians[faster + 1]}" %.2fx)" "less than 1x" "$ours < ${medians[faster + 1]}" "$turns"
    row "" "$(ms "$ours")" "sqlite3 insert, FULL, ${modes[slower]}" "$(ms "${medians[slower + 1]}")" \
        "$(calc "$ours / ${medians[slower + 1]}" %.2fx)" "" "" "$turns"
    row "" "$(ms "$ours")" "C: open, write, fdatasync" "$(ms "$bare")" "$(calc "$ours / $bare" %.2fx)" \
        "at most +3 ms" "$ours - $bare <= 3" "$turns"
}

row_append_long() {
    local work_name
    work_name="append, $(thousands "$records_found") records"
    timed "$rounds" "$limit" "$devjournal" append --config "$work/long.conf" "${event[@]}" \
        : "$devjournal" append --config "$work/short.conf" "${event[@]}" || { row_missing "$work_name" "see above" && return; }
    row "$work_name" "$(ms "${medians[0]}")" "append, $(thousands "$short") records" "$(ms "${medians[1]}")" \
        "$(calc "${medians[0]} / ${medians[1]}" %.2fx)" "at most 1.1x" "${medians[0]} / ${medians[1]} <= 1.1" "$turns"
}

# One record a process, 64 of them at any time.
row_append_at_once() {
    local work_name="append, 64 processes at once" each=512 content found rates=()
    sqlite3 -batch -init /dev/null "$work/many.db" "PRAGMA journal_mode=WAL; \
        CREATE TABLE record(seq INTEGER PRIMARY KEY, line TEXT NOT NULL);" >/dev/null
    content=$(printf "%$((line_bytes - 1))s" '' | tr ' ' x)
    # shellcheck disable=SC2016 # $1 and what follows are the inner shell's
    local at_once='count=$1; shift; seq "$count" | xargs -P 64 -I{} -- "$@"'
    journal many 0
    timed "$rounds" "$limit" sh -c "$at_once" sh "$each" "$devjournal" append --config "$work/many.conf" "${event[@]}" \
        : sh -c "$at_once" sh "$each" sqlite3 -batch -init /dev/null -cmd '.timeout 600000' "$work/many.db" \
        "PRAGMA synchronous=FULL; INSERT INTO record(line) VALUES('$content');" ||
        { row_missing "$work_name" "see above" && return; }
    found=$(sqlite3 -batch -init /dev/null "$work/many.db" 'SELECT count(*) FROM record;')
    ((found == turns * each)) || { row_missing "$work_name" "sqlite3 holds $found of $((turns * each)) records" && return; }
    rates=("$(calc "$each * 1000 / ${medians[0]}")" "$(calc "$each * 1000 / ${medians[1]}")")
    row "$work_name" "$(thousands "${rates[0]}")/s" "sqlite3 insert, FULL, WAL" "$(thousands "${rates[1]}")/s" \
        "$(calc "${rates[0]} / ${rates[1]}" %.2fx)" "at least 1x" "${rates[0]} >= ${rates[1]}" "$turns"
}

# Each round has a new journal; signatures are counted for as long as the batch's should take.
row_batch() {
    local work_name turn rates=() times=() rate began=$SECONDS
    work_name="append --batch, $(thousands "$batch") events"
    for ((turn = 0; turn < rounds && (turn < 3 || SECONDS - began < limit); turn++)); do
        rm -rf --one-file-system -- "$work/batch"
        journal batch 0
        rates+=("$("$bin/signature_rate" sign $((2 * batch)) 1 "$signed_event" "$signed_record")")
        timed 1 "$limit" "in=$work/batch.jsonl" "$devjournal" append --config "$work/batch.conf" --batch ||
            { row_missing "$work_name" "see above" && return; }
        times+=("${medians[0]}")
    done
    rate=$(calc "$batch / $(median "${times[@]}") * 1000")
    row "$work_name" "$(thousands "$rate")/s" "libsodium signing, one core" "$(thousands "$(median "${rates[@]}")")/s" \
        "$(calc "$rate / $(median "${rates[@]}")" %.2fx)" "at least 0.45x" "$rate / $(median "${rates[@]}") >= 0.45" "$turn"
}

rows_rebuild() {
    local cores work_name ours peak piped whole against reach=(0 3.5 2.5)
    local segments
    segments=$long/journal
    cat -- "$segments"/*.jsonl >"$work/whole"
    for cores in 1 2; do
        work_name="rebuild, $cores core$( ((cores == 1)) || echo s)"
        (($(nproc) >= cores)) || { row_missing "$work_name" "this machine has only one core" && continue; }
        # shellcheck disable=SC2016 # $1 is the inner shell's
        timed "$rounds" "$limit" cpus="$cores" "$devjournal" rebuild --config "$work/long.conf" \
            : cpus="$cores" sh -c 'cat "$1"/*.jsonl | openssl dgst -sha256' sh "$segments" \
            : cpus="$cores" openssl dgst -sha256 "$work/whole" || { row_missing "$work_name" "see above" && continue; }
        ours=${medians[0]} piped=${medians[1]} whole=${medians[2]}
        ((cores > 1)) || peak=$(calc "${peaks[0]} / 1024")
        peak=$(calc "${peaks[0]} > $peak * 1024 ? ${peaks[0]} / 1024 : $peak")
        against="cat, openssl sha256"
        if holds "$whole < $piped"; then piped=$whole against="openssl sha256, one file"; fi
        row "$work_name" "$(ms "$ours")" "$against" "$(ms "$piped")" "$(calc "$ours / $piped" %.2fx)" \
            "at most ${reach[cores]}x" "$ours / $piped <= ${reach[cores]}" "$turns"
    done
    rm -f -- "$work/whole"
    [[ -z ${peak:-} ]] || row "rebuild, peak memory" "$(calc "$peak" '%.1f MiB')" "the reach itself" "64.0 MiB" \
        "$(calc "$peak / 64" %.2fx)" "less than 1x" "$peak < 64" "$turns"
}

row_verify() {
    local work_name rates=() rate theirs cores sample=$((records < 100000 ? 2 * records : 200000))
    work_name="verify, $(thousands "$(count "$long")") records"
    cores=$(nproc)
    peer() { rates+=("$("$bin/signature_rate" verify "$sample" "$cores" "$signed_event" "$signed_record")"); }
    peer
    timed 1 "$limit" "$devjournal" verify --journal "$long/journal" ||
        { row_missing "$work_name" "see above" && return; }
    peer
    rate=$(calc "2 * $(count "$long") / ${medians[0]} * 1000")
    theirs=$(median "${rates[@]}")
    row "$work_name" "$(thousands "$rate")/s" "libsodium verification, all cores" "$(thousands "$theirs")/s" \
        "$(calc "$rate / $theirs" %.2fx)" "at least 0.95x" "$rate / $theirs >= 0.95" 1
}

# A push after each record: the bytes that the mirror has of the journal then, and those of its lines. Each push waits until the
# store takes another checkpoint, so its time says nothing.
row_pushed() {
    local work_name pushes=20 turn stored lines
    work_name="stored by $pushes pushes of a record"
    journal pushed 0
    echo "MIRROR=file://$work/mirror" >>"$work/pushed.conf"
    "$devjournal" push --create --config "$work/pushed.conf" 2>/dev/null
    for ((turn = 0; turn < pushes; turn++)); do
        "$devjournal" append --config "$work/pushed.conf" "${event[@]}" >/dev/null
        "$devjournal" push --config "$work/pushed.conf" 2>/dev/null || { row_missing "$work_name" "push failed" && return; }
    done
    stored=$(find "$work/mirror/dev/journal" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
    lines=$(cat -- "$work/pushed/journal"/*.jsonl | wc -c)
    row "$work_name" "$(thousands "$stored") B" "the lines themselves" "$(thousands "$lines") B" \
        "$(calc "$stored / $lines" %.2fx)" "at most 1.5x" "$stored / $lines <= 1.5" 1
}

row_append
row_append_at_once
row_append_long
row_batch
rows_rebuild
row_verify
row_pushed
row_start_up
finish
