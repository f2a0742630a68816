#!/usr/bin/env bash
# btrfs receive makes every object in the top of the subvolume: what the top hands on to what is made in it, a default
# ACL or the compression property, would come back on every object. Refused before a snapshot; below the top it is sound.
# What the file systems of LS and WS hand on to what is received there is kept out of it, on their tops too.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

attribute() { # set|remove NAME DIR
    python3 - "$@" <<'PYTHON'
import os, struct, sys
entries = [(1, 6, -1), (2, 7, 1000), (4, 0, -1), (16, 7, -1), (32, 0, -1)]
value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
call, name, path = sys.argv[1:]
os.setxattr(path, name, value) if call == "set" else os.removexattr(path, name)
PYTHON
}

given "code whose top has a default ACL, and then the compression property"
a_household
make_source_tree.py --megabytes 2 1 ws/code
attribute set system.posix_acl_default ws/code
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 6
then_one_error 'system.posix_acl_default on .*/ws/code itself would be restored on every object'
then_hint 'setfacl -k .*/ws/code'
then_absent "ws/snapshots/dev@$first"
attribute remove system.posix_acl_default ws/code

btrfs property set ws/code compression zstd
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 6
then_one_error 'btrfs.compression on .*/ws/code itself would be restored on every object'
then_hint "btrfs property set .*/ws/code compression ''"
then_events snapshot.taken 0
btrfs property set ws/code compression ''

given "both on directories inside, and on those of LS that a restore goes through, from the top of its file system on"
attribute set system.posix_acl_default ws/code/docs
btrfs property set ws/code/docs compression zstd
for place in ls ws ws/snapshots "$ls_root" "$ls_root/restore" "$ls_root/restore/receiving" "$received"; do
    install -d -m 0700 "$place"
    attribute set system.posix_acl_default "$place"
    btrfs property set "$place" compression lzo
done
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 0
then_equal_trees "$received/dev@$first" "ws/snapshots/dev@$first"
btrfs -q subvolume delete "ws/snapshots/dev@$first"
when LS_request.sh --config ws.conf "$first"
then_exits 0
then_equal_trees "$received/dev@$first" "ws/snapshots/dev@$first"

given "one that btrfs alone has received there: the property is on every object, and nothing is damaged"
btrfs -q subvolume delete "$received/dev@$first"
attribute remove system.posix_acl_default "$received"
LS_send.sh --config ls.conf "$first" | btrfs -q receive "$received" 2>receive.err || broken "$(cat receive.err)"
when devjournal tree "$received/dev@$first" --compare "ws/snapshots/dev@$first"
then_exits 1
then_prints '^app/.* \(btrfs.compression\)$'
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 6
then_one_error "$received/dev@$first has the contents that were sealed, but also btrfs.compression"
then_hint "btrfs subvolume delete $received/dev@$first, and restore it again"
btrfs -q subvolume delete "$received/dev@$first"
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 0
when devjournal tree "$received/dev@$first" --compare "ws/snapshots/dev@$first"
then_exits 0
