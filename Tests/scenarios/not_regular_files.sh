#!/usr/bin/env bash
# A FIFO, a directory, a device or a link under the name of a file that is read: nobody waits for it or reads from it, and the
# command says what it is.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

bounded() { timeout --kill-after=1 20 env DEVJOURNAL_CONFIG="${config:-ls.conf}" devjournal "$@"; }
then_bounded() { ((status < 124)) || broken "it waits: exit status $status"; }
in_place_of() { # FILE KIND
    rm -rf -- "$1"
    case $2 in
        fifo) mkfifo -m 0600 "$1" ;;
        directory) mkdir "$1" ;;
        socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1" ;;
        link) ln -s "$work/kept" "$1" ;;
    esac
}

given "a journal with two segments' names, its files replaced one by one"
a_journal
for name in 000000000001.jsonl 000000004097.jsonl checkpoint; do
    file=$journal/$name
    [[ ! -e $file ]] || cp -p "$file" kept
    for kind in fifo directory socket link; do
        in_place_of "$file" "$kind"
        for command in verify 'verify --json' audit 'append note text=one' 'check-clock' checkpoint push log 'rebuild --check'; do
            # shellcheck disable=SC2086 # words
            when bounded $command
            then_bounded
            [[ $command == check-clock && $name == checkpoint ]] || ((status != 0)) || broken "$kind as $name: $command exits 0"
            case $name:$command in
                *.jsonl:audit | *.jsonl:append* | *.jsonl:rebuild*) then_one_error "$file is not a regular file" ;;
            esac
        done
    done
    rm -rf -- "$file"
    [[ $name == 000000004097.jsonl ]] || cp -p kept "$file"
done
when on_ls append note text=sound
then_exits 0

given "the other files of LS and WS"
for file in "$ls_root/keys/sequencer.key" "$ls_root/keys/root.fingerprint" ws/state/author.key kit.age passphrase ls.conf; do
    cp -p "$file" kept && mv "$file" away
    for kind in fifo directory socket; do
        in_place_of "$file" "$kind"
        case $file in
            kit.age | passphrase) when bounded kit verify kit.age --passphrase-file passphrase ;;
            *) when bounded append note text=two --as workstation ;;
        esac
        then_bounded
        ((status != 0)) || broken "$kind as $file: exit status 0"
    done
    rm -rf -- "$file" && mv away "$file"
done
in_place_of other.conf link
cp -p ls.conf kept
config=other.conf
when bounded append note text='a link to a configuration is one'
then_exits 0

given "a workstation's outbox, its replica's pin, and an artifact that is a FIFO"
configure ws.conf "$work/ws/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
config=ws.conf
devjournal replica pin --config ws.conf --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)" 2>/dev/null
bounded deliver -- devjournal serve deliver --config ls.conf >/dev/null
bounded append --outbox note text=three >/dev/null
for file in ws/state/outbox/events.jsonl ws/state/replica.pin ws/state/replica/000000000001.jsonl; do
    cp -p "$file" kept && mv "$file" away
    for kind in fifo directory socket link; do
        in_place_of "$file" "$kind"
        when bounded append --outbox note text=four
        then_bounded
        ((status != 0)) || broken "$kind as $file: exit status 0"
    done
    rm -rf -- "$file" && mv away "$file"
done
when bounded append --outbox note text=five
then_exits 0
mkfifo "dev@$third.full.send.zst.age"
config=ls.conf
when bounded register "dev@$third.full.send.zst.age"
then_bounded
((status != 0)) || broken "a FIFO is not an artifact"
when bounded open "dev@$third.full.send.zst.age"
then_bounded
((status != 0)) || broken "a FIFO is not an artifact"
then_journal sound

given "what a person names and may be a pipe: the heads of a witness"
when devjournal verify --config ls.conf --head <(on_ls checkpoint)
then_exits 0
