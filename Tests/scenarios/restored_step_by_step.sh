#!/usr/bin/env bash
# A restore takes the shortest way from what is there already, says beforehand what it will do, and keeps the working copy
# that it replaces under a dated name, if it was edited. Kept copies are listed with what differs, and removed by name.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

kept() { find ls -maxdepth 1 -name 'code.before-*' | sort; }
received_now() { find "$received" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd ' '; }

given "three months on LS, and nothing received yet"
worktree=on
a_household
sed -i 's/^WORKTREE=.*/WORKTREE=off/' ws.conf # so that the months themselves restore nothing
for number in 1 2 3; do
    case $number in 1) month=$first ;; 2) month=$second ;; 3) month=$third ;; esac
    a_month "$month" "$number"
done
[[ -z $(received_now) ]] || broken "received already: $(received_now)"
records=$(on_ls log --json | wc -l)

when restore_backup_LS.sh --config ls.conf --dry-run latest
then_exits 0
grep -q '3 artifacts to receive, ' err || broken "the plan must say how many"
[[ $(grep -c 'sha256sum -c' out) == 3 && $(grep -c 'btrfs receive' out) == 3 ]] || broken "each artifact has its commands"
then_prints '^mv -T .*/copy .*/code$'
when on_ls restore --dry-run --json "$second"
then_exits 0
bytes=$(on_ls manifest | awk -F '\t' -v one="dev@$first" -v two="dev@$second" '$2 == one || $2 == two { sum += $5 } END { print sum }')
[[ $(jq -c '[.label, .bytes, .reused, (.steps | length), .steps[0].present]' out) == "[\"dev@$second\",$bytes,null,2,true]" ]] ||
    broken "the plan as JSON: $(cat out)"
[[ -z $(received_now) && ! -e ls/code ]] || broken "a dry run changes nothing"
[[ $(on_ls log --json | wc -l) == "$records" ]] || broken "a dry run records nothing"

given "the stock commands of the plan, run by a shell, with a working copy and an older one kept"
mkdir ls/code ls/code.before
touch ls/code/mine
on_ls restore --dry-run "$second" >commands 2>/dev/null
when env WORKTREE=off bash -euo pipefail commands
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_copied ls/code "ws/snapshots/dev@$second"
then_empty ls/code.before
[[ -e $(kept)/mine ]] || broken "the working copy must be kept: $(kept)"
rm -r "$(kept)" ls/code.before
for subvolume in ls/code "$received"/dev@*; do btrfs -q subvolume delete "$subvolume"; done

given "the first month restored, then the third: only what is missing is received"
when restore_backup_LS.sh --config ls.conf "$first"
then_exits 0
[[ $(grep -c 'receiving dev@' err) == 1 && $(cat out) == "$received/dev@$first" ]] || broken "one is received"
then_copied ls/code "ws/snapshots/dev@$first"
when on_ls restore --dry-run latest
then_exits 0
grep -q "dev@$first is there already and is reused" err || broken "what is reused must be said"
grep -q '2 artifacts to receive' err || broken "two are missing"
grep -q "/ls/code would be kept under a dated name" err || broken "that the working copy is kept must be said"
! grep -q "dev@$first" out || broken "what is there needs no command"

given "the working copy edited, an untracked file in it, and a subvolume's worth of changes"
echo "half an idea" >ls/code/idea.txt
echo edited >>ls/code/empty.txt
list_tree.py ls/code >edited.list
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
[[ $(grep -c 'receiving dev@' err) == 2 ]] || broken "two are received"
then_copied ls/code "ws/snapshots/dev@$third"
before=$(kept)
[[ $before == ls/code.before-"$third".at-* ]] || broken "kept as: $before"
grep -q "is kept as $work/$before" err || broken "where it is kept must be said"
list_tree.py "$before" >kept.list
then_same edited.list kept.list
[[ $(on_ls log --json --type worktree.updated | tail -n 1 | jq -r '.event.data.kept') == "$work/$before" ]] || broken "the journal must say so"

given "the same again: nothing is done; with edits the copy is made again, and the edits are kept"
records=$(on_ls log --json | wc -l)
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
grep -q "is dev@$third already; nothing changed" err || broken "it must say that nothing changed"
[[ $(on_ls log --json | wc -l) == "$records" && $(kept) == "$before" ]] || broken "nothing may change"
when on_ls restore --dry-run latest
then_exits 0
grep -q '0 artifacts to receive, 0 B' err || broken "nothing to receive"
echo more >ls/code/more.txt
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
[[ $(kept | wc -l) == 2 && -n $(find ls -maxdepth 2 -path '*before*' -name more.txt) ]] || broken "edits are kept: $(kept)"

given "an older month, received only: the working copy stays"
list_tree.py ls/code >code.list
when restore_backup_LS.sh --config ls.conf --receive-only --dry-run "$second"
then_exits 0
! grep -q "$work/ls/code" out || broken "the working copy is left out"
when restore_backup_LS.sh --config ls.conf --receive-only "$second"
then_exits 0
then_prints "^$received/dev@$second\$"
list_tree.py ls/code | cmp -s - code.list || broken "the working copy must stay"

