#!/usr/bin/env bash
# Recorded, not recorded and unknown are three answers with three statuses. Nothing ends without a word, nothing exits 0 when
# its output could not be written, and what was recorded is never said to be not.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# to_nobody COMMAND…: its standard output is a pipe whose reader has gone.
to_nobody() {
    python3 -c 'import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run(sys.argv[1:], stdout=writer).returncode)' "$@"
}
to_full() { "$@" >/dev/full; }
to_closed() { "$@" >&-; }
with_fault() { # FAULT COMMAND…
    strace -qq -f -o trace -e "inject=$1" "${@:2}"
}
count() { cat "$journal"/*.jsonl | grep -c "\"id\":\"$1\"" || true; }
export DEVJOURNAL_CONFIG=ls.conf

given "a journal, and a standard output that takes nothing"
a_journal
for output in to_nobody to_full to_closed; do
    id=$(devjournal id)
    when "$output" devjournal append note text=one --id "$id"
    then_exits 13
    then_one_error "recorded as record [0-9]+, but standard output could not be written"
    then_hint "do not record it again; devjournal show [0-9]+ shows it"
    when "$output" devjournal append note text=one --id "$id" --json
    then_exits 13
    jq -e '.status == 13' <(grep '^{' err) >jq.out || broken "the error is JSON"
    when devjournal append note text=one --id "$id"
    then_exits 0
    then_prints " $id "
    [[ $(count "$id") == 1 ]] || broken "$id must be there once"
    printf '{"type":"x.batch","data":{},"id":"%s"}\n' "$id" "$(devjournal id)" >two
    when "$output" devjournal append --batch <two
    then_exits 6 # an id with other content
    sed -i 1d two
    when "$output" devjournal append --batch <two
    then_exits 13
    when "$output" devjournal key retire 00000000000000000000000000000000 --reason none
    ((status != 0 && status != 13)) || broken "nothing is recorded"
    for command in verify audit checkpoint manifest state 'key list' 'show 1' id --version --help; do
        # shellcheck disable=SC2086 # words
        when "$output" devjournal $command
        then_exits 2
        then_one_error "standard output could not be written"
    done
done
when to_nobody devjournal log
then_exits 0 # a reader that has seen enough
when to_full devjournal log
then_exits 2
then_journal sound

given "a standard error that takes nothing"
before=$(cat "$journal"/*.jsonl | wc -l)
id=$(devjournal id)
for _ in once again; do
    devjournal append note text=two --id "$id" 2>/dev/full >out || broken "what cannot be said changes nothing"
    devjournal append note text=two --id "$id" 2>&- >out || broken "what cannot be said changes nothing"
done
[[ $(cat "$journal"/*.jsonl | wc -l) == $((before + 1)) ]] || broken "it is recorded once"

given "an outbox, and an output that takes nothing"
devjournal replica pin --log "$(devjournal verify --json | jq -r .log)" --root "$(devjournal verify --json | jq -r .root)" 2>/dev/null
id=$(devjournal id)
when to_full devjournal append --outbox note text=three --id "$id"
then_exits 13
then_one_error "in the outbox as event $id, but standard output could not be written"
then_hint "devjournal outbox list"
when devjournal append --outbox note text=three --id "$id"
then_exits 0
[[ $(wc -l <ws/state/outbox/events.jsonl) == 1 ]] || broken "it is said once"

given "a disk that refuses a write: nothing is recorded"
id=$(devjournal id)
devjournal append note text=warm >/dev/null # so that the next append reads no more than its cache
when with_fault "write:error=ENOSPC:when=1+" devjournal append note text=four --id "$id"
then_exits 2
[[ $(count "$id") == 0 ]] || broken "nothing is recorded"
when devjournal append note text=four --id "$id"
then_exits 0

given "a disk that does not confirm: unknown, and what the hint says makes it known"
id=$(devjournal id)
when with_fault fdatasync:error=EIO:when=1 devjournal append note text=five --id "$id"
then_exits 14
then_one_error "whether it is recorded is unknown"
then_hint "devjournal repair; then say the same again with the same --id"
when devjournal append note text=five --id "$id"
then_exits 2
then_hint "check the disk, then run: devjournal repair"
when devjournal repair
then_exits 0
when devjournal append note text=five --id "$id"
then_exits 0
[[ $(count "$id") == 1 ]] || broken "$id must be there once"
id=$(devjournal id)
when with_fault fdatasync:error=EIO:when=1+ devjournal append --batch <<<"{\"type\":\"note\",\"data\":{\"text\":\"six\"},\"id\":\"$id\"}"
then_exits 14
when devjournal repair
then_exits 0
when with_fault fdatasync:error=EIO:when=2 devjournal append --outbox note text=seven --id "$id"
then_exits 14
then_hint "devjournal outbox repair; then say the same again with the same --id"
when devjournal append --outbox note text=seven --id "$id"
then_exits 2
then_hint "run: devjournal outbox repair"
when devjournal outbox repair
then_exits 0
when devjournal append --outbox note text=seven --id "$id"
then_exits 0
then_journal sound
