#!/usr/bin/env bash
# A hole that is punched into the void of a sparse file is sent as zeros, all of the void. The increment would be larger than
# the tree, and need that much room wherever it is received: such a month is sealed as a full one, which leaves holes out.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a sparse image, in which something was written and is punched out again"
a_household
make_source_tree.py --megabytes 2 1 ws/code
truncate -s 100M ws/code/image
printf 'much\n' | dd of=ws/code/image bs=1M seek=50 conv=notrunc status=none
month() { when ws_dev_run_month.sh --config ws.conf "$1"; }
month "$first"
then_exits 0
fallocate -p -o $((50 << 20)) -l 1M ws/code/image
month "$second"
then_exits 0
grep -q "an increment to .* would be larger than the whole tree: 100.0 MiB of it are zeros" err || broken "it must say why"
grep -q "dev@$second becomes full (unfit_increment)" err || broken "it does not say that it became full"
[[ $(on_ls log --type artifact.registered --json | jq -r '.event.data.reason.why' | tail -n 1) == *"larger than the whole tree"* ]] ||
    broken "the journal must say why"
(($(on_ls log --type artifact.sealed --json | jq '.event.data.stream_bytes' | tail -n 1) < 20000000)) || broken "zeros were sealed"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

given "the next month, with data in the void: an increment does"
printf 'more\n' | dd of=ws/code/image bs=1M seek=20 conv=notrunc status=none
month "$third"
then_exits 0
[[ $(artifact "$third") == *.incr.from_$second.* ]] || broken "the month was sealed as $(artifact "$third")"
then_journal sound
