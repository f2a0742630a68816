#!/usr/bin/env bash
# A month costs what changed: the listing is made from that of the month before, and of what did not change a twelfth is read
# again. What rotted there is named, with a status of its own. Where the month before cannot be used everything is read, and
# the journal says why.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# traced DIRECTORY COMMAND…: leaves in `read` how many bytes of files below the directory were read; what btrfs send reads, the
# kernel does; in `opened` how many objects of the source or its snapshots were opened.
traced() {
    local directory=$1
    shift
    rm -f trace.*
    when strace -ff -qq -y -e trace=read,pread64,openat -o trace "$@"
    opened=$(cat trace.* | grep -cE "openat\(.* = [0-9]+<$work/ws/(code|snapshots)/[^>]") || true
    read=$(cat trace.* | grep -F "<$directory/" | sed -n 's/.*) *= \([0-9]*\)$/\1/p' | awk '{ sum += $1 } END { print sum + 0 }')
}
listing() { on_ls log --type artifact.sealed --json | jq -r ".event.data.listing$1" | tail -n 1; } # MEMBER

given "a month of many files, and a large one whose turn to be read again is not the next month's"
a_household
make_source_tree.py --megabytes 2 1 ws/code
for ((i = 0; i < 600; i++)); do head -c 20000 /dev/urandom >"ws/code/file$i"; done
turn=$((10#${second#*-} % 12))
# file_in_turn YES|NO PATH…: the first of them that can be made with an inode whose turn it is, or is not; it is empty.
file_in_turn() {
    local wanted=$1 path
    shift
    for path in "$@"; do
        : >"$path"
        if (($(stat -c %i "$path") % 12 == turn)); then [[ $wanted == yes ]] && break; else [[ $wanted == no ]] && break; fi
    done
    made=$path
}
file_in_turn no ws/code/large{1..9}
head -c 8M /dev/urandom >>"$made"
traced_month() { traced "$work/ws/snapshots" ws_dev_run_month.sh --config ws.conf "$1"; }
traced_restore() { traced "$ls_root/restore" restore_backup_LS.sh --config ls.conf latest; }
traced_month "$first"
then_exits 0
((read > 20000000)) || broken "a first month reads everything: $read bytes"
((opened > 1200)) || broken "a first month looks at everything, twice: $opened objects"
[[ $(listing .why) == full ]] || broken "the listing: $(listing '')"
traced_restore
then_exits 0
((read > 20000000)) || broken "what is received first is compared as a whole: $read bytes"

given "a month in which a few files changed"
echo changed >ws/code/file1
mkdir ws/code/new && echo new >ws/code/new/file
traced_month "$second"
then_exits 0
((read < 2500000)) || broken "it has read $read bytes, and a twelfth of what did not change is a million"
((read > 100000)) || broken "it has read $read bytes: a twelfth of what did not change is to be read again"
((opened < 200)) || broken "it has opened $opened objects, and a twelfth are fifty"
printf 'then  it has read %d bytes, and opened %d objects\n' "$read" "$opened"
[[ $(on_ls log --type artifact.sealed --json | jq .event.data.stream_version | tail -n 1) == 2 ]] || broken "the stream is not of version 2"
[[ $(listing .since) == "dev@$first" && $(listing .kernel) == "$(uname -r | cut -d. -f1,2)" ]] || broken "the listing: $(listing '')"
on_ls log --type artifact.sealed | grep -q "listed by change since dev@$first" || broken "log does not say it"
[[ $(on_ls label "$second" --json | jq -r .tree) == "$(devjournal tree "ws/snapshots/dev@$second")" ]] || broken "the tree's hash is another one"
traced_restore
then_exits 0
((read < 1000000)) || broken "LS has read $read bytes of what it received"
printf 'then  LS has read %d bytes\n' "$read"
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"

given "LS without a record of what it compared, and with a snapshot that was replaced by a copy of it"
without_record() { rm "$ls_root/restore/compared/dev@$first"; }
by_a_copy() {
    mv -T "$received/dev@$first" "$received/moved"
    btrfs -q subvolume snapshot -r "$received/moved" "$received/dev@$first"
    btrfs -q subvolume delete "$received/moved"
}
for spoiled in by_a_copy without_record; do
    btrfs -q subvolume delete "$received/dev@$second"
    $spoiled
    traced_restore
    then_exits 0
    grep -q "dev@$second: all of it is compared: " err || broken "it does not say why"
    ((read > 20000000)) || broken "LS has read $read bytes of what it received"
done

given "a byte of an unchanged file that rots on the disk, where the file system does not notice, and its month"
turn=$((10#${third#*-} % 12))
# The file was in the month before, which is sealed again with it.
printf 'rotting content\n%.0s' {1..1500} >rot.txt
file_in_turn yes ws/code/place{1..40}
rot=${made##*/}
chattr +C "$made"
cat rot.txt >>"$made"
withdrawn() { on_ls withdraw "$second" --reason again --yes >withdraw.out 2>&1 || broken "withdraw: $(cat withdraw.out)"; }
withdrawn
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 0
[[ $(listing .since) == "dev@$first" ]] || broken "the listing: $(listing '')"
echo x >ws/code/x
when ws_dev_snapshot.sh --config ws.conf "$third"
then_exits 0
sync -f ws && unmount "$work/ws"
python3 - <<'PYTHON'
import mmap
with open("ws.img", "r+b") as file, mmap.mmap(file.fileno(), 0) as image:
    image[image.find(b"rotting content\n" * 5) + 3] ^= 1
PYTHON
mount -o loop ws.img "$work/ws" && mounted+=("$work/ws")
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 16
then_one_error 'the backup is made, and damaged files were found .*: 1$'
grep -q "$rot has other content, though nothing changed it; on LS, devjournal extract dev@$second --to DIR -- $rot brings it back" err ||
    broken "the file is not named"
[[ $(listing .damaged.count) == 1 && $(listing '.damaged.first[0]') == "$rot" ]] || broken "the listing: $(listing '')"
then_events artifact.registered 4
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
cmp "$received/dev@$third/$rot" rot.txt || broken "LS has the rotten file"
mkdir back
when on_ls extract "dev@$second" --to back -- "$rot"
then_exits 0
then_same "back/$rot" rot.txt
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0

given "the month again, without the catalogue of the one before"
on_ls withdraw "$third" --reason again --yes >withdraw.out 2>&1 || broken "withdraw: $(cat withdraw.out)"
rm "ws/state/catalogues/dev@$second.catalogue.zst"
cp --no-preserve=all rot.txt "ws/code/$rot"
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
grep -q 'the whole tree is read: the catalogue of the month before is not on this machine' err || broken "it does not say why"
[[ $(listing .why) == catalogue_missing ]] || broken "the listing: $(listing '')"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
then_journal sound
