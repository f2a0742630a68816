#!/usr/bin/env bash
# Every command in README.md and the manual pages is run by a scenario, word for word: by_the_guide refuses what is not in
# them, and this refuses what no scenario runs. Blocks that are run as a whole name their scenario.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/documents.bash"

given "the commands of README.md and the manual pages"
for page in README.md tools/man/devjournal-{guide,recovery,maintenance}.7.md; do
    (($(document_blocks '' "$repository/$page" | wc -l) > 10)) || broken "the commands of $page were not found"
done
guide_commands | sort -u >commands
while IFS= read -r command; do
    grep -qF -- "\"$command\"" "$repository"/Tests/scenarios/{two_hosts.bash,*_wiped.sh,root_lost_over_ssh.sh,withdrawn_over_ssh.sh,maintenance.sh} || broken "no scenario runs: $command"
    printf 'then  a scenario runs: %s\n' "$command"
done <commands

given "the blocks that a scenario runs as a whole"
sed -n 's/^<!-- run by \(.*\) -->$/\1/p' "${guide_pages[@]}" | sort -u >scenarios
(($(wc -l <scenarios) > 1)) || broken "no block names a scenario"
while IFS= read -r name; do
    grep -qF "document_blocks 'run by $name'" "$repository/Tests/scenarios/$name" || broken "$name runs no block"
    printf 'then  %s runs its blocks\n' "$name"
done <scenarios
