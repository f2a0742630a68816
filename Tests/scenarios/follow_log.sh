#!/usr/bin/env bash
# `log --follow` prints each durable record once, passes over a torn tail, and ends cleanly.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# until_true COMMAND…: waits up to ten seconds.
until_true() {
    local _
    for _ in {1..100}; do
        if "$@"; then return; fi
        sleep 0.1
    done
    broken "waited in vain for: $*"
}
printed() { (($(wc -l <followed) == $1)); }

given "somebody who follows the journal from its last record on"
a_household
DEVJOURNAL_CONFIG=ls.conf devjournal log --follow --json -n 1 >followed 2>follow.err &
follower=$!
until_true printed 1

when on_ls append note text=one
when on_ls append note text=two
until_true printed 3

given "a torn line, which the next append repairs"
printf '{"v":1,"log"' >>"$journal/000000000001.jsonl"
until_true grep -q 'torn' follow.err
printed 3 || broken "a torn line was printed"
when on_ls append note text=three
until_true printed 5
tail -n 5 "$journal/000000000001.jsonl" | cmp - followed || broken "what was followed is not what is stored"

when kill -INT "$follower"
wait "$follower" || broken "it ended with status $?"

given "a reader that keeps its own place, and was away"
seen=$(tail -n 1 followed | jq .seq)
when on_ls append x.deployed host=build1 took=3
when on_ls append x.deployed host=build2 took=4
DEVJOURNAL_CONFIG=ls.conf devjournal log --follow --json --from $((seen + 1)) >again 2>follow.err &
follower=$!
again() { (($(wc -l <again) == $1)); }
until_true again 2
when on_ls append x.deployed host=build1 took=4
until_true again 3
[[ $(jq -c .seq again | tr '\n' ' ') == "$((seen + 1)) $((seen + 2)) $((seen + 3)) " ]] || broken "each once, in order: $(jq .seq again)"
kill -INT "$follower"
wait "$follower" || broken "it ended with status $?"
when on_ls log --follow --from $((seen + 5))
then_exits 7
then_one_error "there is no record $((seen + 4)); the journal has $((seen + 3))"

given "fields of the data that are asked for"
when on_ls log --json --where host=build1 --where took=4
then_exits 0
[[ $(jq -c .seq out) == $((seen + 3)) ]] || broken "found: $(jq -c .seq out)"
when on_ls log --where host=build3
then_exits 0
grep -q 'no event says host=build3' err || broken "a slip of the pen is said: $(cat err)"
when on_ls log --where host
then_exits 64

given "somebody who stops reading"
when timeout 10 bash -c 'set -o pipefail; DEVJOURNAL_CONFIG=ls.conf devjournal log --follow | head -n 1'
then_exits 0

given "filters"
when devjournal log --config ls.conf --type note --since 1h -n 2
then_exits 0
then_prints ' two$'
then_prints ' three$'
(($(wc -l <out) == 2)) || broken "-n 2 prints two records"
when devjournal log --config ls.conf --until 2001-09-09
then_exits 0
[[ ! -s out ]] || broken "nothing is as old as that"
when devjournal log --config ls.conf --type nota --author nobody --label 2001-01
then_exits 0
for warning in 'nota is not a type' 'no key has the name or id nobody' 'no record is about dev@2001-01'; do
    grep -q "warning: $warning" err || broken "expected a warning: $warning"
done
when devjournal log --config ls.conf --since yesterday
then_exits 64
then_one_error 'yesterday is not a time'
then_journal sound
