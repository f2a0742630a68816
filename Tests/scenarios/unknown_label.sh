#!/usr/bin/env bash
# A month nobody backed up is said to be unknown, by every command that takes a label.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a mirrored month"
a_household
a_month "$first" 1
mirrored

for command in "ls_dev_plan_restore.sh 1999-01" "pull_from_cloud.sh --to pulled 1999-01" "restore_backup_LS.sh 1999-01"; do
    # shellcheck disable=SC2086 # words on purpose
    when ${command/.sh/.sh --config ls.conf}
    then_exits 7
    then_one_error '1999-01'
done
then_empty pulled
then_empty "$received"

when devjournal open --config ls.conf 1999-01 -o stream
then_exits 7
then_one_error '1999-01'
then_absent stream

when ls_dev_plan_restore.sh --config ls.conf January
then_exits 64
then_one_error 'not a month: January'
