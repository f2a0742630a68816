#!/usr/bin/env bash
# `devjournal doctor remote` on a real S3 server and on a directory: a sound mirror, wrong credentials, nobody there, a
# missing bucket, another journal, a lock that does not hold. Nothing of an examination stays.
without_btrfs=1
[[ -n ${S3_ENDPOINT:-} ]] || exec "$(dirname "$(readlink -f "$0")")/../s3/with_seaweedfs.sh" "$0"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

then_check() { # NAME VERDICT: what the report says of it
    local verdict
    verdict=$(jq -r --arg name "$1" '.checks[] | select(.name == $name) | .verdict' out)
    [[ $verdict == "$2" ]] || broken "expected $1 to be $2, got $verdict"
}
examined() { when devjournal doctor remote --json --config "$@"; }

given "a journal in a bucket"
mirror=s3://doctored/backups
a_journal
on_ls push >push.out 2>&1 || broken "push: $(cat push.out)"
examined ls.conf
then_exits 0
for check in reach clock list put get conditions delete journal uploads; do then_check $check ok; done
then_check lock 'not run'
jq -e '.lock_rules | length == 3' out >/dev/null || broken "the lock rules are missing"
when devjournal doctor remote --config ls.conf
then_exits 0
then_prints 'npx wrangler r2 bucket lock add doctored devjournal-backups-dev-journal backups/dev/journal/ --retention-indefinite'
then_prints '^ok       list        the credentials are accepted; dev/ holds 5 objects$' # none of the examination before

given "nobody at the endpoint, a name that does not exist, a malformed endpoint"
examined ls.conf --endpoint http://127.0.0.1:1
then_exits 9
then_check reach FAILED
then_check list 'not run'
examined ls.conf --endpoint https://nowhere.invalid
then_exits 9
then_check reach FAILED
jq -r '.checks[0].detail' out | grep -q resolve || broken "a name that cannot be resolved is not told as that"
when devjournal doctor remote --config ls.conf --endpoint nonsense
then_exits 64
then_one_error endpoint

given "wrong credentials, credentials that others can read, and a bucket that is not there"
(umask 077 && sed 's/^AWS_SECRET_ACCESS_KEY=.*/AWS_SECRET_ACCESS_KEY=not-this-one/' "$S3_CREDENTIALS" >wrong.credentials)
sed "s|^S3_CREDENTIALS=.*|S3_CREDENTIALS=$work/wrong.credentials|" ls.conf >other.conf
examined other.conf
then_exits 9
then_check reach ok
then_check list FAILED
then_check put 'not run'
! grep -q not-this-one out err || broken "the secret was printed"
chmod 0644 wrong.credentials
examined other.conf
then_exits 9
then_check open FAILED
examined ls.conf --mirror s3://not-made-yet
then_exits 9
then_check list FAILED
jq -r '.checks[2] | .detail, .remedy' out | grep -q 'no bucket not-made-yet' || broken "the missing bucket is not named"
jq -r '.checks[2].remedy' out | grep -q 'devjournal push --create' || broken "how to make it is not told"

given "an old copy of LS, and another journal"
cp -a "$ls_root" old-ls
on_ls append note text=one >receipt
on_ls push >push.out 2>&1 || broken "push: $(cat push.out)"
sed "s|^LS_ROOT=.*|LS_ROOT=$work/old-ls|" ls.conf >old.conf
examined old.conf
then_exits 9
then_check journal FAILED
sed "s|^LS_ROOT=.*|LS_ROOT=$work/other-ls|" ls.conf >other.conf
when devjournal init --config other.conf --kit other.age --passphrase-file passphrase
then_exits 6
then_one_error "the mirror $mirror holds something of dev already: dev/"
then_hint "rebuild --from-mirror"
then_absent other.age
then_absent other-ls/journal/000000000001.jsonl
sed '/^MIRROR=/d' other.conf >unmirrored.conf
devjournal init --config unmirrored.conf --kit other.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
examined other.conf
then_exits 9
then_check journal FAILED

given "a bucket without lock rules"
examined ls.conf --test-lock
then_exits 9
then_check lock FAILED
examined ls.conf
then_exits 0

given "the mirror in a directory"
mirror=file://$work/bucket
sed "s|^MIRROR=.*|MIRROR=$mirror|" ls.conf >directory.conf
when devjournal push --create --config directory.conf
then_exits 0
find bucket -type f | sort >before
examined directory.conf
then_exits 0
then_check conditions ok
then_check lock 'not run'
then_same <(find bucket -type f | sort) before
when devjournal doctor remote --config directory.conf --endpoint "$S3_ENDPOINT"
then_exits 64
then_one_error 'endpoint'
rm -r bucket/.devjournal-store
examined directory.conf
then_exits 9
then_check open FAILED
jq -r '.checks[0].remedy' out | grep -q 'devjournal push --create' || broken "how to make it is not told"

given "an endpoint in the environment alone, and a damaged journal"
sed '/^S3_ENDPOINT=/d' ls.conf >environment.conf
examined environment.conf
then_exits 0
a_flipped_bit "$journal/000000000001.jsonl"
examined ls.conf
then_exits 1
jq -e '.status == 1' err >/dev/null || broken "the damage is not told in JSON"
