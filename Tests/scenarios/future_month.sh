#!/usr/bin/env bash
# Labels only grow and are never in the future: refused before a snapshot is taken.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month"
a_household
a_month "$second" 1
future=$(date -d "$(date +%Y-%m-15) 1 month" +%Y-%m)

when ws_dev_run_month.sh --config ws.conf "$future"
then_exits 6
then_one_error "$future"
then_absent "ws/snapshots/dev@$future"

when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 6
then_one_error "$first"
then_absent "ws/snapshots/dev@$first"
then_events snapshot.taken 1
