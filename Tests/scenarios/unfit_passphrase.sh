#!/usr/bin/env bash
# A new kit is not made under a passphrase that is soon guessed or that nobody could type, and nothing is left of the
# attempt. What an editor puts around the line in the file is not part of it. A kit that has such a passphrase opens.
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

given "passphrases that a keyboard does not give, and a file in UTF-16"
(umask 077 && printf 'correct horse battery \n' >blank && printf 'pru\xcc\x88fen und zahlen\n' >decomposed &&
    printf 'correct\x01horse battery\n' >control && iconv -t UTF-16 <<<'correct horse battery' >utf16)
declare -A refusals=([blank]='begins or ends with a blank' [decomposed]='accent as a character of its own'
    [control]='control character' [utf16]='is UTF-16')
for odd in "${!refusals[@]}"; do
    when devjournal init --config ls.conf --kit kit.age --passphrase-file "$odd"
    then_one_error "${refusals[$odd]}"
    then_absent kit.age
    then_absent "$ls_root"
done

given "passphrase files as editors of other systems write them"
(umask 077 && printf 'correct horse battery staple\n' >typed && printf 'correct horse battery staple\r\n' >crlf &&
    printf '\xef\xbb\xbfcorrect horse battery staple\n' >mark && printf 'correct horse battery staple' >bare)
for file in crlf mark bare; do
    when devjournal init --config ls.conf --kit kit.$file --passphrase-file $file
    then_exits 0
    type_passphrase.py typed age -d -o opened kit.$file >age.out 2>&1 || broken "what is typed does not open the kit made with $file"
    when devjournal kit verify --config ls.conf kit.$file --passphrase-file typed
    then_exits 0
    when devjournal kit verify --config ls.conf kit.$file --passphrase-file $file
    then_exits 0
    rm -r "$ls_root" bucket opened && mkdir bucket
done
(umask 077 && printf 'correct horse battery staple \n' >trailing)
when devjournal kit verify --config ls.conf kit.bare --passphrase-file trailing
then_exits 8
grep -q 'begins or ends with a blank' err || broken "nothing says that the file's passphrase has a blank at its end"

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
