#!/usr/bin/env bash
# `devjournal push --dry-run` and `--check` on a real S3 server: what a push will cost; a complete mirror; then an object that is gone, one that was cut off, a
# flipped bit, a strange object, a checkpoint that is gone and one that was set back. Each is named and mended as it says.
without_btrfs=1
[[ -n ${S3_ENDPOINT:-} ]] || exec "$(dirname "$(readlink -f "$0")")/../s3/with_seaweedfs.sh" "$0"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

bucket() { "$(python_with_cryptography)" "$repository/Tests/s3/change_object.py" checked "$@"; } # put|get|delete KEY [FILE]
an_artifact() { # LABEL NUMBER: sealed from a stream made by hand, and registered
    local uuid=00000000-0000-4000-8000-00000000000$2
    "$repository/Tests/scenarios/send_stream.py" "dev@$1" "$uuid" mkfile file \
        write file "$(head -c 20000 /dev/urandom | base64 -w 0)" >stream
    on_ls append snapshot.taken --as workstation label="dev@$1" uuid="$uuid" path=/snapshot >receipt
    on_ls seal "$1" --type full --uuid "$uuid" --stream stream >sealed 2>seal.err || broken "seal: $(cat seal.err)"
    on_ls register "$(cat sealed)" >receipt
}
checked() { when devjournal push --check --config ls.conf "$@"; }
mends() { # COMMAND…: what the hint says, and then nothing is wrong any more
    then_hint "$*"
    when "$@" --config ls.conf
    then_exits 0
    checked --deep
    then_exits 0
}

given "a journal with two artifacts in a bucket"
mirror=s3://checked
a_journal
an_artifact "$first" 1
an_artifact "$second" 2
checked
then_exits 7
then_one_error 'holds no journal'
when devjournal push --dry-run --config ls.conf
then_exits 0
(($(wc -l <out) == 2)) || broken "not one line an artifact"
grep -q 'would be uploaded: 4 new objects' err || broken "the objects are not foreseen"
grep -Eq 'would charge [$]0[.]000[0-9]+ for that, and [$]0[.]0000[0-9]+ a month' err || broken "the price is not told"
when devjournal push --dry-run --config ls.conf --json
then_exits 0
foreseen=$(jq -r '"\(.objects) \(.stored_objects) \(.class_a) \(.usd_push)"' out)
[[ $foreseen =~ ^4\ 1\ [0-9]+\ 0\.000[0-9]+$ ]] || broken "foreseen was $foreseen"
on_ls push >push.out 2>&1 || broken "push: $(cat push.out)"
for depth in '' --deep; do
    checked ${depth:+"$depth"}
    then_exits 0
    [[ ! -s out ]] || broken "something was found in a mirror that was just pushed"
done
on_ls append note text=later >receipt
checked
then_exits 0
grep -q 'not pushed yet: 0 artifacts, 1 record' err || broken "what is not pushed yet is not told"

given "an artifact that is gone, then one that was cut off"
key=$(on_ls manifest | awk -F '\t' -v label="dev@$first" '$2 == label { print $8 }')
bucket get "$key" kept
bucket delete "$key"
checked
then_exits 11
then_prints "^missing	$key	"
then_one_error "dev@$first"
mends devjournal push --repair
head -c 1000 kept >half
bucket put "$key" half
checked --json
then_exits 11
[[ $(jq -r '.findings[] | .kind + " " + .name' out) == "damaged $key" ]] || broken "the damage is not told in JSON"
checked
mends devjournal push --repair

given "a flipped bit"
cp kept flipped && chmod +w flipped && a_flipped_bit flipped
bucket put "$key" flipped
checked
then_exits 0
checked --deep
then_exits 11
then_prints "^damaged	$key	"
mends devjournal push --repair --deep
bucket get "$key" again
then_same again kept

given "an object of nobody"
bucket put dev/artifacts/anchors/strange kept
checked
then_exits 4
then_prints '^foreign	dev/artifacts/anchors/strange	'
bucket delete dev/artifacts/anchors/strange

given "a checkpoint that was set back, and one that is gone"
bucket get dev/manifests/checkpoint.age old-checkpoint
on_ls append note text=more >receipt
on_ls push >push.out 2>&1 || broken "push: $(cat push.out)"
bucket put dev/manifests/checkpoint.age old-checkpoint
checked
then_exits 11
then_prints '^stale	dev/manifests/checkpoint.age	'
mends devjournal push
bucket delete dev/manifests/checkpoint.age
checked
then_exits 11
then_prints '^missing	dev/manifests/checkpoint.age	'
mends devjournal push --restore-checkpoint

given "flags that do not go together"
for flags in '--deep' '--check --repair' '--check --dry-run'; do
    # shellcheck disable=SC2086 # words on purpose
    when devjournal push --config ls.conf $flags
    then_exits 64
done
