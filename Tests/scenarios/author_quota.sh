#!/usr/bin/env bash
# Somebody who has a workstation's key adds so many events a day and no more; what is beyond waits in the outbox, is reported once,
# and comes in its order on the days after. What is appended on LS itself has no quota.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/over_ssh.bash"
cut_and_clean_up() { # clean_up exits with the status it finds
    local code=$?
    link_down
    (exit "$code") || clean_up
    clean_up
}
trap cut_and_clean_up EXIT

many() { # FROM COUNT [BYTES]
    python3 -c 'import sys
for i in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])): print("{\"type\":\"x.many\",\"data\":{\"n\":%d,\"text\":\"%s\"}}" % (i, "x" * int(sys.argv[3])))' "$1" "$2" "${3:-10}"
}
said() { on_ls log --json --type x.many | jq -c .event.data.n | xargs; }
pending() { on_ws outbox list --json | jq -r 'select(.state == "pending") | .state' | wc -l; }
# Some hours later, for both machines.
after() { # HOURS COMMAND…
    faketime "$(date -d "+$1 hours" '+%F %T')" "${@:2}"
}
deliver_after() { after "$1" env DEVJOURNAL_CONFIG=ws.conf devjournal deliver -- devjournal serve deliver --config ls.conf; }

given "malformed quotas"
a_journal
for line in AUTHOR_EVENTS_PER_DAY=0 AUTHOR_BYTES_PER_DAY=many AUTHOR_ARTIFACTS_PER_DAY=-1; do
    (cat ls.conf && echo "$line") >bad.conf
    when devjournal log --config bad.conf
    then_exits 64
    then_one_error "$line is not a number"
done

given "50 events a day, and an outbox of 120"
configure ws.conf "$work/ws/code" off
ls_over_ssh
echo AUTHOR_EVENTS_PER_DAY=50 >>ls.conf
many 0 120 | on_ws append --outbox --batch >said.out
when on_ws deliver -- "${ws_ssh[@]}" deliver
then_exits 4
(($(wc -l <out) == 50)) || broken "50 must be recorded"
(($(grep -c warning err) == 1)) || broken "one line must say what waits: $(cat err)"
grep -q '70 events stay pending, and nothing is lost: .*50 events, AUTHOR_EVENTS_PER_DAY.* from 20.*Z on' err || broken "what waits, and until when: $(cat err)"
[[ $(said) == $(seq -s' ' 0 49) ]] || broken "the first 50 must be recorded"
(($(pending) == 70)) || broken "the others must be pending: $(pending)"

given "a flood, all the same day"
before=$(sha256sum "$journal"/*.jsonl)
for ((i = 0; i < 3; i++)); do
    many 1000 500 | on_ws append --outbox --batch >said.out
    when on_ws deliver -- "${ws_ssh[@]}" deliver
    then_exits 4
done
[[ $(sha256sum "$journal"/*.jsonl) == "$before" ]] || broken "the journal must not grow"
when on_ws deliver --json -- "${ws_ssh[@]}" deliver
then_exits 4
[[ $(jq -c '[(.recorded | length), (.later | length) + .waiting, .later[0].reason]' out) == '[0,1570,"quota"]' ]] || broken "$(cut -c1-300 out)"

given "LS's own events, and those of a workstation that is LS itself"
many 5000 100 | on_ls append --batch >said.out
when on_ls append --as workstation x.own n=1
then_exits 0

given "an artifact that is registered, where there may be one a day"
own=11111111-1111-4111-8111-111111111111
"$repository/Tests/scenarios/send_stream.py" "dev@$third" "$own" mkfile file >stream
on_ls append snapshot.taken --as workstation label="dev@$third" uuid="$own" path=/nowhere >/dev/null
on_ls seal "$third" --type full --uuid "$own" --stream stream >sealed.out 2>&1 || broken "seal: $(cat sealed.out)"
on_ls register "$spool/dev@$third.full.send.zst.age" >register.out 2>&1 || broken "register: $(cat register.out)"
echo AUTHOR_ARTIFACTS_PER_DAY=1 >>ls.conf
when "${ws_ssh[@]}" register "dev@$second.full.send.zst.age"
then_exits 11
then_one_error "1 artifact registered within a day"
then_hint "run it again from 20.*Z on"
when "${ws_ssh[@]}" register "dev@$third.full.send.zst.age" # it is there, whatever the quota
! grep -q "within a day" err || broken "what is registered already is not a new one"

given "the days after"
when after 13 devjournal append --config ls.conf note text=noon
then_exits 0
when deliver_after 13
then_exits 4
(($(pending) == 1570)) || broken "the day is not over: $(pending)"
when deliver_after 25
then_exits 4
(($(pending) == 1520)) || broken "50 more: $(pending)"
when after 38 devjournal append --config ls.conf note text=noon
then_exits 0
when deliver_after 38
then_exits 4
(($(pending) == 1520)) || broken "the second day is not over: $(pending)"
sed -i '/^AUTHOR_EVENTS/d' ls.conf
when deliver_after 50
then_exits 0
(($(pending) == 0)) || broken "nothing is left: $(pending)"
[[ $(said | cut -d' ' -f151-) == "$(seq -s' ' 50 119) $(for i in 1 2 3; do seq -s' ' 1000 1499; done | xargs)" ]] || broken "they must be in their order: $(said)"
then_journal warnings # events that are days older than their records
