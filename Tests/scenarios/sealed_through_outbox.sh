#!/usr/bin/env bash
# A workstation whose server is another machine seals into its spool and says so through its outbox: the event is durable
# before the artifact has its name, and the server takes the artifact once both have arrived.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }
deliver() { on_ws deliver -- devjournal serve deliver --config ls.conf; }
sealed_in_outbox() { grep -c '"type":"artifact.sealed"' ws/state/outbox/events.jsonl || true; }
seal() { # LABEL OPTION… : a full one unless the options say otherwise
    local snapshot=ws/snapshots/dev@$1
    on_ws seal "$1" --outbox --uuid "$(uuid "$snapshot")" --tree "$snapshot" "${@:2}" "$snapshot"
}
uuid() { btrfs subvolume show "$1" | awk '$1 == "UUID:" { print $2 }'; }
snapshot() { # LABEL NUMBER
    make_source_tree.py --megabytes 2 "$2" ws/code
    mkdir -p ws/snapshots
    btrfs -q subvolume snapshot -r ws/code "ws/snapshots/dev@$1"
    on_ws append --outbox snapshot.taken label="dev@$1" uuid="$(uuid "ws/snapshots/dev@$1")" path="$work/ws/snapshots/dev@$1" >/dev/null
}
full=(--type full -- btrfs -q send)

given "LS, and a workstation that knows only which journal is its own"
a_household
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
on_ws replica pin --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)" 2>/dev/null
when seal "$second" "${full[@]}"
then_exits 6
then_one_error "replica holds nothing yet"
then_hint "sudo init_WS.sh copies the journal"
when deliver
then_exits 0
snapshot "$second" 1

given "no recipient, or another one than the journal's"
when seal "$second" "${full[@]}"
then_exits 7
then_one_error "no recipient is configured"
age-keygen -o stranger.key 2>/dev/null
echo "RECIPIENTS=$(age-keygen -y stranger.key)" >>ws.conf
when seal "$second" "${full[@]}"
then_exits 6
then_one_error "not the journal's"
then_empty "$spool"
[[ $(sealed_in_outbox) == 0 ]] || broken "nothing was sealed"
sed -i "s|^RECIPIENTS=.*|RECIPIENTS=$(cat "$ls_root"/keys/ls_dev_backup.pub)|" ws.conf

given "the server away, and a seal killed when its event is durable and its file has no name"
when strace -f -qqq -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=1 \
    env DEVJOURNAL_CONFIG=ws.conf devjournal seal "$second" --outbox --uuid "$(uuid "ws/snapshots/dev@$second")" \
    "${full[@]}" "ws/snapshots/dev@$second"
then_exits 137
[[ $(sealed_in_outbox) == 1 ]] || broken "the event must be durable first"
[[ -z $(find "$spool" -name 'dev@*.send.zst.age') ]] || broken "the artifact must not have its name yet"
when seal "$second" "${full[@]}"
then_exits 0
then_prints "^$spool/dev@$second.full.send.zst.age\$"
[[ $(sealed_in_outbox) == 1 ]] || broken "it is said once"

given "the same again, and what does not fit"
when seal "$second" "${full[@]}"
then_exits 0
then_prints "^$spool/dev@$second.full.send.zst.age\$"
when seal "$second" --type full -- false
then_exits 0
[[ $(sealed_in_outbox) == 1 ]] || broken "it is said once"
snapshot "$third" 2
when seal "$third" --type full -- false
then_exits 2
then_one_error "false"
when seal "$third" --type incr --parent "$second" --parent-uuid "$(uuid "ws/snapshots/dev@$second")" -- \
    btrfs -q send -p "ws/snapshots/dev@$second"
then_exits 6 # the parent is not registered yet
then_one_error "anchor is due"

given "the server back: event and file arrive, and the file is registered"
when deliver
then_exits 0
then_events artifact.sealed 1
cp "$spool/dev@$second".*.age "$ls_root/tmp/"
when on_ls register "$ls_root/tmp/dev@$second.full.send.zst.age"
then_exits 0
when deliver
then_exits 0
when seal "$third" --type incr --parent "$second" --parent-uuid "$(uuid "ws/snapshots/dev@$second")" -- \
    btrfs -q send -p "ws/snapshots/dev@$second"
then_exits 0
when deliver
then_exits 0
cp "$spool/dev@$third".*.age "$ls_root/tmp/"
when on_ls register "$ls_root/tmp/dev@$third.incr.from_$second.send.zst.age"
then_exits 0
when on_ls restore latest
then_exits 0
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
then_journal sound

given "an artifact that is registered and no longer in the spool"
deliver 2>/dev/null
rm -f "$spool"/dev@*
when seal "$third" --type incr --parent "$second" --parent-uuid "$(uuid "ws/snapshots/dev@$second")" -- false
then_exits 0
[[ ! -s out ]] || broken "there is no file to name"
then_empty "$spool"
