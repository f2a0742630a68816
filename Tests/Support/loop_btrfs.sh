# shellcheck shell=bash
# Btrfs file systems in image files, for the quickstart and the scenario tests. Sourced, never run.
# They live in a mount namespace of the process's own and on loop devices that free themselves, so that nothing is left
# even when the process is killed; `unmount_all` takes them away by name.

mounted=()

# in_own_namespace SCRIPT ARGUMENT…: starts the script again inside a mount namespace, unless it is in one.
in_own_namespace() {
    [[ -z ${DEVJOURNAL_OWN_NAMESPACE:-} ]] || return 0
    DEVJOURNAL_OWN_NAMESPACE=1 exec unshare --mount --propagation private -- "$@"
}

# can_mount_btrfs: whether this machine can do it at all; says why not.
can_mount_btrfs() {
    ((EUID == 0)) || { echo "not root" && return 1; }
    grep -qw btrfs /proc/filesystems || modprobe -q btrfs || { echo "the kernel has no Btrfs" && return 1; }
    [[ -e /dev/loop-control ]] || modprobe -q loop || { echo "there are no loop devices" && return 1; }
    unshare --mount --propagation private true 2>/dev/null || { echo "mounting is not allowed here" && return 1; }
}

# mount_new_btrfs IMAGE SIZE DIRECTORY
mount_new_btrfs() {
    local device
    truncate -s "$2" "$1"
    mkfs.btrfs -q "$1" >/dev/null
    mkdir -p "$3"
    device=$(losetup --find --show "$1")
    mount "$device" "$3"
    mounted+=("$3")
    losetup -d "$device" # the device stays until it is unmounted, and not longer
}

# mount_new_tmpfs SIZE DIRECTORY
mount_new_tmpfs() {
    mkdir -p "$2"
    mount -t tmpfs -o "size=$1,mode=0700" devjournal "$2"
    mounted+=("$2")
}

# unmount DIRECTORY
unmount() {
    local left=() directory
    umount "$1"
    for directory in "${mounted[@]}"; do [[ $directory == "$1" ]] || left+=("$directory"); done
    mounted=("${left[@]}")
}

unmount_all() {
    local index
    for ((index = ${#mounted[@]} - 1; index >= 0; index--)); do umount "${mounted[index]}" || return; done
    mounted=()
}

# delete_with_subvolumes DIRECTORY: a tree, the subvolumes in it included, deepest first.
delete_with_subvolumes() {
    local subvolume
    find "$1" -depth -xdev -mindepth 1 -inum 256 -type d -print0 | while IFS= read -r -d '' subvolume; do
        btrfs -q subvolume delete "$subvolume" >/dev/null
    done
    rm -rf --one-file-system -- "$1"
}
