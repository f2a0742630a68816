#!/usr/bin/env bash
# A catalogue that is lost for good is made again from the received snapshot and the artifact: months are found and files
# printed as before, the mirror gets it, and what is not what was sealed makes none.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two months, received, in a mirror"
a_household
number=0
for month in "$first" "$second"; do
    number=$((number + 1))
    make_source_tree.py --megabytes 3 "$number" ws/code
    when ws_dev_run_month.sh --config ws.conf "$month"
    then_exits 0
done
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
when push_to_cloud.sh --config ls.conf
then_exits 0
on_ls ls -r --json "$second" >listed.before
on_ls diff --json "$first" "$second" >differs.before
file=$(jq -r 'select(.kind == "file" and .size > 1000) | .path' listed.before | sed -n 1p)

when on_ls catalogue make "$second"
then_exits 0
grep -q 'has a sound catalogue already' err || broken "a sound catalogue is left alone"
then_events artifact.catalogued 0

given "the catalogue gone on the server: the mirror's is fetched, not another one made"
catalogue=$ls_root/catalogues/dev@$second.catalogue.zst.age
rm -f "$catalogue"
when on_ls catalogue make "$second"
then_exits 6
then_hint "scrub --repair $second"
then_events artifact.catalogued 0

given "the mirror's gone, too"
find bucket -name "dev@$second.catalogue.zst.age" -delete
when on_ls ls "$second"
then_exits 7
then_hint "devjournal catalogue make $second"
when on_ls catalogue make --again "$second"
then_exits 0
then_events artifact.catalogued 1
then_journal sound
on_ls ls -r --json "$second" >listed.after
then_same listed.after listed.before
on_ls diff --json "$first" "$second" >differs.after
then_same differs.after differs.before
when on_ls cat "$second:$file"
then_exits 0
then_same out "ws/code/$file"
when on_ls scrub --all
then_exits 0
(($(find "$ls_root/tmp" -name '*catalogue*' | wc -l) == 0)) || broken "something is left in $ls_root/tmp"
[[ $(on_ls log --type artifact.catalogued | wc -l) == 1 ]] || broken "the log does not show it"

given "the next push brings it, and the mirror is whole"
when push_to_cloud.sh --config ls.conf
then_exits 0
[[ $(find bucket -name "dev@$second.catalogue.zst.age" | wc -l) == 1 ]] || broken "the mirror did not get it"
when on_ls push --check --deep
then_exits 0

given "a server that was wiped: the rebuild knows the later catalogue, and fetch brings it"
when on_ls rebuild
then_exits 0
rm -f "$catalogue"
when on_ls scrub --repair "$second"
then_exits 0
then_present "$catalogue"

given "a received snapshot that somebody has edited"
rm -f "$catalogue"
btrfs property set -f "$received/dev@$second" ro false
echo edited >>"$received/dev@$second/$file"
btrfs property set "$received/dev@$second" ro true
when on_ls catalogue make --again "$second"
then_exits 6
then_one_error "dev@$second was not received"
then_events artifact.catalogued 1
then_absent "$catalogue"

given "no received snapshot, no artifact, no such month"
when on_ls catalogue make --again "$first"
then_exits 0
btrfs -q subvolume delete "$received/dev@$first"
when on_ls catalogue make --again "$first"
then_exits 7
then_hint "restore --receive-only $first"
when on_ls catalogue make --again 2019-01
then_exits 7
when on_ls catalogue make nonsense
then_exits 64
then_events artifact.catalogued 2
