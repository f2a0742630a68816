#!/usr/bin/env bash
# A proof stands alone: one file and the root's fingerprint show that a record is in the journal.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a journal of two epochs and a remembered head"
a_journal
for text in one two three; do on_ls append note text=$text >/dev/null; done
on_ls checkpoint >remembered
on_ls key rotate --kit kit.age --passphrase-file passphrase >/dev/null 2>&1
on_ls append note text=four >/dev/null
records=$(wc -l <"$journal/000000000001.jsonl")
root=$(cat ls/dev/keys/root.fingerprint)

for seq in $(seq "$records"); do
    on_ls prove "$seq" >"proof.$seq" 2>err || broken "prove $seq"
    devjournal verify --proof "proof.$seq" --root "$root" >out 2>err || broken "verify --proof of $seq"
    then_prints "^shown: record $seq is in the journal"
    then_prints "^not shown: "
done
head -n 1 proof.1 | grep -qx 'c2sp.org/tlog-proof@v1' || broken "not the title of a tlog-proof"
when devjournal verify --proof proof.5
then_exits 0
then_prints "believed from the proof"
when devjournal verify --proof proof.5 --root 00000000000000000000000000000000
then_exits 1
then_one_error "neither opened this journal nor started an epoch"
sed 's/^index 4$/index 3/' proof.5 >proof.moved
when devjournal verify --proof proof.moved --root "$root"
then_exits 1
then_one_error "proof"
for place in $(seq 0 97 "$(($(wc -c <proof.5) - 1))"); do
    cp proof.5 proof.flipped
    a_flipped_bit proof.flipped "$place"
    status=0
    devjournal verify --proof proof.flipped --root "$root" >out 2>err || status=$?
    ((status == 1)) || broken "bit flipped at $place: exit status $status"
done
on_ls prove 5 >proof.now # under the newer checkpoint
when on_ls prove 5 --json
then_exits 0
jq -j .proof out | cmp -s - proof.now || broken "prove --json must hold the proof"
[[ $(jq -c '[.record, .from, .size]' out) == "[5,null,$records]" ]] || broken "prove --json"
when on_ls prove 99
then_exits 7
then_one_error "there is no record 99"
when on_ls prove
then_exits 64
when devjournal verify --proof no-proof
then_exits 7

given "the remembered head, older than the epoch"
size=$(sed -n 2p remembered)
on_ls prove --from "$size" >consistency
when devjournal verify --proof consistency --root "$root" --head remembered
then_exits 0
then_prints "^shown: the journal of [0-9]+ records begins with the $size that were remembered"
when devjournal verify --proof consistency --root "$root"
then_exits 64
then_one_error "no head of $size records was given"
on_ls prove --from 2 >consistency
when devjournal verify --proof consistency --root "$root" --head remembered
then_exits 64