given "an older month: the working copy follows it back, all copies stay, and one that nobody edited, only read, is not kept"
copies=$(kept)
find ls/code -type f -exec cat {} + >/dev/null
when restore_backup_LS.sh --config ls.conf "dev@$second"
then_exits 0
[[ $(kept) == "$copies" ]] || broken "it needs no second copy: $(kept)"
! grep -q 'is kept as' err || broken "nothing is kept"
[[ $(on_ls log --json --type worktree.updated | tail -n 1 | jq -r '.event.data.kept') == null ]] || broken "the journal must say so"
given "one that nobody edited, in which somebody has a file open: what he writes later is kept"
exec {open_file}>>ls/code/empty.txt
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
echo later >&"$open_file"
exec {open_file}>&-
still=$(comm -13 <(echo "$copies") <(kept))
[[ $(cat "$still/empty.txt") == *later ]] || broken "what was open is not kept"
when on_ls copies --remove "$still"
then_exits 0
when restore_backup_LS.sh --config ls.conf "dev@$second"
then_exits 0
when on_ls copies
then_exits 0
[[ $(wc -l <out) == 2 ]] || broken "two are kept"
then_prints "^${before#ls/}	dev@$first	2 objects differ: empty.txt \\(size, mtime\\), idea.txt \\(new\\)$"
when on_ls copies --remove nothing
then_exits 7
when on_ls copies --remove "$work/$before"
then_exits 0
then_absent "$before"
[[ $(kept | wc -l) == 1 ]] || broken "only what is named is removed: $(kept)"
then_copied ls/code "ws/snapshots/dev@$second"
[[ $(received_now) == "dev@$first dev@$second dev@$third" ]] || broken "received: $(received_now)"

given "a plain directory at the working copy's place, and no key: what was received is enough"
btrfs -q subvolume delete ls/code
mkdir ls/code
touch ls/code/mine
mv "$ls_root/keys/ls_dev_backup.key" key
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
mv key "$ls_root/keys/ls_dev_backup.key"
then_copied ls/code "ws/snapshots/dev@$second"
plain=$(find ls -maxdepth 2 -path '*before*' -name mine)
[[ -n $plain ]] || broken "the directory is kept: $(kept)"
when on_ls copies --remove "${plain%/mine}"
then_exits 6
then_hint "rm -r $work/${plain%/mine}"

given "bad input"
when restore_backup_LS.sh --config ls.conf 2001-01
then_exits 7
then_one_error 'no artifact of dev@2001-01 is registered'
when restore_backup_LS.sh --config ls.conf 2026-13
then_exits 64
when on_ls restore other@2026-01
then_exits 64
when on_ls restore 'dev@2026-01/../x'
then_exits 64
when on_ls restore --dry-run 2001-01 --json
then_exits 7
[[ $(jq .status err) == 7 ]] || broken "an error as JSON: $(cat err)"

given "the newest copy gone, and its artifact missing, a directory, or moved to another disk"
btrfs -q subvolume delete "$received/dev@$third"
artifact=$(artifact "$third")
mv "$artifact" aside
when on_ls restore --dry-run latest
then_exits 0
grep -q 'which is missing: devjournal fetch' err || broken "what is missing must be said"
when restore_backup_LS.sh --config ls.conf latest
then_exits 7
then_one_error "the artifact .* is missing"
then_hint "devjournal fetch"
mkdir "$artifact"
when restore_backup_LS.sh --config ls.conf latest
then_exits 1
then_one_error 'is not a file'
rmdir "$artifact"
mkfifo "$artifact"
when timeout 20 restore_backup_LS.sh --config ls.conf latest
then_exits 1
then_one_error 'is not a file'
rm "$artifact"
ln -s "$work/aside" "$artifact"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0 # what counts is its hash
rm "$artifact"
mv aside "$artifact"
btrfs -q subvolume delete "$received/dev@$third"
mkdir "$received/dev@$third"
when restore_backup_LS.sh --config ls.conf latest
then_exits 6
then_one_error "$received/dev@$third is there, but is not a snapshot"
rmdir "$received/dev@$third"

given "no snapshot can be made at the working copy's place: the restore stands, the old copy too"
list_tree.py ls/code >code.list
sed -i "s|^CODE=.*|CODE=$work/elsewhere/code|" ls.conf
when restore_backup_LS.sh --config ls.conf latest
then_exits 7
then_one_error "there is no directory $work/elsewhere for the working copy"
then_absent elsewhere
mkdir elsewhere
when restore_backup_LS.sh --config ls.conf latest
then_exits 2
then_hint 'must be on one Btrfs file system; or set WORKTREE=off'
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
list_tree.py ls/code >code.after
then_same code.list code.after
then_journal sound
