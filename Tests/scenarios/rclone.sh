#!/usr/bin/env bash
# rclone, configured as devjournal-recovery(7) says and with its commands word for word, fetches all of a mirror; each object is what
# its key promises, opens with stock age and zstd, and is what was sealed. What rclone copied, to a directory or to
# another bucket, is a mirror itself.
[[ -n ${S3_ENDPOINT:-} ]] || exec "$(dirname "$(readlink -f "$0")")/../s3/with_seaweedfs.sh" "$0"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/documents.bash"

# from_page FROM TO FILE: those lines of the page's blocks, for this server and bucket.
from_page() {
    document_blocks 'run by rclone.sh' "$repository/tools/man/devjournal-recovery.7.md" | sed -n "/^$1/,/^$2/p" |
        sed "s|https://ACCOUNT\.r2\.cloudflarestorage\.com|$S3_ENDPOINT|; s|BUCKET/PREFIX|${mirror#s3://}|" >"$3"
    [[ -s $3 ]] || broken "the page has no block that begins with $1"
}
unset AWS_CA_BUNDLE # with it, rclone 1.60 does not start
# shellcheck disable=SC1090 # KEY=value lines of the server's own
set -a && source "$S3_CREDENTIALS" && set +a

given "a household that mirrors to s3://, two months, the first one larger than a part"
mirror=s3://household/some/backups
a_household
echo S3_PART_SIZE=5 >>ls.conf
make_source_tree.py --megabytes 8 1 ws/code
ws_dev_run_month.sh --config ws.conf "$first" >month.out 2>&1 || broken "month $first: $(cat month.out)"
mirrored
a_month "$second" 2
mirrored
(($(stat -c %s "$(artifact "$first")") > 6 << 20)) || broken "the first month is one part"

given "rclone.conf, and the commands, of the page"
from_page '\[mirror\]' no_check_bucket rclone.conf
from_page 'rclone --config' 'find bucket' commands
cat rclone.conf commands
when bash -euo pipefail commands
then_exits 0

then_all_are_as_promised() {
    local file name sum files=0
    while IFS= read -r file; do
        [[ $file =~ /([0-9a-f]{64})/ ]] || broken "$file has no hash in its key"
        read -r sum name <<<"$(sha256sum "$file")"
        [[ $sum == "${BASH_REMATCH[1]}" ]] || broken "$name has SHA-256 $sum"
        files=$((files + 1))
    done < <(find bucket/dev -type f ! -path 'bucket/dev/manifests/*')
    ((files >= 4)) || broken "only $files objects with a hash in their keys" # two artifacts, a piece a push
    printf 'then  each of %d objects is what its key promises\n' "$files"
}
then_all_are_as_promised

opened() { age -d -i "$ls_root/keys/ls_dev_backup.key" "$1"; }
for month in "$first" "$second"; do
    file=$(object "$month")
    then_same "$file" "$(artifact "$month")"
    opened "$file" | zstd -qdc >stream
    on_ls open "$month" -o sealed
    then_same stream sealed
    rm stream sealed
done
for name in snapshots_v2.tsv state.env; do
    opened "bucket/dev/manifests/$name.age" >plain
    then_same plain "$ls_root/manifests/$name"
done
opened bucket/dev/manifests/checkpoint.age >plain
on_ls checkpoint >current
then_same plain current
opened bucket/dev/manifests/canary.age >plain
newest=0
while IFS= read -r file; do
    IFS=- read -r from count head <<<"$(basename "$file" .jsonl.age)"
    last=$((10#$from + count - 1))
    opened "$file" >plain
    sed -n "$((10#$from)),${last}p" "$journal/000000000001.jsonl" >lines
    then_same plain lines
    [[ $(tail -n 1 plain | sha256sum) == "$head  -" ]] || broken "$file ends with another record"
    ((last <= newest)) || newest=$last
done < <(find bucket/dev/journal -type f)
((newest == $(wc -l <"$journal/000000000001.jsonl"))) || broken "the newest piece ends with record $newest"
[[ $(find bucket/dev/manifests -type f | wc -l) == 4 ]] || broken "manifests/ holds something else too"

given "the mirror copied by rclone into another bucket"
rclone --config rclone.conf copy bucket mirror:elsewhere/copy
sed 's|^MIRROR=.*|MIRROR=s3://elsewhere/copy|' ls.conf >copy.conf
when devjournal pull --config copy.conf --to pulled latest
then_exits 0
for month in "$first" "$second"; do then_same "$(find pulled -name "dev@$month.*.send.zst.age")" "$(artifact "$month")"; done

given "LS wiped, and of the mirror only what rclone copied to a disk"
cp -a "$journal" before
ls_wiped
mkdir -p "$(dirname "$ls_root")"
from_page 'mkdir' mkdir mark
when bash -euo pipefail mark
then_exits 0
when on_ls rebuild --from-mirror --mirror "file://$work/bucket" --kit kit.age --passphrase-file passphrase
then_exits 0
head -n "$newest" "$journal/000000000001.jsonl" >lines
then_same lines before/000000000001.jsonl
