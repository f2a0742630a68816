#!/usr/bin/env bash
# A seal that is killed leaves nothing that is taken for an artifact, and the month is finished by running it again.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a seal killed in the middle of its stream"
a_household
a_snapshot "$first" 1
snapshot=ws/snapshots/dev@$first
uuid=$(btrfs subvolume show "$snapshot" | awk '$1 == "UUID:" { print $2 }')
mkfifo started
devjournal seal --config ws.conf "$first" --type full --uuid "$uuid" -- \
    bash -c "btrfs -q send $snapshot | head -c 1500000; echo >started; exec sleep 20" >seal.out 2>&1 &
seal=$!
read -r <started
kill -9 "$seal"
wait "$seal" 2>wait.out || true
[[ -z $(find "$spool" -name 'dev@*.send.zst.age') ]] || broken "half an artifact has a name"

when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
then_events artifact.sealed 1
(( $(find "$spool" -type f | wc -l) <= 1 )) || broken "left in the spool: $(find "$spool" -type f)"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$first" "$snapshot"
then_journal sound
