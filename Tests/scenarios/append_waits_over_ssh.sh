#!/usr/bin/env bash
# append --outbox --wait recorded on a workstation whose server is reached over ssh: the receipt is the server's, with its signed
# checkpoint; while LS is away the event stays in the outbox, and the same append waits for it later.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/over_ssh.bash"
cut_and_clean_up() { # clean_up exits with the status it finds
    local code=$?
    link_down
    (exit "$code") || clean_up
    clean_up
}
trap cut_and_clean_up EXIT

given "WS and LS, which only ssh connects"
a_household
ls_over_ssh
when on_ws append note text=one --outbox --wait recorded --json
then_exits 0
jq -e '.new and .grade == "recorded"' out >jq.out || broken "a receipt of the server's: $(cat out)"
jq -j .checkpoint out >one.head
seq=$(jq -r .seq out)
(($(sed -n 2p one.head) >= seq)) || broken "the checkpoint must cover it"
when on_ls verify --head one.head
then_exits 0
[[ $(on_ls show "$seq" --json | jq -r '.. | .text? // empty') == one ]] || broken "LS must have it: $(on_ls show "$seq" --json)"

given "LS away"
link_down
id=$(devjournal id)
when on_ws append note text=two --id "$id" --outbox --wait recorded --deadline 2s
then_exits 17
then_one_error "in the outbox as event $id, but not recorded within 2 s"
then_hint 'do not append again; the next delivery sends what waits there'

given "LS again, and the same append"
link_up
when on_ws append note text=two --id "$id" --outbox --wait recorded --deadline 1m
then_exits 0
then_prints "^[0-9]+ $id [0-9a-f]{64} recorded [0-9]+$"
when on_ws append note text=two --id "$id" --outbox --wait recorded
then_exits 0
grep -q 'recorded already' err || broken "it is there once"
[[ $(events note) == 2 ]] || broken "each is there once"

given "what a workstation cannot know"
when on_ws append note text=three --outbox --wait mirrored
then_exits 64
then_one_error 'only the server can tell'
when on_ws outbox list
! grep -q three out || broken "nothing of that must be in the outbox"
