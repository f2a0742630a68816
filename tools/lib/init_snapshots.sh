# shellcheck shell=bash disable=SC2154 # options and configuration are read by what sources this
# Where WS keeps its snapshots: in a place that only root can write, on the file system of CODE. An old place below a
# user's home is moved there by one rename, because a read-only snapshot cannot change its directory alone and a copy of
# it has another UUID. And which subvolume CODE is: remembered, so that root never takes another one for it. Sourced by
# init_WS.sh.

mounts=/var/lib/devjournal/.snapshots # of subvolumes, where no other place on CODE's file system is root's alone

# choose_snapshots: leaves SNAPSHOTS where they are to be, and in `moved_from` where they are, if that is elsewhere.
choose_snapshots() {
    local usual why
    moved_from=''
    usual=$("$binary" places usual --dataset "$DATASET" "$CODE")
    if [[ -z $SNAPSHOTS ]]; then
        SNAPSHOTS=$usual
        # What was meant by no name once.
        local before=${CODE%/*}/.snapshots
        [[ ! -e $config || -e $usual || $(stat -c %u:%a -- "$before" 2>/dev/null) != 0:700 ]] || moved_from=$before
    elif ! why=$("$binary" places owned "$SNAPSHOTS" 2>&1); then
        why=${why%%$'\n'*}
        say "${why#*: error: }"
        [[ $SNAPSHOTS != "$usual" ]] || fail 6 "there is no place for the snapshots that only root may write" \
            "chown root: and chmod go-w what is named above"
        moved_from=$SNAPSHOTS SNAPSHOTS=$usual
    fi
}

# ensure_snapshots: the place first, then the configuration that names it: what is killed between is finished by the next
# run, which finds the old place gone and the new one there.
ensure_snapshots() {
    [[ $SNAPSHOTS != "$mounts"/* ]] || ensure_mount
    if [[ -n $moved_from && -e $moved_from ]]; then
        change "move the snapshots from $moved_from to $SNAPSHOTS, by one rename where that can be" move_snapshots
    fi
    if [[ ! -d $SNAPSHOTS ]]; then
        change "make the directory $SNAPSHOTS, root:root, mode 0700" make_snapshots
    elif ! is_as "$SNAPSHOTS" root:root 0700; then
        change "give the directory $SNAPSHOTS to root:root, mode 0700" own "$SNAPSHOTS" root:root 0700
    fi
    [[ -z $moved_from ]] || ensure_setting "$config" SNAPSHOTS "$SNAPSHOTS"
}
# With the mode named: where a default ACL hands rights on, no umask counts.
make_snapshots() {
    local above=${SNAPSHOTS%/*}
    [[ -d $above ]] || install -d -m 0700 -- "$above" || return
    install -d -m 0700 -- "$SNAPSHOTS" && sync -f "$SNAPSHOTS"
}
move_snapshots() {
    local answer
    answer=$("$bin/devjournal" places move "$moved_from" "$SNAPSHOTS") || exit
    [[ $answer != moved ]] || return 0
    say "$moved_from is not of the mount and subvolume of $SNAPSHOTS: its snapshots stay there, and the next month is a full one"
    left+=("when the next month is on LS: delete the old snapshots: btrfs subvolume delete $moved_from/*@*")
}

# ensure_mount: a subvolume of CODE's file system, root's own, mounted by its id, which nobody can rename.
ensure_mount() {
    if ! grep -q "^[^#]* $SNAPSHOTS btrfs " /etc/fstab 2>/dev/null; then
        change "make a subvolume of root's on the file system of $CODE, and mount it at $SNAPSHOTS" new_mount
    elif ! mountpoint -q -- "$SNAPSHOTS"; then
        change "mount $SNAPSHOTS" mount -- "$SNAPSHOTS"
    fi
}
new_mount() {
    local source uuid name=.devjournal-$DATASET-$RANDOM$RANDOM id
    # Where it is mounted by more than its own device, the mount tells. CODE may be a mount of its own.
    read -r source uuid < <(findmnt -nvo SOURCE,UUID -T "$CODE" | tail -n 1)
    [[ -b $source && -n $uuid ]] || return
    # In a mount namespace of its own, which goes with it however it ends.
    # shellcheck disable=SC2016 # the inner shell expands it
    id=$(unshare --mount --propagation private -- bash -ec 'mount -o subvolid=5,nodev,nosuid,noexec -- "$1" /mnt
        btrfs -q subvolume create "/mnt/$2" && sync -f /mnt
        btrfs subvolume show "/mnt/$2" | sed -n "s/^[[:space:]]*Subvolume ID:[[:space:]]*//p"' top "$source" "$name") || return
    [[ $id =~ ^[0-9]+$ ]] || return
    install -d -m 0700 -- "$mounts" "$SNAPSHOTS" &&
        mount -o "subvolid=$id,nodev,nosuid,noexec" -- "$source" "$SNAPSHOTS" || return
    # The top of that file system may be a user's, who could have put another subvolume under its name.
    if [[ $(stat -c %u -- "$SNAPSHOTS") != 0 || -n $(ls -A -- "$SNAPSHOTS") ]]; then
        umount -- "$SNAPSHOTS"
        return 1
    fi
    chmod 0700 -- "$SNAPSHOTS" && add_line /etc/fstab \
        "UUID=$uuid $SNAPSHOTS btrfs subvolid=$id,nodev,nosuid,noexec,nofail 0 0 # devjournal's snapshots of $CODE"
}
add_line() {
    local text='' owner=root:root mode=644
    [[ ! -e $1 ]] || { text=$(<"$1") && owner=$(stat -c %U:%G "$1") && mode=$(stat -c %a "$1"); }
    write_file "$1" "$owner" "$mode" "${text:+$text$'\n'}$2"
}

# ensure_code_known: which subvolume CODE is.
ensure_code_known() {
    local word=new uuid='' owner=''
    # Before CODE is what it will be, a dry run knows only that there will be something to remember.
    read -r word uuid owner < <(on_ws places code 2>/dev/null) || [[ $dry_run == yes ]] || return 0
    case ${word:-new} in
        new) accept_code ;;
        other)
            if [[ $accept_code == yes ]]; then accept_code; else
                left+=("$CODE is not the subvolume of the last month, but $uuid of user $owner: if that is right: init_WS.sh --accept-code")
            fi
            ;;
    esac
}
accept_code() {
    [[ -z ${uuid:-} ]] || say "$CODE is subvolume $uuid of user $owner"
    change "remember which subvolume $CODE is, and whose" quietly on_ws places code --accept
}
