#!/usr/bin/env bash
# Any age file is opened as stock age opens it, one for a passphrase too; a damaged one leaves no output.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a file for a passphrase, by devjournal, and files for a key, by stock age"
a_journal
type_passphrase.py passphrase age -d -o kit.text kit.age >typed.out || broken "age -d: $(cat typed.out)"
age-keygen -o key 2>/dev/null
head -c 200000 /dev/urandom >content
age -r "$(age-keygen -y key)" -o binary.age content
age -a -r "$(age-keygen -y key)" -o armored.age content

when devjournal open --age-only --passphrase-file passphrase -o opened kit.age
then_exits 0
then_same opened kit.text
for file in binary armored; do
    when devjournal open --age-only -i key -o opened "$file.age"
    then_exits 0
    then_same opened content
done

given "another passphrase, another kind of file, a flipped bit"
(umask 077 && echo 'not this one' >wrong)
rm opened
when devjournal open --age-only --passphrase-file wrong -o opened kit.age
then_exits 8
then_absent opened
when devjournal open --age-only --passphrase-file passphrase -o opened binary.age
then_exits 8
then_absent opened
a_flipped_bit binary.age
when devjournal open --age-only -i key -o opened binary.age
then_exits 1
then_absent opened
