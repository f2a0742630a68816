#!/usr/bin/env bash
# A snapshot that was made writable, edited and made read-only again would give a wrong restore with exit status 0
# everywhere: refused before anything is sealed, and the hint is one command: a full one, which needs no parent. One that
# was only copied is as good as before.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month, and a writable copy made of its snapshot: that moves its generation too"
a_household
a_month "$(date -d "$first-15 -1 month" +%Y-%m)" 1
btrfs -q subvolume snapshot "ws/snapshots/dev@$(date -d "$first-15 -1 month" +%Y-%m)" ws/copy
sync -f ws
a_month "$first" 2
[[ $(on_ls manifest | tail -n 1 | cut -f 3) == incr ]] || broken "the second month must be an increment"
when on_ls restore "$first"
then_exits 0

given "a month, and its snapshot edited unnoticed"
a_snapshot "$second" 3
btrfs property set -ts "ws/snapshots/dev@$first" ro false
echo edited >>"ws/snapshots/dev@$first/empty.txt"
btrfs property set -ts "ws/snapshots/dev@$first" ro true
sync -f ws

when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first.*changed"
then_events artifact.sealed 2

btrfs property set -ts "ws/snapshots/dev@$first" ro false
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first is not read-only"
then_events artifact.sealed 2

given "another subvolume under the parent's name"
mv "ws/snapshots/dev@$first" ws/snapshots/aside
btrfs -q subvolume create ws/photos
btrfs -q subvolume snapshot -r ws/photos "ws/snapshots/dev@$first"
when ws_dev_export_and_push.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first is subvolume .*, and not dev@$first as it was recorded"
then_events artifact.sealed 2

given "the hint's command, as it stands"
when bash -c "$(sed -n 's/.*hint: a full artifact needs no parent: //p' err)"
then_exits 0
[[ $(on_ls manifest | tail -n 1 | cut -f 3) == full ]] || broken "it must be a full one"
on_ls show "$(on_ls log --json | jq 'select(.event.type == "artifact.registered").seq' | tail -n 1)" | grep -q requested ||
    broken "the journal must say why: $(on_ls log --json | tail -n 3)"
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

given "a month that was sealed as an increment, and is wanted as a full one"
a_snapshot "$third" 4
when ws_dev_export_and_push.sh --config ws.conf "$third"
then_prints "dev@$third.incr"
when ws_dev_run_month.sh --config ws.conf --full "$third"
then_exits 0
[[ $(on_ls manifest | tail -n 1 | cut -f 3) == full ]] || broken "it must be a full one"
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
then_events artifact.sealed 5
when ws_dev_snapshot.sh --config ws.conf --full "$third"
then_exits 64
then_journal sound
