#!/usr/bin/env bash
# Two data sets on the same machines and in the same bucket: each has its own journal, keys, labels and folder, and losing
# one of them touches nothing of the other. One kit brings back the one that is lost, or both, and stock age opens with it
# whatever is in the bucket.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_notes() { DEVJOURNAL_CONFIG=notes_ls.conf devjournal "$@"; }
object_of() { find "bucket/$1/artifacts" -name "$1@$first.*.age"; } # NAME
for_notes() { # FILE: the same configuration for the data set `notes`
    sed -e 's|^DATASET=.*|DATASET=notes|' -e "s|^LS_ROOT=.*|LS_ROOT=$work/ls/notes|" -e 's|/code$|/notes|' \
        -e 's|/snapshots$|/notes.snapshots|' -e 's|/state$|/notes.state|' -e "s|^LS_CONFIG=.*|LS_CONFIG=$work/notes_ls.conf|" "$1"
}

given "dev, and notes next to it"
a_household
for_notes ws.conf >notes_ws.conf
for_notes ls.conf >notes_ls.conf
btrfs -q subvolume create ws/notes
when on_notes init --kit-from kit.age --kit both.age --passphrase-file passphrase
then_exits 0
when on_notes kit verify both.age --passphrase-file passphrase
then_exits 0
when on_ls kit verify both.age --passphrase-file passphrase
then_exits 0
when on_notes key enrol "$(devjournal key new --config notes_ws.conf 2>/dev/null)" --name ws
then_exits 0
a_month "$first" 1
echo 'remember the milk' >ws/notes/list
when ws_dev_run_month.sh --config notes_ws.conf "$first"
then_exits 0
then_present "ls/notes/artifacts/anchors/notes@$first.full.send.zst.age"
[[ $(on_notes manifest | tail -n 1 | cut -f 2) == "notes@$first" && $(on_ls manifest | tail -n 1 | cut -f 2) == "dev@$first" ]] ||
    broken "each manifest has its own label"

given "an artifact of the other one"
cp "$(artifact "$first")" .
when on_notes register "dev@$first.full.send.zst.age"
then_exits 64
when on_notes restore "dev@$first"
then_exits 64
when ws_dev_run_month.sh --config notes_ws.conf "dev@$second"
then_exits 64

given "both in one bucket, and notes is lost"
mirrored
when push_to_cloud.sh --config notes_ls.conf
then_exits 0
[[ $(find bucket -mindepth 1 -maxdepth 1 -name '[a-z]*' -printf '%f\n' | sort | xargs) == "dev notes" ]] || broken "a folder each: $(ls bucket)"
before=$(find ls/dev bucket/dev -type f -exec sha256sum {} + | sort)
delete_with_subvolumes ls/notes
when devjournal rebuild --config notes_ls.conf --from-mirror --kit both.age --passphrase-file passphrase
then_exits 0
when pull_from_cloud.sh --config notes_ls.conf --to pulled latest
then_exits 0
when store_on_LS.sh --config notes_ls.conf pulled
then_exits 0
when restore_backup_LS.sh --config notes_ls.conf latest
then_exits 0
then_same ws/notes/list "ls/notes/restore/worktree_receive/notes@$first/list"
[[ $(find ls/dev bucket/dev -type f -exec sha256sum {} + | sort) == "$before" ]] || broken "dev must be as before"
then_journal sound

given "both of them lost"
on_ls append note text='of dev' >/dev/null
mirrored
ls_wiped
for name in dev notes; do
    conf=ls.conf
    [[ $name == dev ]] || conf=notes_ls.conf
    when devjournal rebuild --config "$conf" --from-mirror --kit both.age --passphrase-file passphrase
    then_exits 0
    when pull_from_cloud.sh --config "$conf" --to "pulled.$name" latest
    then_exits 0
    when store_on_LS.sh --config "$conf" "pulled.$name"
    then_exits 0
    when restore_backup_LS.sh --config "$conf" latest
    then_exits 0
    when devjournal kit verify --config "$conf" both.age --passphrase-file passphrase
    then_exits 0
done
then_equal_trees "ws/snapshots/dev@$first" "$received/dev@$first"
then_equal_trees "ws/notes.snapshots/notes@$first" "ls/notes/restore/worktree_receive/notes@$first"
then_events note 1
then_journal sound

given "stock tools alone, and the one kit as it is"
mkdir ls/stock
for name in dev notes; do
    when type_passphrase.py passphrase age -d -i both.age -o layer "$(object_of "$name")"
    then_exits 0
    zstd -qdc layer | btrfs -q receive ls/stock
    rm layer
done
then_equal_trees "ls/stock/dev@$first" "ws/snapshots/dev@$first"
then_equal_trees "ls/stock/notes@$first" "ws/notes.snapshots/notes@$first"
