#!/usr/bin/env bash
# `btrfs receive` keeps the file open that it wrote to last, and knows it by its path. Where a month turns two directories inside
# out, that path is another file's when the next write comes, and it would write into the wrong one. What is received is right.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a directory in a directory of the same name, turned inside out, with a file in each that was changed"
a_household
mkdir -p ws/code/c && head -c 3000 /dev/urandom >ws/code/c/file
mkdir ws/code/c/c && head -c 200000 /dev/urandom >ws/code/c/c/file
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
head -c 3000 /dev/urandom >ws/code/c/file
head -c 200000 /dev/urandom >ws/code/c/c/file
mv ws/code/c ws/code/old && mv ws/code/old/c ws/code/c && mv ws/code/old ws/code/c/c
sync
btrfs -q subvolume snapshot -r ws/code ws/probe
# What the kernel sends shows whether this is the case that is meant: two files are written to under one path.
btrfs -q send -p "ws/snapshots/dev@$first" -f stream ws/probe
btrfs receive --dump -f stream | awk '$1 == "write" {print $2}' | uniq >paths
[[ $(wc -l <paths) == 1 ]] || broken "the kernel sends this in another way: $(cat paths)"

given "the month, by increment"
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
[[ $(artifact "$second") == *.incr.from_$first.* ]] || broken "it has to be an increment"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_journal sound
