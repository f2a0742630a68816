#!/usr/bin/env bash
# A bit flipped in the bucket is found before anything of the object gets a name on LS.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a mirrored month, a bit flipped in its object"
a_household
a_month "$first" 1
mirrored
a_flipped_bit "$(object "$first")"

when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 1
then_one_error "dev@$first"
[[ -z $(find pulled -type f -name '*.send.zst.age') ]] || broken "a damaged artifact was kept: $(find pulled -type f)"

given "LS wiped, and a bit flipped in each object of the bucket in turn"
cp -a bucket whole
ls_wiped
while IFS= read -r file; do
    [[ $file != *.send.zst.age && $file != */catalogues/* ]] || continue
    rm -rf bucket && cp -a whole bucket
    a_flipped_bit "$file"
    when devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file passphrase
    if [[ $file == */manifests/* && $file != */checkpoint.age ]]; then
        then_exits 0 # manifests are projections: the journal alone is believed
        then_journal sound
        ls_wiped
    else
        (( status == 1 )) || broken "expected exit status 1 with $file damaged, got $status"
        then_one_error '.'
        then_empty "$journal"
    fi
done < <(find bucket -type f | sort)
