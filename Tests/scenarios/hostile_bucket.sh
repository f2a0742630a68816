#!/usr/bin/env bash
# A bucket may withhold, and be noticed. It fills no disk and no memory, and takes nobody's time without end: listings,
# heads and bodies that never come to an end, or come a byte a second, are left within seconds, with an error that says
# what was wrong and nothing left.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
server=
end_and_clean_up() { # clean_up exits with the status it finds
    local code=$?
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    (exit "$code") || clean_up
    clean_up
}
trap end_and_clean_up EXIT

given "a label in a bucket"
a_journal
own=11111111-1111-4111-8111-111111111111
"$repository/Tests/scenarios/send_stream.py" "dev@$third" "$own" mkfile file write file content >stream
on_ls append snapshot.taken --as workstation label="dev@$third" uuid="$own" path=/nowhere >/dev/null
on_ls seal "$third" --type full --uuid "$own" --stream stream >sealed.out 2>&1 || broken "seal: $(cat sealed.out)"
on_ls register "$(find "$work/ws" -name 'dev@*.send.zst.age')" >register.out 2>&1 || broken "register: $(cat register.out)"
mirrored
name=dev@$third.full.send.zst.age

given "the same bucket as a server shows it"
echo honest >mode
python3 "$repository/Tests/s3/hostile_server.py" "$work/bucket" mode port &
server=$!
for ((try = 0; try < 100; try++)); do [[ ! -e port ]] || break && sleep 0.1; done
(umask 077 && printf 'AWS_ACCESS_KEY_ID=k\nAWS_SECRET_ACCESS_KEY=s\n' >credentials)
sed -e "s|^MIRROR=.*|MIRROR=s3://bucket|" -e '/^S3_/d' ls.conf >hostile.conf
cat >>hostile.conf <<CONFIG
S3_ENDPOINT=http://127.0.0.1:$(cat port)
S3_CREDENTIALS=$work/credentials
S3_TIMEOUT=3
S3_ATTEMPTS=2
CONFIG
pulled=$work/pulled
# With so much memory, no file larger than 100 MB, and a minute: what takes more was not asked for.
pull() { # MODE
    echo "$1" >mode
    rm -rf -- "$pulled"
    # shellcheck disable=SC2016 # for the other shell
    when bash -c 'ulimit -v 3000000; ulimit -f 100000; exec timeout -s KILL 60 devjournal pull --config hostile.conf --to "$1"' _ "$pulled"
}
then_nothing_left() {
    [[ -z $(find "$pulled" -type f 2>/dev/null) ]] || broken "left: $(find "$pulled" -type f)"
    printf 'then  nothing is left behind\n'
}
pull honest
then_exits 0
cmp "$pulled/artifacts/anchors/$name" "$(object "$third")" || broken "what is pulled must be what is there"

lies() { # MODE STATUS PATTERN
    pull "$1"
    then_exits "$2"
    then_one_error "$3"
    then_nothing_left
}
given "listings that do not end"
lies token-repeats 9 "does not continue"
lies elements 9 "cannot be read, three times in a row"
lies listing-endless 9 "more than 8388608 bytes"

given "answers that do not end"
lies headers 9 "head has more than 65536 bytes"
lies interim 9 "head has more than 65536 bytes"
lies checkpoint 1 "more than the 81920 bytes that are expected"
lies slow 9 "cannot be reached"
lies silent 9 "cannot be reached"

given "an answer that leads elsewhere, and one that a terminal would obey"
lies redirect 9 "redirect|another address"
lies escape 9 "AccessDenied|red"
! LC_ALL=C grep -q $'[\x1b\x9b\xe2]' err || broken "escape sequences reach the terminal"

given "a store without conditional writes, before there is a journal"
echo honest >mode
sed -e "s|^MIRROR=.*|MIRROR=s3://bucket/empty|" -e "s|^LS_ROOT=.*|LS_ROOT=$work/new-ls|" hostile.conf >new.conf
when devjournal init --config new.conf --kit new.age --passphrase-file passphrase
then_exits 9
then_one_error "does not support conditional writes"
! grep -q "later" err || broken "trying again cannot help"
then_absent new.age
then_absent new-ls/journal/000000000001.jsonl

given "artifacts that are more than the journal says"
larger() { # MODE: the journal that was fetched with them is sound, and stays
    pull "$1"
    then_exits 1
    then_one_error "$2"
    [[ -z $(find "$pulled/artifacts" -type f) ]] || broken "left: $(find "$pulled/artifacts" -type f)"
}
larger larger "more than the [0-9]+ that it must have"
larger longer "more bytes arrive .* than were announced"
pull honest
then_exits 0
