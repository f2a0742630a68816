#!/usr/bin/env bash
# What stands under a month's name before the month is taken is the month's only where it is a read-only snapshot of CODE
# that nobody has written to; another one is refused, and moved away by the hint. Nothing is taken that could not be
# recorded: by a clock that nobody vouches for, without the workstation's key.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

refused() { # PATTERN
    when ws_dev_run_month.sh --config ws.conf "$second"
    then_exits 6
    then_one_error "$1"
    then_hint "mv -T $work/ws/snapshots/dev@$second .*; ws_dev_run_month.sh .*$second takes another one"
    then_events snapshot.taken 1
}
place=ws/snapshots/dev@$second

given "a month; then a clock that is years ahead, or days slow, and nothing that synchronises it"
a_household
a_month "$first" 1
on_ls verify --json >verdict
devjournal replica pin --config ws.conf --log "$(jq -r .log verdict)" --root "$(jq -r .root verdict)"
devjournal deliver --config ws.conf -- devjournal serve deliver --config ls.conf >deliver.out 2>&1 || broken "$(cat deliver.out)"
for time in '2099-01-01 12:00:00' "$(date -d '-3 days' '+%F %T')"; do
    for outbox in '' --outbox; do
        # adjtimex(2) is answered by strace: 5 is TIME_ERROR, not synchronised.
        # shellcheck disable=SC2086 # one word or none
        when strace -qq -f -o trace -e inject=adjtimex,clock_adjtime:retval=5 \
            faketime "$time" devjournal snapshot --config ws.conf $outbox "$second"
        then_exits 6
        then_one_error "the clock says .*, more than a day (before|after) the last record"
        then_absent "$place"
    done
done

given "a workstation without its key"
mv ws/state/author.key aside.key
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 7
then_absent "$place"
mv aside.key ws/state/author.key

given "a snapshot of another subvolume under the next month's name"
btrfs -q subvolume create ws/photos && echo jpeg >ws/photos/p.jpg
btrfs -q subvolume snapshot -r ws/photos "$place"
refused "dev@$second is not a snapshot of $work/ws/code"

given "a writable one of CODE, a directory, and one of CODE that was written to"
btrfs -q subvolume delete "$place" && btrfs -q subvolume snapshot ws/code "$place"
refused "dev@$second is not read-only"
echo edited >>"$place/empty.txt"
btrfs property set -ts "$place" ro true
refused "dev@$second may have been changed since it was taken"
btrfs -q subvolume delete "$place" && mkdir "$place"
refused "dev@$second is there, but is not a snapshot"

given "one that was received from elsewhere, made of CODE"
rmdir "$place"
btrfs -q subvolume snapshot -r ws/code "ws/dev@$second"
btrfs -q send "ws/dev@$second" | btrfs -q receive ws/snapshots
refused "dev@$second is not a snapshot of $work/ws/code"

given "what the hint says, as it stands"
when bash -c "$(sed -n 's/.*hint: \(.*\) takes another one/\1/p' err)"
then_exits 0
then_events snapshot.taken 2
then_equal_trees "$place" ws/code

given "a run that ended between the next snapshot and its record"
btrfs -q subvolume snapshot -r ws/code "ws/snapshots/dev@$third"
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
then_events snapshot.taken 3
then_journal sound
