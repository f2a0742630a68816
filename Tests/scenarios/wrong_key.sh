#!/usr/bin/env bash
# Another age identity opens no artifact, and a restore with it receives nothing.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month on LS, and another identity"
a_household
a_month "$first" 1
age-keygen -o other.key 2>keygen.out
sealed=$(artifact "$first")

when devjournal open --config ls.conf "$first" -i other.key -o stream
then_exits 8
then_one_error 'key|identity'
then_absent stream

when devjournal open --age-only -i other.key -o layer "$sealed"
then_exits 8
then_one_error 'key|identity'
then_absent layer

cp "$ls_root/keys/ls_dev_backup.key" right.key
cp other.key "$ls_root/keys/ls_dev_backup.key"
when restore_backup_LS.sh --config ls.conf latest
then_exits 8
then_one_error 'key|identity'
then_empty "$received"

cp right.key "$ls_root/keys/ls_dev_backup.key"
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$first" "ws/snapshots/dev@$first"
