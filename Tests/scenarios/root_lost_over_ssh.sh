#!/usr/bin/env bash
# The kit's passphrase is lost and LS lives, by the guide: LS makes a new kit, WS endorses its root and pins it again, the
# months continue as increments, and the new kit brings LS back when that is lost.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
kit=/home/chuck/new-kit.age

given "two months, mirrored; the kit's passphrase is lost"
a_host ls
a_host ws
installed_and_paired
rm "$hosts/ls/root/root/passphrase"
old=$(cat "$ls_root/keys/root.fingerprint")
for ago in 3 2; do
    edit $((4 - ago))
    by_the_guide ws "ws_dev_run_month.sh 2026-01" 2026-01="$(month $ago)"
done
by_the_guide ls "sudo push_to_cloud.sh"

given "the first step on LS, and what WS thinks of it"
on_ls runuser -u chuck -- sh -c 'umask 077 && echo a new passphrase >/home/chuck/passphrase'
names=("KIT=$kit" PASSPHRASE=/home/chuck/passphrase)
by_the_guide ls "sudo devjournal key replace-root --kit KIT --passphrase-file PASSPHRASE --reason 'passphrase lost'" "${names[@]}"
line=$(grep -a "^devjournal-root-v1:" out) new=$(sed -n "s/.*its root's fingerprint is //p" out)
by_the_guide ws "sudo init_WS.sh"
by_the_guide ws "sudo devjournal key endorse 'LINE'" LINE="$line"
for word in "old root.*$old" "new root.*$new" "passphrase lost"; do then_prints "$word"; done
line=$(grep -ao "devjournal-endorsed-v1:.*" out)

given "the second step, and the new kit on a medium of its own"
by_the_guide ls "sudo devjournal key replace-root --kit KIT --passphrase-file PASSPHRASE --endorsed 'LINE'" "${names[@]}" LINE="$line"
then_prints "root fingerprint: $new"
[[ $(events root.replaced) == 1 ]] || broken "root.replaced must stand once"
copied_kit "$kit"
by_the_guide ls "sudo devjournal kit verify COPY --passphrase-file PASSPHRASE" COPY=/home/chuck/copy.age PASSPHRASE=/home/chuck/passphrase
by_the_guide ls "sudo init_LS.sh"
line=$(pairing_line ls1)
[[ $line == *" $new "* ]] || broken "LS's line must name the new root: $line"

given "WS, where the old root is pinned: a month is kept here and not handed over"
edit 3
when on_ws ws_dev_run_month.sh "$(month 1)"
((status != 0)) || broken "WS must refuse"
grep -q "root-replaced" err || broken "it must say why"
grep -q "hint: .*sudo init_WS.sh --pair 'LINE'" err || broken "it must say what to do"
[[ $(events artifact.registered) == 2 ]] || broken "nothing may be registered"

given "WS pinned again"
by_the_guide ws "sudo init_WS.sh --pair 'LINE'" LINE="$line"
then_prints "its root's fingerprint: $new"
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_chain full incr incr
then_followed "$(month 1)"
then_journals
by_the_guide ls "sudo push_to_cloud.sh"

given "LS lost: the old kit, whose passphrase was found after all, brings nothing back, the new one does"
cp "$hosts/ls/root/home/chuck/copy.age" new.age
cp "$hosts/ls/root/root/recovery-kit.age" old.age
host_ends ls
a_host ls
given_passphrase
install -m 0600 old.age new.age "$hosts/ls/root/root"
when init_LS --recover /root/old.age --passphrase-file /root/passphrase --mirror file:///mnt/bucket
((status != 0)) || broken "the old kit must be refused"
grep -q "kit's root key was replaced by record" err || broken "it must say why"
on_ls sh -c 'umask 077 && echo a new passphrase >/root/passphrase'
when init_LS --recover /root/new.age --passphrase-file /root/passphrase --mirror file:///mnt/bucket
then_exits 0
[[ $(cat "$ls_root/keys/root.fingerprint") == "$new" ]] || broken "LS must be under the new root"
[[ $(events artifact.registered) == 3 ]] || broken "all must be back"
when on_ls sudo devjournal audit
grep -q root-replaced out || broken "the audit must tell of it"
