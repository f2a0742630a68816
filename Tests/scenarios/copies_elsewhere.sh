#!/usr/bin/env bash
# btrfs receive looks for an increment's parent, and for the sources of its clones, by their received UUID on the whole
# file system. Other copies of the parent, out of reach or edited, and a parent that is an original and has no such UUID,
# change nothing.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

eval "plain_$(declare -f mount_new_btrfs)"
mount_new_btrfs() { # LS_ROOT is a subvolume, as on an installation with several
    plain_mount_new_btrfs "$@"
    [[ $1 != ls.img ]] || btrfs -q subvolume create "$3/dev"
}
flip() { # PATH ro|rw: by the kernel's call alone, which leaves the received UUID standing
    python3 - "$1" "$2" <<'END'
import fcntl, os, struct, sys
directory = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(directory, 0x4008941A, struct.pack("<Q", 2 if sys.argv[2] == "ro" else 0))  # BTRFS_IOC_SUBVOL_SETFLAGS
END
}

given "two months, of which the second clones from the first what it has no longer itself"
a_household
make_source_tree.py --megabytes 2 1 ws/code
echo "the same in both months" >ws/code/kept.txt
head -c 300000 /dev/urandom >ws/code/early.bin
month() { ws_dev_run_month.sh --config ws.conf "$1" >month.out 2>&1 || broken "month $1: $(cat month.out)"; }
month "$first"
head -c 300000 /dev/urandom >ws/code/later.bin
cp --reflink=always ws/code/early.bin ws/code/copy.bin
rm ws/code/early.bin
month "$second"
btrfs -q send -p "ws/snapshots/dev@$first" -f increment "ws/snapshots/dev@$second"
btrfs receive --dump -f increment >dump.out # of a file: with a pipe it may leave before send has written all
grep -q "^clone .*early.bin" dump.out ||
    broken "there must be a clone of the parent's file"
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 0

given "another copy of the first month outside LS_ROOT's subvolume, which is found first"
btrfs -q subvolume snapshot -r "$received/dev@$first" "ls/dev@$first"
btrfs -q subvolume delete "$received/dev@$first"
btrfs -q subvolume snapshot -r "ls/dev@$first" "$received/dev@$first"
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_empty "$ls_root/restore/receiving"

given "that copy edited"
btrfs -q subvolume delete "$received/dev@$second"
flip "ls/dev@$first" rw
echo edited >>"ls/dev@$first/kept.txt"
flip "ls/dev@$first" ro
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

given "a workstation that has lost the second snapshot, and has the original of the first"
list_tree.py "ws/snapshots/dev@$second" >before.list
btrfs -q subvolume delete "ws/snapshots/dev@$second"
when LS_request.sh --config ws.conf --replace "$second"
then_exits 0
list_tree.py "ws/snapshots/dev@$second" | diff - before.list >diff.out || broken "the tree differs: $(head -5 diff.out)"
then_empty ws/snapshots/.receiving
[[ $(grep -c ': received dev@' err) == 1 ]] || broken "only the second month must be sent"
make_source_tree.py --megabytes 2 3 ws/code
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
when restore_backup_LS.sh --config ls.conf "$third"
then_exits 0
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
then_journal sound
