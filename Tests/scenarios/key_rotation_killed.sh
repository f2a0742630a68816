#!/usr/bin/env bash
# A rotation killed at any rename or fsync is finished or forgotten by the next run, and nothing acknowledged is lost.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
command -v strace >/dev/null || { echo "cannot run here: no strace" >&2 && exit 2; }

given "a mirrored journal"
a_journal
on_ls append note text=one >/dev/null
mirrored
mkdir before && cp -a ls bucket before

rotate() { on_ls key rotate --kit kit.age --passphrase-file passphrase; }
kills=0
# With EVERY=1 in the environment at each fsync; usually, for time, at each other one.
for call in rename,renameat,renameat2 fsync; do
    step=1
    [[ $call != fsync || -n ${EVERY:-} ]] || step=2
    for ((nth = 1; ; nth += step)); do
        rm -rf ls bucket && cp -a before/ls before/bucket .
        status=0
        DEVJOURNAL_CONFIG=ls.conf strace -f -qq -o trace -e "trace=$call" -e "inject=$call:signal=KILL:when=$nth" \
            devjournal key rotate --kit kit.age --passphrase-file passphrase >out 2>err || status=$?
        ((status != 0)) || break
        kills=$((kills + 1))
        ((kills < 200)) || broken "no end"
        # While the claim is open nobody else appends; otherwise an append must succeed and survive.
        extra=0
        if on_ls append note text=between >append.out 2>&1; then extra=1; fi
        [[ ! -e ls/dev/keys/rotation/checkpoint || $extra == 0 ]] || broken "$call $nth: appended during a rotation"
        rotate >out 2>err || broken "$call $nth: the second run fails"
        on_ls append note text=after >append.out 2>&1 || broken "$call $nth: $(cat append.out)"
        on_ls push >push.out 2>&1 || broken "$call $nth: $(cat push.out)"
        then_journal sound >sound.out || exit 1
        then_events note $((2 + extra))
        (($(events epoch.started) <= 2)) || broken "$call $nth: $(events epoch.started) epochs"
        then_absent ls/dev/keys/rotation
        # A rebuild costs as much as all of the rest.
        ((kills % 6 == 0)) || continue
        rm -rf ls
        on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase >out 2>err ||
            broken "$call $nth: rebuild"
        then_events note $((2 + extra))
    done
done
((kills > 10)) || broken "only $kills places were tried"
printf 'then  killed at %d places, every run after that ends in a sound journal with every record\n' "$kills"
