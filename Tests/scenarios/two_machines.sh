#!/usr/bin/env bash
# Months between two machines over ssh: delivered, received by rsync, registered, followed; with the link down they wait
# and go in their order; WS is wiped and gets everything back; the next increment continues.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/over_ssh.bash"
worktree=on
cut_and_clean_up() { # clean_up exits with the status it finds
    local code=$?
    link_down
    (exit "$code") || clean_up
    clean_up
}
trap cut_and_clean_up EXIT

fourth=$first fifth=$second # labels are this month at the latest
first=$(date -d "$(date +%Y-%m-15) -4 month" +%Y-%m)
second=$(date -d "$(date +%Y-%m-15) -3 month" +%Y-%m)
edit() { make_source_tree.py --megabytes 2 "$1" ws/code; }

given "LS, reached through sshd, WS paired"
a_household
ls_over_ssh

given "a month"
edit 1
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
then_events artifact.registered 1
then_copied ls/code ws/code
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
then_events artifact.registered 1

given "the link down, and the month that is finished run again"
link_down
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 11
grep -q "dev@$first was safe on LS when LS confirmed it, at 20" err || broken "it must say what is known, and since when"
! grep -q "is safe on LS" err || broken "LS was not asked"

given "another machine that answers in LS's place"
mv sshd/host_key sshd/paired_key
ssh-keygen -q -t ed25519 -N '' -C other -f sshd/host_key
link_up
shown=$(ssh-keygen -lf sshd/host_key | cut -d ' ' -f 2)
then_other_key() {
    then_exits 12
    then_one_error "another ssh host key answers than the one that was paired"
    grep -qF "paired: $shown;" err || broken "the key that answers must be named: $shown"
    then_hint "init_WS.sh --pair 'LINE'"
    ! grep -Eq "@@@|NASTY|known_hosts|REMOTE HOST" err || broken "ssh's own advice is wrong here"
}
when on_ws deliver -- "${ws_ssh[@]}" deliver
then_other_key
mv ws/snapshots/dev@"$first" ws/snapshots/away
when on_ws request latest -- "${ws_ssh[@]}" restore
then_other_key
mv ws/snapshots/away ws/snapshots/dev@"$first"
when LS_request.sh --config ws.conf latest
then_other_key
when ws_dev_run_month.sh --config ws.conf "$first"
then_other_key
link_down
mv sshd/paired_key sshd/host_key

given "LS that does not admit this workstation's key, LS without its journal, and WS without ssh"
link_up
mv sshd/authorized_keys sshd/admitted
for command in "ws_dev_run_month.sh --config ws.conf $first" "LS_request.sh --config ws.conf latest"; do
    # shellcheck disable=SC2086 # words
    when $command
    then_exits 6
    then_one_error "does not admit this workstation's key"
    then_hint "on LS: sudo init_LS.sh --pair 'LINE'"
    ! grep -q "cannot be reached" err || broken "LS answers"
done
mv sshd/admitted sshd/authorized_keys
mv "$journal" "$journal.away"
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 7
grep -q "LS answers at 127.0.0.1, and refuses; its words are above" err || broken "whose words these are"
grep -q "error: .*$journal" err || broken "LS's own words"
! grep -q "cannot be reached" err || broken "LS answers"
mv "$journal.away" "$journal"
when env PATH=/nonexistent DEVJOURNAL_CONFIG=ws.conf "$(command -v devjournal)" deliver -- ssh ls deliver
then_exits 2
then_hint "apt-get install openssh-client"
link_down

given "the link down for two months"
edit 2
when ws_dev_run_month.sh --config ws.conf "$second"
then_exits 11
then_one_error "cannot be reached"
edit 3
when ws_dev_run_month.sh --config ws.conf "$fourth"
then_exits 11
then_events artifact.registered 1

given "the link up again"
link_up
when ws_dev_run_month.sh --config ws.conf "$fourth"
then_exits 0
then_events artifact.registered 3
then_copied ls/code ws/code
[[ $(on_ls manifest | awk -F '\t' 'NR > 1 { print $3 $4 }' | xargs) == "full- incrdev@$first incrdev@$second" ]] ||
    broken "the chain: $(on_ls manifest)"
