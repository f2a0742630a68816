#!/usr/bin/env bash
# Somebody who calls a command wrongly learns what is wrong, and what is right: the command's name, the argument, the byte. Nothing
# that is wrong exits with 0, and nothing is altered or left out in silence.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
export DEVJOURNAL_CONFIG=ls.conf
then_wrong() { # STATUS MESSAGE HINT COMMAND…
    when "${@:4}"
    then_exits "$1"
    [[ ! -s out ]] || broken "standard output: $(head -3 out)"
    then_one_error "$2"
    [[ -z $3 ]] || then_hint "$3"
}

given "a journal of four records"
a_journal
size=$(wc -l <"$journal/000000000001.jsonl")

given "commands that do not exist"
then_wrong 64 "there is no command lgo" "devjournal log$" devjournal lgo --config F
then_wrong 64 "there is no command lgo" "devjournal log$" devjournal lgo --help
then_wrong 64 "there is no command nonsense" "devjournal help" devjournal help nonsense
then_wrong 64 "devjournal key has no command lsit" "devjournal key list$" devjournal key lsit
then_wrong 64 "devjournal key has no command lsit" "devjournal key list$" devjournal help key lsit
then_wrong 64 "no command more" "devjournal help log" devjournal help log more
then_wrong 64 "devjournal outbox needs one of its commands: " "devjournal help outbox" devjournal outbox
then_wrong 64 "config goes after" "devjournal log --config" devjournal --config ls.conf log
then_wrong 64 "nonsense" "devjournal help key list" devjournal key list --nonsense
for words in help "help log" "help key list" "key list --help" --help --version ""; do
    read -ra words <<<"$words"
    when devjournal "${words[@]}"
    then_exits 0
done

given "arguments that are not what they are to be"
then_wrong 64 "argument 3 is not UTF-8" "" devjournal append note $'text=caf\xe9'
then_wrong 64 "argument 2 is not UTF-8" "" devjournal log $'\xff'
then_wrong 64 "needs a file's name" "" devjournal log --config ""
then_wrong 64 "needs a file's name" "" devjournal append note text=x --config ""
then_wrong 64 "count from 1" "" devjournal show 0
then_wrong 64 "go with --from-mirror" "" devjournal rebuild --kit kit.age
then_wrong 7 "no file nofile" "a label is" devjournal open nofile
uuid=5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93
taken() { devjournal append snapshot.taken "$@"; }
then_wrong 64 "label is missing" "" taken uuid=$uuid path=/x
then_wrong 64 "2026-01 is not a label" "dev@2026-01" taken label=2026-01 uuid=$uuid path=/x
then_wrong 64 "UUID of a subvolume" "lower case" taken label="dev@$third" uuid=${uuid^^} path=/x
for path in "" relative $'/a\nb'; do
    then_wrong 64 "is not an absolute path" "" taken label="dev@$third" uuid=$uuid path="$path"
done
then_wrong 6 "is one line of text" "" devjournal audit sign --up-to 1 --reviewer $'a\nb'
sed "s|^MIRROR=.*|MIRROR=file://$work/never|" ls.conf >other.conf
then_wrong 9 "no object store" "devjournal push --create" devjournal push --config other.conf
[[ $(wc -l <"$journal/000000000001.jsonl") == "$size" ]] || broken "nothing is recorded"

given "an append under an id and an expected size, whose answer is lost"
id=$(devjournal id)
when devjournal append note text=one --id "$id" --expect-seq "$size"
then_exits 0
cp out receipt
when devjournal append note text=one --id "$id" --expect-seq "$size"
then_exits 0
then_same out receipt
devjournal append note text=another >/dev/null
when devjournal append note text=one --id "$id" --expect-seq "$size"
then_exits 0
then_same out receipt
then_wrong 6 "other content" "" devjournal append note text=two --id "$id" --expect-seq "$size"
then_wrong 6 "has $((size + 2)) records, not $size" "" devjournal append note text=one --id "$(devjournal id)" --expect-seq "$size"
then_wrong 6 "has $((size + 2)) records, not $size" "" devjournal append note text=one --expect-seq "$size"
printf '{"type":"note","data":{"text":"b%d"},"id":"%s"}\n' 1 "$(devjournal id)" 2 "$(devjournal id)" >batch.jsonl
batch() { devjournal append --batch --expect-seq "$((size + 2))" <batch.jsonl; }
when batch
then_exits 0
cp out receipts
when batch
then_exits 0
then_same out receipts

given "dry runs of what cannot be done"
for script in "ls_dev_register_artifact.sh nofile" "migrate_manifest_to_v2.sh nofile" "store_on_LS.sh nowhere" \
    "restore_backup_LS.sh latest" "LS_send.sh latest" "pull_from_cloud.sh latest"; do
    read -ra words <<<"$script"
    when "${words[0]}" --config ls.conf --dry-run "${words[1]}"
    then_exits 7
done
sed "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|; s|^WS_STATE=.*|WS_STATE=$work/no-ws|" ls.conf >none.conf
when ws_dev_export_and_push.sh --config none.conf --dry-run "$first"
then_exits 7
[[ $(grep -c "error" err) == 1 ]] || broken "one error, once: $(cat err)"
then_journal sound
