#!/usr/bin/env bash
# Somebody who has WS decides what is in a snapshot, and others log in on LS: its working copy has no set-user-ID or
# set-group-ID bits, no file capabilities and no device nodes, at no moment; the received snapshot has them, where nobody
# but root can reach it.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
# By way of a shell: what setpriv itself executes, it looks for with root's rights.
another_user() { setpriv --reuid 4321 --regid 4321 --clear-groups -- sh -c '"$@"' sh "$@"; }
code=$work/ls/code
chmod 755 "$work" # which is only this scenario's: others on LS may enter what is open

given "a month with files of root's that have power, a setgid directory, nodes, and a name that steers terminals"
worktree=on
a_household
make_source_tree.py --megabytes 2 1 ws/code
mkdir ws/code/power ws/code/common
cp "$(command -v id)" ws/code/power/$'be\ell'
cp "$(command -v id)" ws/code/power/setgid
cp "$(command -v id)" ws/code/power/capable
ln ws/code/power/$'be\ell' ws/code/power/again
chmod 4755 ws/code/power/$'be\ell'
chmod 2755 ws/code/power/setgid
chmod 2775 ws/code/common
python3 -c 'import os, struct; os.setxattr("ws/code/power/capable", "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 7, 0, 0, 0))'
mknod ws/code/power/disk b 7 0
mknod ws/code/power/memory c 1 1
chmod 666 ws/code/power/disk ws/code/power/memory
touch -d 2020-01-01 ws/code/power
ws_dev_run_month.sh --config ws.conf "$first" >out 2>err || broken "the month: $(cat err)"
grep -q "does not get 3 set-user-ID or set-group-ID bits, 1 file capability, 2 device nodes of the snapshot: " err || broken "what is left out must be said"
! grep -q $'\e' err || broken "a name steers the terminal"
then_copied "$code" "ws/snapshots/dev@$first"
[[ -z $(find "$code" -xdev \( -type b -o -type c -o -type f -perm /6000 \)) ]] || broken "power is left"
[[ -z $(getfattr -R -h -d -m security.capability "$code" 2>/dev/null) ]] || broken "capabilities are left"
[[ $(stat -c %a "$code/common") == 2775 ]] || broken "a directory keeps its group"
on_ls log --json | jq -e 'select(.event.type == "worktree.updated") | .event.data.unpowered == {set_id: 3, capabilities: 1, devices: 2}' >/dev/null ||
    broken "it must be recorded: $(on_ls log --json | tail -n 1)"

given "another user of LS"
then_equal_trees "$received/dev@$first" "ws/snapshots/dev@$first"
when another_user ls "$received"
((status)) || broken "another user reaches what was received"
when another_user "$received/dev@$first/power/again"
((status)) || broken "another user runs a file of root's"
when another_user "$code/power/again" -u
then_exits 0
[[ $(cat out) == 4321 ]] || broken "it runs as $(cat out)"

given "the same again, and the copy edited"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
grep -q 'nothing changed' err || broken "the copy follows already"
then_events worktree.updated 1
chmod u+s "$code/empty.txt"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_events worktree.updated 2
then_copied "$code" "ws/snapshots/dev@$first"

given "a restore that is killed at many moments, with another user who looks all the time"
cat >look.sh <<'END'
# All that this user can reach of the working copy, and of what is next to it on its way there.
while :; do
    find "$1/code" "$1"/.code.new-* -xdev \( -type f -perm /6000 -o -type b -o -type c \) -print 2>/dev/null
    echo looked >&2
done
END
setpriv --reuid 4321 --regid 4321 --clear-groups -- sh look.sh "$work/ls" >seen 2>looked &
looking=$!
for delay in 0.02 0.05 0.08 0.1 0.12 0.15 0.2 0.3; do
    echo edited >>"$code/empty.txt"
    timeout -s KILL "$delay" devjournal restore --config ls.conf latest >out 2>err || true
done
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
kill "$looking"
wait "$looking" 2>/dev/null || true
(($(wc -l <looked) > 5)) || broken "nobody has looked"
[[ ! -s seen ]] || broken "another user reached: $(sort -u seen)"
then_copied "$code" "ws/snapshots/dev@$first"
[[ -z $(find "$work/ls" -maxdepth 1 -name '.code.new-*') ]] || broken "leftovers: $(ls -A "$work/ls")"
[[ -z $(find "$work"/ls/code* -xdev -type f -perm /6000 -not -path '*.before-*/empty.txt') ]] || broken "a copy that is kept has power"

given "a directory, a link and a subvolume of somebody else's under the temporary name"
mkdir "$work/ls/.code.new-mine" && chown 4321 "$work/ls/.code.new-mine"
ln -s /etc "$work/ls/.code.new-link"
btrfs -q subvolume create "$work/ls/.code.new-sub" && touch "$work/ls/.code.new-sub/mine"
chown 4321 "$work/ls/.code.new-sub"
echo edited >>"$code/empty.txt"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
[[ -d $work/ls/.code.new-mine && -L $work/ls/.code.new-link && -e $work/ls/.code.new-sub/mine ]] || broken "they are not root's business"

given "WORKTREE_SPECIAL=keep on LS; and on WS, which gets back what it sealed"
echo WORKTREE_SPECIAL=keep >>ls.conf
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$code" "ws/snapshots/dev@$first"
when restore_backup_LS.sh --config ls.conf latest
grep -q 'nothing changed' err || broken "the copy follows already"
when LS_request.sh --config ws.conf --replace latest
then_exits 0
then_equal_trees ws/code "ws/snapshots/dev@$first"
sed -i 's/=keep$/=some/' ls.conf
when restore_backup_LS.sh --config ls.conf latest
then_exits 64
then_one_error 'WORKTREE_SPECIAL must be strip or keep'
sed -i '/WORKTREE_SPECIAL/d' ls.conf
then_journal sound
