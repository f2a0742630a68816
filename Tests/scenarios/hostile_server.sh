#!/usr/bin/env bash
# A hostile LS answers a restore with whatever it likes. WS hands btrfs receive nothing that no key it trusts has signed:
# no device is made or written to, nothing is left in staging, and the honest stream still comes in.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }
deliver() { on_ws deliver -- devjournal serve deliver --config ls.conf; }
uuid() { btrfs subvolume show "$1" | awk '$1 == "UUID:" { print $2 }'; }
honest=(devjournal send --config ls.conf --frames --to ws)

# sealed_by CONFIG LABEL: a month of that workstation, delivered and registered.
sealed_by() {
    local spool
    spool=$(sed -n 's/^WS_STATE=//p' "$1")/spool
    make_source_tree.py --megabytes 1 1 ws/code && head -c 5M /dev/urandom >ws/code/large
    install -d -m 0700 ws/snapshots
    btrfs -q subvolume snapshot -r ws/code "ws/snapshots/dev@$2"
    devjournal append --config "$1" --outbox snapshot.taken label="dev@$2" uuid="$(uuid "ws/snapshots/dev@$2")" \
        path="$work/ws/snapshots/dev@$2" >/dev/null
    devjournal seal --config "$1" "$2" --outbox --type full --uuid "$(uuid "ws/snapshots/dev@$2")" \
        --tree "ws/snapshots/dev@$2" -- btrfs -q send "ws/snapshots/dev@$2" >/dev/null
    devjournal deliver --config "$1" -- devjournal serve deliver --config ls.conf >/dev/null
    cp "$spool/dev@$2".*.age "$ls_root/tmp/"
    on_ls register "$ls_root/tmp/dev@$2.full.send.zst.age" >/dev/null
    devjournal deliver --config "$1" -- devjournal serve deliver --config ls.conf >/dev/null
}

# answered BYTES…: a server that sends these files, whatever it is asked.
# shellcheck disable=SC2016 # the inner shell's
answering='for file; do [ ! -e "$file" ] || cat "$file"; done' # the label comes last
answered() { on_ws request "$first" -- sh -c "$answering" sh "$@"; }
# as_frames FILE: the hashes of its frames, as a server sends them.
as_frames() {
    local hashes
    hashes=$(split -b 4M --filter=sha256sum "$1" | cut -c -64)
    printf 'devjournal-frames1 %d\n%s\n' "$(wc -l <<<"$hashes")" "$hashes"
}
then_nothing_came() {
    then_empty ws/snapshots/.receiving
    [[ ! -e ws/snapshots/dev@$first ]] || broken "a snapshot came of it"
    cmp -s victim victim.before || broken "the disk was written to"
    then_absent canary
}

given "a month that is sealed, registered, and lost on WS; and a disk"
a_household
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|; \$a RECIPIENTS=$(cat "$ls_root"/keys/ls_dev_backup.pub)" ws.conf
on_ws replica pin --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)" 2>/dev/null
deliver >/dev/null
sealed_by ws.conf "$first"
own=$(uuid "ws/snapshots/dev@$first")
btrfs -q send "ws/snapshots/dev@$first" >stream 2>/dev/null
list_tree.py "ws/snapshots/dev@$first" >before.list
btrfs -q subvolume delete "ws/snapshots/dev@$first"
btrfs -q subvolume delete ws/code
truncate -s 8M victim && cp victim victim.before
device=$(losetup --find --show victim)
# shellcheck disable=SC2034 # held open
exec {disk}<"$device"
losetup -d "$device" # it goes with the last who has it open
read -r major minor < <(stat -c '%Hr %Lr' "$device")

