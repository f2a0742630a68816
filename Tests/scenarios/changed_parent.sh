#!/usr/bin/env bash
# A snapshot that was made writable, edited and made read-only again would give a wrong restore with exit status 0
# everywhere: refused before anything is sealed. One that was only copied is as good as before.
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

given "a month, and its snapshot edited behind everybody's back"
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
then_journal sound
