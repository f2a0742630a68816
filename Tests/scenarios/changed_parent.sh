#!/usr/bin/env bash
# A snapshot that was made writable, edited and made read-only again would give a wrong restore with exit status 0
# everywhere: refused before anything is sealed.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month, and its snapshot edited behind everybody's back"
a_household
a_month "$first" 1
a_snapshot "$second" 2
btrfs property set -ts "ws/snapshots/dev@$first" ro false
echo edited >>"ws/snapshots/dev@$first/empty.txt"
btrfs property set -ts "ws/snapshots/dev@$first" ro true
sync -f ws

when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first.*changed"
then_events artifact.sealed 1

btrfs property set -ts "ws/snapshots/dev@$first" ro false
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first is not read-only"
then_events artifact.sealed 1
then_journal sound
