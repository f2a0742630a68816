#!/usr/bin/env bash
# The replica finds out a server that forked, was set back or was lost before it had mirrored: nothing is delivered to
# it, both signed heads are printed. A cut is accepted by one command, or undone with the replica's lines.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }
deliver() { on_ws deliver -- devjournal serve deliver --config ls.conf; }
delivered() { deliver >out 2>err || broken "deliver exits $?"; }
states() { on_ws outbox list --json | jq -r .state | sort | uniq -c | tr -s ' \n' ' '; }
then_states() { [[ $(states) == " $1 " ]] || broken "expected $1, got $(states)"; }
ls_with_kit() { on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase "$@"; }

given "a mirrored journal, and a workstation with a replica"
configure ws.conf "$work/ws/code" off
configure ls.conf "$work/ls/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
mkdir bucket
(umask 077 && printf 'correct horse battery staple\n' >passphrase)
on_ls init --kit kit.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
log=$(on_ls verify --json | jq -r .log) root=$(on_ls verify --json | jq -r .root)
on_ws replica pin --log "$log" --root "$root" 2>/dev/null
on_ls key enrol "$(on_ws key new 2>/dev/null)" --name ws >enrol.out
on_ws append --outbox note text=mirrored >/dev/null
delivered
mirrored

given "a copy of the server from before three more events, and the server's old image started again"
cp -a ls ls.old
for n in 1 2 3; do on_ws append --outbox x.event n:=$n >/dev/null; done
delivered
cp ws/state/replica/checkpoint head.ours
mv ls ls.right && mv ls.old ls
on_ws append --outbox x.event n:=4 >/dev/null
cp -a ls ls.before && cp -a ws ws.before
when deliver
then_exits 1
then_one_error "ends with record [0-9]+, before the remembered head"
[[ $(grep -c '^devjournal/' out) == 2 ]] || broken "both signed heads must be printed"
cmp -s <(head -c "$(wc -c <head.ours)" out) head.ours || broken "the remembered head comes first"
diff -r ws ws.before >diff.out || broken "nothing may change: $(cat diff.out)"
cmp -s ls/dev/journal/000000000001.jsonl ls.before/dev/journal/000000000001.jsonl || broken "nothing may be recorded"

given "that image, going its own way"
for n in 1 2 3 4 5; do on_ls append x.other n:=$n >/dev/null; done
cp -a ls/dev/journal/000000000001.jsonl fork.lines
when deliver
then_exits 1
then_one_error "fork"
[[ $(grep -c '^devjournal/' out) == 2 ]] || broken "both signed heads must be printed"
cmp -s ls/dev/journal/000000000001.jsonl fork.lines || broken "nothing may be recorded"
when on_ws witness accept -- devjournal serve deliver --config ls.conf
then_exits 1
then_one_error "fork"
diff -r ws ws.before >diff.out || broken "nothing may change: $(cat diff.out)"

given "the right server back, with one more event; then it is lost, and the mirror never had the last five records"
rm -r ls ls.before && mv ls.right ls
delivered
then_states "5 recorded"
then_journal sound --head ws/state/heads
cp -a ws ws.before && cp -a bucket bucket.before
cp ws/state/replica/checkpoint head.ours
rm -r ls
when ls_with_kit
then_exits 0
on_ws append --outbox x.event n:=5 >/dev/null
when deliver
then_exits 6
then_one_error "newer epoch starts after record [0-9]+, below the remembered head"
then_hint "witness accept -- COMMAND"
[[ $(grep -c '^devjournal/' out) == 2 ]] || broken "both signed heads must be printed"
then_states "1 pending 5 recorded"

given "a person who accepts the cut"
cat ws/state/replica/*.jsonl >replica.before
when on_ws witness accept --reason "the disk died" --json -- devjournal serve deliver --config ls.conf
then_exits 0
[[ -s $(jq -r .kept out) ]] || broken "witness accept --json must name the file with the lost lines"
[[ $(find ws/state/replica.lost -type f | wc -l) == 1 ]] || broken "the lost lines must be kept"
lost=$(wc -l <ws/state/replica.lost/*)
tail -n "$lost" replica.before | cmp -s - ws/state/replica.lost/* || broken "the lost lines, verbatim"
then_states "6 pending 1 recorded"
grep -qF "$(sed -n 4p head.ours | cut -d' ' -f2)" ws/state/heads.superseded || broken "the head given up must be kept"
when on_ws witness accept -- devjournal serve deliver --config ls.conf
then_exits 0
when deliver
then_exits 0
then_states "7 recorded"
then_events x.event 5
then_events witness.accepted 1
then_journal sound --head ws/state/heads
cat ws/state/replica/*.jsonl | cmp -s - <(cat "$journal"/*.jsonl) || broken "the replica must be the journal"
sed 's/.*"type":"x.event".*"n":\([0-9]\).*/\1/;t;d' "$journal"/*.jsonl | tr -d '\n' >order
[[ $(cat order) == 12345 ]] || broken "in the outbox's order: $(cat order)"

given "the same loss, undone with the replica's lines"
rm -r ws ls bucket && mv ws.before ws && mv bucket.before bucket
cat ws/state/replica/*.jsonl >replica.lines
when ls_with_kit --witness replica.lines --head ws/state/heads
then_exits 0
on_ws append --outbox x.event n:=5 >/dev/null
when deliver
then_exits 0
then_states "6 recorded"
then_events x.event 5
then_events witness.accepted 0
then_journal sound --head ws/state/heads
