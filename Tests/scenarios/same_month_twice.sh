#!/usr/bin/env bash
# The same month twice changes nothing and succeeds; a run cut short is finished by running it again; an old month that is
# run again takes LS's working copy nowhere.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

for number in 1 2 3 4 5; do months[number]=$(date -d "$(date +%Y-%m-15) -$((5 - number)) month" +%Y-%m); done
first=${months[1]} second=${months[2]} third=${months[3]} fourth=${months[4]} fifth=${months[5]}

given "a month, done"
worktree=on
a_household
a_month "$first" 1
cp "$journal/000000000001.jsonl" before
find ls ws -type f -printf '%p %s %T@\n' | grep -av -e month.lock -e '/logs/' | sort >files

when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
then_same "$journal/000000000001.jsonl" before
find ls ws -type f -printf '%p %s %T@\n' | grep -av -e month.lock -e '/logs/' | sort >files.after
then_same files.after files

given "the next month, cut short after each of its steps"
make_source_tree.py --megabytes 2 2 ws/code
ws_dev_snapshot.sh --config ws.conf "$second" 2>snapshot.out
ws_dev_export_and_push.sh --config ws.conf "$second" >sealed 2>seal.out
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
then_events snapshot.taken 2
then_events artifact.sealed 2
then_events artifact.registered 2
then_copied ls/code "ws/snapshots/dev@$second"
then_journal sound

given "a third month whose snapshot was taken, but not recorded"
make_source_tree.py --megabytes 2 3 ws/code
btrfs -q subvolume snapshot -r ws/code "ws/snapshots/dev@$third"
sync -f ws
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
then_events snapshot.taken 3
then_copied ls/code "ws/snapshots/dev@$third"
then_journal sound

given "a month of which only the snapshot was taken, and the next one, expected not to fit"
make_source_tree.py --megabytes 2 4 ws/code
ws_dev_snapshot.sh --config ws.conf "$fourth" 2>snapshot.out
make_source_tree.py --megabytes 2 5 ws/code
when ws_dev_run_month.sh --config ws.conf --expect-bytes 999999999999 "$fifth"
then_exits 2
then_one_error "not enough space"
then_events artifact.registered 4
when ws_dev_run_month.sh --config ws.conf "$fifth"
then_exits 0
then_copied ls/code "ws/snapshots/dev@$fifth"

given "the month before, which LS's working copy never followed, run again"
when ws_dev_run_month.sh --config ws.conf "$fourth"
then_exits 0
grep -q "LS's working copy stays as it is: dev@$fifth is registered" err || broken "it must say why"
then_copied ls/code "ws/snapshots/dev@$fifth"
