#!/usr/bin/env bash
# A journal with a broken line is named damaged by both verifiers, nothing is appended to it, and the mirror mends it.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a mirrored month, and a bit flipped in line 3 of the journal"
a_household
a_month "$first" 1
mirrored
segment=$journal/000000000001.jsonl
cp "$segment" before
a_flipped_bit "$segment" "$(($(head -n 2 "$segment" | wc -c) + 300))"
cp "$segment" damaged

then_journal damaged
(( $(jq .record verdict) == 3 )) || broken "the record named is not 3: $(cat verdict)"

when devjournal rebuild --config ls.conf
then_exits 1
then_one_error '3'
then_hint "mv -T $journal $journal.damaged; devjournal rebuild --from-mirror --kit KIT"
cp err rebuild.err
then_same "$segment" damaged

when push_to_cloud.sh --config ls.conf
then_exits 1
then_same "$segment" damaged

remedy=$(sed -n 's/.*: hint: .* with: \(mv .*\)KIT$/\1kit.age --config ls.conf --passphrase-file passphrase/p' rebuild.err)
[[ -n $remedy ]] || broken "the hint: $(cat rebuild.err)"
when eval "$remedy"
then_exits 0
then_journal sound
rm -rf "$journal.damaged"

ls_wiped
when devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
then_journal sound
head -n "$(wc -l <before)" "$segment" >again
then_same again before
