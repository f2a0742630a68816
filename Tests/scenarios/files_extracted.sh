#!/usr/bin/env bash
# Months come back out of the artifacts into directories of other file systems, without Btrfs: all that these hold is as it
# was, by tools of others; what they do not hold is named; nothing is replaced, written outside, or left half written.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "three months of every kind of object"
without_what_ext4_lacks() { if (($1 == 3)); then rm -rf ws/code/{attributes/{compressing,many},times,content/compressed*}; fi; }
months_of_every_kind without_what_ext4_lacks
truncate -s 400M ext4.img
mkfs.ext4 -q -b 4096 -O ea_inode ext4.img
mkdir ext4
mount -o loop ext4.img ext4
mounted+=("$work/ext4")

given "ext4, and every month"
for month in "$first" "$second" "$third"; do
    when on_ls extract "$month" --to "ext4/$month" --json
    # Times before 1901 and Btrfs's own attributes ext4 does not have.
    then_exits 0
    jq -r '"./" + .losses[].path' out | sort -u >named
    # What differs is what was named, object by object, as a tool of its own sees it.
    diff <(list_tree.py "ws/snapshots/dev@$month") <(list_tree.py "ext4/$month") | sed -n 's/^[<>] \([^\t]*\)\t.*/\1/p' |
        sed 's/\\x20/ /g' | sort -u >differs || true
    diff named differs >diff.out || broken "what differs is not what was named: $(head -n 20 diff.out)"
    [[ $(jq '.failures | length' out) == 0 ]] || broken "$(jq -c .failures out)"
    # Contents and names by a third tool.
    (cd "ws/snapshots/dev@$month" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >was.sums
    (cd "ext4/$month" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >is.sums
    then_same is.sums was.sums
    printf 'then  %s on ext4 is as it was, but for %d named objects\n' "$month" "$(wc -l <named)"
done
[[ -z $(find ext4 -name '.devjournal*') ]] || broken "something is left: $(find ext4 -name '.devjournal*')"
[[ $(du -k "ext4/$first/content/sparse" | cut -f 1) -lt 1024 ]] || broken "holes are kept"

given "the month that ext4 holds all of"
when on_ls extract "$third" --to whole
then_exits 0
rm -rf whole
when on_ls extract "$third" --to ext4/whole
then_exits 0
grep -q 'the tree is the one that was sealed' err || broken "it is compared as a whole: $(cat err)"
rsync -n -aHAXi --delete "ws/snapshots/dev@$third/" ext4/whole/ >rsync.out
# The mtime of the top is nobody's: receiving changes it too.
[[ $(grep -cv '^\.d\.\.t\.\.\.\.\.\. \./$' rsync.out) == 0 ]] || broken "rsync sees: $(head -n 5 rsync.out)"
[[ $(devjournal tree ext4/whole 2>/dev/null) == "$(on_ls log --type artifact.sealed --json | tail -n 1 | jq -r .event.data.tree)" ]] ||
    broken "the tree hash"
[[ $(on_ls log --type restore.released --json | tail -n 1 | jq -c .event.data.paths) == '["."]' ]] || broken "the record of the whole"

given "parts of a month: a directory, a pattern, a name of odd bytes, the second name of a file"
when on_ls extract "$first" 'names/\xff\xfe not UTF-8 \x80' 'content/to *' links/two tree/a --to part
then_exits 0
[[ $(cd part && find . -type f | wc -l) == 9 && -f part/$'names/\xff\xfe not UTF-8 \x80' && -f part/tree/a/b/file ]] ||
    broken "the parts: $(find part -type f)"
[[ $(cat part/links/two) == "three names" && $(stat -c %a part/names) == "$(stat -c %a "ws/snapshots/dev@$first/names")" ]] || broken "a part"
grep -q 'only parts' err || broken "a part is not compared as a whole"
[[ $(on_ls log --type restore.released --json | tail -n 1 | jq '.event.data.paths | length') == 9 ]] || broken "the record of parts"

given "what is there already"
when on_ls extract "$first" 'content/to *' --to part --json
then_exits 0
[[ $(jq -c '[.files, .kept]' out) == '[0,6]' ]] || broken "what is there is kept: $(cat out)"
echo mine >part/content/"to punch"
rm part/content/"to zero"
when on_ls extract "$first" content --to part
then_exits 6
then_one_error '1 of what is to be extracted is something else'
then_hint overwrite
[[ $(cat part/content/"to punch") == mine && ! -e part/content/large ]] || broken "nothing is written then"
when on_ls extract "$first" content --to part --overwrite
then_exits 0
cmp -s part/content/"to punch" "ws/snapshots/dev@$first/content/to punch" || broken "--overwrite replaces it"
touch elsewhere
when on_ls extract "$first" content --to elsewhere
then_exits 6
then_one_error 'elsewhere is not a directory'

given "a symbolic link where a directory belongs, and one where a file does"
mkdir -p outside trap/links
ln -s "$work/outside" trap/content
ln -s "$work/outside/one" trap/links/one
when on_ls extract "$first" content/block links/one --to trap
then_exits 6
when on_ls extract "$first" content/block links/one --to trap --overwrite
then_exits 6
rm trap/content
when on_ls extract "$first" content/block links/one --to trap --overwrite
then_exits 0
[[ ! -L trap/links/one && -f trap/links/one ]] || broken "the link itself is replaced"
then_empty outside

given "what is not there"
when on_ls extract "$first" no/such --to nothing
then_exits 7
when on_ls extract "$first" 'no*such' --to nothing
then_exits 7
when on_ls extract 2019-01 --to nothing
then_exits 7
when on_ls extract "$first" ../etc --to nothing
then_exits 64
then_absent nothing

given "a disk that is too small, and one that fills up"
mount_new_tmpfs 3M small
when on_ls extract "$first" content/large --to small/here
then_exits 2
then_one_error 'do not fit'
then_empty small/here
mkdir small/here/content
when on_ls extract "$first" content/large content/block --to small/here --overwrite
then_exits 2
then_one_error 'is full'
[[ -z $(find small -name '.devjournal*') && ! -e small/here/content/large ]] || broken "half a file is left: $(find small)"
unmount small

given "an artifact with a byte flipped in the large file's frames, then none at all"
damaged=$(artifact "$first")
cp -a "$damaged" kept.artifact
chmod u+w "$damaged"
printf '\xff\xfe\xfd' | dd of="$damaged" bs=1 seek=$(($(stat -c %s "$damaged") / 3)) conv=notrunc status=none
when on_ls extract "$first" --to damaged --json
then_exits 1
jq -e '(.error | test("artifacts of dev@'"$first"'")) and (.hint | test("scrub --repair"))' err >/dev/null || broken "the error"
then_absent damaged/content/large
[[ $(jq -c '[.failures[] | select(.path == "content/large") | .artifacts[0]]' out) == "[\"dev@$first\"]" ]] || broken "it names the artifact: $(jq -c .failures out)"
(($(jq .files out) > 1500)) || broken "the rest comes out: $(jq .files out)"
for file in damaged/many/*; do cmp -s "$file" "ws/snapshots/dev@$first/many/${file##*/}" || broken "$file"; done
mv "$damaged" elsewhere
when on_ls extract "$first" content/large content/"hole only" --to gone
then_exits 1
then_one_error '1 object of'
then_present gone/content/"hole only"
mv kept.artifact "$damaged"
when on_ls extract "$first" --to damaged --json
then_exits 0
[[ $(jq -c '[(.failures | length), .kept > 1500]' out) == '[0,true]' ]] || broken "run again it brings the rest: $(jq -c '[.failures, .files, .kept]' out)"

given "a catalogue that is missing, and a month that was withdrawn"
rm "$ls_root/catalogues/dev@$first.catalogue.zst.age"
when on_ls extract "$first" --to nothing
then_exits 7
then_one_error 'catalogue'
when on_ls withdraw "$third" --reason test --yes
when on_ls extract "$third" --to nothing
then_exits 7
then_one_error 'withdrawn'
