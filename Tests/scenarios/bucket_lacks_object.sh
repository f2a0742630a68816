#!/usr/bin/env bash
# A pull whose object is missing in the bucket says which; what can be restored without it still is.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two mirrored months, the second one's object gone from the bucket"
a_household
a_month "$first" 1
a_month "$second" 2
mirrored
cp "$(artifact "$second")" right
rm "$(object "$second")"

when pull_from_cloud.sh --config ls.conf --to pulled latest
then_exits 7
then_one_error "dev@$second"
[[ -z $(find pulled -name "dev@$second*") ]] || broken "something of dev@$second was left"

when pull_from_cloud.sh --config ls.conf --to pulled "$first"
then_exits 0
then_same "pulled/artifacts/anchors/$(basename "$(artifact "$first")")" "$(artifact "$first")"

given "LS, which still has it"
when push_to_cloud.sh --config ls.conf
then_exits 0
