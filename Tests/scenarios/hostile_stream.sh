#!/usr/bin/env bash
# A stream is access to files as root. What no btrfs send writes is refused while it is sealed, before anything is
# recorded; what a signed artifact carries all the same never gets out of the directory that it is received in.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

own=11111111-1111-4111-8111-111111111111
other=22222222-2222-4222-8222-222222222222
stream() { "$repository/Tests/scenarios/send_stream.py" "$@" >stream; }

# refused PATTERN STATUS: the file `stream` as a full of the first month.
refused() {
    when devjournal seal --config ws.conf "$first" --type full --uuid "$own" --stream stream
    then_exits "$2"
    then_one_error "$1"
    then_empty "$spool"
}

given "the snapshot of a month, and streams of another name, UUID or parent"
a_household
when devjournal append --config ws.conf snapshot.taken --as workstation label="dev@$first" uuid="$own" path=/nowhere
then_exits 0
named=dev@$first
for name in "dev@$second" other; do
    stream "$name" "$own" && refused "its name is $name instead of $named" 6
done
for name in "../$named" "/$named" "a/$named" ..; do
    stream "$name" "$own" && refused 'the first command of the send stream' 2
done
stream "$named" "$other" && refused "its uuid is $other instead of $own" 6
stream "$named" "$own" --parent "$other" && refused "its parent uuid is $other instead of none" 6

given "streams that are damaged"
for damage in trailing twice second truncated no-end checksum length endless attribute unknown empty; do
    stream "$named" "$own" --damage "$damage" mkfile file write file content
    case $damage in
        trailing | twice) expected='bytes after the END' ;;
        second) expected='more than one snapshot' ;;
        truncated) expected='ends in the middle of a command' ;;
        no-end) expected='without its END' ;;
        checksum) expected='wrong checksum' ;;
        length) expected='is malformed' ;;
        endless) expected='impossible length 4294967295' ;;
        attribute) expected='is malformed' ;;
        unknown) expected='unknown command 99' ;;
        empty) expected='stream is empty' ;;
    esac
    refused "$expected" 2
done

given "streams with paths that lead out of the snapshot"
for commands in 'mkfile ../out' 'mkfile /out' 'mkdir a/../../out' 'unlink ../canary' 'rename a ../out' 'link a ../canary' \
    'write ../canary x' 'chmod ../canary 777' 'chown .. 1 1' "clone a $own ../../keys/key 4096" 'symlink ../out target'; do
    # shellcheck disable=SC2086 # words on purpose
    stream "$named" "$own" $commands && refused 'a path that leads out of the snapshot' 2
done
then_events artifact.sealed 0
then_journal sound
