#!/usr/bin/env bash
# Before each step that writes something large the free space is looked at: what cannot fit, or would eat the server's
# reserve, is refused with the bytes needed, free and reserved, and nothing is half written. What is but estimated can be
# tried all the same.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# no_room_but KIB DIRECTORY: a file takes all room of that file system but about so much.
no_room_but() {
    local free
    sync -f "$2"
    free=$(df --output=avail -B1024 "$2" | tail -n 1)
    fallocate -l "$((free - $1))K" "$2/filler"
    sync -f "$2"
}
room_again() { rm -f "$1/filler" && sync -f "$1"; }
reserve() { # BYTES, or nothing for the usual one
    sed -i '/^RESERVE_BYTES=/d' ls.conf
    [[ -z ${1:-} ]] || echo "RESERVE_BYTES=$1" >>ls.conf
}

given "sealing: a tree of 2 MB, and 1 MiB for its artifact"
a_household
a_snapshot "$first" 1
mount_new_tmpfs 1M "$spool"
when ws_dev_export_and_push.sh --config ws.conf "$first"
then_exits 2
then_one_error "not enough space in $spool: sealing dev@$first.full.send.zst.age needs .*MiB \(an estimate: the size of its tree before compression\), .* is free$"
then_hint 'make room there, or name another directory with --out, or a better estimate with --expect-bytes'
then_empty "$spool"
then_events artifact.sealed 0

unmount "$spool"

given "registering: a copy that would eat the reserve"
sealed=$(ws_dev_export_and_push.sh --config ws.conf "$first" 2>seal.out)
reserve 250000000
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 2
then_one_error "not enough space in $ls_root/artifacts/anchors: registering dev@$first.full.send.zst.age needs [0-9.]+ MiB, [0-9.]+ MiB is free, and 238.4 MiB is kept in reserve$"
then_hint 'make room there, or lower RESERVE_BYTES'
then_empty "$ls_root/artifacts/anchors"
then_present "$sealed"
reserve many
when on_ls register "$sealed"
then_exits 64
then_one_error 'RESERVE_BYTES=many is not a number of bytes'
reserve
no_room_but 14000 ls
when on_ls register "$sealed" --json
then_exits 2
[[ $(jq -r '.error, .hint' err) == *'12.8 MiB is kept in reserve'*'make room there'* ]] || broken "the usual reserve is a twentieth"
then_events artifact.registered 0
reserve 0
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
room_again ls
reserve
then_events artifact.registered 1

given "an incremental, of which the anchor lets expect half a megabyte, and 100 KiB"
a_snapshot "$second" 2
mount_new_tmpfs 100K "$spool"
when ws_dev_export_and_push.sh --config ws.conf "$second"
then_exits 2
then_one_error 'needs .* \(an estimate: a quarter of the anchor\), 100.0 KiB is free$'
then_hint "or try it anyway: ws_dev_run_month.sh --ignore-space dev@$second"
then_empty "$spool"
when ws_dev_run_month.sh --config ws.conf --ignore-space "$second"
then_exits 2
then_one_error 'No space left on device'
then_empty "$spool"
then_events artifact.sealed 1
unmount "$spool"
ws_dev_run_month.sh --config ws.conf "$second" >month.out 2>&1 || broken "month: $(cat month.out)"
python3 -c 'import sys; sys.stdout.write("".join(f"{i} the same in each row\n" for i in range(1 << 20)))' >rows.txt
make_source_tree.py --megabytes 2 3 ws/code && mv rows.txt ws/code
ws_dev_snapshot.sh --config ws.conf "$third" >snapshot.out 2>&1 || broken "snapshot: $(cat snapshot.out)"
mount_new_tmpfs 100K "$spool"
when ws_dev_export_and_push.sh --config ws.conf "$third"
then_exits 2
then_one_error 'needs .* \(an estimate: twice the largest of the last increments\), 100.0 KiB is free$'
unmount "$spool"
mirrored

given "pulling: too little room where it is to go"
mkdir -m 700 pulled
mount_new_tmpfs 1M "$work/pulled"
when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 2
then_one_error "not enough space in pulled: fetching the chain of dev@$second needs .* is free, and 51.2 KiB is kept in reserve$"
then_hint 'another directory with --to'
[[ -z $(find pulled -type f) ]] || broken "something was fetched: $(find pulled)"
mount -o remount,size=64M "$work/pulled"
when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 0
# What is there already needs no room.
mount -o "remount,size=$(du -sk pulled | cut -f1)K" "$work/pulled"
reserve 0
when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 0

given "storing: two artifacts, of which only one would fit"
rm -f "$ls_root"/artifacts/*/*.age
sync -f ls
no_room_but "$(find pulled -name '*.send.zst.age' -printf '%s\n' | awk '{ bytes += $1 } END { print int(bytes / 1024) - 100 }')" ls
when store_on_LS.sh --config ls.conf pulled
then_exits 2
then_one_error "storing 2 artifacts needs .* is free$"
[[ -z $(find "$ls_root/artifacts" -type f) ]] || broken "a part of it was stored"
[[ $(find pulled -name '*.send.zst.age' | wc -l) == 2 ]] || broken "what was pulled must stay"

given "scrubbing: no room for what is to be repaired"
reserve
when on_ls scrub --repair --all
then_exits 1
grep -q 'was not repaired: not enough space' err || broken "it must say why"
room_again ls
reserve
when store_on_LS.sh --config ls.conf pulled
then_exits 0

given "restoring: too little room for what is received"
no_room_but 15000 ls
when restore_backup_LS.sh --config ls.conf latest
then_exits 2
then_one_error "not enough space in $received: restoring dev@$second needs .*, and 12.8 MiB is kept in reserve$"
then_empty "$received"
then_events snapshot.restored 0
then_hint "or try it anyway: restore_backup_LS.sh --ignore-space dev@$second"
# That it does not fit is found out again, before the reserve is touched.
when restore_backup_LS.sh --config ls.conf --ignore-space latest
then_exits 2
then_one_error 'not enough space in .*/receiving: .* is free while a stream is received, and 12.8 MiB is kept in reserve'
then_empty "$ls_root/restore/receiving"
then_events snapshot.restored 0
room_again ls
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_journal sound

given "a month that compresses, and file systems that do: less room than its stream is long"
when ws_dev_run_month.sh --config ws.conf --expect-bytes 8000000 "$third"
then_exits 0
no_room_but 24000 ls
reserve 4000000
when restore_backup_LS.sh --config ls.conf latest
then_exits 2
then_one_error "not enough space in $received: restoring dev@$third needs .*the length of what is received"
mount -o remount,compress=zstd ls
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
grep -q "the file system compresses, so it is tried" err || broken "it must say why"
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
then_journal sound
