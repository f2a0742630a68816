#!/usr/bin/env bash
# A journal that is to succeed another, and what its init refuses: lines that are damaged, cut off, another root's or
# another data set's, heads that do not fit, the old mirror, an LS that has a journal or the old age key. Nothing is left
# then; and the new journal says for ever what it continues.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

heir() { on_ls init --kit new-kit.age --passphrase-file passphrase "$@"; }
nothing_left() {
    then_absent new-kit.age
    then_absent "$journal"
    then_absent "$ls_root/tmp/succeeds"
    then_empty "$ls_root/keys"
}

given "a journal, mirrored, whose server and kit are lost; its lines and a head are kept"
a_journal
on_ls append note text='before the fire' >note.out
mirrored
root=$(on_ls verify --json | jq -r .root)
log=$(on_ls verify --json | jq -r .log)
size=$(on_ls verify --json | jq -r .records)
cat "$journal"/*.jsonl >lines
on_ls checkpoint >heads
cp lines lines.before
mv ls old-ls

given "what must go with it"
when heir --succeeds lines
then_exits 64
when heir --root "$root"
then_exits 64
when heir --succeeds lines --root "fire"
then_exits 64
then_one_error "not a fingerprint"
when heir --succeeds nowhere --root "$root"
then_exits 7
nothing_left

given "the old mirror's prefix"
when heir --succeeds lines --root "$root"
then_exits 6
then_one_error "the mirror $mirror holds a journal already"
then_hint "a prefix of its own"
nothing_left
mirror=$mirror/second
mkdir bucket/second
configure ls.conf "$work/ls/code" off

given "lines that are not what they were"
a_flipped_bit lines
when heir --succeeds lines --root "$root"
then_exits 1
then_one_error "damaged or forged: record"
nothing_left
head -c -1 lines.before >lines
when heir --succeeds lines --root "$root"
then_exits 1
then_one_error "the middle of a line"
nothing_left
sed 1d lines.before >lines
when heir --succeeds lines --root "$root"
then_exits 1
nothing_left
: >lines
when heir --succeeds lines --root "$root"
then_exits 1
then_one_error "holds no record"
nothing_left
head -n $((size - 1)) lines.before >lines
when heir --succeeds lines --root "$root" --head heads
then_exits 1
then_one_error "do not hold what is remembered of them"
nothing_left
cp lines.before lines
echo nothing >no-heads
when heir --succeeds lines --root "$root" --head no-heads
then_exits 1
nothing_left

given "the fingerprint of another root"
when heir --succeeds lines --root "${root//[0-9]/a}"
then_exits 1
then_one_error "no root with the fingerprint ${root//[0-9]/a} vouches for the lines"
then_hint "replica.pin"
nothing_left

given "lines of another data set"
sed -i 's/^DATASET=.*/DATASET=photos/' ls.conf
when heir --succeeds lines --root "$root"
then_exits 6
then_one_error "of data set dev, not photos"
nothing_left
sed -i 's/^DATASET=.*/DATASET=dev/' ls.conf

given "the old age key, which still opens everything"
install -D -m 0600 old-ls/dev/keys/ls_dev_backup.key "$ls_root/keys/ls_dev_backup.key"
when heir --succeeds lines --root "$root"
then_exits 6
then_one_error "the age key of the old journal is here"
then_absent "$journal"
rm "$ls_root/keys/ls_dev_backup.key"

given "the lines as they are, and a run that was ended after keeping them"
mkdir -p "$journal/before/$log"
head -n 1 lines >"$journal/before/$log/000000000001.jsonl"
when heir --succeeds lines --root "$root" --head heads --reason "the house burned down"
then_exits 6
then_one_error "holds other lines"
rm new-kit.age
cp lines "$journal/before/$log/000000000001.jsonl"
when heir --succeeds lines --root "$root" --head heads --reason "the house burned down"
then_exits 0
then_prints "root fingerprint: "
then_absent "$ls_root/tmp/succeeds"
then_same <(cat "$journal/before/$log"/*.jsonl) lines
then_journal sound
then_journal sound --root "$(on_ls verify --json | jq -r .root)"
when on_ls verify
then_exits 0
then_prints "before: $size records of journal $log, which this one succeeds, are kept and sound"
when devjournal verify --journal "$journal/before/$log" --root "$root"
then_exits 0
when on_ls show 2
then_exits 0
then_prints "journal.succeeds"
sed -n 2p "$journal"/*.jsonl | jq -e --arg log "$log" --arg root "$root" --arg sha "$(sha256sum <lines | cut -d ' ' -f 1)" --argjson size "$size" \
    '.event.data | .log == $log and .root == $root and .size == $size and .known_by.lines == $sha and
     .known_by.checkpoint == $size and .reason == "the house burned down"' >/dev/null ||
    broken "record 2: $(sed -n 2p "$journal"/*.jsonl)"

given "an LS that has a journal"
when heir --succeeds lines --root "$root"
then_exits 6
then_one_error "there is a journal"

given "the mirror of before, in the configuration only now"
when on_ls push
then_exits 0
sed -i "s|^MIRROR=.*|MIRROR=file://$work/bucket|" ls.conf
when on_ls push
then_exits 9
then_one_error "holds the journal that this one succeeds, or another that it cannot read"
then_hint "a prefix of its own"
sed -i "s|^MIRROR=.*|MIRROR=$mirror|" ls.conf

given "an audit, after everything was signed"
on_ls audit sign --up-to 4 --reviewer auditor >sign.out 2>&1 || broken "$(cat sign.out)"
when on_ls audit
then_exits 0
then_prints "notable: journal-succeeds: this journal succeeds journal $log .*the house burned down"
on_ls audit --json | jq -e 'any(.findings[]; .slug == "journal-succeeds")' >/dev/null || broken "the finding must stay"
when on_ls log
then_exits 0
then_prints "journal.succeeds .*journal $log"

given "a bundle for an auditor"
when on_ls export bundle
then_exits 0
when on_ls export bundle.tar
then_exits 0
mkdir laptop && tar -C laptop -xf bundle.tar
diff -r laptop/bundle bundle >diff.out || broken "directory and archive differ: $(head -n 3 diff.out)"
grep '^    python3 verify' bundle/README.txt | sed "s#python3#$(python_with_cryptography)#" >commands
(($(wc -l <commands) == 2)) || broken "README.txt must name both journals"
while IFS= read -r command; do
    (cd laptop/bundle && bash -c "$command") >verdict 2>&1 || broken "$(cat verdict)"
    grep -q '^sound: ' verdict || broken "$(cat verdict)"
done <commands
then_same <(cat laptop/bundle/before/*.jsonl) lines

given "kept lines that were changed, and ones that are gone"
chmod u+w "$journal/before/$log"/*.jsonl
a_flipped_bit "$journal/before/$log/000000000001.jsonl"
when on_ls verify
then_exits 1
then_prints "before: .* are damaged"
when on_ls audit
then_exits 1
then_one_error "of journal $log, which this one succeeds, are damaged"
when on_ls export damaged
then_exits 1
then_absent damaged
rm -r "$journal/before"
when on_ls verify
then_exits 0
then_prints "before: .* are not kept here"
when on_ls audit
then_exits 0
grep -q "are not kept here" err || broken "audit must say that the lines are gone"
