#!/usr/bin/env bash
# What stock zstd and age made, devjournal opens; what devjournal sealed, stock age, zstd and btrfs restore.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month, its snapshot sealed by devjournal and by stock tools"
a_household
a_month "$first" 1
snapshot=ws/snapshots/dev@$first
key=$ls_root/keys/ls_dev_backup.key
btrfs -q send "$snapshot" >stream
zstd -q -19 <stream | age -r "$(age-keygen -y "$key")" >stock.send.zst.age

when devjournal open --config ls.conf --without-journal -i "$key" -o opened stock.send.zst.age
then_exits 0
then_same opened stream
when devjournal open --config ls.conf "$first" -o ours
then_exits 0
then_same ours stream
when devjournal open --age-only -i "$key" -o layer "$(artifact "$first")"
then_exits 0
zstd -qdc layer >ours.stock
then_same ours.stock stream

mkdir ls/stock
age -d -i "$key" "$(artifact "$first")" | zstd -qdc | btrfs -q receive ls/stock
then_equal_trees "ls/stock/dev@$first" "$snapshot"
