#!/usr/bin/env bash
# init_WS.sh moves snapshots out of their user's reach: with their UUIDs where one rename can, so that the next month is an
# increment; where it cannot, the next month is a full one. Where the user's home is the mount, a subvolume of root's is
# mounted.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
new=/home/.devjournal/dev
lies_in() { # PLACE: as an installation of before has it
    on_ws sh -c "mv $new $1 && rmdir /home/.devjournal && sed -i 's|^SNAPSHOTS=.*|SNAPSHOTS=$1|' /etc/devjournal/dev.conf"
}
then_done() {
    when init_WS
    then_exits 0
    grep -q "nothing to change" err || broken "it must be finished"
}

given "two machines, and a month whose snapshot lies below the user's home"
a_host ls
a_host ws
installed_and_paired
edit 1
when on_ws ws_dev_run_month.sh "$(month 4)"
then_exits 0
lies_in /home/chuck/.snapshots
when on_ws ws_dev_run_month.sh "$(month 3)"
then_exits 6

given "a move that is killed before and after its rename"
for moment in rename after; do
    status=0
    if [[ $moment == rename ]]; then inject=renameat:signal=KILL; else inject=fsync:signal=KILL; fi
    on_ws strace -f -qq -o /dev/null -e "inject=$inject" devjournal places move /home/chuck/.snapshots "$new" >out 2>err || status=$?
    ((status == 137)) || broken "it must be killed, exit status $status"
    when on_ws ws_dev_run_month.sh "$(month 3)"
    then_exits 6
    then_one_error "root does not work with /home/chuck/.snapshots"
done
when init_WS
then_exits 0
then_done
edit 2
when on_ws ws_dev_run_month.sh "$(month 3)"
then_exits 0
then_chain full incr
then_followed "$(month 3)"

given "an old place that is in another subvolume, which no rename leaves"
on_ws sh -c "btrfs -q subvolume create /home/chuck/sub && chown chuck: /home/chuck/sub && mkdir -m 700 /home/chuck/sub/.snapshots && rm -rf --one-file-system /home/none"
on_ws sh -c "btrfs -q subvolume snapshot -r $new/dev@$(month 3) /home/chuck/sub/.snapshots/dev@$(month 3) && btrfs -q subvolume delete $new/* &&
    rmdir $new /home/.devjournal && sed -i 's|^SNAPSHOTS=.*|SNAPSHOTS=/home/chuck/sub/.snapshots|' /etc/devjournal/dev.conf"
when init_WS
then_exits 0
grep -q "its snapshots stay there, and the next month is a full one" err || broken "it must say so"
grep -q "left to do: .*btrfs subvolume delete" err || broken "it must say what is left to do"
then_done
edit 3
when on_ws ws_dev_run_month.sh "$(month 2)"
then_exits 0
grep -q "the parent snapshot .* is gone: dev@$(month 2) becomes a full one" err || broken "it must say why"
then_chain full incr full
then_followed "$(month 2)"

given "a user's home that is the mount: no place on it is root's"
# shellcheck disable=SC2016 # WS's shell expands it
on_ws sh -c '
    device=$(findmnt -nvo SOURCE /home) && mkdir /run/top && mount -o subvolid=5 $device /run/top && btrfs -q subvolume create /run/top/@chuck &&
    chown chuck: /run/top/@chuck && btrfs -q subvolume snapshot /home/chuck/code /run/top/@chuck/code && umount /run/top &&
    mount -o subvol=@chuck $device /home/chuck'
sed -i 's/^SNAPSHOTS=.*/SNAPSHOTS=/' "$hosts/ws/root/etc/devjournal/dev.conf"
when init_WS --accept-code
then_exits 0
place=/var/lib/devjournal/.snapshots/dev
on_ws mountpoint -q "$place" || broken "it must be mounted"
then_mode ws "$place" root:root 700
on_ws grep -q "^UUID=.* $place btrfs subvolid=[0-9]*,nodev,nosuid,noexec,nofail" /etc/fstab || broken "it must be in fstab"
then_done
edit 4
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_chain full incr full full
on_ws umount "$place"
edit 5
when on_ws ws_dev_run_month.sh "$(month 0)"
then_exits 0
then_chain full incr full full incr
on_ws "$repository/tools/list_tree.py" /home/chuck/code >code.list # the mount is WS's own
list_tree.py "$received/dev@$(month 0)" | cmp -s - code.list || broken "LS's snapshot must be equal"
on_ws test -e "$place/dev@$(month 0)" || broken "the snapshot must be there"
then_journals
