#!/usr/bin/env bash
# LS is lost with its disk: a new one is installed from the recovery kit, its passphrase and the bucket, the latest
# snapshot is restored with the specification's three commands, WS is paired with it again, and the next month is an
# increment. Then LS is lost once more, with a month that the bucket never had: WS's replica brings it back.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/tools/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
keep_kit() { cp "$hosts/ls/root/root/kit/recovery-kit.age" kit.age; }
new_ls() {
    host_ends ls
    a_host ls
    given_passphrase
    install -m 0600 kit.age "$hosts/ls/root/root/recovery-kit.age"
}
paired_again() {
    when init_WS --ls ls --pair "$ls_line" --yes
    then_exits 0
    grep -q "on LS, as root: init_LS.sh --pair" err || broken "LS does not let WS in yet"
    ws_line=$(cat out)
    when init_LS --pair "$ws_line" --yes
    then_exits 0
}

given "three months, mirrored"
a_host ls
a_host ws
installed_and_paired
keep_kit
for ago in 4 3 2; do
    edit $((5 - ago))
    when on_ws ws_dev_run_month.sh "$(month $ago)"
    then_exits 0
done
when on_ls push_to_cloud.sh
then_exits 0
cp "$ls_root/manifests/snapshots_v2.tsv" manifest.before
list_tree.py "$ws_code" >code.before
when on_ws ws_dev_run_month.sh "$(month 2)" # WS hears that the bucket has it all
then_exits 0

given "a new LS"
new_ls
when init_LS --recover /root/recovery-kit.age --passphrase-file /root/passphrase
then_exits 64
when init_LS --recover /root/recovery-kit.age --passphrase-file /root/passphrase --mirror file:///mnt/bucket
then_exits 0
ls_line=$(cat out)
awk '$2 == "ro" || !/^#/' "$ls_root/manifests/snapshots_v2.tsv" | cmp -s - <(awk '$2 == "ro" || !/^#/' manifest.before) ||
    broken "the manifest must be the same: $(diff manifest.before "$ls_root/manifests/snapshots_v2.tsv")"
when on_ls pull_from_cloud.sh latest
then_exits 0
when on_ls store_on_LS.sh /tmp/dev-backup-cloud-pull
then_exits 0
when on_ls restore_backup_LS.sh latest
then_exits 0
list_tree.py "$ls_code" | cmp -s - code.before || broken "the working copy must be the same"
paired_again
when on_ws init_WS.sh
then_exits 0
then_journals

given "the next month"
edit 4
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_chain full incr incr incr
then_followed "$(month 1)"
then_journals

given "LS lost once more, and the bucket lacks that month: WS has its record and its artifact"
new_ls
cat "$replica"/*.jsonl >"$hosts/ls/root/root/replica.jsonl"
cp "$hosts/ws/root/var/lib/devjournal/dev/heads" "$hosts/ls/root/root/heads"
when init_LS --recover /root/recovery-kit.age --passphrase-file /root/passphrase --mirror file:///mnt/bucket --witness /root/replica.jsonl --head /root/heads
then_exits 0
ls_line=$(cat out)
paired_again
when on_ws init_WS.sh
then_exits 0
then_journals
when on_ls pull_from_cloud.sh "$(month 2)"
then_exits 0
when on_ls store_on_LS.sh /tmp/dev-backup-cloud-pull
then_exits 0
# The artifact is in WS's spool until the bucket has it; a disk brings it over.
lacking=$(basename "$hosts"/ws/root/var/lib/devjournal/dev/spool/*.age)
cp "$hosts/ws/root/var/lib/devjournal/dev/spool/$lacking" "$hosts/ls/root/mnt/"
when on_ls restore_backup_LS.sh latest
then_exits 7
then_one_error "$lacking is missing"
when on_ls install -o devjournal "/mnt/$lacking" /srv/btrfs-backups/dev/tmp/
then_exits 0
when on_ls ls_dev_register_artifact.sh "/srv/btrfs-backups/dev/tmp/$lacking"
then_exits 0
when on_ls restore_backup_LS.sh latest
then_exits 0
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
when on_ls sudo -u devjournal devjournal audit
((status == 0 || status == 4)) || broken "the audit must run"
