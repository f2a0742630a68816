#!/usr/bin/env bash
# Another user of LS or WS reads nothing of ours: whatever ran, and under whichever umask, no file or directory of LS or of
# WS's state is open to everybody. The bucket holds encrypted objects only; its modes follow the umask.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
worktree=on

# then_closed: what was received is its owner's tree, modes and all, and lies below a directory that is closed.
then_closed() {
    local open
    open=$(find "$ls_root" ws -mindepth 1 \( -path "$received/*" -o -path 'ws/snapshots/*' -o -path ws/code \) -prune \
        -o ! -type l -perm /007 -print)
    [[ -z $open ]] || broken "open to every user: $(xargs -d '\n' stat -c '%a %n' <<<"$open")"
    [[ $(stat -c %a "$received") == 700 ]] || broken "what was received is not closed"
}

story() {
    a_household
    then_closed
    a_month "$first" 1
    then_closed
    mirrored
    a_month "$second" 2
    on_ls append note text=hello >note.out || broken "note"
    on_ls verify --json >verdict
    devjournal replica pin --config ws.conf --log "$(jq -r .log verdict)" --root "$(jq -r .root verdict)" >pin.out 2>&1 || broken "$(cat pin.out)"
    devjournal append --config ws.conf --outbox note text=hello >note.out 2>&1 || broken "outbox: $(cat note.out)"
    devjournal deliver --config ws.conf -- devjournal serve deliver --config ls.conf >deliver.out 2>&1 || broken "$(cat deliver.out)"
    mirrored
    when on_ls audit sign --up-to 5 --reviewer me
    then_exits 0
    when on_ls scrub
    then_exits 0
    when on_ls kit make --from kit.age --passphrase-file passphrase kit2.age
    then_exits 0
    when on_ls checkpoint
    then_exits 0
    when on_ls key rotate --kit kit.age --passphrase-file passphrase
    then_exits 0
    when on_ls export "$work/bundle"
    then_exits 0
    when devjournal log --config nowhere.conf
    then_closed

    # A torn line is kept aside; a lost manifest is made again.
    printf '{"v":1' >>"$(find "$journal" -name '*.jsonl' | sort | tail -n 1)"
    rm "$ls_root"/manifests/*
    on_ls append note text=again >note.out 2>&1 || broken "$(cat note.out)"
    on_ls rebuild >rebuild.out 2>&1 || broken "$(cat rebuild.out)"
    then_present "$ls_root/manifests/state.env"
    then_closed

    ls_wiped
    when devjournal rebuild --config ls.conf --from-mirror --kit kit.age --passphrase-file passphrase
    then_exits 0
    then_closed
    pull_from_cloud.sh --config ls.conf latest --to pulled >pull.out 2>&1 || broken "$(cat pull.out)"
    store_on_LS.sh --config ls.conf pulled >store.out 2>&1 || broken "$(cat store.out)"
    restore_backup_LS.sh --config ls.conf latest >restore.out 2>&1 || broken "$(cat restore.out)"
    then_closed
    [[ -z $(find pulled -perm /007) ]] || broken "what was pulled is open: $(find pulled -perm /007)"
}

given "a story under the usual umask"
umask 022
story

given "the same under one that closes nothing"
cd / && unmount_all && cd "$work" && rm -rf -- ./*
umask 000
story
