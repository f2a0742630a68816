#!/usr/bin/env bash
# Somebody who waits for a lock says for whom, and gives up when he was asked to: never in silence, and never for ever unless asked.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
export DEVJOURNAL_CONFIG=ls.conf
holder=''
trap '[[ -z $holder ]] || kill -KILL $holder 2>/dev/null || true; clean_up' EXIT

# held_by COMMAND…: it runs with the lock, and its process is in `holder`.
held() {
    for _ in {1..1000}; do
        ! flock --nonblock "$1" true || { sleep 0.01 && continue; }
        return 0
    done
    broken "$1 is not taken"
}
then_tells() { # PATTERN
    grep -Eq "waiting for process $holder \($1\), running since 2[0-9T:.-]*Z, which holds $lock" err || broken "it must say whom it waits for"
}

given "a journal, whose lock another program holds"
a_journal
lock=$(find ls -name 'journal*lock' -print -quit)
lock=$work/$lock
flock --no-fork "$lock" sleep 300 &
holder=$!
held "$lock"
before=$(sha256sum "$journal"/*.jsonl)
for command in 'append note text=one' checkpoint push 'export exported.tar' \
    'audit sign --up-to 1 --reviewer alice' repair 'append --batch'; do
    # shellcheck disable=SC2086 # words
    when timeout 60 devjournal $command --lock-timeout 0 <<<'{"type":"note","data":{"text":"two"}}'
    then_exits 15
    then_one_error "cannot lock $lock: process $holder \(sleep 300\) still holds it after 0 s"
    then_hint "run it again when that has ended"
done
when timeout 60 devjournal append note text=one --lock-timeout 2.5
then_exits 15
then_tells "sleep 300"
[[ $(sha256sum "$journal"/*.jsonl) == "$before" ]] || broken "nothing is recorded"
when timeout 60 devjournal verify
then_exits 0 # reading waits for nobody
when timeout 60 devjournal append note text=one --lock-timeout soon
then_exits 64

given "one who waits without a limit, and the holder's end"
timeout 60 devjournal append note text=one >waiter.out 2>err &
waiter=$!
for _ in {1..1000}; do
    ! grep -q waiting err || break
    sleep 0.01
done
then_tells "sleep 300"
kill -KILL "$holder"
wait "$waiter" || broken "it must be recorded when the lock is free: $(cat err)"
then_events note 1

given "a holder that has ended, and left the lock to what it started"
# shellcheck disable=SC2016
flock "$lock" bash -c 'sleep 300 >/dev/null 2>&1 & echo $! >heir'
holder=$(cat heir)
when timeout 60 devjournal append note text=two --lock-timeout 0
then_exits 15
then_one_error "process $holder \(sleep 300\) still holds it"
kill -KILL "$holder"

given "an append that was stopped before its sync"
setsid strace -qq -f -o trace -e inject=fdatasync:signal=STOP:when=1 devjournal append note text=three >three 2>&1 &
tracer=$!
for _ in {1..2000}; do
    holder=$(pgrep -P "$tracer" devjournal || true)
    [[ -z $holder ]] || ! grep -q '^State:.[Tt]' "/proc/$holder/status" || flock --nonblock "$lock" true || break
    sleep 0.01
done
when timeout 60 devjournal append note text=four --lock-timeout 0
then_exits 15
then_one_error "process $holder \(devjournal append note text=three\) still holds it"
then_hint "kill -CONT $holder lets it continue"
kill -CONT "$holder"
wait "$tracer" || broken "the stopped one continues: $(cat three)"
holder=''
when timeout 60 devjournal append note text=four --lock-timeout 60
then_exits 0
then_events note 3

given "a batch whose receipts nobody reads"
mkfifo unread
exec 9<>unread
for number in {1..1200}; do printf '{"type":"x.batch","data":{"n":%d}}\n' "$number"; done >events
records=$(cat "$journal"/*.jsonl | wc -l)
devjournal append --batch <events >unread &
holder=$!
for _ in {1..3000}; do
    (($(cat "$journal"/*.jsonl | wc -l) < records + 1200)) || break
    sleep 0.01
done
when timeout 60 devjournal append note text=four --lock-timeout 50
then_exits 0
kill -KILL "$holder"
exec 9>&-

given "an outbox and a replica, whose locks others hold"
devjournal replica pin --log "$(devjournal verify --json | jq -r .log)" --root "$(devjournal verify --json | jq -r .root)" 2>/dev/null
devjournal append --outbox note text=five >/dev/null
for name in outbox/lock replica.lock; do
    lock=$work/ws/state/$name
    flock --no-fork "$lock" sleep 300 &
    holder=$!
    held "$lock"
    when timeout 60 devjournal deliver --lock-timeout 0 -- devjournal serve deliver --config ls.conf
    then_exits 15
    then_one_error "process $holder \(sleep 300\) still holds it"
    [[ $name == replica.lock ]] || when timeout 60 devjournal append --outbox note text=six --lock-timeout 0
    then_exits 15
    kill -KILL "$holder"
done
holder=''
then_journal sound

given "a push and a scrub that are running: work of hours is waited for only by who asks for it"
for busy in "uploads.lock:another push's upload:push --check" 'scrub.lock:another scrub:scrub'; do
    IFS=: read -r name words command <<<"$busy"
    lock=$ls_root/locks/$name
    read -ra words_of_it <<<"$command"
    flock --no-fork "$lock" sleep 300 &
    holder=$!
    held "$lock"
    when timeout 60 devjournal "${words_of_it[@]}"
    then_exits 2
    then_one_error "cannot lock $lock: $words is running: process $holder \(sleep 300\)"
    then_hint 'run it again when that has ended; --lock-timeout SECONDS waits for it'
    when timeout 60 devjournal "${words_of_it[@]}" --lock-timeout 0
    then_exits 15
    kill -STOP "$holder"
    for _ in {1..1000}; do
        [[ $(cut -d ' ' -f 3 "/proc/$holder/stat") != T ]] || break
        sleep 0.01
    done
    when timeout 60 devjournal "${words_of_it[@]}"
    then_exits 2
    then_hint "kill -CONT $holder lets it continue"
    kill -KILL "$holder"
    wait "$holder" 2>/dev/null || true
done
holder=''
