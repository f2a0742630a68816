#!/usr/bin/env bash
# What stock zstd and age made, devjournal opens; what devjournal sealed, stock age, zstd and btrfs restore.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/documents.bash"

given "a month, its snapshot sealed by devjournal and by stock tools"
a_household
a_month "$first" 1
snapshot=ws/snapshots/dev@$first
key=$ls_root/keys/ls_dev_backup.key
version=$(on_ls log --type artifact.sealed --json | jq .event.data.stream_version | tail -n 1)
btrfs -q send --proto "$version" "$snapshot" >stream
zstd -q -19 <stream | age -r "$(age-keygen -y "$key")" >stock.send.zst.age

when devjournal open --config ls.conf --without-journal -i "$key" -o opened stock.send.zst.age
then_exits 0
then_same opened stream
when devjournal open --config ls.conf "$first" -o ours
then_exits 0
then_same ours stream
when devjournal open --age-only -i "$key" -o layer "$(artifact "$first")"
then_exits 0
zstd -qdc layer >ours.stock
then_same ours.stock stream

mkdir ls/stock
age -d -i "$key" "$(artifact "$first")" | zstd -qdc | btrfs -q receive ls/stock
then_equal_trees "ls/stock/dev@$first" "$snapshot"

given "the bucket, the kit and the recipe of devjournal-recovery(7), word for word, but for what it leaves to fill in"
mirrored
a_month "$second" 2
mirrored
(($(find bucket/dev/journal/pieces -type f | wc -l) >= 2)) || broken "the journal must be in several pieces"
mkdir plain-tools && cp bucket -r plain-tools && cp kit.age plain-tools/recovery-kit.age
mount_new_btrfs other.img 256M "$work/other"
disk=$(findmnt -no SOURCE "$work/other" | sed 's/\[.*//')
mkdir dir
root=$(sed -n 's/.*root fingerprint: //p' init.out)
document_blocks 'run by stock_tools.sh' "$repository/tools/man/devjournal-recovery.7.md" >written
document_blocks 'run by stock_tools.sh' "$repository/README.md" >short
then_same written short
sed -e "s|^age -d -o identity|type_passphrase.py $work/passphrase &|" -e "s|ROOT|$root|" -e "s|DISK|$disk|; s|DIR|$work/dir|" written >recipe
(($(wc -l <recipe) == 15)) || broken "the recipe: $(cat recipe)"
(cd plain-tools && bash -euo pipefail ../recipe) >out 2>err || broken "the recipe does not work"
grep -q "dev@$second.*: OK" out || broken "hashes are compared"
then_equal_trees "dir/received/dev@$first" "ws/snapshots/dev@$first"
then_equal_trees "dir/received/dev@$second" "ws/snapshots/dev@$second"
findmnt -no OPTIONS dir | grep -q nosuid,nodev,noexec || broken "mounted with power"
umount dir && mkdir -p dir

given "the same bucket, and a piece that somebody damaged, of which the records are there twice"
rm -r plain-tools && mkdir plain-tools && cp bucket -r plain-tools && cp kit.age plain-tools/recovery-kit.age
# What the last push stored, stored again, as a push does that was cut off before its checkpoint.
piece=$(find plain-tools/bucket/dev/journal/pieces -type f -printf '%f %p\n' | sort | tail -n 1 | cut -d' ' -f2)
age -d -i "$key" "$piece" | age -r "$(age-keygen -y "$key")" >again
other=$(dirname "$(dirname "$piece")")/$(sha256sum <again | cut -c-64)
mkdir "$other" && mv again "$other/$(basename "$piece")"
a_flipped_bit "$piece"
sed '/^mount /,$d; /^sha256sum/d' recipe | sed "s|^find journal.*|&; sed -i '/$(basename "$(dirname "$piece")")/d' objects|" >repaired
(cd plain-tools && bash -euo pipefail ../repaired) >out 2>err || broken "the other piece must do: $(cat err)"
then_same <(cat plain-tools/bucket/dev/plain/*.jsonl) <(head -n "$(cat plain-tools/bucket/dev/plain/*.jsonl | wc -l)" "$journal/000000000001.jsonl")

given "the same bucket with an artifact that somebody else made for the same recipient"
rm -r plain-tools && mkdir plain-tools && cp bucket -r plain-tools && cp kit.age plain-tools/recovery-kit.age
forged=$(find plain-tools/bucket -name "dev@$first.full*")
age -r "$(age-keygen -y "$key")" <recipe >"$forged"
(cd plain-tools && bash -euo pipefail ../recipe) >out 2>err && broken "a forged artifact passes"
grep -q "dev@$first.*: FAILED" out || broken "it must be named"
[[ -z $(findmnt -no TARGET dir) ]] || broken "nothing may be mounted yet"
