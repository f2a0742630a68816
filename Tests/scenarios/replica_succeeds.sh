#!/usr/bin/env bash
# A workstation whose server was lost with its kit continues with a journal that succeeds the old one: what it knew is put
# aside whole, what was pending is named, and nothing is said to a journal that continues something else.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }
deliver() { on_ws deliver -- devjournal serve deliver --config ls.conf; }
new_journal() { # OPTION…: leaves `log` and `root`
    rm -rf ls kit.age
    on_ls init --kit kit.age --passphrase-file passphrase "$@" >init.out 2>&1 || broken "init: $(cat init.out)"
    log=$(on_ls verify --json | jq -r .log) root=$(on_ls verify --json | jq -r .root)
}
enrolled() { on_ls key enrol "$(on_ws key new 2>/dev/null)" --name ws >enrol.out || broken "$(cat enrol.out)"; }
succeed() { on_ws replica succeed --log "$log" --root "$root"; }
from_before() { rm -rf ws && cp -a ws.before ws; }
then_warns() { grep -Eq -- "warning: $1" err || broken "it must warn: $1"; }

given "a journal, a workstation with its replica, and two events that never reached it"
configure ws.conf "$work/ws/code" off
configure ls.conf "$work/ls/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
sed -i "s|^MIRROR=.*|MIRROR=|" ls.conf
(umask 077 && printf 'correct horse battery staple\n' >passphrase)
new_journal
old_log=$log old_root=$root
when on_ws replica succeed --log "$log" --root "$root"
then_exits 6
then_one_error "knows no journal yet"
on_ws replica pin --log "$log" --root "$root" 2>/dev/null
enrolled
on_ws append --outbox note text=recorded >/dev/null
deliver >deliver.out 2>&1 || broken "$(cat deliver.out)"
deliver >deliver.out 2>&1 || broken "$(cat deliver.out)"
cat ws/state/replica/*.jsonl >lines
size=$(wc -l <lines)
on_ws append --outbox note text='never delivered' >/dev/null
on_ws append --outbox x.mine n:=7 >/dev/null
mkdir ws/state/spool && echo sealed >ws/state/spool/dev@2026-01.full.send.zst.age
when succeed
then_exits 0
then_absent ws/state/before
cp -a ws ws.before
find ws/state -type f ! -name '*.lock' ! -name lock -printf '%P\n' | sort | xargs -I{} sha256sum ws/state/{} >ws.sums

given "a new journal that succeeds it"
new_journal --succeeds lines --root "$old_root"
when on_ws replica pin --log "$log" --root "$root"
then_exits 6
then_hint "replica succeed"
when succeed
then_exits 0
then_warns "2 events of the outbox can never be delivered"
then_warns "lost: note never delivered, said 20"
then_warns "lost: x.mine"
then_warns "the spool held 1 file, sealed to a key that is lost"
aside=ws/state/before/$old_log
while read -r sum path; do
    case $path in
        */author.key) place=$path ;;
        *) place=$aside/${path#ws/state/} ;;
    esac
    [[ $(sha256sum <"$place") == "$sum  -" ]] || broken "$place must be as it was"
done <ws.sums
[[ $(cat ws/state/replica.pin) == "$log $root" ]] || broken "the new journal must be pinned"
when devjournal verify --journal "$aside/replica" --root "$old_root"
then_exits 0
when succeed
then_exits 0
enrolled
on_ws append --outbox note text='after the fire' >/dev/null
when deliver
then_exits 0
! grep -q warning err || broken "nothing is to be warned of"
then_events note 1
when on_ws outbox list
then_prints "after the fire  recorded"

given "one that knows fewer records than this workstation has"
from_before
head -n $((size - 1)) lines >fewer
new_journal --succeeds fewer --root "$old_root"
succeed 2>/dev/null
enrolled
when deliver
then_exits 0
then_warns "1 record of journal $old_log that this workstation has are unknown"

given "one that knows more than this workstation"
from_before
new_journal --succeeds lines --root "$old_root"
succeed 2>/dev/null
enrolled
head -n $((size - 1)) lines >"$aside/replica/000000000001.jsonl"
when deliver
then_exits 0
then_warns ".* this machine cannot tell whether it is the same one"

given "a journal that succeeds none, one that succeeds another, and one of another history"
for kind in none another history; do
    from_before
    case $kind in
        none)
            new_journal
            why="does not say that it succeeds journal $old_log"
            ;;
        another)
            new_journal
            cat ls/dev/journal/*.jsonl >other-lines
            new_journal --succeeds other-lines --root "$root"
            why="and this workstation knew $old_log"
            ;;
        history)
            new_journal --succeeds lines --root "$old_root"
            why="is not the one that this workstation has"
            ;;
    esac
    succeed 2>/dev/null
    enrolled
    [[ $kind != history ]] || a_flipped_bit "$aside/replica/000000000001.jsonl" $(($(wc -c <lines) - 9))
    on_ws append --outbox note text='not for this one' >/dev/null
    when deliver
    then_exits 1
    then_one_error "$why"
    then_hint "init --succeeds"
    when deliver
    then_exits 1
    then_events note 0
done
cp -a ws ws.refused
rm ws/state/succeeds
when deliver
then_exits 0
then_events note 1

given "the right journal after that one"
rm -rf ws && mv ws.refused ws
new_journal --succeeds lines --root "$old_root"
when succeed
then_exits 0
then_warns "lost: note not for this one"
[[ $(cat ws/state/succeeds) == "$old_log $old_root" ]] || broken "the old journal must be remembered"
enrolled
cp lines "$aside/replica/000000000001.jsonl"
when deliver
then_exits 0

given "a run that was ended while it put things aside, and an outbox made again after it"
from_before
new_journal --succeeds lines --root "$old_root"
mkdir -p "$aside"
mv ws/state/outbox ws/state/heads "$aside"
on_ws append --outbox note text='in between' >/dev/null
when succeed
then_exits 0
then_warns "lost: note in between"
then_present "$aside/outbox/events.jsonl"
then_present "$aside/outbox.2/events.jsonl"
then_absent ws/state/outbox
enrolled
when deliver
then_exits 0
