#!/usr/bin/env bash
# The server changes its key without a wipe; a copy of it with the old key can then write nowhere.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a mirrored journal, and a copy of the whole server as somebody else may have it"
a_journal
on_ls append note text=one >/dev/null
mirrored
cp -a ls ls.copy
on_ls checkpoint >remembered

given "wrong kits"
printf 'not the passphrase\n' >wrong && chmod 600 wrong
when on_ls key rotate --kit kit.age --passphrase-file wrong
then_exits 8
then_one_error "passphrase"
when on_ls key rotate --kit no-kit.age --passphrase-file passphrase
then_exits 7
then_events epoch.started 0

when on_ls key rotate --kit kit.age --passphrase-file passphrase --reason "the disk was in other hands"
then_exits 0
then_prints "^epoch 2, sequencer [0-9a-f]{32}$"
then_journal sound --head remembered
when on_ls append note text=two
then_exits 0
mirrored
when on_ls log --type epoch.started
then_prints "epoch 2 after record [0-9]+: the disk was in other hands \(sequencer [0-9a-f]{32}\)"

given "the copy of the server, which continues"
mv ls ls.now && cp -a ls.copy ls
on_ls append note text=stolen >/dev/null
when on_ls push
then_exits 9
then_one_error "another server took over"
when on_ls key rotate --kit kit.age --passphrase-file passphrase
then_exits 9
then_one_error "another server took over"
then_absent ls/dev/keys/rotation/checkpoint
when on_ls append note text=still
then_exits 0
rm -r ls && mv ls.now ls
then_journal sound --head remembered

given "a mirror that is out of reach"
mv bucket bucket.away
when on_ls key rotate --kit kit.age --passphrase-file passphrase
[[ $status != 0 ]] || broken "a rotation without its mirror must fail"
then_absent ls/dev/keys/rotation/checkpoint
when on_ls append note text=three
then_exits 0
mv bucket.away bucket
mirrored

when on_ls key rotate --kit kit.age --passphrase-file passphrase --json
then_exits 0
[[ $(jq -c '[.epoch, (.sequencer | length)]' out) == '[3,32]' ]] || broken "key rotate --json"
mirrored

given "the server lost: the mirror alone brings the journal back, in the next epoch"
rm -r ls
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
then_events epoch.started 3
then_journal sound --head remembered
