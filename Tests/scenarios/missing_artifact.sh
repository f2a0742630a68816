#!/usr/bin/env bash
# A restore whose artifact is missing on LS receives nothing and names the command that brings it; pull and store do, too.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two mirrored months, the anchor's file gone"
a_household
a_month "$first" 1
a_month "$second" 2
mirrored
rm "$(artifact "$first")"

when restore_backup_LS.sh --config ls.conf latest
then_exits 7
then_one_error "dev@$first"
then_hint "devjournal fetch dev@$first"
then_empty "$received"
then_events snapshot.restored 0

when on_ls fetch "dev@$first"
then_exits 0
then_events artifact.stored 1
rm "$(artifact "$first")"
when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 0
when store_on_LS.sh --config ls.conf pulled
then_exits 0
then_events artifact.stored 2

given "the same pulled again: nothing was missing, so nothing is recorded"
when pull_from_cloud.sh --config ls.conf --to pulled.again latest
then_exits 0
when store_on_LS.sh --config ls.conf pulled.again
then_exits 0
then_events artifact.stored 2
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_journal sound
