#!/usr/bin/env bash
# The mirror in a bucket of a real S3 server follows the journal within seconds while 64 writers append and a throttled upload
# takes its time; no append waits for the bucket; followers that are killed and a bucket that goes and comes lose and double
# nothing.
[[ -n ${S3_ENDPOINT:-} ]] || exec "$(dirname "$(readlink -f "$0")")/../s3/with_seaweedfs.sh" "$0"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
server=${S3_ENDPOINT#http://}
follow() { "$repository/Tests/s3/follow.py" "$@"; }
# configured INTERVAL [LINE…]: LS's configuration, in another file, with shorter timeouts than a household's.
configured() {
    { grep -v '^S3_ENDPOINT=' ls.conf && printf 'S3_ENDPOINT=%s\nPUSH_INTERVAL=%s\nS3_TIMEOUT=2\nS3_ATTEMPTS=3\n' "$S3_ENDPOINT" "$1" && printf '%s\n' "${@:2}"; } >follow.conf
}
given "a household that mirrors to s3://, with a month in the bucket"
mirror=s3://household/backups
a_household
a_month "$first" 1
mirrored
[[ ! -e $journal/grown ]] || on_ls push --journal
then_absent "$journal/grown"
when on_ls push --journal --json
then_exits 0
[[ ! -s out ]] || broken "there is nothing to commit"

given "another month, whose upload takes a minute and more"
a_month "$second" 2
configured 0 S3_RATE_LIMIT=4000
cp follow.conf slow.conf
devjournal push --config slow.conf >slow.out 2>&1 &
upload=$!
trap 'kill "$upload" 2>/dev/null; clean_up' EXIT

given "64 writers, and no interval"
configured 0
when follow seconds follow.conf "$server" 3
cat out
then_exits 0
kill -0 "$upload" 2>/dev/null || broken "the upload has ended before: this shows nothing of it"

given "64 writers, and an interval of 5 s"
configured 5
when follow seconds follow.conf "$server" 20 3
cat out
then_exits 0

given "one follower at a time"
on_ls append note text=one >/dev/null
exec {held}>>"$ls_root/locks/follow.lock"
flock "$held"
when on_ls push --journal
then_exits 0
grep -q 'another process follows' err || broken "it must leave it to the other one"
then_present "$journal/grown"
exec {held}>&-
when on_ls push --journal
then_exits 0
then_absent "$journal/grown"

given "followers that are killed, and a bucket that goes and comes"
configured 0
when follow troubles follow.conf "$server" "${SEED:-$RANDOM}"
cat out
then_exits 0
kill "$upload" 2>/dev/null || true
wait "$upload" || true
trap clean_up EXIT
mirrored
when on_ls push --check --deep
then_exits 0
then_journal sound

given "LS wiped, and a new one from kit and bucket"
records=$(on_ls verify --json | jq -r .records)
mkdir old && cp "$journal"/*.jsonl old/
ls_wiped
mkdir -p "$(dirname "$ls_root")"
when on_ls rebuild --from-mirror --mirror "$mirror" --kit kit.age --passphrase-file passphrase
then_exits 0
cat old/*.jsonl >old.lines
cat "$journal"/*.jsonl | head -n "$records" >new.lines
then_same new.lines old.lines
jq -r 'select(.event.type == "note") | .event.data.text' old.lines | sort | uniq -d >twice
[[ ! -s twice ]] || broken "more than once: $(head -n 3 twice)"

given "a mirror that nobody can reach"
sed 's|^S3_ENDPOINT=.*|S3_ENDPOINT=http://127.0.0.1:1|' ls.conf >away.conf
on_ls append note text=away >/dev/null
when timeout 10 devjournal push --journal --config away.conf
((status == 124)) || broken "it must keep trying, not end with $status"
grep -q 'cannot be reached.*trying again in' err || broken "it must say that it tries again"
then_present "$journal/grown"
