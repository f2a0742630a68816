#!/usr/bin/env bash
# Whatever a stream says, receiving it changes nothing but the staging directory: streams made at random, with commands of
# each kind at odd paths, are received in the cage without having been looked at, and some of them on the whole way of a
# restore. Everything around is compared before and after. ROUNDS and SEED are settings; a failure says both again.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
rounds=${ROUNDS:-30} seed=${SEED:-$RANDOM}

given "canaries everywhere, a disk, a received parent that has symbolic links and nodes (seed $seed, $rounds rounds)"
a_household
staging=$ls_root/restore/receiving
truncate -s 4M disk.img
head -c 4M /dev/urandom >disk.img
disk=$(losetup --find --show disk.img)
exec 9<>"$disk" # the device stays until this script ends, and not longer
losetup -d "$disk"
read -r major minor < <(stat -c '%Hr %Lr' "$disk")
mount_new_tmpfs 16M "$work/canaries"
around=("$work" "$work/canaries" "$work/ls" "$ls_root" "$ls_root/keys" "$ls_root/restore" "$received")
for place in "${around[@]}"; do
    mkdir "$place/cage"
    printf 'sing\n' | tee "$place/canary" >"$place/cage/canary"
done
parent=$(cat /proc/sys/kernel/random/uuid)
mkdir -m 0700 "$staging"
in_cage() { timeout 60 devjournal receive-in-cage --largest-file $((1 << 44)) "$staging"; }
"$repository/Tests/scenarios/send_stream.py" dev@2001-01 "$parent" mkdir d mkfile f write f sound mkfile d/f write d/f sound symlink l "$work/canaries" \
    symlink up ../../../.. mknod disk 60666 "$major" "$minor" | in_cage
btrfs -q subvolume snapshot -r "$staging/dev@2001-01" "$received/dev@2001-01"
btrfs -q subvolume delete "$staging/dev@2001-01"

# Everything but the staging directory, when something was last received (what is sound has its name for a moment), what the journal says of what was sealed and registered, and this script's own files.
everything() { # FILE
    {
    list_tree.py "$work/ls" | grep -v "^./dev/\(restore/receiving\|journal\|manifests\|locks\|artifacts\|catalogues\|tmp\)" |
        sed 's,^\(\./dev/restore\(/worktree_receive\)*\tdir\t.*\t\)[0-9]*\(\t-\t-\t-\t-\t-\)$,\1\3,'
    list_tree.py "$received/dev@2001-01"
    list_tree.py "$work/canaries"
    list_tree.py "$work/cage"
    stat -c '%n %i %a %s %Z' "$work/canary" /usr/bin/btrfs /usr/bin /etc/passwd
    stat -c '%n %i %a %U' / /usr /etc /dev /dev/null /tmp
    find "$received" "$ls_root/restore" / /mnt -xdev -maxdepth 1 | sort
    sha256sum "$disk"
    } >"$1"
}

sync_disk() { blockdev --flushbufs "$disk"; }
month=2002-01 received_ones=0 sealed_ones=0
everything_like() {
    sync_disk
    everything now
    cmp -s before now || broken "something else was changed: SEED=$seed, round $round: $(diff before now | head -n 8)"
}
on_ls root-helper clear >/dev/null
everything before
for ((round = 1; round <= rounds; round++)); do
    own=$(cat /proc/sys/kernel/random/uuid)
    "$repository/Tests/scenarios/hostile_streams.py" "$seed" "$round" "dev@$month" "$own" "$parent" "$major" "$minor" "$work/canaries" >stream
    status=0
    in_cage <stream >out 2>err || status=$?
    ((status != 124)) || broken "it never ends: SEED=$seed, round $round"
    ((status)) || received_ones=$((received_ones + 1))
    ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' err || broken "control characters are shown: SEED=$seed, round $round"
    everything_like
    chown 0:0 "$staging" # which a restore gives no stream to be received in directly
    on_ls root-helper clear >/dev/null || broken "it cannot be cleared: SEED=$seed, round $round"
    then_empty "$staging"
    ((round % 6 == 0)) || continue
    # The whole way: what is not refused while it is sealed is restored.
    if {
        devjournal append --config ws.conf snapshot.taken --as workstation label="dev@$month" uuid="$own" path=/none &&
            devjournal seal --config ws.conf "$month" --type full --uuid "$own" --stream stream >path &&
            devjournal register --config ls.conf "$(cat path)"
    } >said 2>&1; then
        sealed_ones=$((sealed_ones + 1))
        on_ls restore "$month" >out 2>err && btrfs -q subvolume delete "$received/dev@$month"
        month=$(date -d "$month-15 +1 month" +%Y-%m)
    else
        month=$(date -d "$month-15 +1 month" +%Y-%m)
    fi
    everything_like
    then_empty "$staging"
done
printf 'then  nothing else was changed: %d of %d were received whole, %d sealed (seed %s)\n' \
    "$received_ones" "$rounds" "$sealed_ones" "$seed"

given "an honest month after that"
a_month "$third" 1
when restore_backup_LS.sh --config ls.conf "$third"
then_exits 0
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"
then_journal sound
