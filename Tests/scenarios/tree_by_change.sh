#!/usr/bin/env bash
# A month's listing is made from that of the month before and is byte for byte the whole one; on the machine that received it
# too. Where that cannot be done all is listed, and a warning says why. What rotted is found when its turn to be read comes.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

then_listed() { # NAME: as all of it is listed
    devjournal tree "$1" --into whole.list >whole.out
    cmp whole.list by.list >cmp.out 2>&1 || broken "the listings differ: $(cat cmp.out)"
    [[ $(cat out) == "$(cat whole.out)" && $(sha256sum <by.list) == "$(cat whole.out)  -" ]] || broken "the hashes differ: $(cat out whole.out)"
    rm whole.list by.list
    printf 'then  listing and hash are those of the whole tree\n'
}
# by_change NAME PARENT OPTION…
by_change() {
    local name=$1 parent=$2
    shift 2
    when devjournal tree "$name" --since "$parent" --listing "$parent.list" --recorded "$(sha256sum <"$parent.list" | head -c 64)" --into by.list "$@"
}

given "two months of a source, and the first one's listing"
mount_new_btrfs ws.img 256M "$work/ws"
btrfs -q subvolume create ws/code
make_source_tree.py --megabytes 2 1 ws/code
btrfs -q subvolume snapshot -r ws/code ws/1
make_source_tree.py --megabytes 2 2 ws/code
mkdir ws/code/new && echo more >ws/code/new/file
find ws/code -mindepth 1 -maxdepth 1 -type d ! -name new -exec mv -t ws/code/new {} +
btrfs -q subvolume snapshot -r ws/code ws/2
devjournal tree ws/1 --into ws/1.list >1.out
list_tree.py ws/1 | cat <(echo devjournal/tree/v2) - | cmp - ws/1.list || broken "the file is not the listing of list_tree.py"

by_change ws/2 ws/1
then_exits 0
then_listed ws/2
[[ ! -s err ]] || broken "something was warned of"

given "the same on the machine that receives the months"
mkdir ws/in
btrfs -q send ws/1 2>/dev/null | btrfs -q receive ws/in
devjournal tree ws/in/1 --into ws/in/1.list >1.out
sync -f ws
generation=$(btrfs subvolume show ws/in/1 | sed -n 's/^\s*Generation:\s*//p')
btrfs -q send -p ws/1 ws/2 2>/dev/null | btrfs -q receive ws/in
by_change ws/in/2 ws/in/1 --generation "$generation" --json
then_exits 0
changed=$(jq .changed out)
((changed > 0 && changed < $(jq .objects out))) || broken "not what was to be changed: $(cat out)"
jq -r .tree out >tree && mv tree out
then_listed ws/in/2

given "a source that was set back to an older month"
btrfs -q subvolume delete ws/code
btrfs -q subvolume snapshot ws/1 ws/code
btrfs -q subvolume snapshot -r ws/code ws/3
devjournal tree ws/2 --into ws/2.list >2.out
by_change ws/3 ws/2
then_exits 0
grep -q 'warning: the whole tree is listed: the snapshot before is not the one' err || broken "no reason is given"
then_listed ws/3

given "somebody who is not root and may read all of it"
chmod -R a+rX ws/code
btrfs -q subvolume snapshot -r ws/code ws/6
chmod 755 . ws
install -m 755 "$(type -P devjournal)" readable # wherever it was built
when setpriv --reuid 65534 --regid 65534 --clear-groups ./readable tree ws/6 --since ws/3 --listing ws/2.list --recorded "$(cat 1.out)"
grep -q 'only root may ask' err || broken "it is not said that this takes root"

given "calls that make no sense"
for call in "--since ws/1" "--listing ws/1.list" "--since ws/1 --listing x --recorded 12" "--read-again 3" "--list --into x" \
    "--since ws/1 --listing x --recorded $(cat 1.out) --read-again 13"; do
    # shellcheck disable=SC2086 # words
    when devjournal tree ws/2 $call
    then_exits 64
done
when devjournal tree ws/2 --into ws/1.list
then_exits 2
then_one_error "ws/1.list"

given "a byte of a file that rots on the disk, where the file system does not notice"
touch ws/code/place && chattr +C ws/code/place && printf "rotting content\n%.0s" {1..1500} >ws/code/place
btrfs -q subvolume snapshot -r ws/code ws/4
echo x >ws/code/x
btrfs -q subvolume snapshot -r ws/code ws/5
devjournal tree ws/4 --into ws/4.list >4.out
devjournal tree ws/5 >5.out
inode=$(stat -c %i ws/5/place)
sync -f ws && unmount "$work/ws"
python3 - <<'PYTHON'
import mmap
with open("ws.img", "r+b") as file, mmap.mmap(file.fileno(), 0) as image:
    image[image.find(b"rotting content\n" * 5) + 3] ^= 1
PYTHON
mount -o loop ws.img "$work/ws" && mounted+=("$work/ws")
month=$((inode % 12))
by_change ws/5 ws/4 --read-again $((month == 0 ? 12 : month))
then_exits 1
then_same out 5.out
grep -q 'warning: damaged: place: other content' err || broken "the file is not named"
rm by.list
by_change ws/5 ws/4 --read-again $((month % 12 + 1))
then_exits 0
then_same out 5.out
