#!/usr/bin/env bash
# A rebuild from kit and bucket is killed at one call after the other: where it had not come to its end, a second run does,
# with every record, and nothing of the first is left, least of all a key.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

rebuild=(devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file passphrase)

given "a mirrored journal, and LS lost"
a_journal
on_ls append note text=kept >/dev/null
mirrored

kills=0
for point in fsync:1 fsync:7 fsync:13 fsync:19 fsync:25 rename,renameat,renameat2:1 rename,renameat,renameat2:4 write:4 write:10; do
    rm -rf ls/dev
    status=0
    strace -f -qq -o trace -e "trace=${point%:*}" -e "inject=${point%:*}:signal=KILL:when=${point#*:}" "${rebuild[@]}" \
        >out 2>err || status=$?
    ((status != 0)) || continue
    kills=$((kills + 1))
    if [[ ! -e $journal/000000000001.jsonl ]]; then
        "${rebuild[@]}" >out 2>err || broken "$point: the second run fails"
        then_empty "$ls_root/tmp"
    fi
    then_journal sound >sound.out || broken "$point: $(cat sound.out)"
    then_events note 1
done 2>kills.err # where the shell tells of each kill
((kills > 6)) || broken "only $kills runs were killed"
printf 'then  %d killed rebuilds were finished by a second run\n' "$kills"
