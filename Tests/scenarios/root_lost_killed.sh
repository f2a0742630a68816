#!/usr/bin/env bash
# key replace-root killed at any rename, link or sync: run again, each step finishes or begins again, and the journal has
# the new root once, under the kit that was made first.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
command -v strace >/dev/null || { echo "cannot run here: no strace" >&2 && exit 2; }

given "a mirrored journal, the passphrase of its kit lost"
a_journal
on_ls append note text=one >/dev/null
mirrored
printf 'another passphrase\n' >passphrase.new && chmod 600 passphrase.new
mkdir before && cp -a ls bucket before

replace() { on_ls key replace-root --kit kit.new.age --passphrase-file passphrase.new "$@"; }
again() { # the directory that `cp` made: everything as it was
    rm -rf ls bucket kit.new.age && cp -a "$1/ls" "$1/bucket" .
    [[ ! -e $1/kit.new.age ]] || cp -a "$1/kit.new.age" .
}
then_replaced_once() { # WHERE
    then_events root.replaced 1
    then_absent ls/dev/keys/rotation
    on_ls append note text=after >append.out 2>&1 || broken "$1: $(cat append.out)"
    on_ls push >push.out 2>&1 || broken "$1: $(cat push.out)"
    then_journal sound --root "$(cat ls/dev/keys/root.fingerprint)" >sound.out || exit 1
    on_ls kit verify kit.new.age --passphrase-file passphrase.new >verify.out 2>&1 || broken "$1: $(cat verify.out)"
    # A rebuild costs as much as all of the rest.
    ((kills % 7 == 0)) || return 0
    rm -rf ls
    on_ls rebuild --from-mirror --kit kit.new.age --passphrase-file passphrase.new >out 2>err || broken "$1: rebuild"
    then_events root.replaced 1
}

# killed CALL NTH COMMAND…: fails where it was killed.
killed() {
    DEVJOURNAL_CONFIG=ls.conf strace -f -qq -o trace -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
        devjournal key replace-root --kit kit.new.age --passphrase-file passphrase.new "${@:3}" >out 2>err
}

kills=0
for call in rename,renameat,renameat2,linkat fsync,fdatasync; do
    for ((nth = 1; ; nth++)); do
        again before
        ! killed "$call" "$nth" --reason "passphrase lost" || break
        kills=$((kills + 1))
        ((kills < 200)) || broken "no end"
        on_ls append note text=between >append.out 2>&1 || broken "$call $nth: $(cat append.out)"
        line=$(replace --reason "passphrase lost" 2>err) || broken "first step, $call $nth: the second run fails"
        endorsement=$(on_ls key endorse "$line" --yes 2>err) || broken "first step, $call $nth: endorse"
        replace --endorsed "$endorsement" >out 2>err || broken "first step, $call $nth: the second step fails"
        (($(events kit.made) == 2)) || broken "first step, $call $nth: $(events kit.made) kits"
        then_replaced_once "first step, $call $nth"
    done
done
first_kills=$kills
((kills > 3)) || broken "only $kills places were tried"

given "the first step done, the second killed"
again before
line=$(replace --reason "passphrase lost" 2>err) || broken "the first step"
endorsement=$(on_ls key endorse "$line" --yes 2>err) || broken "endorse"
mkdir asked && cp -a ls bucket kit.new.age asked
# With EVERY=1 in the environment at each sync; usually, for time, at each third one.
for call in rename,renameat,renameat2,linkat fsync,fdatasync; do
    step=1
    [[ $call != fsync* || -n ${EVERY:-} ]] || step=3
    for ((nth = 1; ; nth += step)); do
        again asked
        ! killed "$call" "$nth" --endorsed "$endorsement" || break
        kills=$((kills + 1))
        ((kills < 200)) || broken "no end"
        # While the claim is open nobody else appends.
        if [[ -e ls/dev/keys/rotation/checkpoint ]]; then
            ! on_ls append note text=between >append.out 2>&1 || broken "$call $nth: appended during a change of the root"
        fi
        replace --endorsed "$endorsement" >out 2>err || broken "second step, $call $nth: the second run fails"
        then_replaced_once "second step, $call $nth"
    done
done
((kills > first_kills + 8)) || broken "only $((kills - first_kills)) places were tried"
printf 'then  killed at %d places, every run after that ends with the new root, once\n' "$kills"
