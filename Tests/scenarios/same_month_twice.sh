#!/usr/bin/env bash
# The same month twice changes nothing and succeeds; a run cut short is finished by running it again.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

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
