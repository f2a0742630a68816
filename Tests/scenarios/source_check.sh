#!/usr/bin/env bash
# What a snapshot or a stream of the code would lose or fail on is refused, or told and recorded, before a snapshot.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "code with an active swap file, too long a path, a mount, subvolumes inside and flags that sending loses"
a_household
make_source_tree.py --megabytes 2 1 ws/code
truncate -s 0 ws/code/swap
chattr +C ws/code/swap
fallocate -l 8M ws/code/swap
chmod 600 ws/code/swap
mkswap -q ws/code/swap
if swapon ws/code/swap 2>swapon.err; then
    when ws_dev_snapshot.sh --config ws.conf "$first"
    swapoff ws/code/swap
    then_exits 6
    then_one_error 'the swap file .*/ws/code/swap is in use'
else
    printf 'note  swap cannot be used here: %s\n' "$(cat swapon.err)"
fi
long=$(printf 'd%.0s' {1..250})
(cd ws/code && for _ in {1..16}; do mkdir "$long" && cd "$long"; done && touch end)
when ws_dev_snapshot.sh --config ws.conf "$first"
then_exits 6
then_one_error '2 paths in .* are longer than 3900 bytes'
then_hint 'shorten or move'
rm -rf "ws/code/$long"

truncate -s 17T ws/code/sparse
when ws_dev_snapshot.sh --config ws.conf "$first"
then_exits 6
then_one_error 'the files in .* have 17.0 TiB, holes included'
then_hint 'sparse'
rm ws/code/sparse

mount_new_tmpfs 1M "$work/ws/code/mounted"
when ws_dev_snapshot.sh --config ws.conf "$first"
unmount "$work/ws/code/mounted"
then_exits 6
then_one_error 'would be missing from the backup: mount point mounted'

btrfs -q subvolume create "ws/code/lib/vendored one"
btrfs -q subvolume create ws/code/other
when ws_dev_snapshot.sh --config ws.conf "$first"
then_exits 6
then_one_error 'would be missing from the backup: subvolume lib/vendored one, subvolume other'
then_hint 'ALLOW_NESTED=lib/vendored one:other'
then_absent "ws/snapshots/dev@$first"
then_events snapshot.taken 0

echo 'ALLOW_NESTED=lib/vendored one:other' >>ws.conf
echo 'only grows' >ws/code/log
chattr +a ws/code/log
when ws_dev_run_month.sh --config ws.conf "$first"
chattr -a ws/code/log
then_exits 0
grep -q 'warning: a restore will lose the inode flags of 2 objects: +a log, +C swap' err || broken "no warning of lost flags"
on_ls log --json | jq -c 'select(.event.type? == "snapshot.taken") | .event.data | [.nested, .lost_flags]' >out
then_prints '^\[\["lib/vendored one","other"\],\{"count":2,"first":\["\+a log","\+C swap"\]\}\]$'
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$first" "ws/snapshots/dev@$first"

given "a path of 3,900 bytes, the longest that is allowed, and every flag that is lost"
(cd ws/code && for _ in {1..15}; do mkdir "$long" && cd "$long"; done && touch "$(printf 'f%.0s' {1..135})")
(cd ws/code && for _ in {1..15}; do cd "$long"; done && touch "$(printf 'g%.0s' {1..136})")
when ws_dev_snapshot.sh --config ws.conf "$second"
then_exits 6
then_one_error '1 path in .* is longer than 3900 bytes'
(cd ws/code && for _ in {1..15}; do cd "$long"; done && rm g*)
mkdir ws/code/flags
for flag in i a A S d; do touch "ws/code/flags/$flag" && chattr "+$flag" "ws/code/flags/$flag"; done
mkdir ws/code/flags/D && chattr +D ws/code/flags/D
touch ws/code/flags/c ws/code/flags/m && chattr +c ws/code/flags/c && chattr +m ws/code/flags/m
when ws_dev_run_month.sh --config ws.conf "$second"
chattr -i ws/code/flags/i
chattr -a ws/code/flags/a
then_exits 0
grep -q 'inode flags of 7 objects: +A flags/A, +D flags/D, +S flags/S, +a flags/a, +d flags/d, …$' err || broken "no warning of lost flags"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

when devjournal tree "ws/snapshots/dev@$first"
then_exits 4
then_journal sound
