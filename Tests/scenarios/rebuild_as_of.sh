#!/usr/bin/env bash
# The projections of a moment in the past, and what a rebuild needs, consults and misses.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two months"
a_household
a_month "$second" 1
cp "$ls_root/manifests/snapshots_v2.tsv" then.tsv
seq=$(on_ls verify --json | jq .records)
sleep 0.01
moment=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
sleep 0.01
a_month "$third" 2

for as_of in "$seq" "$moment"; do
    when devjournal rebuild --config ls.conf --as-of "$as_of" --to past
    then_exits 0
    then_same past/snapshots_v2.tsv then.tsv
done
when devjournal rebuild --config ls.conf --as-of 2001-09-09 --to past
then_exits 7
when devjournal rebuild --config ls.conf --as-of 99999 --to past
then_exits 7
when devjournal rebuild --config ls.conf --as-of soon --to past
then_exits 64

given "an artifact that is gone"
rm "$(artifact "$second")"
when devjournal rebuild --config ls.conf --explain
then_exits 0
then_prints "^there +needed: $journal: the only source"
then_prints "^MISSING +for restoring: .*dev@$second.*it is nowhere else"
when devjournal rebuild --config ls.conf --check --explain --json
then_exits 0
jq -e '.missing | length >= 1' out >/dev/null || broken "the JSON names nothing missing"

given "no journal"
mv "$journal" journal.aside
when devjournal rebuild --config ls.conf --explain
then_exits 7
then_prints '^MISSING +needed: .*rebuild --from-mirror'