then_journal sound

given "the mirror has it: the spool is cleared with the next month"
mirrored
edit 4
when ws_dev_run_month.sh --config ws.conf "$fifth"
then_exits 0
[[ $(ls ws/state/spool) == "dev@$fifth."* ]] || broken "the spool: $(ls ws/state/spool)"

given "an artifact that LS has lost before the bucket had it"
rm "$ls_root"/artifacts/incr/dev@"$fifth".*
when ws_dev_run_month.sh --config ws.conf "$fifth"
then_exits 0
grep -q "LS.s copy of .* is missing" err || broken "it must be noticed"
then_present "$(echo "$ls_root"/artifacts/incr/dev@"$fifth".*)"
then_events artifact.registered 4
on_ls restore latest >/dev/null 2>restore.err || broken "$(cat restore.err)"

given "one that a push found damaged before the bucket had it"
a_flipped_bit "$(echo "$ls_root"/artifacts/incr/dev@"$fifth".*)"
when push_to_cloud.sh --config ls.conf
then_exits 11
then_one_error "is damaged here, and not mirrored"
when ws_dev_run_month.sh --config ws.conf "$fifth"
then_exits 0
grep -q "LS.s copy of dev@$fifth, or its catalogue, is damaged" err || broken "it must be handed over again"
then_same "$(echo "$ls_root"/artifacts/incr/dev@"$fifth".*.age)" "$(echo ws/state/spool/dev@"$fifth".*.send.zst.age)"
then_present "$(echo "$ls_root"/artifacts/incr/dev@"$fifth".*.damaged-*)"
rm "$ls_root"/artifacts/incr/dev@"$fifth".*.damaged-*
mirrored

given "WS wiped: an empty file system, its state gone, paired again"
list_tree.py ws/code >before.list
link_down
cp -a ws/state/ssh/id_ed25519 ws/state/replica.pin ws/state/author.key ws/state/ssh/known_hosts "$work/"
for place in ws/*; do delete_with_subvolumes "$place"; done
mkdir -p ws/state/ssh
cp -a id_ed25519 known_hosts ws/state/ssh/
cp -a replica.pin author.key ws/state/
link_up
when LS_request.sh --config ws.conf latest
then_exits 0
list_tree.py ws/code | diff - before.list >diff.out || broken "the tree differs: $(head -5 diff.out)"
then_events restore.released 1
then_events snapshot.restored 8 # four on LS, four on WS
when LS_request.sh --config ws.conf latest
then_exits 0
then_prints "restored-$fifth"
then_events restore.released 1
edit 5
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
on_ls manifest | grep -q "incr.dev@$fifth" || broken "the increment must continue: $(on_ls manifest)"
then_copied ls/code ws/code
when LS_request.sh --config ws.conf --replace "$first"
then_exits 0
then_prints "^$work/ws/code\$"
then_journal sound

given "a restore that waits for somebody at LS"
echo RELEASE=confirm >>ls.conf
for place in ws/snapshots/*; do btrfs -q subvolume delete "$place"; done
when LS_request.sh --config ws.conf latest
then_exits 6
then_one_error "waits for somebody"
on_ls release latest --to ws 2>/dev/null
when LS_request.sh --config ws.conf --replace latest
then_exits 0
then_copied ls/code ws/code
on_ls log --json | grep -q '"confirmed":' || broken "the journal must say who allowed it"
then_journal sound

given "LS without room for what WS says: nothing is recorded, and WS keeps it"
echo RESERVE_BYTES=99999999999 >>ls.conf
on_ws append --outbox note text=later >/dev/null
when on_ws deliver -- "${ws_ssh[@]}" deliver
then_exits 2
grep -q "error: not enough space in .*recording what was delivered" err || broken "LS must say why"
then_events note 0
echo RESERVE_BYTES=0 >>ls.conf
when on_ws deliver -- "${ws_ssh[@]}" deliver
then_exits 0
then_events note 1
