#!/usr/bin/env bash
# Both machines are lost: LS comes back from kit and bucket, WS from LS, and the next month is an increment. Before that an
# anchor that twelve months have made due, and edits on LS that its working copy's next update keeps. After it the old LS
# comes back from the dead: it cannot write to the bucket any more.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
run_month() { when on_ws ws_dev_run_month.sh "$1" && then_exits 0; }

given "an anchor; edits on LS, brought over by hand; an anchor that is due twelve months later, and an increment"
a_host ls
a_host ws
installed_and_paired
on_ws runuser -u chuck -- sh -c 'echo code >/home/chuck/code/file'
run_month "$(month 14)"
on_ls runuser -u chuck -- sh -c 'echo mine >/home/chuck/code/made-on-ls'
on_ws runuser -u chuck -- sh -c 'mkdir -m 0700 /home/chuck/.ssh && ssh-keygen -q -t ed25519 -N "" -f /home/chuck/.ssh/id_ed25519'
sed 's/^/ls /' "$hosts/ls/root/etc/ssh/ssh_host_ed25519_key.pub" >"$hosts/ws/root/home/chuck/.ssh/known_hosts"
on_ls sh -c 'install -d -o chuck -m 0700 /home/chuck/.ssh && cat >/home/chuck/.ssh/authorized_keys' <"$hosts/ws/root/home/chuck/.ssh/id_ed25519.pub"
by_the_guide ws "rsync -aHAXn --itemize-changes HOST:/home/chuck/code/ /home/chuck/code/" HOST=ls
grep -q 'made-on-ls' out || broken "it must say what would come"
[[ ! -e $ws_code/made-on-ls ]] || broken "nothing comes yet"
by_the_guide ws "rsync -aHAX HOST:/home/chuck/code/ /home/chuck/code/" HOST=ls
[[ $(cat "$ws_code/made-on-ls") == mine ]] || broken "the edits must be brought"
rm "$ws_code/made-on-ls"
edit 1
run_month "$(month 2)"
then_chain full full
cat "$journal"/*.jsonl | grep -q '"rule":"months","months":12' || broken "the reason must be the twelve months"
[[ $(cat "$hosts"/ls/root/home/chuck/code.before-*/made-on-ls) == mine ]] || broken "the edits on LS must be kept"
when on_ls devjournal copies
then_exits 0
then_prints '^code\.before-.*made-on-ls \(new\)$'
edit 2
run_month "$(month 1)"
then_chain full full incr
then_followed "$(month 1)"
when on_ls push_to_cloud.sh
then_exits 0
cp "$hosts/ls/root/root/recovery-kit.age" kit.age
list_tree.py "$ws_code" >code.before
list_tree.py --without-power "$ws_code" >copy.before
mkdir old
cp -a "$ls_root" old/dev
chown -R root: old

given "two new machines"
host_ends ls
host_ends ws
a_host ls
a_host ws
given_passphrase
install -m 0600 kit.age "$hosts/ls/root/root/recovery-kit.age"
by_the_guide ls "sudo tools/init_LS.sh --binary .build/release/devjournal --recover KIT --passphrase-file PASSPHRASE --mirror MIRROR" \
    KIT=/root/recovery-kit.age PASSPHRASE=/root/passphrase MIRROR=file:///mnt/bucket
ls_line=$(pairing_line ls1)
by_the_guide ls "sudo pull_from_cloud.sh latest"
by_the_guide ls "sudo store_on_LS.sh /tmp/dev-backup-cloud-pull"
by_the_guide ls "sudo restore_backup_LS.sh latest"
by_the_guide ws "sudo tools/init_WS.sh --binary .build/release/devjournal --ls HOST --pair 'LINE'" HOST=ls LINE="$ls_line"
by_the_guide ls "sudo init_LS.sh --pair 'LINE' --replace" LINE="$(pairing_line ws1)"
by_the_guide ws "sudo init_WS.sh"
by_the_guide ws "LS_request.sh latest"
list_tree.py "$ws_code" | cmp -s - code.before || broken "$ws_code must be the tree from before"
list_tree.py "$ls_code" | cmp -s - copy.before || broken "$ls_code must be the copy from before"
edit 3
run_month "$(month 0)"
then_chain full full incr incr
then_followed "$(month 0)"
then_journals
when on_ls push_to_cloud.sh
then_exits 0

given "the old LS, back with all its keys"
printf 'LS_ROOT=%s\nMIRROR=file://%s\nWORKTREE=off\n' "$work/old/dev" "$work/bucket" >old.conf
devjournal append --config old.conf note text='still alive' >/dev/null
when devjournal push --config old.conf
then_exits 9
then_one_error "epoch 2"
when on_ls push_to_cloud.sh
then_exits 0
then_journals
