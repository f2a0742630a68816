#!/usr/bin/env bash
# A disk that fills up while registering leaves no half artifact in the repository, and the journal loses nothing.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a sealed artifact, and a quota that nobody sees in the free space"
a_household
rmdir "$ls_root/artifacts/anchors"
btrfs -q subvolume create "$ls_root/artifacts/anchors"
btrfs quota enable ls
btrfs qgroup limit 1M "$ls_root/artifacts/anchors"
a_snapshot "$first" 1
sealed=$(ws_dev_export_and_push.sh --config ws.conf "$first" 2>seal.out)
sync -f ls
lines=$(cat "$journal"/*.jsonl | wc -l)

when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 2
then_one_error 'quota exceeded'
then_empty "$ls_root/artifacts/anchors"
then_empty "$ls_root/tmp"
(( $(cat "$journal"/*.jsonl | wc -l) == lines )) || broken "the journal changed"
then_journal sound

btrfs qgroup limit none "$ls_root/artifacts/anchors"
sync -f ls
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
then_events artifact.registered 1
then_journal sound
