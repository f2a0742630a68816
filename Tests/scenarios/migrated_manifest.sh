#!/usr/bin/env bash
# Artifacts from before the journal: checked against their files, imported all or none, restored like any other.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two artifacts made with stock tools, and the manifest that a script kept of them"
a_household
recipient=$(cat "$ls_root/keys/ls_dev_backup.pub")
mkdir -p ws/snapshots old
make_source_tree.py --megabytes 2 1 ws/code
btrfs -q subvolume snapshot -r ws/code "ws/snapshots/dev@$first"
make_source_tree.py --megabytes 2 2 ws/code
btrfs -q subvolume snapshot -r ws/code "ws/snapshots/dev@$second"
full=$work/old/dev@$first.full.send.zst.age
incr=$ls_root/artifacts/incr/dev@$second.incr.from_$first.send.zst.age
btrfs -q send "ws/snapshots/dev@$first" | zstd -q | age -r "$recipient" >"$full"
btrfs -q send -p "ws/snapshots/dev@$first" "ws/snapshots/dev@$second" | zstd -q | age -r "$recipient" >"$incr"
hash() { sha256sum "$1" | cut -d' ' -f1; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$(stat -c %s "$3")" "$(hash "$3")"; }
{
    printf 'path\tlabel\ttype\tsize\tsha256\n'
    printf '%s\t%s\n' "$full" "$(row "$first" full "$full")"
    printf '%s\t%s\n' "$(basename "$incr")" "$(row "dev@$second" incremental "$incr")"
} >legacy.tsv

given "a manifest with a wrong hash, a missing file and a line too short"
awk -F '\t' -v OFS='\t' 'NR == 2 { $5 = substr($5, 2) (substr($5, 1, 1) == "0" ? "1" : "0") } 1' legacy.tsv >bad.tsv
printf '%s\t%s\tincr\t5\t%s\nshort\n' nowhere "$third" "$(hash "$full")" >>bad.tsv
when migrate_manifest_to_v2.sh --config ls.conf bad.tsv
then_exits 1
then_one_error '3 problems in bad.tsv; nothing was imported'
for problem in 'line 2: .* has the hash' 'line 4: nowhere is not there' 'line 5: 1 columns instead of 5'; do
    grep -q "bad.tsv, $problem" err || broken "expected: $problem"
done
then_events manifest.imported 0
then_absent "$ls_root/artifacts/anchors/$(basename "$full")"

when migrate_manifest_to_v2.sh --config ls.conf --dry-run legacy.tsv
then_exits 0
then_events manifest.imported 0
when migrate_manifest_to_v2.sh --config ls.conf legacy.tsv
then_exits 0
then_events manifest.imported 1
then_present "$full"
cp "$ls_root/manifests/snapshots_v2.tsv" manifest
when migrate_manifest_to_v2.sh --config ls.conf legacy.tsv
then_exits 0
then_events manifest.imported 1
then_journal sound

when ls_dev_plan_restore.sh --config ls.conf latest
then_exits 0
(($(wc -l <out) == 2)) || broken "expected an anchor and an increment"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_same "$ls_root/manifests/snapshots_v2.tsv" manifest

given "catalogues of the imported months: found like any other, but no file comes out of an artifact of one frame"
when devjournal ls --config ls.conf "$first"
then_exits 7
then_hint "catalogue make $first"
for month in "$first" "$second"; do
    when devjournal catalogue make --config ls.conf "$month"
    then_exits 0
done
when devjournal ls -r --config ls.conf "$second"
then_exits 0
(($(wc -l <out) > 10)) || broken "the imported month has $(wc -l <out) objects"
when devjournal diff --config ls.conf "$first" "$second"
then_exits 0
[[ -s out ]] || broken "the imported months differ"
file=$(cd "ws/snapshots/dev@$second" && find . -type f -size +1k -printf '%P\n' | sort | sed -n 1p)
when devjournal cat --config ls.conf "$second:$file"
then_exits 6
then_hint 'restore --receive-only'

given "the month after, an increment of the imported one"
make_source_tree.py --megabytes 2 3 ws/code
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
on_ls manifest | grep -q "dev@$third.incr.dev@$second" || broken "the month is not an increment"
when migrate_manifest_to_v2.sh --config ls.conf bad.tsv
then_exits 6
when devjournal rebuild --config ls.conf --check
then_exits 0
then_journal sound
