#!/usr/bin/env bash
# CODE as a symbolic link, or as a mount point of its own subvolume, on either machine: no tree can take the place of such.
# What would not work is refused before anything is done, and the words name what to change; what can work does.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# mount_code MACHINE: a subvolume of its own at MACHINE/code, as `subvol=@code` in /etc/fstab mounts it.
mount_code() {
    [[ -d $1/@code ]] || btrfs -q subvolume create "$1/@code"
    mkdir -p "$1/code"
    mount -o subvol=@code "$(findmnt -nvo SOURCE "$work/$1")" "$work/$1/code"
    mounted+=("$work/$1/code")
}
then_nothing_hidden() {
    [[ -z $(find ws ls -maxdepth 1 -name '.?*') ]] || broken "something hidden is left: $(ls -A ws ls)"
}
month() { ws_dev_run_month.sh --config ws.conf "$1"; }

given "an LS whose working copy is to be a mount point, or a link"
worktree=on
mount_new_btrfs ls.img 256M "$work/ls"
configure ls.conf "$work/ls/code" on
(umask 077 && printf 'correct horse battery staple\n' >passphrase)
mount_code ls
when on_ls init --kit kit.age --passphrase-file passphrase
then_exits 6
then_one_error "$work/ls/code is a mount point"
then_hint "umount $work/ls/code, and take it out of /etc/fstab; or name a directory inside it as CODE"
unmount "$work/ls/code"
rmdir ls/code && ln -s @code ls/code
when on_ls init --kit kit.age --passphrase-file passphrase
then_exits 6
then_one_error "symbolic link in the path of CODE, $work/ls/code, and root does not follow it: it leads to $work/ls/@code"
then_hint "CODE=$work/ls/@code in the configuration"
then_absent kit.age
then_absent "$journal"
unmount "$work/ls" && rm ls.img

given "a WS whose code and snapshots are mounts of their own, and an LS whose working copy becomes one"
a_household
btrfs -q subvolume delete ws/code && mount_code ws
btrfs -q subvolume create ws/@snapshots && mkdir -p ws/snapshots
mount -o subvol=@snapshots "$(findmnt -nvo SOURCE "$work/ws")" "$work/ws/snapshots"
mounted+=("$work/ws/snapshots")
a_month "$first" 1
then_copied ls/code "ws/snapshots/dev@$first"
mv ls/code ls/before && mount_code ls
echo mine >ls/code/mine.txt
make_source_tree.py --megabytes 2 2 ws/code
when month "$second"
then_exits 10
grep -q "error: $work/ls/code is a mount point, and no other tree can take its place" err || broken "LS must say why"
grep -q "hint: umount $work/ls/code" err || broken "LS must say what mends it"
then_events artifact.registered 2
then_nothing_hidden
grep -qx mine ls/code/mine.txt || broken "the mount must be as it was"

given "the hint followed"
unmount "$work/ls/code"
when month "$second"
then_exits 0
then_copied ls/code "ws/snapshots/dev@$second"
then_nothing_hidden

given "WS's code as a link"
unmount "$work/ws/code" && rmdir ws/code && ln -s @code ws/code
when LS_request.sh --config ws.conf --replace "$second"
then_exits 6
then_one_error "symbolic link in the path of CODE, $work/ws/code, and root does not follow it: it leads to $work/ws/@code"
when month "$third"
then_exits 6
then_one_error "symbolic link in the path of CODE, $work/ws/code, and root does not follow it: it leads to $work/ws/@code"
then_hint "CODE=$work/ws/@code in the configuration"
[[ -L ws/code ]] || broken "the link must stay"
rm ws/code && mount_code ws

given "LS's working copy moved elsewhere, and a link in its place"
mv ls/code ls/moved && ln -s moved ls/code
make_source_tree.py --megabytes 2 3 ws/code
when month "$third"
then_exits 10
grep -q "error: there is a symbolic link in the path of CODE, $work/ls/code, .*: it leads to $work/ls/moved" err || broken "LS must say why"
grep -q "hint: CODE=$work/ls/moved in the configuration" err || broken "LS must say what mends it"
[[ -L ls/code ]] || broken "the link must stay"
then_nothing_hidden
sed -i "s|^CODE=.*|CODE=$work/ls/moved|" ls.conf
when month "$third"
then_exits 0
then_copied ls/moved "ws/snapshots/dev@$third"

given "WS asks for a month in the place of its code, which is a mount point"
when LS_request.sh --config ws.conf --replace "$first"
then_exits 6
then_one_error "$work/ws/code is a mount point, and no other tree can take its place"
then_hint "LS_request.sh $first makes the tree next to it; then umount $work/ws/code"
when LS_request.sh --config ws.conf "$first"
then_exits 0
then_equal_trees "ws/code.restored-$first" "ws/snapshots/dev@$first"
find ws/code -mindepth 1 -delete
when LS_request.sh --config ws.conf "$second"
then_exits 0
then_prints "ws/code.restored-$second\$"
then_nothing_hidden
then_journal sound
