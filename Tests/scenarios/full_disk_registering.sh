#!/usr/bin/env bash
# A disk that fills up while registering leaves no half artifact in the repository, and the journal loses nothing.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a sealed artifact, and LS's disk full"
a_household
a_snapshot "$first" 1
sealed=$(ws_dev_export_and_push.sh --config ws.conf "$first" 2>seal.out)
dd if=/dev/zero of=ls/filler bs=64k 2>dd.out || true
sync -f ls
lines=$(cat "$journal"/*.jsonl | wc -l)

when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 2
then_one_error 'space|full'
then_empty "$ls_root/artifacts/anchors"
then_empty "$ls_root/tmp"
(( $(cat "$journal"/*.jsonl | wc -l) == lines )) || broken "the journal changed"
then_journal sound

rm ls/filler
sync -f ls
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
then_events artifact.registered 1
then_journal sound
