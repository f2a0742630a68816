#!/usr/bin/env bash
# The journal continues when the server's disk is full: its ballast is given up, which is reported, and made again when there is
# room.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

ballast=$journal/ballast
full_disk() {
    dd if=/dev/zero of=ls/filler bs=1M 2>dd.out || true
    sync -f ls
    dd if=/dev/zero of=ls/filler2 bs=4k 2>dd.out || true
    sync -f ls
}

given "a server with its ballast, and a disk that is full to the last block"
a_household
[[ $(stat -c '%s %b' "$ballast") == "4194304 8192" ]] || broken "the ballast takes 4 MiB: $(stat "$ballast")"
full_disk
seq=$(on_ls log --json | wc -l)

when on_ls append note text='no room' --data - <<<"$(jq -cn '{long: ("x" * 30000)}')"
then_exits 0
grep -q 'warning: the disk of .* is full: the ballast of 4.0 MiB was given up for the journal; make room soon' err ||
    broken "the ballast must be reported"
then_absent "$ballast"
for number in {1..20}; do
    when on_ls append note text="number $number"
    then_exits 0
done
[[ $(on_ls log --json | wc -l) == $((seq + 21)) ]] || broken "each is recorded once"
when on_ls audit sign --up-to 3 --reviewer auditor
then_exits 0
grep -q 'warning: there is no room for the journal.s ballast' err || broken "it must be said until there is room"
then_journal sound

given "room again"
rm ls/filler ls/filler2
sync -f ls
when on_ls audit sign --up-to 4 --reviewer auditor
then_exits 0
! grep -q warning err || broken "nothing to warn of"
[[ $(stat -c '%s %b' "$ballast") == "4194304 8192" ]] || broken "the ballast is made again: $(stat "$ballast")"

given "a ballast whose making was interrupted"
truncate -s 0 "$ballast"
when on_ls audit sign --up-to 5 --reviewer auditor
then_exits 0
[[ $(stat -c %s "$ballast") == 4194304 ]] || broken "it is made whole"
when on_ls rebuild --check
then_exits 0
then_journal sound
