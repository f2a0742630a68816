#!/usr/bin/env bash
# Every command of README.md's section on two machines, and of devjournal-maintenance(7), is run by a scenario, word for word: by_the_guide refuses what is
# not in the guide, and this refuses what no scenario runs.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "the commands of the guide"
sed -n '/^## Two machines$/,/^## Scripts/{s/^    //p}' "$repository/README.md" >commands
sed -n 's/^    //p' "$repository/tools/man/devjournal-maintenance.7.md" >maintenance
(($(wc -l <maintenance) > 10)) || broken "the page's commands were not found"
cat maintenance >>commands
(($(wc -l <commands) > 15)) || broken "the guide's section was not found"
while IFS= read -r command; do
    grep -qF -- "\"$command\"" "$repository"/Tests/scenarios/{two_hosts.bash,*_wiped.sh,root_lost_over_ssh.sh,withdrawn_over_ssh.sh,maintenance.sh} || broken "no scenario runs: $command"
    printf 'then  a scenario runs: %s\n' "$command"
done <commands
