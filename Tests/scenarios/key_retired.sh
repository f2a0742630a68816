#!/usr/bin/env bash
# A retired workstation signs nothing any more, what it signed before stays good, and everybody can see it.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a journal with a key called ws"
a_journal
kid=$(on_ls key list --json | jq -r 'select(.name == "ws") | .kid')

when on_ls key retire nobody --reason lost
then_exits 7
then_one_error "no workstation's key is called nobody"
then_hint "key list"
when on_ls key retire "$(on_ls key list --json | jq -r 'select(.role == "sequencer") | .kid')" --reason lost
then_exits 6
then_one_error "a sequencer's key"
then_hint "key rotate"
when on_ls key retire "$(on_ls key list --json | jq -r 'select(.role == "root") | .kid')" --reason lost
then_exits 6
then_hint "key new-root"
when on_ls key retire ws --reason ''
then_exits 64
then_events key.retired 0

when on_ls key retire ws --reason "stolen"
then_exits 0
then_prints "^$kid$"
then_events key.retired 1
when on_ls key retire "$kid" --reason "stolen"
then_exits 0
then_events key.retired 1
when on_ls key retire ws --reason "stolen" --json
then_exits 0
[[ $(jq -c '[.kid, .name, .new, (.retired | type)]' out) == "[\"$kid\",\"ws\",false,\"number\"]" ]] || broken "key retire --json"
when on_ls log
then_prints "key.enrolled .*author ws $kid"
then_prints "key.retired .*$kid stolen"
when on_ls key list
then_prints "$kid  author  ws  since record [0-9]+, retired by record [0-9]+"
then_journal sound

given "the retired key, enrolled once more"
when on_ls key enrol "$(on_ls key new 2>/dev/null)" --name ws
then_exits 6
then_one_error "was retired"
