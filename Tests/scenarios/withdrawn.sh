#!/usr/bin/env bash
# An artifact is withdrawn on LS: it counts no more, nothing of it is deleted, what builds on it goes with it or not at all,
# the working copy returns to the newest remaining label, WS takes the month again, and the same bytes never come back.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

withdraw() { on_ls withdraw "$@"; }
alone() { DEVJOURNAL_CONFIG=ls.conf setsid --wait devjournal "$@" </dev/null; } # without a terminal
edit() { make_source_tree.py --megabytes 2 "$1" ws/code; }
hash_of() { sha256sum "$(artifact "$1")" | cut -d' ' -f1; }
then_withdrawn() { # MONTH HASH: its file and its snapshot have other names
    then_present "$(echo "$ls_root/artifacts/withdrawn/$2/dev@$1".*.send.zst.age)"
    [[ $(sha256sum <"$(echo "$ls_root/artifacts/withdrawn/$2/dev@$1".*.send.zst.age)") == "$2  -" ]] || broken "its bytes must be as they were"
    then_absent "$received/dev@$1"
    [[ -n $(compgen -G "$received/dev@$1.withdrawn-*") ]] || broken "its received snapshot must be kept"
    printf 'then  what was of dev@%s is set aside\n' "$1"
}

given "three months, of which the last is not mirrored, and an edit in LS's working copy"
worktree=on
a_household
head -c 9M /dev/urandom >ws/code/large
a_month "$first" 1
a_month "$second" 2
mirrored
a_month "$third" 3
echo edited >ls/code/edited
sha_second=$(hash_of "$second") sha_third=$(hash_of "$third")
cp "$(artifact "$third")" "kept.$(basename "$(artifact "$third")")"

given "labels that build on it, nobody to confirm it, no such label, no reason"
when withdraw "$first" --reason "false" --yes
then_exits 6
then_one_error "is needed by dev@$second and dev@$third"
then_hint 'with-children'
when alone withdraw "$third" --reason "false"
then_exits 6
then_one_error 'no terminal'
when withdraw 2001-01 --reason "false" --yes
then_exits 7
then_one_error 'dev@2001-01'
when withdraw "$third" --yes
then_exits 64
when withdraw "$third" --reason "" --yes
then_exits 6
when withdraw "$first" --with-children --reason "false" --dry-run
then_exits 0
then_prints "dev@$first"
grep -q "would be withdrawn: dev@$third" err || broken "each label is named"
then_events artifact.withdrawn 0

given "a restore that is running"
when flock "$ls_root/locks/restore.lock" env DEVJOURNAL_CONFIG=ls.conf devjournal withdraw "$third" --reason "false" --yes
then_exits 11
then_events artifact.withdrawn 0

given "it is killed between its record and the first file that it moves"
when strace -qq -f -o trace -e trace=renameat2 -e inject=renameat2:signal=KILL:when=1 env DEVJOURNAL_CONFIG=ls.conf \
    devjournal withdraw "$third" --reason "made by nobody we know" --yes
then_exits 137
then_events artifact.withdrawn 1
then_present "$(artifact "$third")"
given "then a disk that does not let its files be moved"
rm -r "$ls_root/artifacts/withdrawn" && touch "$ls_root/artifacts/withdrawn"
when withdraw "$third" --reason "made by nobody we know" --yes
then_exits 2
then_one_error 'recorded as withdrawn, but not all of it was set aside'
then_events artifact.withdrawn 1
then_present "$(artifact "$third")"
given "the same again, when it does"
rm "$ls_root/artifacts/withdrawn"
when withdraw "$third" --reason "made by nobody we know" --yes
then_exits 0
then_events artifact.withdrawn 1
then_withdrawn "$third" "$sha_third"
then_copied ls/code "ws/snapshots/dev@$second"
[[ $(cat ls/code.before-*/edited) == edited ]] || broken "the edited working copy must be kept"
when withdraw "$third" --reason "made by nobody we know" --yes
then_exits 0
then_events artifact.withdrawn 1
then_events worktree.updated 4

