#!/usr/bin/env bash
# devjournal verify and the Python verifier give the same verdict on a real journal and on every way to spoil it.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two mirrored months, LS wiped and rebuilt, a third month: two epochs in one journal"
a_household
a_month "$first" 1
a_month "$second" 2
mirrored
devjournal checkpoint --config ls.conf >remembered
ls_wiped
when devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
a_month "$third" 3
root=$(devjournal verify --config ls.conf --json | jq -r .root)
then_journal sound
then_journal sound --root "$root" --head remembered
then_journal damaged --root 00000000000000000000000000000000

segment=$journal/000000000001.jsonl
cp "$segment" right
records=$(wc -l <right)
given "a line missing, doubled, moved; a blank line; a line feed of another system"
sed 4d right >"$segment" && then_journal damaged
sed 4p right >"$segment" && then_journal damaged
awk 'NR == 4 { held = $0; next } { print } NR == 5 { print held }' right >"$segment" && then_journal damaged
sed 4G right >"$segment" && then_journal damaged
sed '4s/$/\r/' right >"$segment" && then_journal damaged
given "the end cut off below a remembered head"
head -n 3 right >"$segment" && then_journal damaged --head remembered
given "a bit flipped at 30 places"
for place in $(seq 100 "$(($(wc -c <right) / 30))" "$(wc -c <right)"); do
    cp right "$segment"
    a_flipped_bit "$segment" "$((place - 1))"
    then_journal damaged
done
cp right "$segment"
then_journal sound
given "a segment, then a checkpoint, that is a link to a sound one; a segment that is a FIFO, which nobody writes to"
rm "$segment"
ln -s "$PWD/right" "$segment" && then_journal damaged
rm "$segment"
mkfifo "$segment" && then_journal damaged
rm "$segment"
cp right "$segment"
mv "$journal/checkpoint" note
ln -s "$PWD/note" "$journal/checkpoint" && then_journal damaged
rm "$journal/checkpoint"
mv note "$journal/checkpoint"
then_journal sound

# then_no_verdict STATUS [OPTION...]: neither verifier calls that damaged; devjournal says more exactly why.
then_no_verdict() {
    local expected=$1 mine=0 theirs=0
    shift
    devjournal verify --config ls.conf "$@" >/dev/null 2>err || mine=$?
    "$(python_with_cryptography)" "$repository/tools/verify_journal.py" "$@" >/dev/null 2>err || theirs=$?
    ((mine == expected && theirs == 2)) || broken "verify $*: expected $expected and 2: $mine and $theirs"
    printf 'then  no verdict on: %s\n' "$*"
}
given "no journal there, no file of heads, a malformed fingerprint"
then_no_verdict 7 --journal "$PWD/nowhere"
then_no_verdict 7 --journal "$journal" --head nowhere
then_no_verdict 64 --journal "$journal" --root x
printf 'then  all of it over %d records\n' "$records"
