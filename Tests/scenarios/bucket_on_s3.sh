#!/usr/bin/env bash
# The mirror in a bucket of a real S3 server: two months, a second push that sends nothing, wrong credentials, a wiped
# LS that comes back from kit and bucket, and the old LS, which then cannot write any more.
[[ -n ${S3_ENDPOINT:-} ]] || exec "$(dirname "$(readlink -f "$0")")/../s3/with_seaweedfs.sh" "$0"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a household that mirrors to s3://, two months"
mirror=s3://household/backups
worktree=on
a_household
a_month "$first" 1
mirrored
a_month "$second" 2
mirrored
records=$(on_ls verify --json | jq -r .records)
list_tree.py "$work/ws/snapshots/dev@$second" >second.list
mkdir old-ls && cp -a "$ls_root"/{journal,keys,manifests,artifacts,locks} old-ls/
when push_to_cloud.sh --config ls.conf
then_exits 0
grep -q 'up to date' err || broken "a second push has found something to send"

given "credentials that are wrong, readable by others, or missing"
(umask 077 && sed 's/^AWS_SECRET_ACCESS_KEY=.*/AWS_SECRET_ACCESS_KEY=not-this-one/' "$S3_CREDENTIALS" >wrong.credentials)
cp wrong.credentials open.credentials && chmod 0644 open.credentials
for file in wrong open none; do
    sed "s|^S3_CREDENTIALS=.*|S3_CREDENTIALS=$work/$file.credentials|" ls.conf >other.conf
    when devjournal push --config other.conf
    then_exits 9
    then_one_error "credentials|refuse|denied|signature"
    ! grep -q not-this-one out err || broken "the secret was printed"
done

given "nobody at the endpoint"
sed 's|^S3_ENDPOINT=.*|S3_ENDPOINT=http://127.0.0.1:1|' ls.conf >other.conf
when devjournal push --config other.conf
then_exits 9
then_one_error "cannot be reached"

given "LS wiped, and a new one from kit and bucket"
ls_wiped
mkdir -p "$(dirname "$ls_root")"
when on_ls rebuild --from-mirror --mirror "$mirror" --kit kit.age --passphrase-file passphrase
then_exits 0
cmp -s <(head -n "$records" "$journal/000000000001.jsonl") old-ls/journal/000000000001.jsonl || broken "it is not the journal that was mirrored"
when on_ls rebuild --check
then_exits 0
when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 0
when store_on_LS.sh --config ls.conf pulled
then_exits 0
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
list_tree.py "$received/dev@$second" >restored.list
then_same restored.list second.list
then_journal sound
mirrored

given "the old LS, switched on again"
sed "s|^LS_ROOT=.*|LS_ROOT=$work/old-ls|" ls.conf >old.conf
when push_to_cloud.sh --config old.conf
then_exits 9
then_one_error "epoch"
