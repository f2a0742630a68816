#!/usr/bin/env bash
# A producer that fails, dies or stops early never becomes an artifact.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a snapshot"
a_household
a_snapshot "$first" 1
snapshot=ws/snapshots/dev@$first
uuid=$(btrfs subvolume show "$snapshot" | awk '$1 == "UUID:" { print $2 }')

for producer in 'exit 1' "btrfs -q send $snapshot | head -c 100000; exit 3" "btrfs -q send $snapshot; exit 1" 'kill -9 $$' \
    "btrfs -q send $snapshot | head -c 100000" "btrfs -q send $snapshot; printf x" true; do
    when devjournal seal --config ws.conf "$first" --type full --uuid "$uuid" -- bash -c "$producer"
    (( status == 1 || status == 2 )) || broken "expected exit status 1 or 2, got $status"
    then_one_error '.'
    then_empty "$spool"
done
when devjournal seal --config ws.conf "$first" --type full --uuid "$uuid" -- no-such-command
then_exits 2
then_one_error 'no-such-command'
then_empty "$spool"

when devjournal seal --config ws.conf "$first" --type full --uuid 00000000-0000-4000-8000-000000000000 -- \
    btrfs -q send "$snapshot"
(( status != 0 )) || broken "a stream of another snapshot was sealed"
then_empty "$spool"
then_events artifact.sealed 0
then_journal sound
