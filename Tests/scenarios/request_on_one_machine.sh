#!/usr/bin/env bash
# Both roles on one machine: LS_request.sh gets WS's code back from LS's repository by way of LS_send.sh, which writes what
# stock btrfs receives.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two months, and WS's code and snapshots lost"
a_household
a_month "$first" 1
a_month "$second" 2
list_tree.py ws/code >before.list
for place in ws/code ws/snapshots; do delete_with_subvolumes "$place"; done

when LS_request.sh --config ws.conf --dry-run latest
then_exits 0
then_prints "^dev@$first.full.send.zst.age"
then_absent ws/code
then_events restore.released 0
when LS_request.sh --config ws.conf latest
then_exits 0
then_prints "^$work/ws/code\$"
list_tree.py ws/code | diff - before.list >diff.out || broken "the tree differs: $(head -5 diff.out)"
then_events restore.released 1

given "the timer, which runs the month once more: its snapshot is one that was received now, and where that is gone"
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
grep -q "dev@$second is already taken" err || broken "it must be recognised"
mv "ws/snapshots/dev@$second" ws/snapshots/aside
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
grep -q "its snapshot is not here, and the next month is a full one" err || broken "it must say so"
mv ws/snapshots/aside "ws/snapshots/dev@$second"
then_events snapshot.taken 2

given "what LS_send.sh writes, for btrfs alone"
mount_new_btrfs stock.img 256M "$work/stock"
LS_send.sh --config ls.conf "$second" | btrfs -q receive "$work/stock" 2>receive.err || broken "$(cat receive.err)"
then_equal_trees "$work/stock/dev@$second" "ws/snapshots/dev@$second"
when LS_send.sh --config ls.conf "$first" "$second"
then_exits 7
then_one_error "does not need"
when LS_send.sh --config ls.conf "$third"
then_exits 7
when LS_request.sh --config ws.conf
then_exits 64
when LS_request.sh --config ws.conf "$third"
then_exits 7
then_events restore.released 2
a_month "$third" 3
then_journal sound
