#!/usr/bin/env bash
# LS is lost with its disk: a new one is installed from the recovery kit, its passphrase and the bucket, the latest
# snapshot is restored with the specification's three commands, WS is paired with it again, and the next month is an
# increment. Then LS is lost once more, with a month that the bucket never had: WS's replica brings it back.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
keep_kit() { cp "$hosts/ls/root/root/recovery-kit.age" kit.age; }
new_ls() {
    host_ends ls
    a_host ls
    given_passphrase
    install -m 0600 kit.age "$hosts/ls/root/root/recovery-kit.age"
}
recovered_by() { # COMMAND [NAME=VALUE…]
    by_the_guide ls "$1" KIT=/root/recovery-kit.age PASSPHRASE=/root/passphrase MIRROR=file:///mnt/bucket "${@:2}"
    ls_line=$(pairing_line ls1)
}
paired_again() {
    by_the_guide ws "sudo init_WS.sh --pair 'LINE'" LINE="$ls_line"
    grep -q "on LS, as root: init_LS.sh --pair" out || broken "LS does not let WS in yet"
    by_the_guide ls "sudo init_LS.sh --pair 'LINE'" LINE="$(pairing_line ws1)"
    by_the_guide ws "sudo init_WS.sh"
    grep -q "LS answers" out || broken "LS must let WS in"
}

given "three months, mirrored"
a_host ls
a_host ws
installed_and_paired
keep_kit
copied_kit /root/recovery-kit.age
by_the_guide ls "sudo devjournal kit verify COPY --passphrase-file PASSPHRASE" COPY=/home/chuck/copy.age PASSPHRASE=/root/passphrase
for ago in 4 3 2; do
    edit $((5 - ago))
    by_the_guide ws "ws_dev_run_month.sh 2026-01" 2026-01="$(month $ago)"
done
by_the_guide ls "sudo push_to_cloud.sh"
cp "$ls_root/manifests/snapshots_v2.tsv" manifest.before
list_tree.py "$ws_code" >code.before
list_tree.py --without-power "$ws_code" >copy.before
when on_ws ws_dev_run_month.sh "$(month 2)" # WS hears that the bucket has it all
then_exits 0

given "a new LS"
new_ls
when init_LS --recover /root/recovery-kit.age --passphrase-file /root/passphrase
then_exits 64
recovered_by "sudo tools/init_LS.sh --binary .build/release/devjournal --recover KIT --passphrase-file PASSPHRASE --mirror MIRROR"
cmp -s "$ls_root/manifests/snapshots_v2.tsv" manifest.before ||
    broken "the manifest must be the same: $(diff manifest.before "$ls_root/manifests/snapshots_v2.tsv")"
by_the_guide ls "sudo pull_from_cloud.sh latest"
by_the_guide ls "sudo store_on_LS.sh /tmp/dev-backup-cloud-pull"
by_the_guide ls "sudo restore_backup_LS.sh latest"
by_the_guide ls "sudo devjournal fetch"
list_tree.py "$ls_code" | cmp -s - copy.before || broken "the working copy must be the same"
paired_again
then_journals

given "the next month"
edit 4
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_chain full incr incr incr
then_followed "$(month 1)"
then_journals

given "LS lost once more, and the bucket lacks that month: WS has its record and its artifact"
by_the_guide ws "sudo sh -c 'cat /var/lib/devjournal/dev/replica/*.jsonl' >replica.jsonl" ">replica.jsonl=>/tmp/replica.jsonl"
by_the_guide ws "sudo cat /var/lib/devjournal/dev/heads >heads" ">heads=>/tmp/heads"
lacking=$(basename "$hosts"/ws/root/var/lib/devjournal/dev/spool/*.send.zst.age)
cp "$hosts/ws/root/var/lib/devjournal/dev/spool/$lacking" "$hosts"/ws/root/tmp/{heads,replica.jsonl} .
new_ls
cp heads replica.jsonl "$lacking" "$hosts/ls/root/mnt/"
recovered_by "sudo tools/init_LS.sh --binary .build/release/devjournal --recover KIT --passphrase-file PASSPHRASE --mirror MIRROR --witness replica.jsonl --head heads" \
    " replica.jsonl= /mnt/replica.jsonl" " heads= /mnt/heads"
paired_again
then_journals
when on_ls pull_from_cloud.sh "$(month 2)"
then_exits 0
when on_ls store_on_LS.sh /tmp/dev-backup-cloud-pull
then_exits 0
when on_ls restore_backup_LS.sh latest
then_exits 7
then_one_error "$lacking is missing"
by_the_guide ls "sudo install -o devjournal FILE /srv/btrfs-backups/dev/tmp/" FILE="/mnt/$lacking"
by_the_guide ls "sudo ls_dev_register_artifact.sh /srv/btrfs-backups/dev/tmp/dev@2026-01.full.send.zst.age" dev@2026-01.full.send.zst.age="$lacking"
by_the_guide ls "sudo restore_backup_LS.sh latest"
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_followed "$(month 1)"
edit 5
when on_ws ws_dev_run_month.sh "$(month 0)"
then_exits 0
then_chain full incr incr incr incr
then_followed "$(month 0)"
then_journals
when on_ls push_to_cloud.sh
then_exits 0
when on_ls sudo devjournal audit
((status == 0 || status == 4)) || broken "the audit must run"
