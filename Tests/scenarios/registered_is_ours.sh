#!/usr/bin/env bash
# What is registered is LS's own copy: somebody who holds the file open that was sent changes nothing afterwards. A transfer that
# is running is waited for, a part of an artifact waits for its rest, and what nobody needs is removed from where they arrive.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

served() { # register NAME, as a workstation asks, which sends the catalogue along
    local catalogue=${1#register }
    catalogue=$spool/${catalogue%%.*}.catalogue.zst.age
    [[ -f $catalogue ]] || catalogue=/dev/null
    SSH_ORIGINAL_COMMAND=$1 devjournal serve ssh --config ls.conf --author "$author" <"$catalogue"
}
seal() { # MONTH NUMBER: sealed and in the spool, not handed over
    a_snapshot "$1" "$2"
    ws_dev_export_and_push.sh --config ws.conf "$1" 2>seal.out || broken "seal: $(cat seal.out)"
}
incoming=$ls_root/tmp/incoming

given "an artifact that has arrived, held open by somebody who writes"
a_household
author=$(on_ls key list --json | jq -r 'select(.name == "ws") | .kid')
sealed=$(seal "$first" 1)
name=$(basename "$sealed")
install -d -m 0700 "$incoming"
cp "$sealed" "$incoming/$name"
exec 3<>"$incoming/$name"
held=$(stat -L -c %i /proc/self/fd/3)

when flock "$ls_root/locks/incoming.lock" bash -c "SSH_ORIGINAL_COMMAND='register $name' devjournal serve ssh --config ls.conf --author $author"
then_exits 11
then_one_error 'another transfer is still running'
then_events artifact.registered 0
when served "register $name"
then_exits 0
printf 'changed afterwards' >&3
exec 3>&-
then_same "$(artifact "$first")" "$sealed"
[[ $(stat -c '%a %h' "$(artifact "$first")") == "440 1" && $(stat -c %i "$(artifact "$first")") != "$held" ]] || broken "it must be another file, readable alone"
then_empty "$incoming"
when served "register $name"
then_exits 0
then_events artifact.registered 1
rm "$sealed"

given "the same by path, from another file system"
sealed=$(seal "$second" 2)
cp "$sealed" sealed.copy
exec 3<>"$sealed"
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
printf 'changed afterwards' >&3
exec 3>&-
then_same "$(artifact "$second")" sealed.copy
then_absent "$sealed"
when ls_dev_register_artifact.sh --config ls.conf "$(artifact "$second")"
then_exits 0
then_same "$(artifact "$second")" sealed.copy

given "a part of an artifact, and what nobody needs"
sealed=$(seal "$third" 3)
name=$(basename "$sealed")
head -c 1000 "$sealed" >"$incoming/$name"
cp sealed.copy "$incoming/dev@2001-01.full.send.zst.age"
cp sealed.copy "$incoming/$(basename "$(artifact "$second")")"
echo a >"$incoming/of-another-kind"
when served "register $name"
then_exits 11
then_one_error "^devjournal: error: 1000 of the [0-9]+ bytes of $name have arrived"
[[ $(find "$incoming" -type f -printf '%f\n' | sort | xargs) == "$name of-another-kind" ]] || broken "what nobody needs must go: $(ls "$incoming")"
touch -d '15 days ago' "$incoming/$name" "$incoming/of-another-kind"
when served "register $name" # it is what is asked for: it stays
then_exits 11
[[ $(ls "$incoming") == "$name" ]] || broken "only what is asked for stays"
when served "register $(basename "$(artifact "$second")")"
then_exits 0
then_empty "$incoming"

given "a label whose month LS has not reached, by a clock that a person vouches for"
echo CLOCK=trusted >>ls.conf
cp "$sealed" "$incoming/$name"
when faketime -f -45d env SSH_ORIGINAL_COMMAND="register $name" devjournal serve ssh --config ls.conf --author "$author"
then_exits 11
then_one_error "dev@$third is registered in its month at the earliest"
then_present "$incoming/$name"
when faketime -f -45d env SSH_ORIGINAL_COMMAND="rsync --server -e.LsfxCIvu --append --append . $name" devjournal serve ssh --config ls.conf --author "$author"
then_exits 11
when faketime -f -45d ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 11
then_present "$sealed"
then_events artifact.registered 2
when served "register $name"
then_exits 0
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
then_events artifact.registered 3

given "a copy on LS that a scrub found damaged: WS hears of it, and its own takes the place"
cp "$(artifact "$third")" sealed.copy
a_flipped_bit "$(artifact "$third")"
when on_ls scrub --all
then_exits 1
when served "plan dev@$third"
[[ $(jq -r '.steps[-1] | "\(.present) \(.condition)"' out) == "true damaged" ]] || broken "the plan must say so"
cp sealed.copy "$incoming/$name"
a_flipped_bit "$incoming/$name" 20
when served "register $name"
then_exits 1
then_empty "$incoming"
cp sealed.copy "$incoming/$name"
when served "register $name"
then_exits 0
then_same "$(artifact "$third")" sealed.copy
when served "plan dev@$third"
[[ $(jq -r '.steps[-1].condition' out) == ok ]] || broken "it is sound again"
[[ -z $(find "$ls_root/artifacts" -name '.*') ]] || broken "nothing half done may be left"
then_journal sound
