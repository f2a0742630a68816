#!/usr/bin/env bash
# btrfs receive exits 0 on a stream that lacks a command, and what it leaves is read-only and has the right UUIDs:
# only the tree's hash tells.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month on LS, and a btrfs receive that loses something"
a_household
a_month "$first" 1
a_month "$second" 2
losing() { another_receiver "set -o pipefail; LOSE=$1 python3 /usr/local/sbin/lose.py | \"\$btrfs\" \"\$@\""; }
mkdir receiver
# Drops the last command of the kind $LOSE of a stream on its way (all of them for UTIMES, which are repeated).
cat >receiver/lose.py <<'END'
import os, struct, sys
kind = {"SET_XATTR": 13, "WRITE": 15, "CHMOD": 18, "UTIMES": 20}[os.environ["LOSE"]]
stream = sys.stdin.buffer.read()
commands, at = [], 17
while at < len(stream):
    length, command = struct.unpack_from("<IH", stream, at)
    commands.append((command, stream[at:at + 10 + length]))
    at += 10 + length
chosen = [index for index, (command, _) in enumerate(commands) if command == kind]
lost = chosen if kind == 20 else chosen[-1:]
sys.stdout.buffer.write(stream[:17] + b"".join(text for index, (_, text) in enumerate(commands) if index not in lost))
END

declare -A differs=([WRITE]=contents [SET_XATTR]=attributes [CHMOD]=mode [UTIMES]=modified)
for kind in WRITE SET_XATTR CHMOD UTIMES; do
    losing "$kind"
    when restore_backup_LS.sh --config ls.conf "$first"
    then_exits 1
    then_one_error "dev@$first was received, but its tree is not the one that was sealed"
    grep -Eq "what differs: .+ \(([a-z]+, )*${differs[$kind]}" err || broken "what differs must be said: $(cat err)"
    then_empty "$received"
    then_empty "$ls_root/restore/receiving"
    then_events snapshot.restored 0
done

given "the first month received as it should be, the second not"
the_receiver
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 0
losing WRITE
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 1
then_one_error "dev@$second was received, but"
then_absent "$received/dev@$second"
then_events snapshot.restored 1

the_receiver
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_journal sound
