#!/usr/bin/env bash
# A kit in other hands: a new root and a new kit. Who remembers either fingerprint accepts the journal; the old kit
# brings no server back any more.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a mirrored journal"
a_journal
on_ls append note text=one >/dev/null
mirrored
old=$(cat ls/dev/keys/root.fingerprint)
printf 'another passphrase\n' >passphrase.new && chmod 600 passphrase.new

when on_ls key new-root --kit kit.age --passphrase-file passphrase --reason "kit lost" kit.age
then_exits 6
then_one_error "is there already"
then_events root.enrolled 0

when on_ls key new-root --kit kit.age --passphrase-file passphrase --new-passphrase-file passphrase.new \
    --reason "kit lost" kit.new.age --json
then_exits 0
new=$(cat ls/dev/keys/root.fingerprint)
[[ $new != "$old" ]] || broken "the pinned root is the old one"
[[ $(jq -c '[.epoch, .root, .kit]' out) == "[2,\"$new\",\"kit.new.age\"]" ]] || broken "key new-root --json"
then_journal sound --root "$old"
then_journal sound --root "$new"
then_journal damaged --root 00000000000000000000000000000000
when on_ls log
then_prints "root.enrolled .*root $new"
then_prints "root.retired .*$old kit lost"
when devjournal verify --journal "$journal" --root "$old"
then_prints "retired by record"
seq=$(devjournal verify --journal "$journal" --root "$old" --json | jq .root_retired)
python3 "$repository/tools/verify_journal.py" "$journal" --root "$old" >out || broken "verify_journal.py"
then_prints "was retired by record $seq;"
python3 "$repository/tools/verify_journal.py" "$journal" --root "$new" >out || broken "verify_journal.py"
! grep -q "was retired" out || broken "the new root is not retired"
when on_ls kit verify kit.new.age --passphrase-file passphrase.new
then_exits 0
when on_ls kit verify kit.age --passphrase-file passphrase
then_exits 6
then_one_error "root key was retired"
when on_ls key rotate --kit kit.age --passphrase-file passphrase
then_exits 6
then_one_error "root key was retired"
on_ls append note text=two >/dev/null
mirrored

given "the server lost"
rm -r ls
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 8
then_one_error "root key"
when on_ls rebuild --from-mirror --kit kit.new.age --passphrase-file passphrase.new
then_exits 0
then_events note 2
then_journal sound --root "$new"