given "all that reads or counts"
when on_ls manifest
then_exits 0
! grep -q "dev@$third" out || broken "the manifest must not have it"
when on_ls latest
then_prints "dev@$second"
when on_ls plan "$third"
then_exits 7
when on_ls scrub --all
then_exits 0
! grep -q "dev@$third" out || broken "it must not be checked"
when push_to_cloud.sh --config ls.conf
then_exits 0
[[ -z $(object "$third") ]] || broken "it must not be mirrored"
when on_ls audit --json
jq -e --arg month "dev@$third" '.findings[] | select(.slug == "artifact-withdrawn" and .subject == $month) | .sentence | test("withdrawn by .*: made by nobody we know")' \
    out >/dev/null || broken "the audit must tell it"
when on_ls log --label "$third" --type artifact.withdrawn
then_prints "for: made by nobody we know"
when on_ls rebuild --check
then_exits 0

given "the same bytes under the same name"
mkdir again
cp kept.dev@* "again/$(basename kept.dev@* | sed 's/^kept\.//')"
when ls_dev_register_artifact.sh --config ls.conf again/dev@*
then_exits 6
then_one_error 'was withdrawn|is not what was sealed'
then_events artifact.registered 3

given "the month again on WS: a snapshot and an artifact of their own"
edit 4
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
grep -q "dev@$third was withdrawn on the server: its snapshot is kept as" err || broken "it must be said"
[[ -n $(compgen -G "ws/snapshots/dev@$third.withdrawn-*") ]] || broken "the snapshot must be kept"
then_events artifact.registered 4
then_copied ls/code "ws/snapshots/dev@$third"
[[ $(hash_of "$third") != "$sha_third" ]] || broken "it must be another artifact"
mirrored
third_again=$(hash_of "$third")

given "a withdrawal of the month in the middle, with what builds on it, all of it mirrored, while a scrub reads it"
slow_reads=(strace -qq -f -o trace.scrub -P "$(artifact "$third")" -e 'trace=read,pread64' -e 'inject=read,pread64:delay_enter=4000000:when=1')
DEVJOURNAL_CONFIG=ls.conf "${slow_reads[@]}" devjournal scrub "$third" >scrub.out 2>scrub.err &
scrub=$!
sleep 2
when withdraw "$second" --with-children --reason "disk" --yes
then_exits 0
wait "$scrub" || broken "the scrub must not fail: $(cat scrub.err)"
grep -q 'was withdrawn meanwhile' scrub.err || broken "the scrub must have been at it: $(cat scrub.err)"
then_events artifact.withdrawn 3
then_withdrawn "$second" "$sha_second"
then_withdrawn "$third" "$third_again"
then_copied ls/code "ws/snapshots/dev@$first"
[[ $(on_ls log --type artifact.withdrawn --json | jq -r .event.data.label | xargs) == "dev@$third dev@$third dev@$second" ]] || broken "the newest goes first"
mirrored
when on_ls push --check
then_exits 0
[[ -n $(object "$second") ]] || broken "its object must stay"
when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 0
[[ -z $(find pulled -name "dev@$second*") ]] || broken "it must not be pulled"

given "the next month on a WS that has lost the snapshot of the newest remaining label: a full one, and why"
btrfs -q subvolume delete "ws/snapshots/dev@$first"
edit 5
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
grep -q "dev@$third becomes full (parent_missing)" err || broken "it must say why"
[[ $(on_ls log --type artifact.registered --json | jq -c .event.data.reason | tail -n 1) == "{\"rule\":\"parent_missing\",\"parent\":\"dev@$first\"}" ]] ||
    broken "the reason must be recorded"
then_copied ls/code "ws/snapshots/dev@$third"
mirrored

given "LS wiped, and rebuilt from the mirror with all that was withdrawn in the journal"
then_journal sound
cp "$ls_root/manifests/snapshots_v2.tsv" manifest.before
ls_wiped
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
then_same "$ls_root/manifests/snapshots_v2.tsv" manifest.before
when on_ls push --check
then_exits 0
when restore_backup_LS.sh --config ls.conf latest
then_exits 7
when pull_from_cloud.sh --config ls.conf --to again.pulled latest
then_exits 0
when store_on_LS.sh --config ls.conf again.pulled
then_exits 0
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_copied ls/code "ws/snapshots/dev@$third"
then_journal sound
