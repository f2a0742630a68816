#!/usr/bin/env bash
# An audit tells what happened, names what is missing by its exit status, and begins after what a reviewer has signed.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month that went well, mirrored"
a_household
a_month "$third" 1
mirrored
when devjournal audit --config ls.conf
then_exits 0
then_prints "dev@$third: taken on day .*, sealed as full .*, registered, uploaded"
then_prints 'notable: new-signer: ws '
then_prints ', 0 of them missing'

when devjournal audit sign --config ls.conf --up-to 5 --reviewer auditor
then_exits 0
when devjournal audit --config ls.conf
then_exits 0
then_prints 'auditor has signed everything up to record 5'
! grep -q 'new-signer' out || broken "what was signed is reported again"
when devjournal audit --config ls.conf --all
then_prints 'new-signer'
when devjournal audit sign --config ls.conf --up-to 5 --reviewer auditor
then_exits 6
when devjournal audit sign --config ls.conf --up-to 999 --reviewer auditor
then_exits 7

given "another household, whose snapshot was taken and never sealed"
ls_wiped
rm -rf bucket kit.age && mkdir bucket
rm -rf ws/state
delete_with_subvolumes ws/snapshots
on_ls init --kit kit.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
on_ls key enrol "$(devjournal key new --config ws.conf)" --name ws >enrol.out
a_snapshot "$third" 2
when devjournal audit --config ls.conf
then_exits 0
then_prints "notable: snapshot-not-sealed: dev@$third was taken but not sealed yet"
then_prints "devjournal audit sign --up-to [0-9]+ --reviewer NAME"
when devjournal audit --config ls.conf --grace 0s --json
then_exits 4
when devjournal audit --config ls.conf --grace 0s
then_prints "next: on the workstation: ws_dev_run_month.sh dev@$third"
when devjournal audit --config ls.conf --grace 0s --json
jq -e '(.findings | all(.remedy != "")) and .missing == 1 and (.findings[] | select(.slug == "snapshot-not-sealed") | .severity == "missing")' out >/dev/null ||
    broken "the finding is not in the JSON"

given "one bit of the journal flipped"
a_flipped_bit "$journal/000000000001.jsonl"
when devjournal audit --config ls.conf
then_exits 1
when devjournal audit sign --config ls.conf --up-to 5 --reviewer auditor
then_exits 1
