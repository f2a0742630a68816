#!/usr/bin/env bash
# LS is lost with its disk, and the recovery kit with it: nothing in the bucket can be opened any more. A new LS begins a
# journal that succeeds the old one, from the lines that WS has, in a prefix of its own; WS follows it, and its months continue
# with a full one. Then LS is lost once more, and comes back from the new kit and the new prefix.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
run_month() { when on_ws ws_dev_run_month.sh "$1" && then_exits 0; }
new_ls() {
    host_ends ls
    a_host ls
    given_passphrase
}
then_says() { # on either stream: a terminal has one
    { cat out && { [[ ! -e err ]] || cat err; }; } | grep -Eq -- "$1" || broken "it must say: $1"
}
state=$hosts/ws/root/var/lib/devjournal/dev

given "two months, mirrored; WS knows it, and says something more while LS burns down"
a_host ls
a_host ws
installed_and_paired
edit 1
run_month "$(month 4)"
edit 2
run_month "$(month 3)"
by_the_guide ls "sudo push_to_cloud.sh"
run_month "$(month 3)"
old_log=$(on_ws sh -c 'cut -d " " -f 1 /var/lib/devjournal/dev/replica.pin')
host_ends ls
on_ws devjournal append --outbox note text='nobody hears this' >/dev/null 2>&1
edit 3
when on_ws ws_dev_run_month.sh "$(month 2)"
then_exits 11
(cd bucket && find . -type f -exec sha256sum {} +) | sort >bucket.before
by_the_guide ws "sudo sh -c 'cat /var/lib/devjournal/dev/replica/*.jsonl' >replica.jsonl" ">replica.jsonl=>/tmp/replica.jsonl"
by_the_guide ws "sudo cat /var/lib/devjournal/dev/heads >heads" ">heads=>/tmp/heads"
cp "$hosts"/ws/root/tmp/{heads,replica.jsonl} .
by_the_guide ws "sudo cat /var/lib/devjournal/dev/replica.pin"
old_root=$(grep -a "^$old_log" out | cut -d ' ' -f 2)
size=$(wc -l <replica.jsonl)

given "a new LS without the kit"
a_host ls
given_passphrase
cp heads replica.jsonl "$hosts/ls/root/mnt/"
succeeding=(--succeeds /mnt/replica.jsonl --head /mnt/heads --passphrase-file /root/passphrase --kit /root/recovery-kit.age)
when init_LS "${succeeding[@]}" --mirror file:///mnt/bucket
then_exits 64
then_one_error "whose journal was it"
when init_LS "${succeeding[@]}" --root "$old_root" --witness /mnt/replica.jsonl --mirror file:///mnt/bucket
then_exits 64
when init_LS --first --root "$old_root" --passphrase-file /root/passphrase
then_exits 64
when init_LS --succeeds /mnt/nowhere --root "$old_root" --passphrase-file /root/passphrase
then_exits 7
on_ls test ! -e /etc/devjournal/dev.conf || broken "nothing may be there yet"
when init_LS "${succeeding[@]}" --root "$old_root" --mirror file:///mnt/bucket
then_exits 6
then_one_error "the mirror file:///mnt/bucket holds the journal that is succeeded"
on_ls test ! -e /srv/btrfs-backups/dev/journal/000000000001.jsonl || broken "no journal may be there"
on_ls test ! -e /etc/devjournal/dev.conf || broken "no configuration with that mirror may be there"
when init_LS "${succeeding[@]}" --root "${old_root//[0-9]/b}" --mirror file:///mnt/bucket
then_exits 1
then_one_error "no root with the fingerprint"
mkdir bucket/second

given "an init that is interrupted before its kit is recorded"
# cut_back RECORDS: of four; recipients and kit are not recorded yet.
cut_back() { on_ls sh -c "cd /srv/btrfs-backups/dev/journal && head -n $1 000000000001.jsonl >x && cat x >000000000001.jsonl && rm -r x cache checkpoint"; }
when init_LS "${succeeding[@]}" --root "$old_root" --mirror file:///mnt/bucket/second
then_exits 0
cut_back 2
on_ls sh -c 'install -o devjournal -m 0600 /root/recovery-kit.age /srv/btrfs-backups/dev/tmp/ && rm /root/recovery-kit.age'
when init_LS "${succeeding[@]}" --root "$old_root" --mirror file:///mnt/bucket/second
then_exits 0
then_says "finish the journal that an interrupted init began"
cut_back 3
on_ls rm /root/recovery-kit.age
by_the_guide ls "sudo tools/init_LS.sh --binary .build/release/devjournal --succeeds replica.jsonl --head heads --root ROOT --passphrase-file PASSPHRASE --kit KIT --mirror MIRROR" \
    " replica.jsonl= /mnt/replica.jsonl" " heads= /mnt/heads" ROOT="$old_root" PASSPHRASE=/root/passphrase KIT=/root/recovery-kit.age MIRROR=file:///mnt/bucket/second
then_says "put the journal of an interrupted init aside"
then_says "sealed to a key that was lost: 2 artifacts .* up to dev@$(month 3), and all that is in file:///mnt/bucket"
ls_line=$(pairing_line ls1)
cp "$hosts/ls/root/root/recovery-kit.age" kit.age
when init_LS "${succeeding[@]}" --root "$old_root"
then_exits 0
then_says "nothing to change"

