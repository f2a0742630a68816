#!/usr/bin/env bash
# What runs as root is steered by nobody's names and links: on WS the user moves the snapshots' old place, puts links and
# other subvolumes in CODE's place; on LS the account that serves plants links and hard links where init_LS.sh works. Each
# is refused, nothing else on the machine changes, and the next honest month is an increment.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

as_chuck() { on_ws runuser -u chuck -- "$@"; }
edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
code=/home/chuck/code old=/home/chuck/.snapshots new=/home/.devjournal/dev dev=/srv/btrfs-backups/dev
others() { # HOST: what no attack may change, with who may do what
    on_host "$1" sh -c 'find /home/bob /root /etc /srv/secret -xdev -not -path "/etc/devjournal/*" -printf "%p %y %m %U:%G %s\n" 2>/dev/null | sort'
}
then_unharmed() { # HOST
    others "$1" >"$1.after"
    diff "$1.before" "$1.after" >diff.out || broken "something changed on $1: $(cat diff.out)"
    printf 'then  nothing else changed on %s\n' "$1"
}
then_refused() { # PATTERN
    then_exits 6
    then_one_error "$1"
    then_unharmed ws
}

given "two machines, a month, and another user on WS with a subvolume of his own"
a_host ls
a_host ws
installed_and_paired
edit 1
when on_ws ws_dev_run_month.sh "$(month 2)"
then_exits 0
# shellcheck disable=SC2016 # WS's shell expands it
on_ws sh -c 'useradd --uid 4322 --create-home --skel /nonexistent bob && mkdir -p /home/bob/.receiving /home/shared && chmod 777 /home/shared &&
    for place in bob/kept bob/.receiving/kept shared/bobs; do btrfs -q subvolume create /home/$place && touch /home/$place/file; done &&
    chown -R bob: /home/bob /home/shared/bobs'
others ws >ws.before

given "the place that snapshots have: out of the user's reach"
when as_chuck mv /home/.devjournal "$code/"
then_exits 1
when as_chuck ls "$new"
then_exits 2

given "the snapshots' old place, below his home, moved away; a link of its name to another user's directory"
on_ws sh -c "mv $new $old && rmdir /home/.devjournal && sed -i 's|^SNAPSHOTS=.*|SNAPSHOTS=$old|' /etc/devjournal/dev.conf"
as_chuck sh -c "mv $old $old.mine && ln -s /home/bob $old"
for command in "ws_dev_run_month.sh $(month 1)" "ws_dev_snapshot.sh $(month 1)" "ws_dev_export_and_push.sh $(month 2)" "LS_request.sh latest"; do
    # shellcheck disable=SC2086 # words
    when as_chuck $command
    then_refused "root does not work with $old: /home/chuck belongs to user 4321"
    then_hint "init_WS.sh moves"
done
when init_WS
then_refused "$old is not a directory of root's alone"
as_chuck sh -c "rm $old && mkdir $old && ln -s /home/bob/.receiving $old/.receiving"
when as_chuck LS_request.sh latest
then_refused "root does not work with $old"
when init_WS
then_refused "$old is not a directory of root's alone"
as_chuck sh -c "rm -r $old && mv $old.mine $old"
uuid() { on_ws btrfs subvolume show "$1/dev@$(month 2)" | awk '$1 == "UUID:" { print $2 }'; }
before=$(uuid "$old")

given "the place put back, and moved by init_WS.sh"
when init_WS --dry-run
then_exits 0
grep -q "would move the snapshots from $old to $new" err || broken "it must say so"
on_ws test -d "$old" || broken "nothing may be moved"
when init_WS
then_exits 0
[[ $(uuid "$new") == "$before" ]] || broken "the snapshot must keep its UUID"
on_ws test ! -e "$old" || broken "the old place must be gone"
on_ws grep -qx "SNAPSHOTS=$new" /etc/devjournal/dev.conf || broken "the configuration must name the new place"
when init_WS
then_exits 0
grep -q "nothing to change" err || broken "it must be finished"

given "links and other subvolumes in CODE's place"
as_chuck sh -c "mv $code $code.mine && ln -s code.mine $code"
when as_chuck ws_dev_run_month.sh "$(month 1)"
then_refused "symbolic link in the path of CODE"
as_chuck rm "$code"
on_ws mv /home/shared/bobs "$code"
when as_chuck ws_dev_run_month.sh "$(month 1)"
then_refused "$code is subvolume .* of user 4322, and was .* of user 4321"
on_ws mv "$code" /home/shared/bobs
as_chuck btrfs -q subvolume create "$code"
when as_chuck ws_dev_run_month.sh "$(month 1)"
then_refused "$code is subvolume .* of user 4321, and was .* of user 4321"
then_hint "init_WS.sh --accept-code"
when init_WS
then_exits 0
grep -q "left to do: $code is not the subvolume" err || broken "it must say so"
on_ws btrfs -q subvolume delete "$code"
as_chuck mv "$code.mine" "$code"
on_ws chown bob "$code"
when as_chuck ws_dev_run_month.sh "$(month 1)"
then_refused "$code belongs to user 4322, and belonged to user 4321"
on_ws chown chuck "$code"
on_ws sed -i 's|^CODE=.*|CODE=/home/chuck/work/code|' /etc/devjournal/dev.conf
as_chuck ln -s /home/bob /home/chuck/work
when as_chuck LS_request.sh --replace latest
then_refused "symbolic link in the path of CODE, /home/chuck/work/code, .*: it leads to /home/bob/code"
on_ws sed -i "s|^CODE=.*|CODE=$code|" /etc/devjournal/dev.conf
[[ $(on_ws ls "$new") == "dev@$(month 2)" ]] || broken "no snapshot may have been taken: $(on_ws ls "$new")"

