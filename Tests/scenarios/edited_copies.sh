#!/usr/bin/env bash
# A read-only copy that was made writable and edited, on either side, is found out before it becomes wrong backups: by its
# received UUID, which goes for good, by its generation, or by the hash of the tree that comes of it.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# flip PATH ro|rw: by the kernel's call alone, which leaves the received UUID standing, as old btrfs-progs did.
flip() {
    python3 - "$1" "$2" <<'END'
import fcntl, os, struct, sys
directory = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(directory, 0x4008941A, struct.pack("<Q", 2 if sys.argv[2] == "ro" else 0))  # BTRFS_IOC_SUBVOL_SETFLAGS
END
}
received_uuid() { btrfs subvolume show "$1" | awk '/Received UUID/ { print $3 }'; }
given "a workstation that was wiped and got its snapshot back from LS"
a_household
echo "the same in every month" >ws/code/kept.txt
a_month "$first" 1
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 0
btrfs -q subvolume delete "ws/snapshots/dev@$first" && btrfs -q subvolume delete ws/code
btrfs -q send "$received/dev@$first" | btrfs -q receive ws/snapshots
btrfs -q subvolume snapshot "ws/snapshots/dev@$first" ws/code
make_source_tree.py --megabytes 2 2 ws/code

given "that snapshot made writable by force, edited, and read-only again: its received UUID is gone"
mv "ws/snapshots/dev@$first" ws/snapshots/aside
btrfs -q subvolume snapshot -r ws/snapshots/aside "ws/snapshots/dev@$first"
btrfs property set -f -ts "ws/snapshots/dev@$first" ro false
echo edited >>"ws/snapshots/dev@$first/empty.txt"
btrfs property set -ts "ws/snapshots/dev@$first" ro true
[[ $(received_uuid "ws/snapshots/dev@$first") == - ]] || broken "this btrfs keeps received UUIDs"
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first is subvolume .*, and not dev@$first as it was recorded"
then_events artifact.sealed 1

given "that snapshot edited by the kernel's call alone: its received UUID stands"
btrfs -q subvolume delete "ws/snapshots/dev@$first"
btrfs -q subvolume snapshot -r ws/snapshots/aside "ws/snapshots/dev@$first"
flip "ws/snapshots/dev@$first" rw
rm "ws/snapshots/dev@$first/kept.txt" ws/code/kept.txt
flip "ws/snapshots/dev@$first" ro
[[ $(received_uuid "ws/snapshots/dev@$first") != - ]] || broken "this kernel drops received UUIDs"
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 6
then_one_error "dev@$first was changed: its tree is not the one that was sealed"
then_events artifact.sealed 1

given "that snapshot as it was received"
btrfs -q subvolume delete "ws/snapshots/dev@$first" && mv ws/snapshots/aside "ws/snapshots/dev@$first"
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
then_events artifact.sealed 2
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

given "the snapshot of the month itself edited before it is sealed"
a_snapshot "$third" 3
btrfs property set -ts "ws/snapshots/dev@$third" ro false
echo edited >>"ws/snapshots/dev@$third/empty.txt"
btrfs property set -ts "ws/snapshots/dev@$third" ro true
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 6
then_one_error "dev@$third may have been changed since it was taken"
then_events artifact.sealed 2

given "LS's copy edited by force: it is not what was recorded, and nothing is built on it"
btrfs property set -f -ts "$received/dev@$second" ro false
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 6
then_one_error "$received/dev@$second is there, but is not dev@$second as it was recorded"
then_hint 'move it away'
btrfs -q subvolume delete "$received/dev@$second"

given "LS's copy of the parent edited in the old way, its received UUID kept"
flip "$received/dev@$first" rw
echo edited >>"$received/dev@$first/kept.txt"
flip "$received/dev@$first" ro
[[ $(received_uuid "$received/dev@$first") != - ]] || broken "this kernel drops received UUIDs"
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 1
then_one_error "$received/dev@$first was changed after it was received"
then_hint 'restore it again'
then_absent "$received/dev@$second"
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 1
then_one_error "$received/dev@$first was changed after it was received"
then_hint "mv $received/dev@$first $received/dev@$first.changed, restore it again, and see what differs: devjournal tree"
when on_ls root-helper compare "dev@$first"
then_exits 1
when on_ls root-helper compare "dev@$first" "$(printf '0%.0s' {1..64})"
then_exits 64
when on_ls root-helper compare "dev@2019-01"
then_exits 7
btrfs -q subvolume delete "$received/dev@$first"
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

given "WS's copy of the parent edited in that way, when WS asks for what builds on it"
btrfs -q subvolume delete "ws/snapshots/dev@$second"
flip "ws/snapshots/dev@$first" rw
echo edited >>"ws/snapshots/dev@$first/empty.txt"
flip "ws/snapshots/dev@$first" ro
released=$(events restore.released)
when LS_request.sh --config ws.conf "$second"
then_exits 1
then_one_error "ws/snapshots/dev@$first was changed after it was received"
then_hint 'restore it again'
then_events restore.released "$released"
btrfs -q subvolume delete "ws/snapshots/dev@$first"
when LS_request.sh --config ws.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_journal sound
