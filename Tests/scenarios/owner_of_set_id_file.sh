#!/usr/bin/env bash
# An increment tells of the new owner of a set-user-ID file whose mode is the same as before, and not of the mode; the
# change of owner takes the bit away on LS. Such a month is sealed as a full one, and comes back equal.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month, and a set-user-ID file that has another owner in the next one"
a_household
a_month "$first" 1
make_source_tree.py --megabytes 2 2 ws/code
chown 1000:1000 ws/code/lib/tool
chmod 4755 ws/code/lib/tool
when ws_dev_snapshot.sh --config ws.conf "$second"
then_exits 0
when devjournal check-source --config ws.conf --parent "ws/snapshots/dev@$first" "ws/snapshots/dev@$second"
then_exits 6
then_one_error 'an increment to .*dev@.* would lose the set-ID bits of what got another owner: app/tool, lib/tool$'
then_hint 'full'

when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
grep -q "dev@$second becomes full (unfit_increment)" err || broken "it does not say that it became full"
[[ $(artifact "$second") == *.full.* ]] || broken "the month was sealed as $(artifact "$second")"
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
then_events artifact.registered 2
[[ $(on_ls log --type artifact.registered --json | jq -r '.event.data.reason.why' | tail -n 1) == *"would lose the set-ID bits"* ]] ||
    broken "the journal must say why"

given "a month in which the mode changes too, and the owner of another file"
chown 1000:1001 ws/code/lib/tool ws/code/empty.txt
chmod 6755 ws/code/lib/tool
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
[[ $(artifact "$third") == *.incr.from_$second.* ]] || broken "the month was sealed as $(artifact "$third")"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
