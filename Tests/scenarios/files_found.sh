#!/usr/bin/env bash
# Files are found in all months by the catalogues alone: listed, searched, compared and followed through renames, with names
# of any bytes, on the server and on the workstation that sealed the months.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

sealed() { ws_dev_run_month.sh --config ws.conf "$1" >month.out 2>&1 || broken "month $1: $(cat month.out)"; } # LABEL

given "three months: a file edited, then renamed; a directory moved; one file removed; a name of odd bytes"
a_household
mkdir -p ws/code/src ws/code/old/deep
echo one >ws/code/src/plan.txt
echo deep >ws/code/old/deep/note.md
echo gone >ws/code/gone.txt
touch ws/code/$'odd\xff name\n'
ln -s src/plan.txt ws/code/link
devjournal places code --accept --config ws.conf >/dev/null
sealed "$first"
echo two >>ws/code/src/plan.txt
rm ws/code/gone.txt
sealed "$second"
mv ws/code/src/plan.txt ws/code/src/final.txt
mv ws/code/old ws/code/new
sealed "$third"

when on_ls ls "$first:src"
then_exits 0
then_prints '^-rw-r--r-- [0-9]+:[0-9]+ +4 [0-9TZ:-]+ plan\.txt$'
when on_ls ls -r --json "$first"
then_exits 0
[[ $(jq -r 'select(.path == "link") | .target' out) == src/plan.txt ]] || broken "a link's target"
[[ $(jq -r 'select(.path == "src/plan.txt") | .sha256' out) == "$(echo one | sha256sum | cut -d' ' -f1)" ]] || broken "a file's hash"
[[ $(jq -r .path out | grep -c '^odd') == 1 ]] || broken "the odd name"
# shellcheck disable=SC2016 # as it is typed
grep -Fq 'odd\\xff name\\x0a' out || broken "a name of odd bytes: $(grep odd out)"
when on_ls ls "$first:odd\\xff name\\x0a"
then_exits 0
then_prints ' 0 .* odd.xff name.x0a$'
[[ $(on_ls ls -r latest | wc -l) == $(find "ws/snapshots/dev@$third" -mindepth 1 -printf '.\n' | wc -l) ]] || broken "a recursive listing has all objects"

when on_ls find plan.txt
then_exits 0
then_prints "^dev@$first	dev@$second	2 months	8 B	src/plan\.txt$"
when on_ls find '*/deep/*.MD' -i --json
then_exits 0
[[ $(jq -rs 'map(.path + " " + (.labels | length | tostring)) | join(", ")' out) == "new/deep/note.md 1, old/deep/note.md 2" ]] ||
    broken "a path's months: $(cat out)"
when on_ls find deep --type dir --label "$first"
then_exits 0
then_prints '	old/deep$'
when on_ls find nothing.like.it
then_exits 7
then_one_error 'no month has anything'
then_hint 'pattern'

when on_ls history src/final.txt
then_exits 0
[[ $(cut -f 1,2,4 out | tr '\t\n' ' ;') == "dev@$third 8 B src/final.txt;dev@$second 8 B src/plan.txt;dev@$first 4 B src/plan.txt;" ]] ||
    broken "the versions: $(cat out)"
when on_ls history new/deep/note.md
then_exits 0
[[ $(cut -f 1,4 out | tr '\t\n' ' ;') == "dev@$third new/deep/note.md;dev@$first to dev@$second old/deep/note.md;" ]] || broken "$(cat out)"
when on_ls history gone.txt --json
then_exits 0
[[ $(jq -c .labels out) == "[\"dev@$first\"]" ]] || broken "the months of a removed file: $(cat out)"
when on_ls history never/there
then_exits 7
then_hint "devjournal find 'there'"

when on_ls diff "$second" "$third"
then_exits 0
then_prints '^R	old -> new$'
then_prints '^R	src/plan\.txt -> src/final\.txt$'
! grep -q 'deep' out || broken "a directory that moved is one line: $(cat out)"
when on_ls diff "$first" "$second" --json
then_exits 0
[[ $(jq -rc 'select(.change == "removed") | .from.path' out) == *gone.txt* ]] || broken "what was removed"
[[ $(jq -rc 'select(.change == "changed" and .to.path == "src/plan.txt") | .what' out) == '["contents","modified"]' ]] || broken "what changed: $(cat out)"
when on_ls diff "$first" "$first"
then_exits 0
[[ ! -s out ]] || broken "nothing differs"
when on_ls diff "$first" --stat
then_exits 0
then_prints '^[0-9]+ added, [0-9]+ removed, [0-9]+ changed, [0-9]+ moved; '

given "what is not there, and what is not a path"
when on_ls ls "$first:no/such"
then_exits 7
then_one_error 'has no no/such'
when on_ls ls "$first:../etc"
then_exits 64
when on_ls ls 2019-01
then_exits 7
when on_ls diff "$first" nonsense
then_exits 64

given "a catalogue with a flipped byte, and one that is missing"
catalogue=$ls_root/catalogues/dev@$first.catalogue.zst.age
cp -a "$catalogue" kept.catalogue
chmod u+w "$catalogue"
printf x | dd of="$catalogue" bs=1 seek=300 conv=notrunc status=none
when on_ls ls "$first"
then_exits 1
then_one_error 'cannot be used'
then_hint 'scrub --repair'
rm "$catalogue"
when on_ls history src/final.txt
then_exits 7
then_hint 'scrub --repair'
cp -a kept.catalogue "$catalogue"
when on_ls ls "$first"
then_exits 0
