#!/usr/bin/env bash
# Months come out on file systems that hold less than Btrfs does: exFAT, tmpfs, ext4 without attributes, a full one, one that may
# not be written to. What is not kept is named, the rest is as it was; a run that was ended is continued.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# mount_new_exfat IMAGE SIZE DIRECTORY: by the kernel where it can; else by a program that ends with this one, however that ends.
mount_new_exfat() {
    truncate -s "$2" "$1"
    mkfs.exfat "$1" >mkfs.out 2>&1 || broken "mkfs.exfat: $(cat mkfs.out)"
    mkdir "$3"
    local device
    device=$(losetup --find --show "$1")
    mounted+=("$work/$3")
    if grep -qw exfat /proc/filesystems; then
        mount -t exfat "$device" "$3"
    else
        setpriv --pdeathsig KILL mount.exfat-fuse -d "$device" "$3" >mount.out 2>&1 &
        for ((tries = 0; tries < 100; tries++)); do
            ! mountpoint -q "$3" || break
            sleep 0.1
        done
        mountpoint -q "$3" || broken "$(cat mount.out)"
    fi
    losetup -d "$device"
}

# mount_new_ext4 IMAGE SIZE DIRECTORY [OPTION…]: options of mkfs.ext4.
mount_new_ext4() {
    truncate -s "$2" "$1"
    mkfs.ext4 -q "${@:4}" "$1"
    mkdir "$3"
    mount -o loop "$1" "$3"
    mounted+=("$work/$3")
}

nothing_left() { [[ -z $(find "$1" -name '.devjournal*') ]] || broken "something is left: $(find "$1" -name '.devjournal*')"; }
# all_whole DIR MONTH: each file there is the one of the month.
all_whole() {
    local file
    while IFS= read -r -d '' file; do
        cmp -s "$1/$file" "ws/snapshots/dev@$2/$file" || broken "$file is half of one, or another"
    done < <(cd "$1" && find . -path './.devjournal*' -prune -o -type f -print0)
}

given "three months of every kind of object, with a name that exFAT does not take"
named_with_a_colon() { mkdir -p ws/code/odd && echo colon >"ws/code/odd/a:b" && echo fine >ws/code/odd/fine; }
months_of_every_kind named_with_a_colon

given "exFAT: no links, modes, attributes, owners, FIFOs, and not every name"
mount_new_exfat exfat.img 300M exfat
when on_ls extract "$first" odd links tree content --to exfat/part --json
then_exits 4
jq -e '.failures == []' out >/dev/null || broken "nothing failed: $(jq -c .failures out)"
for kind in mode name symbolic_link hard_link; do
    jq -e --arg kind "$kind" 'any(.losses[]; .kind == $kind)' out >/dev/null || broken "no loss of $kind: $(jq -c '[.losses[].kind] | unique' out)"
done
jq -e 'any(.losses[]; .kind == "name" and .path == "odd/a:b")' out >/dev/null || broken "the name is not named: $(jq -c '.losses[] | select(.kind == "name")' out)"
all_whole exfat/part "$first"
[[ -f exfat/part/odd/fine && ! -e exfat/part/odd/a:b ]] || broken "the rest comes out"
# Each regular file that was not named is there: further names of a file as files of their own.
jq -r '.losses[] | select(.kind == "name") | .path' out >refused
while IFS= read -r path; do
    [[ -f exfat/part/$path ]] || grep -qxF -- "$path" refused || broken "$path is neither there nor named"
done < <(cd "ws/snapshots/dev@$first" && find odd links tree content -type f)
nothing_left exfat
when on_ls extract "$first" odd --to exfat/part
then_exits 4
grep -q 'names that the file system does not take: odd/a:b' err || broken "a person reads which: $(cat err)"

given "tmpfs"
mount_new_tmpfs 300M "$work/memory"
when on_ls extract "$second" --to memory/month --json
[[ $status == 0 || $status == 4 ]] || broken "exit status $status"
jq -r '"./" + .losses[].path' out | sort -u >named
diff <(list_tree.py "ws/snapshots/dev@$second") <(list_tree.py memory/month) | sed -n 's/^[<>] \([^\t]*\)\t.*/\1/p' | sed 's/\\x20/ /g' |
    sort -u >differs || true
diff named differs >diff.out || broken "what differs is not what was named: $(head -n 20 diff.out)"
nothing_left memory

given "ext4 without extended attributes"
mount_new_ext4 plain.img 400M plain -O ^ext_attr,^has_journal
when on_ls extract "$first" attributes content --to plain/month --json
jq -e '.failures == [] and any(.losses[]; .kind == "attribute")' out >/dev/null || broken "attributes are named: $(jq -c '[.failures, (.losses | length)]' out)"
all_whole plain/month "$first"

given "a disk that fills up on the way"
mount_new_ext4 small.img 6M small
when on_ls extract "$first" --to small/month
then_exits 2
then_one_error 'do not fit'
mkdir -p small/month/content
when on_ls extract "$first" --to small/month --overwrite
then_exits 2
then_one_error 'is full'
nothing_left small
all_whole small/month "$first"
(($(find small/month -type f | wc -l) > 10)) || broken "what fits is there"

given "a disk that may not be written to"
mount -o remount,ro small
when on_ls extract "$first" odd --to small/month
then_exits 2
then_one_error 'small/month.*read-only'
when on_ls extract "$first" odd --to small/other
then_exits 2
then_one_error 'small/other.*read-only'

given "runs that are ended by signals of both kinds, and the same again"
mount_new_ext4 disk.img 400M disk -b 4096 -O ea_inode
for signal in INT KILL; do
    DEVJOURNAL_CONFIG=ls.conf devjournal extract "$first" --to disk/month >out 2>err &
    run=$!
    for ((waited = 0; waited < 2000; waited++)); do
        if (($(find disk/month -type f 2>/dev/null | wc -l) >= 200)) || ! kill -0 "$run" 2>/dev/null; then break; fi
        sleep 0.005
    done
    kill -"$signal" "$run" 2>/dev/null || true
    wait "$run" || true
    (($(find disk/month -path '*/.devjournal*' -prune -o -type f -print | wc -l) > 100)) || broken "it was ended before it began"
    all_whole disk/month "$first"
done
when on_ls extract "$first" --to disk/month --json
[[ $(jq -c '[(.failures | length), .kept > 100]' out) == '[0,true]' ]] || broken "it is continued: $(jq -c '[.failures, .kept]' out)"
nothing_left disk
all_whole disk/month "$first"
(cd "ws/snapshots/dev@$first" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >was.sums
(cd disk/month && find . -type f -print0 | sort -z | xargs -0 sha256sum) >is.sums
then_same is.sums was.sums
