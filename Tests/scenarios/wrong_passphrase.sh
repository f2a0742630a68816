#!/usr/bin/env bash
# A passphrase that is not the kit's opens nothing and leaves nothing.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a mirrored month, LS wiped, and another passphrase"
a_household
a_month "$first" 1
mirrored
(umask 077 && printf 'incorrect horse battery staple\n' >wrong)

when devjournal kit verify --config ls.conf kit.age --passphrase-file wrong
then_exits 8
then_one_error 'passphrase'

ls_wiped
when devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file wrong
then_exits 8
then_one_error 'passphrase'
then_absent "$ls_root/keys/ls_dev_backup.key"
then_empty "$journal"

when devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
then_journal sound
