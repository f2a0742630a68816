# shellcheck shell=bash disable=SC2154 # options and configuration are read by what sources this
# CODE as a Btrfs subvolume; a directory becomes one without its files being copied on disk (reflinks), and is kept.
# Sourced by init_WS.sh.

# A copy that is on its way, and one that was found equal and only waits for its name.
copying() { printf '%s.becomes-subvolume\n' "$CODE"; }
verified() { printf '%s.is-subvolume\n' "$CODE"; }
is_subvolume() { [[ -d $1 && ! -L $1 && $(stat -c %i -- "$1") == 256 && $(file_system "$1") == btrfs\ * ]]; }

# check_subvolume: refuses what ensure_subvolume could not do.
check_subvolume() {
    local parent type
    "$binary" places straight "$CODE" || exit
    parent=$(dirname "$CODE") type=$(file_system "$CODE")
    [[ -d $parent ]] || fail 7 "there is no directory $parent" "make its user first: adduser ${parent##*/}; or --code DIR"
    [[ $type == btrfs\ * ]] || fail 6 "$CODE is on ${type% *}, not on Btrfs" "mount Btrfs at $CODE, or at $parent"
    [[ -d $CODE || ! -e $CODE ]] || fail 6 "$CODE is not a directory"
    if [[ -e $CODE ]] && ! is_subvolume "$CODE"; then
        [[ $convert == yes ]] || fail 6 "$CODE is a directory, not a subvolume" \
            "--convert makes it one, without copying on disk, and keeps the directory under another name"
        local mount
        mount=$(findmnt -rno TARGET | grep -F -m 1 -- "$CODE/" || true)
        [[ $mount != "$CODE/"* ]] || fail 6 "something is mounted inside $CODE: $mount" "unmount it first"
    fi
}

ensure_subvolume() {
    if [[ -e $CODE ]]; then
        is_subvolume "$CODE" || change "make $CODE a subvolume; the directory is kept under another name" convert_directory
    elif is_subvolume "$(verified)"; then
        change "give the subvolume its name $CODE: an earlier run was interrupted" mv -T -- "$(verified)" "$CODE"
    else
        change "make the subvolume $CODE" new_subvolume
    fi
}

# as_owner COMMAND…: as the user whose directory CODE is in, and who could lead root elsewhere by a link there.
as_owner() {
    local user
    user=$(stat -c %U -- "$(dirname "$CODE")")
    if [[ $user == root ]]; then "$@"; else (cd / && exec runuser -u "$user" -- "$@"); fi
}

new_subvolume() { as_owner btrfs -q subvolume create "$CODE" && sync -f "$(dirname "$CODE")"; }

# At any time either the directory or the verified subvolume has CODE's name, or the next run gives it.
convert_directory() {
    local kept
    kept=$CODE.before-$(date +%Y-%m-%dT%H%M%S)
    for leftover in "$(copying)" "$(verified)"; do
        ! is_subvolume "$leftover" || as_owner rm -rf -- "$leftover" || true
        [[ ! -e $leftover ]] || fail 6 "$leftover is in the way" "move it away"
    done
    as_owner btrfs -q subvolume create "$(copying)" &&
        as_owner cp -a --reflink=always -- "$CODE/." "$(copying)/" &&
        sync -f "$(dirname "$CODE")" || return
    [[ $("$bin/devjournal" tree "$CODE") == "$("$bin/devjournal" tree "$(copying)")" ]] ||
        fail 1 "the copy is not what $CODE holds: was it written to meanwhile, or is something in it not its user's?" \
            "stop what works in $CODE, or give all of it to its user, then run this again"
    mv -T -- "$(copying)" "$(verified)" && mv -T -- "$CODE" "$kept" && mv -T -- "$(verified)" "$CODE" && sync -f "$(dirname "$CODE")" || return
    left+=("when all is well: rm -r $kept")
}
