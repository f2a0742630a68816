#!/usr/bin/env bash
# A bucket without room refuses a push: nothing half lies under a final name, and a bucket with room takes the rest.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month on LS, and a bucket of 1 MiB"
a_household
a_month "$first" 1
mount_new_tmpfs 1M "$work/bucket"

when devjournal push --config ls.conf
then_exits 9
then_one_error 'no object store'
when devjournal push --create --config ls.conf
then_exits 2
then_one_error 'space|full'
[[ -z $(object "$first") ]] || broken "half an artifact is in the bucket"
then_events artifact.uploaded 0
then_journal sound

mount -o remount,size=64M "$work/bucket"
when push_to_cloud.sh --config ls.conf
then_exits 0
then_events artifact.uploaded 1
then_same "$(object "$first")" "$(artifact "$first")"
