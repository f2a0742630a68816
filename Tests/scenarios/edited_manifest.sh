#!/usr/bin/env bash
# A manifest edited by hand is drift: it is shown, nothing believes it, and a rebuild mends it byte for byte.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month, and its manifest edited by hand"
a_household
a_month "$first" 1
manifest=$ls_root/manifests/snapshots_v2.tsv
cp "$manifest" right
sed -i 's/full/incr/' "$manifest"
cp "$manifest" edited

when devjournal rebuild --config ls.conf --check
then_exits 5
then_one_error 'snapshots_v2.tsv'
then_same "$manifest" edited

when ls_dev_plan_restore.sh --config ls.conf latest
then_exits 0
then_prints "dev@$first.*full"

when devjournal rebuild --config ls.conf
then_exits 0
then_same "$manifest" right
when devjournal rebuild --config ls.conf --check
then_exits 0
then_journal sound
