#!/usr/bin/env bash
# A new kit is not made under a passphrase that is soon guessed, and nothing is left of the attempt. A kit that has one opens.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a server that is to be made, and passphrases that are soon guessed"
configure ls.conf "$work/ls/code" off
mkdir bucket
(umask 077 && echo x >short && echo 12341234123412 >monotonous)
for weak in short monotonous; do
    when devjournal init --config ls.conf --kit kit.age --passphrase-file $weak
    then_exits 6
    then_one_error 'at least 12 characters, 5 of them different'
    then_hint 'leave out --passphrase-file: one is made'
    then_absent kit.age
    then_absent "$ls_root"
done

given "a kit and journal, and a new root to be made under such a passphrase"
a_journal
for weak in short monotonous; do
    when devjournal key replace-root --config ls.conf --kit new.age --passphrase-file $weak --reason 'kit lost'
    then_exits 6
    then_one_error 'at least 12 characters'
    then_absent new.age
    then_events kit.made 1
done

given "a kit from before, whose passphrase is one letter"
devjournal open --config ls.conf --age-only kit.age --passphrase-file passphrase >plain 2>err || broken "the kit does not open"
printf 'x\nx\n' >twice
type_passphrase.py twice age -p -o weak.age plain >err 2>&1 || broken "no such kit"
when devjournal kit verify --config ls.conf weak.age --passphrase-file short
then_prints 'root fingerprint'
