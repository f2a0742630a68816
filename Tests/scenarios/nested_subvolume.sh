#!/usr/bin/env bash
# A subvolume inside the code would be missing from the backup without a word: refused, by name.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a subvolume inside the code"
a_household
make_source_tree.py --megabytes 2 1 ws/code
btrfs -q subvolume create "ws/code/lib/vendored one"

when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 6
then_one_error 'lib/vendored one'
then_absent "ws/snapshots/dev@$first"
then_events snapshot.taken 0

btrfs -q subvolume delete "ws/code/lib/vendored one" >delete.out
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
