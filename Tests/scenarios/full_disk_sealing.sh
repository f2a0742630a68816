#!/usr/bin/env bash
# A disk that fills up while sealing, against what was expected, leaves no artifact and no event; with room again the same command succeeds.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a snapshot, and a spool of 1 MiB"
a_household
a_snapshot "$first" 1
mount_new_tmpfs 1M "$spool"

uuid=$(on_ls log --json --type snapshot.taken | jq -r '.event.data.uuid')
when devjournal seal --config ws.conf "$first" --type full --uuid "$uuid" --expect-bytes 1000 \
    -- btrfs -q send "ws/snapshots/dev@$first"
then_exits 2
then_one_error 'no space left'
then_hint 'free some space'
then_empty "$spool"
then_events artifact.sealed 0
then_journal sound

unmount "$spool"
when ws_dev_export_and_push.sh --config ws.conf "$first"
then_exits 0
then_events artifact.sealed 1
then_present "$(cat out)"
