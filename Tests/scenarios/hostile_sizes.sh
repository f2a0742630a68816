#!/usr/bin/env bash
# A stream of some hundred bytes asks for all the room or all the time there is: what it makes is looked at while it is
# made and before it is hashed, and none of it stays.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "an honest month"
a_household
a_month "$second" 1
staging=$ls_root/restore/receiving
own=$(cat /proc/sys/kernel/random/uuid)
# stream WORD…: one that calls itself the third month.
stream() { "$repository/Tests/scenarios/send_stream.py" "dev@$third" "$own" "$@" >stream; }
registered() {
    {
        devjournal append --config ws.conf snapshot.taken --as workstation label="dev@$third" uuid="$own" path=/none &&
            devjournal seal --config ws.conf "$third" --type full --uuid "$own" --stream stream >path &&
            devjournal register --config ls.conf "$(cat path)"
    } >said 2>&1
}

given "sparse files: one of 8 EiB, and many that are together as large"
mkdir -p "$staging"
for size in 9223372036854775807 17592186044417; do
    stream mkfile f truncate f "$size"
    when devjournal receive-in-cage --largest-file 17592186044416 "$staging" <stream
    then_exits 1
    grep -q 'File too large' err || broken "it must be refused by its size"
    on_ls root-helper clear >/dev/null
done
stream mkfile a truncate a 17592186044416 mkfile b truncate b 17592186044416
registered || broken "$third was not registered: $(cat said)"
when timeout 60 restore_backup_LS.sh --config ls.conf "$third"
then_exits 1
then_one_error "dev@$third came of .* and has files of 32.0 TiB, holes included"
then_empty "$staging"
then_absent "$received/dev@$third"

given "a receive that takes more room than it announced, up to the reserve"
room() { sync -f ls && df --output=avail -B1 ls | tail -n 1; }
before=$(room)
echo "RESERVE_BYTES=$((before - 40000000))" >>ls.conf
# As a stream does that allocates what it never writes: it takes 60 MB, and continues.
# shellcheck disable=SC2016 # it is expanded in the cage
another_receiver 'fallocate -l 60000000 "${!#}/taken"; sleep 100; exec "$btrfs" "$@"'
when timeout 90 restore_backup_LS.sh --config ls.conf "$second"
then_exits 2
then_one_error 'not enough space in .*/receiving: .* is free while a stream is received, and .* is kept in reserve'
then_empty "$staging"
then_absent "$received/dev@$second"
after=$(room)
((after > before - 8000000)) || broken "room is not given back: $before, then $after"

given "one that has taken it when it ends"
# shellcheck disable=SC2016 # it is expanded in the cage
another_receiver '"$btrfs" "$@" && head -c 60000000 /dev/urandom >"${!#}/taken"'
when timeout 90 restore_backup_LS.sh --config ls.conf "$second"
((status)) || broken "it must be refused"
then_empty "$staging"
then_absent "$received/dev@$second"
the_receiver

given "an honest restore within the reserve"
when restore_backup_LS.sh --config ls.conf "$second"
then_exits 0
then_equal_trees "$received/dev@$second" "ws/snapshots/dev@$second"
then_journal sound