given "streams that write to the disk, through links and outside the snapshot, with hashes of their own"
for commands in "mknod dev 60600 $major $minor write dev pwned" "symlink l $device write l pwned" \
    "symlink l $work/canary mkfile l write l pwned" "symlink l .. mkfile l/canary" "mkfile f clone f $own l 4096"; do
    # shellcheck disable=SC2086 # words on purpose
    "$repository/Tests/scenarios/send_stream.py" "dev@$first" "$own" $commands >evil
    as_frames evil >evil.frames
    as_frames stream >stream.frames
    when answered evil.frames evil
    then_exits 1
    then_one_error 'not the frames that were sealed'
    then_nothing_came
    when answered stream.frames evil
    then_exits 1
    then_one_error 'frame 0 of what was sent is not the one that was sealed|the send stream'
    then_nothing_came
done

given "no hashes, too many, none that end, and a sound stream of the same snapshot with another content"
for answer in stream evil /dev/zero; do
    when timeout 20 env DEVJOURNAL_CONFIG=ws.conf devjournal request "$first" -- sh -c "$answering" sh "$answer"
    then_exits 1
    then_one_error 'not the frames that were sealed'
    then_nothing_came
done
{ echo 'devjournal-frames1 999999999' && head -c 50M /dev/zero | tr '\0' 0; } >many
when answered many
then_exits 1
then_nothing_came
"$repository/Tests/scenarios/send_stream.py" "dev@$first" "$own" mkfile file write file content >changed
when answered stream.frames changed
then_exits 1
then_one_error 'frame 0 of what was sent'
then_nothing_came
when answered stream.frames stream evil
then_exits 1
then_one_error 'more was sent than was asked for'
btrfs -q subvolume delete ws/snapshots/dev@"$first"

given "the honest server"
when on_ws request "$first" -- "${honest[@]}"
then_exits 0
list_tree.py ws/code | diff - before.list >diff.out || broken "the tree differs: $(head -5 diff.out)"

given "a month that another key has sealed, which only the server has enrolled"
sed "s|^WS_STATE=.*|WS_STATE=$work/other|" ws.conf >other.conf
devjournal replica pin --config other.conf --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)" 2>/dev/null
on_ls key enrol "$(devjournal key new --config other.conf 2>/dev/null)" --name other >/dev/null
devjournal deliver --config other.conf -- devjournal serve deliver --config ls.conf >/dev/null
sealed_by other.conf "$second"
btrfs -q subvolume delete "ws/snapshots/dev@$second"
deliver >/dev/null
when on_ws request "$second" -- "${honest[@]}"
then_exits 6
then_one_error "dev@$second was sealed by other (.*), which this workstation does not trust"
then_absent "ws/snapshots/dev@$second"
when on_ws replica trust
then_exits 0
then_prints "	other	untrusted	dev@$second\$"
then_prints "	ws	own	dev@$first\$"
key=$(awk -F '\t' '$2 == "other" { print $1 }' out)

given "a person who takes the server's word for it, or trusts that key"
when on_ws request "$second" --trust-server -- "${honest[@]}"
then_exits 0
deliver >/dev/null
[[ $(on_ls log --json --type snapshot.restored | jq -r '.event.data.trust_server' | tail -n 1) == true ]] ||
    broken "the event must say on whose word"
btrfs -q subvolume delete "ws/snapshots/dev@$second"
for bad in x "$(on_ls verify --json | jq -r .root)" "${key//?/0}"; do
    when on_ws replica trust "$bad"
    ((status != 0)) || broken "no key of a workstation: $bad"
done
when on_ws replica trust "$key"
then_exits 0
when on_ws replica trust "$key"
then_exits 0
[[ $(grep -c . ws/state/trusted-authors) == 1 ]] || broken "one line: $(cat ws/state/trusted-authors)"
when on_ws request "$second" -- "${honest[@]}"
then_exits 0

given "a catalogue that LS has lost: the hashes are made from the artifact"
btrfs -q subvolume delete "ws/snapshots/dev@$second"
mv "$ls_root/catalogues/dev@$second.catalogue.zst.age" kept
when on_ws request "$second" -- "${honest[@]}"
then_exits 0
grep -q "its artifact is read twice" err || broken "it must say so"
when on_ls scrub --all
then_exits 0
grep -q "the catalogue of dev@$second is missing" err || broken "scrub must say so"
then_journal sound