given "WS, which knows the old journal"
when init_WS --ls ls --pair "$ls_line" --yes
then_exits 6
then_one_error "this workstation belongs to journal $old_log"
then_hint "--succeed"
when init_WS --succeed
then_exits 64
when init_WS --ls ls --pair "$ls_line" --yes --succeed --dry-run
then_exits 0
then_says "would put journal $old_log aside"
[[ ! -e $state/before ]] || broken "nothing may have moved"
on_ws flock /var/lib/devjournal/dev/month.lock sleep 4 &
sleep 1
when init_WS --ls ls --pair "$ls_line" --yes --succeed
then_exits 2
then_one_error "a run of the month is in progress"
[[ ! -e $state/before ]] || broken "nothing may have moved"
wait $!
by_the_guide ws "sudo init_WS.sh --pair 'LINE' --succeed" LINE="$ls_line"
then_says "events of the outbox can never be delivered"
then_says "lost: note nobody hears this"
then_says "lost: snapshot.taken dev@$(month 2)"
by_the_guide ls "sudo init_LS.sh --pair 'LINE'" LINE="$(pairing_line ws1)"
by_the_guide ws "sudo init_WS.sh"
then_says "LS answers"
then_journals
cmp -s <(cat "$state/before/$old_log/replica"/*.jsonl) replica.jsonl || broken "the old replica must be kept"

given "an older month, the last one again, and the one that never reached the old LS"
when on_ws ws_dev_run_month.sh "$(month 4)"
then_exits 6
then_one_error "dev@$(month 4) is before dev@$(month 3)"
run_month "$(month 3)"
grep -q "becomes full (succession)" err || broken "it must be an anchor of the succession"
then_chain full
then_followed_snapshot() { then_equal_trees "$hosts/ws/root/home/.devjournal/dev/dev@$1" "$received/dev@$1"; }
then_followed_snapshot "$(month 3)"
run_month "$(month 2)"
then_followed_snapshot "$(month 2)"
edit 4
run_month "$(month 1)"
then_chain full incr incr
then_followed "$(month 1)"
then_journals
when on_ls push_to_cloud.sh
then_exits 0
checkpoint=bucket/second/dev/manifests/checkpoint.age
cp "$checkpoint" checkpoint
a_flipped_bit "$checkpoint"
when on_ls push_to_cloud.sh
then_exits 1
then_hint "restore-checkpoint"
cp checkpoint "$checkpoint"
when on_ls push_to_cloud.sh
then_exits 0
(cd bucket && find . -type f ! -path './second/*' -exec sha256sum {} +) | sort | cmp -s - bucket.before || broken "the old prefix must stay as it is"
run_month "$(month 1)"
list_tree.py "$ws_code" >code.before
list_tree.py --without-power "$ws_code" >copy.before

given "an audit"
when on_ls sudo devjournal audit
then_exits 0
then_prints "notable: journal-succeeds: this journal succeeds journal $old_log .* sealed to a key that was lost: 2 artifacts .* up to dev@$(month 3)"
when on_ls sudo devjournal verify
then_exits 0
then_prints "before: $size records of journal $old_log, which this one succeeds, are kept and sound"

given "the old mirror, in the configuration by mistake"
on_ls sed -i 's|^MIRROR=.*|MIRROR=file:///mnt/bucket|' /etc/devjournal/dev.conf
when on_ls push_to_cloud.sh
then_exits 9
then_one_error "holds the journal that this one succeeds"
when on_ls sudo devjournal push --check
then_exits 9
then_hint "a prefix of its own"

given "LS lost once more, with its kit at hand"
new_ls
install -m 0600 kit.age "$hosts/ls/root/root/recovery-kit.age"
by_the_guide ls "sudo tools/init_LS.sh --binary .build/release/devjournal --recover KIT --passphrase-file PASSPHRASE --mirror MIRROR" \
    KIT=/root/recovery-kit.age PASSPHRASE=/root/passphrase MIRROR=file:///mnt/bucket/second
ls_line=$(pairing_line ls1)
by_the_guide ls "sudo pull_from_cloud.sh latest"
by_the_guide ls "sudo store_on_LS.sh /tmp/dev-backup-cloud-pull"
by_the_guide ls "sudo restore_backup_LS.sh latest"
list_tree.py "$ls_code" | cmp -s - copy.before || broken "the working copy must be the same"
by_the_guide ws "sudo init_WS.sh --pair 'LINE'" LINE="$ls_line"
by_the_guide ls "sudo init_LS.sh --pair 'LINE'" LINE="$(pairing_line ws1)"
by_the_guide ws "sudo init_WS.sh"
on_ws rm -r /home/chuck/code/lib
by_the_guide ws "LS_request.sh --replace 2026-01" 2026-01="$(month 1)"
list_tree.py "$ws_code" | cmp -s - code.before || broken "WS must have its tree back"
edit 5
run_month "$(month 0)"
then_chain full incr incr incr
then_followed "$(month 0)"
then_journals
when on_ls sudo devjournal audit
((status == 0 || status == 4)) || broken "the audit must run"
then_prints "journal-succeeds: this journal succeeds journal $old_log"
when on_ls sudo devjournal verify
then_exits 0
then_prints "before: $size records of journal $old_log, which this one succeeds, are kept and sound"