given "a configuration that others may write, and verbs of the other machine"
helper=(sudo -n /usr/local/libexec/devjournal-root dev)
for place in /etc/devjournal/dev.conf /etc/devjournal; do
    on_ws sh -c "chgrp chuck $place && chmod g+w $place"
    when as_chuck ws_dev_run_month.sh "$(month 1)"
    then_exits 6
    then_one_error "$place must be root's own"
    when on_ws ws_dev_run_month.sh "$(month 1)"
    then_exits 6
    then_one_error "$place: it may be written by others"
    on_ws sh -c "chgrp root $place && chmod g-w $place"
done
on_ws sh -c "mv /etc/devjournal/dev.conf $code/ && ln -s $code/dev.conf /etc/devjournal/dev.conf"
when as_chuck "${helper[@]}" ws_dev_snapshot.sh "$(month 1)"
then_exits 6
when on_ws ws_dev_snapshot.sh "$(month 1)"
then_exits 6
then_one_error "dev.conf: it is a symbolic link"
on_ws mv "$code/dev.conf" /etc/devjournal/dev.conf
then_unharmed ws
when as_chuck "${helper[@]}" clear
then_exits 6
for script in ws_dev_run_month.sh ws_dev_snapshot.sh LS_request.sh; do
    when as_server "${helper[@]}" "$script" "$(month 1)"
    then_exits 6
    then_one_error "$script is WS's"
done
when as_server "${helper[@]}" restore_backup_LS.sh "$(month 2)"
then_exits 64

given "on LS, links and a hard link planted where init_LS.sh works"
on_ls sh -c "echo secret >/srv/secret && chmod 600 /srv/secret && ln /srv/secret $dev/keys/hard.key"
others ls >ls.before
when init_LS
then_exits 2
grep -q "hard.key: Too many links" err || broken "it must name the file"
then_unharmed ls
on_ls rm "$dev/keys/hard.key"
others ls >ls.before
for place in keys/other.key:/srv/secret tmp/recovery-kit.age:/srv/secret logs/link.log:/srv/secret manifests/state.env:/srv/secret keys/root.fingerprint:/srv/secret \
    journal/000000000001.jsonl:/srv/secret; do
    path=$dev/${place%:*}
    as_server sh -c "test ! -e $path || mv $path $path.mine; ln -s ${place#*:} $path"
    when init_LS --kit /root/kit.age
    ! grep -q secret out || broken "$place: what is root's was read"
    then_unharmed ls
    as_server sh -c "rm $path; test ! -e $path.mine || mv $path.mine $path"
done
when as_server mv "$dev/restore" "$dev/moved"
then_exits 1
when as_server ln -s /root "$dev/link"
then_exits 1

given "an LS of before, whose account can replace directories in LS_ROOT"
for place in manifests restore journal; do
    on_ls sh -c "chmod 1775 $dev && mv $dev/$place $dev/mine && ln -s /root $dev/$place && chown -h devjournal $dev/$place"
    when init_LS
    ((status)) || broken "$place: it must be refused"
    then_unharmed ls
    when as_server sudo -n /usr/local/libexec/devjournal-root dev clear
    [[ $place != restore ]] || then_exits 6
    on_ls sh -c "rm $dev/$place && mv $dev/mine $dev/$place"
done
on_ls sh -c "chmod 1775 $dev && chown devjournal $dev/artifacts $dev/logs && chmod 755 $dev/artifacts $dev/logs $dev/journal $dev/manifests && chown devjournal $dev/restore"
when as_server sudo -n /usr/local/libexec/devjournal-root dev clear
then_exits 6
then_one_error "may be written by others"
when init_LS
then_exits 0
then_mode ls "$dev" root:devjournal 750
then_mode ls "$dev/logs" root:devjournal 1770
then_mode ls "$dev/restore" root:root 700
when init_LS
then_exits 0
grep -q "nothing to change" err || broken "it must be finished"
when on_ls runuser -u chuck -- cat "$dev/manifests/state.env"
then_exits 1
then_unharmed ls

given "the next honest month"
edit 2
when as_chuck ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_chain full incr
then_followed "$(month 1)"
then_journals
then_unharmed ws

given "a full one, which chuck wants whatever is due"
when as_chuck ws_dev_run_month.sh --full "$(month 0)"
then_exits 0
then_chain full incr full
