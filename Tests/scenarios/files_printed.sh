#!/usr/bin/env bash
# A file of any month is printed on the server out of the artifacts, without a restore, by the frames that it lies in; what is
# damaged is named and never printed, and what lies elsewhere still comes out.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "three months of every kind of object; a large file that is edited in its middle"
edited_in_its_middle() {
    [[ -e ws/code/large ]] || head -c 30M /dev/urandom >ws/code/large
    head -c 5000 /dev/urandom | dd of=ws/code/large bs=1 seek=$(($1 * 7000000)) conv=notrunc status=none
}
months_of_every_kind edited_in_its_middle

given "files of all kinds, taken from each month's listing"
for month in "$first" "$second" "$third"; do
    checked=0
    while IFS=$'\t' read -r path hash; do
        on_ls cat "$month:$path" >printed 2>err || broken "$month:$path: $(cat err)"
        [[ $(sha256sum <printed | cut -d' ' -f1) == "$hash" ]] || broken "$month:$path comes out as another file"
        checked=$((checked + 1))
    done < <(on_ls ls -r --json "$month" | jq -r 'select(.kind == "file") | .path + "\t" + .sha256' | sort | awk 'NR % 53 == 1 || /\tlarge/' | head -n 40)
    ((checked > 4)) || broken "only $checked files of $month were printed"
    printf 'then  %d files of %s are printed as they were\n' "$checked" "$month"
done
when on_ls cat --verbose "$third:large"
then_exits 0
then_same out "ws/snapshots/dev@$third/large"

given "the journal says what was read"
[[ $(on_ls log --type restore.released --json | tail -n 1 | jq -c '[.event.data.label, .event.data.paths]') == "[\"dev@$third\",[\"large\"]]" ]] ||
    broken "the record: $(on_ls log --type restore.released --json | tail -n 1)"
when on_ls audit --json
! grep -q released_not_restored out || broken "a file that was printed is not a restore that never arrived"

given "what cannot be printed"
when on_ls cat "$first:no/such"
then_exits 7
when on_ls cat "$first"
then_exits 6
then_one_error 'not a regular file'

given "an artifact with a byte flipped in the large file's frames"
damaged=$(artifact "$first")
chmod u+w "$damaged"
printf '\xff\xfe\xfd' | dd of="$damaged" bs=1 seek=$(($(stat -c %s "$damaged") / 2)) conv=notrunc status=none
records=$(on_ls log --json | wc -l)
when on_ls cat "$first:large"
then_exits 1
then_one_error "the artifact of dev@$first cannot be used"
then_hint 'scrub --repair'
[[ ! -s out ]] || broken "nothing of a damaged file is printed"
[[ $(on_ls log --json | wc -l) == "$records" ]] || broken "what was not printed is not recorded"
small=$(on_ls ls -r --json "$second" | jq -r 'select(.kind == "file" and .size > 0 and .size < 2000) | .path' | sort | sed -n 1p)
when on_ls cat "$second:$small"
then_exits 0

given "the artifact gone"
mv "$damaged" elsewhere
when on_ls cat "$first:large"
then_exits 7
then_hint 'devjournal fetch'
