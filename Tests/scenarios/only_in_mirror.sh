#!/usr/bin/env bash
# After LS's own recovery only the latest chain is there. What the mirror alone has is a state with a command that ends it, and
# no damage; a copy of the mirror in another place is taken as it is, and nothing is asked for that cannot be given.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

recovered() {
    ls_wiped
    on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase >rebuild.out 2>&1 || broken "rebuild: $(cat rebuild.out)"
    rm -rf pulled
    pull_from_cloud.sh --config ls.conf --to pulled latest >pull.out 2>&1 || broken "pull: $(cat pull.out)"
    store_on_LS.sh --config ls.conf pulled >store.out 2>&1 || broken "store: $(cat store.out)"
    restore_backup_LS.sh --config ls.conf latest >restore.out 2>&1 || broken "restore: $(cat restore.out)"
}

given "two anchors, all mirrored; LS lost and recovered"
a_household
a_month "$first" 1
head -c 4M /dev/urandom >ws/code/grown
a_month "$second" 3
a_month "$third" 4
[[ $(on_ls manifest | awk -F '\t' 'NR > 1 { print $3 }' | xargs) == "full incr full" ]] || broken "two anchors: $(on_ls manifest)"
mirrored
recovered
then_absent "$(artifact "$first")"
then_present "$(artifact "$third")"

when on_ls scrub --all
then_exits 0
then_prints "^dev@$first	mirrored	"
then_prints "^dev@$third	ok	"
grep -q "2 artifacts not on this server since it was rebuilt, only in the mirror; devjournal fetch brings them" err ||
    broken "it must be counted, with what brings them"
when on_ls scrub --every 0s --share 1
then_exits 0
then_prints "^dev@$third	ok	" # what is not there keeps no other one from being read
when on_ls audit
then_exits 0
then_prints "artifact-only-mirrored: .*dev@$first and dev@$second; devjournal fetch brings them"
! grep -q "artifact-damaged" out || broken "nothing is damaged"
when on_ls restore "$first"
then_exits 7
then_hint "devjournal fetch dev@$first"
when on_ls push
then_exits 0

given "one that vanishes on LS itself, which is not a state"
mv "$(artifact "$third")" away
when on_ls scrub "$third"
then_exits 1
then_one_error "not restorable from this server: dev@$third"
mv away "$ls_root/artifacts/anchors/dev@$third.full.send.zst.age"
when on_ls scrub "$third"
then_exits 0

given "one that vanishes after LS got a new key, on the same disk: no state either"
on_ls key rotate --kit kit.age --passphrase-file passphrase >rotated.out 2>&1 || broken "rotate: $(cat rotated.out)"
mv "$(artifact "$third")" away
when on_ls scrub "$third"
then_exits 1
then_one_error "not restorable from this server: dev@$third"
when on_ls push
then_exits 0
mv away "$ls_root/artifacts/anchors/dev@$third.full.send.zst.age"
when on_ls scrub "$third"
then_exits 0

given "what brings them"
mv bucket nowhere
when on_ls fetch
then_exits 11
then_one_error "not brought: dev@$first and dev@$second"
mv nowhere bucket
when on_ls fetch 2001-01
then_exits 7
when on_ls fetch "$first"
then_exits 0
when on_ls fetch
then_exits 0
grep -q "1 artifact brought, 2 were here" err || broken "it must be counted"
then_present "$(artifact "$second")"
then_present "$ls_root/catalogues/dev@$second.catalogue.zst.age"
when on_ls scrub --all
then_exits 0
! grep -q mirrored out || broken "all of it is here"
when on_ls audit
then_exits 0
! grep -q "artifact-only-mirrored" out || broken "the finding must be cleared"

given "LS lost again, and the mirror copied to another place"
mv bucket another
sed -i 's|^MIRROR=.*|MIRROR=file://'"$work"'/another|' ls.conf
recovered
when on_ls push
then_exits 0
for label in "$first" "$second" "$third"; do
    [[ $(on_ls label --json "$label" | jq -r .mirrored) == */dev@"$label".* ]] || broken "the copy's must be recorded"
done
[[ $(on_ls log --json --type artifact.uploaded | jq -r '(.event.data // .data).store' | sort | uniq -c | xargs) == "3 file://$work/another 3 file://$work/bucket" ]] ||
    broken "each object of the copy must be taken as it is"
when on_ls push --check --deep
then_exits 0
when on_ls push
then_exits 0
grep -q "up to date" err || broken "nothing is left to record"
when on_ls audit
then_exits 0
then_journal sound
