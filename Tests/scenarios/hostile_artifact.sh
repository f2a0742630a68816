#!/usr/bin/env bash
# A signed artifact whose stream is hostile, as one who has the workstation's key can make it. What no `btrfs send` writes
# is refused while it is looked at; where it is received without that, whatever it does happens in the directory that it is
# received in. Nothing of it stays there, and the next restore works.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "canaries all around the directory that a restore receives in"
a_household
around=("$work" "$work/ls" "$ls_root" "$ls_root/keys" "$ls_root/restore" "$received")
for place in "${around[@]}"; do
    mkdir "$place/cage"
    printf 'sing\n' | tee "$place/canary" >"$place/cage/canary"
done
list_canaries() {
    find "${around[@]}" -maxdepth 2 '(' -name 'canary*' -o -name cage ')' -printf '%p %y %m %u:%g %n %s %T@ %C@\n' \
        -type f -exec sha256sum '{}' + | sort -u
}

month=2021-12 staging=$ls_root/restore/receiving
# caged DIRECTORY: receives the file `stream` as nobody has looked at it.
caged() { devjournal receive-in-cage --largest-file $((1 << 44)) "$1" <stream; }
# carried UUID COMMAND…: a full of the next month, its stream made of these commands, is sealed and registered.
carried() {
    month=$(date -d "$month-15 +1 month" +%Y-%m)
    "$repository/Tests/scenarios/send_stream.py" "dev@$month" "$@" >stream &&
        devjournal append --config ws.conf snapshot.taken --as workstation label="dev@$month" uuid="$1" path=/none &&
        devjournal seal --config ws.conf "$month" --type full --uuid "$1" --stream stream >path &&
        devjournal register --config ls.conf "$(cat path)"
} >said 2>&1
restored() {
    list_canaries >before
    when restore_backup_LS.sh --config ls.conf "$month"
    list_canaries >after
    then_same before after
    then_empty "$ls_root/restore/receiving"
}

given "streams that make a symbolic link and act through it"
number=0
for commands in 'write out/canary spoilt' 'truncate out/canary 0' 'chmod out/canary 777' 'chown out/canary 7 7' \
    'unlink out/canary' 'rename out/canary out/canary2' 'mkfile out/canary2' 'link out/canary2 out/canary' 'rmdir out/cage' \
    'set_xattr out/canary user.a b'; do
    # Each through a relative link and an absolute one.
    targets=(../.. "$ls_root" ../../restore/worktree_receive "$work" ../../keys "$ls_root/keys")
    number=$((number + 1))
    # shellcheck disable=SC2086 # words on purpose
    ! carried "$(cat /proc/sys/kernel/random/uuid)" symlink out "${targets[number % 6]}" $commands ||
        broken "$month was sealed"
    grep -q 'the send stream leads through a link' said || broken "it must be refused for its link: $(cat said)"
    mkdir -p "$staging"
    list_canaries >before
    when caged "$staging"
    list_canaries >after
    then_exits 1
    then_same before after
    grep -q 'Too many levels of symbolic links' err || broken "no link may be followed"
    on_ls root-helper clear >/dev/null
    then_empty "$staging"
done

given "a node of a disk, and what is written to it: on LS and on WS"
truncate -s 4M disk.img
disk=$(losetup --find --show disk.img)
exec 9<>"$disk" # the device stays until this script ends, and not longer
losetup -d "$disk"
read -r major minor < <(stat -c '%Hr %Lr' "$disk")
own=$(cat /proc/sys/kernel/random/uuid)
content() { blockdev --flushbufs "$disk" && sha256sum <"$disk"; }
before=$(content)
for kind in 60660 60666; do
    ! carried "$own" mknod disk "$kind" "$major" "$minor" write disk "spoilt by $kind" || broken "$month was sealed"
    for place in "$staging" "$work/ws/snapshots/.receiving"; do
        mkdir -p "$place"
        when caged "$place"
        then_exits 1
        grep -q 'disk: Permission denied' err || broken "no node may be opened"
        [[ $(content) == "$before" ]] || broken "the disk was written"
        for staged in "$place"/dev@*; do btrfs -q subvolume delete "$staged"; done
    done
done
# What the same does without the cage: else nothing would be shown here.
btrfs -q receive -C "$work/ls" <stream 2>/dev/null || true
[[ $(content) != "$before" ]] || broken "this attack does nothing"
btrfs -q subvolume delete "$work/ls/dev@$month"

given "a receiver that does"
carried "$(cat /proc/sys/kernel/random/uuid)" mkfile file || broken "$month was not registered: $(cat said)"
# shellcheck disable=SC2016 # it is expanded in the cage
another_receiver '"$btrfs" "$@" && mkdir "${!#}/beside" && touch "${!#}/beside/"$'"'\\xff'"
restored
then_exits 1
then_one_error "the stream of dev@$month wrote outside its snapshot"
then_absent "$received/dev@$month"

given "an artifact that is another one than the signed, and a btrfs that tells when it receives"
own=$(cat /proc/sys/kernel/random/uuid)
carried "$own" mkfile set-user-id chmod set-user-id 4755 mknod device 20666 1 3 || broken "$month was not registered: $(cat said)"
# shellcheck disable=SC2016 # it is expanded in the cage
another_receiver 'echo "btrfs was reached" >&2; exec "$btrfs" "$@"'
then_unreached() { ! grep -q "btrfs was reached" err || broken "it was received"; }
cp "$(artifact "$month")" kept
a_flipped_bit "$(artifact "$month")"
when restore_backup_LS.sh --config ls.conf "$month"
then_exits 1
then_one_error 'is not what the journal says'
then_unreached
"$repository/Tests/scenarios/send_stream.py" "dev@$month" "$own" mkfile forged | zstd -q |
    age -r "$(cat "$ls_root/keys/ls_dev_backup.pub")" >"$(artifact "$month")"
when restore_backup_LS.sh --config ls.conf "$month"
then_exits 1
then_one_error 'is not what the journal says'
then_unreached

given "the signed one again, with a set-user-ID file and a device node"
cp kept "$(artifact "$month")"
when restore_backup_LS.sh --config ls.conf "$month"
then_exits 0
grep -q "btrfs was reached" err || broken "it was not received"
[[ $(stat -c %a "$received") == 700 ]] || broken "others can reach what was received: mode $(stat -c %a "$received")"
then_journal sound
