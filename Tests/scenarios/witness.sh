#!/usr/bin/env bash
# A witness remembers heads, refuses a fork and a shorter journal with both signed heads, and accepts a cut only when
# told; with the lines it kept, nothing is cut.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
heads=ws/state/heads

given "a mirrored journal"
a_journal
on_ls append note text=one >/dev/null
mirrored
when on_ls witness remember
then_exits 0
on_ls checkpoint >head.first
when on_ls witness remember head.first
then_exits 0
then_same head.first "$heads"
when on_ls witness remember head.first --json
then_exits 0
[[ $(jq -c '[(.heads | length), .new, .remembered]' out) == '[1,0,1]' ]] || broken "witness remember --json"
[[ $(jq .heads[0].size out) == $(sed -n 2p head.first) ]] || broken "witness remember --json: the head"

given "a copy of the server, which goes its own way"
cp -a ls ls.copy
on_ls append note text=two >/dev/null
on_ls append note text=three >/dev/null
on_ls checkpoint | devjournal witness remember --config ls.conf - >out 2>err || broken "witness remember -"
cat "$journal"/*.jsonl >replica
on_ls checkpoint >head.second
mv ls ls.right && mv ls.copy ls
on_ls append note text=other >/dev/null
on_ls checkpoint >head.other
when on_ls witness remember head.other
then_exits 1
then_one_error "ends with record"
on_ls append note text=other >/dev/null
on_ls checkpoint >head.other
when on_ls witness remember head.other
then_exits 1
then_one_error "fork"
cat head.second head.other | cmp -s - out || broken "both signed heads must be printed"
when on_ls witness remember head.other --json
then_exits 1
jq -j '.remembered, .other' out | cmp -s - <(cat head.second head.other) || broken "both signed heads as JSON"
when on_ls witness accept
then_exits 1
then_one_error "fork"
when on_ls verify --head "$heads"
then_exits 1

given "malformed heads"
cp "$heads" heads.before
printf 'x\n' >no-head
when on_ls witness remember no-head
then_exits 1
then_one_error "holds no signed checkpoints"
sed '2s/.*/3/' head.first >changed
when on_ls witness remember changed --journal ls.right/dev/journal
then_exits 1
then_one_error "not signed"
then_same "$heads" heads.before

given "the server lost before it had mirrored the last two records"
rm -r ls ls.right
cp -a bucket bucket.before
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase --head "$heads"
then_exits 9
then_one_error "rolled back or never had them"

given "the lines that the witness kept"
cp replica wrong
a_flipped_bit wrong "$(($(wc -c <wrong) - 300))"
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase --witness wrong
then_exits 1
then_one_error "witness"
then_empty ls/dev/journal
head -c -20 replica >torn
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase --witness replica --head "$heads"
then_exits 0
then_events note 3
then_journal sound --head "$heads"
when on_ls witness remember
then_exits 0
mirrored

given "lines from the third on, and a last one that was half written"
rm -r ls bucket && mv bucket.before bucket
sed '1,2d' torn >late
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase --witness late
then_exits 0
grep -q 'last line is torn' err || broken "the torn line must be named"
then_events note 2

given "another journal, and the server lost with a record that only the witness's head knows of"
rm -rf ls bucket ws kit.age
a_journal
on_ls append note text=one >/dev/null
mirrored
on_ls append note text=two >/dev/null
on_ls checkpoint | on_ls witness remember - >/dev/null 2>&1
cp "$heads" head.lost
rm -r ls
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
when on_ls witness remember
then_exits 6
then_one_error "a newer epoch starts after record [0-9]+, below the remembered head"
then_hint "witness accept"
cat head.lost "$journal/checkpoint" | cmp -s - out || broken "both signed heads must be printed"
when on_ls witness accept --reason "the disk died" --json
then_exits 0
jq -j '.superseded[]' out | cmp -s - head.lost || broken "witness accept --json must hold the heads given up"
[[ $(jq -r '.accepted' out | sed -n 4p) == 'epoch 2' ]] || broken "witness accept --json: the head accepted"
then_events witness.accepted 1
then_same head.lost ws/state/heads.superseded
when on_ls witness accept --json
then_exits 0
[[ $(jq -c '[.superseded, .accepted]' out) == '[[],null]' ]] || broken "witness accept --json with nothing to accept"
then_events witness.accepted 1
when on_ls witness remember
then_exits 0
then_journal sound --head "$heads"
then_journal warnings --head ws/state/heads.superseded
