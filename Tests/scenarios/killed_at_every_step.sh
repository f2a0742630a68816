#!/usr/bin/env bash
# Sealing and restoring are killed at every call that changes something on a disk, theirs and their children's, one after
# the other. Each time a second run finishes the work: the same tree, each event told, nothing left over. With EVERY=1 in
# the environment also the kills are made that usually are left out for time.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

calls=(fsync renameat2 rename unlink syncfs fchmod ioctl write)
# killed_runs NAME COMMAND…: calls `given_$NAME`, runs the command with a kill at the Nth call of each kind, then calls
# `after_$NAME`, until a run gets through. Of frequent calls only some are taken.
killed_runs() {
    local name=$1 call number result runs=0
    shift
    for call in "${calls[@]}"; do
        for number in $numbers; do
            "given_$name"
            result=0
            strace -f -qqq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$number" "$@" \
                >killed.out 2>&1 || result=$?
            "after_$name" "$call $number"
            runs=$((runs + 1))
            ((result)) || break
        done
    done 2>kills.err # where the shell tells of each kill
    printf 'then  %d killed runs were finished by a second one\n' "$runs"
    ((runs > ${#calls[@]})) || broken "hardly anything was killed"
}

given "a snapshot that is recorded"
worktree=on
a_household
a_snapshot "$first" 1
snapshot=ws/snapshots/dev@$first
uuid=$(btrfs subvolume show "$snapshot" | awk '$1 == "UUID:" { print $2 }')
seal=(devjournal seal --config ws.conf "$first" --type full --uuid "$uuid" --tree "$snapshot" -- btrfs -q send "$snapshot")
cp -a ls/dev ls.before && cp -a ws/state ws.before

given_seal() {
    rm -rf ls/dev ws/state
    cp -a ls.before ls/dev && cp -a ws.before ws/state
}
after_seal() {
    "${seal[@]}" >out 2>err || broken "after a kill at $1: seal fails"
    [[ $(events artifact.sealed) -le 2 ]] || broken "after a kill at $1: sealed too often"
    local file=$spool/dev@$first.full.send.zst.age
    [[ $(find "$spool" -type f | sort | xargs) == "$spool/dev@$first.catalogue.zst.age $file" ]] ||
        broken "after a kill at $1, in the spool: $(find "$spool" -type f)"
    [[ $(on_ls log --json --type artifact.sealed | jq -r '.event.data.catalogue.sha256' | tail -n 1) == \
        "$(sha256sum <"$spool/dev@$first.catalogue.zst.age" | cut -d' ' -f1)" ]] ||
        broken "after a kill at $1: the event tells of another catalogue"
    [[ $(on_ls log --json --type artifact.sealed | jq -r '.event.data.sha256' | tail -n 1) == \
        "$(sha256sum <"$file" | cut -d' ' -f1)" ]] || broken "after a kill at $1: the event tells of another file"
}
all='1 2 3 4 5 6 8 11 16 24 40'
numbers=${EVERY:+$all}
numbers=${numbers:-1 2 3 5 8 16}
killed_runs seal "${seal[@]}"

given "a month that is registered, and a working copy with edits of LS's own"
given_seal
ws_dev_run_month.sh --config ws.conf "$first" >month.out 2>&1 || broken "month $first: $(cat month.out)"
a_month "$second" 2
echo 'an edit on LS' >ls/code/edited-on-ls
before=$(events snapshot.restored)
copies() { find ls -maxdepth 1 -name '*code*'; }

given_restore() {
    local place
    for place in "$received"/* ls/code ls/code.* ls/.code.*; do
        [[ ! -e $place ]] || btrfs -q subvolume delete "$place" >/dev/null
    done
    btrfs -q subvolume create ls/code
    echo 'an edit on LS' >ls/code/edited-on-ls
    before=$(events snapshot.restored)
}
after_restore() {
    on_ls restore latest >out 2>err || broken "after a kill at $1: restore fails"
    [[ -z $(find "$ls_root/restore/receiving" -mindepth 1 -maxdepth 1) ]] || broken "after a kill at $1: something is staged"
    list_tree.py "$received/dev@$second" >one.list && list_tree.py "ws/snapshots/dev@$second" >other.list
    cmp -s one.list other.list || broken "after a kill at $1: the trees differ"
    (($(events snapshot.restored) >= before + 2)) || broken "after a kill at $1: a restore is not recorded"
    (($(find ls -maxdepth 2 -name edited-on-ls | wc -l) == 1)) || broken "after a kill at $1: the edit is lost: $(copies)"
    [[ -z $(find ls -maxdepth 1 -name '.code.*') ]] || broken "after a kill at $1: left: $(copies)"
    [[ $(on_ls log --json --type worktree.updated | jq -r '.event.data.label' | tail -n 1) == "dev@$second" ]] ||
        broken "after a kill at $1: the working copy is not recorded"
}
[[ -n ${EVERY:-} ]] || numbers='1 3'
killed_runs restore env DEVJOURNAL_CONFIG=ls.conf devjournal restore latest
then_journal sound
