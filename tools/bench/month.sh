#!/usr/bin/env bash
# bench.sh month [--objects N] [--changed N] [--large N] [--sparse GIB] [--rounds N] [--only ROWS]
#
# A month on one machine with a directory for a mirror: snapshot, artifact, registered and pushed, against btrbk (raw target,
# zstd, gpg), restic and borg, each with its second backup of the same tree; then the first month, the restore of the latest,
# a month that the server's working copy follows, a month in which nothing changed, and sparse files. Wall time and processor time of all processes. devjournal also checks
# the stream's framing, hashes the tree, verifies what it registers, syncs each step and keeps a signed journal.
#
#     --objects N    of the tree (default 31000; from 100 on)
#     --changed N    files that a month changes (default 350)
#     --large N      objects of the tree that does not change, against a hundredth of them (default 200000)
#     --sparse GIB   of the sparse file (default 20)
#     --rounds N     rounds, each command in turn (default 7)
#     --only ROWS    of: month first restore worktree unchanged sparse; with commas between
#
# Needs root. Works below TMPDIR (default /var/lib), which must be on a disk, and nobody's but root's all the way up.
#
# Exit status: 0 everything was measured, reached or not · 2 something could not be measured · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/common.bash"
source "$repository/Tests/Support/loop_btrfs.sh"

objects=31000 changed=350 large=200000 sparse=20 rounds=7 only=month,first,restore,worktree,unchanged,sparse
all=("$@")
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --objects) whole_number "$1" "${2:-}" 100 && objects=$2 && shift ;;
        --changed) whole_number "$1" "${2:-}" 1 && changed=$2 && shift ;;
        --large) whole_number "$1" "${2:-}" 100 && large=$2 && shift ;;
        --sparse) whole_number "$1" "${2:-}" 1 && sparse=$2 && shift ;;
        --rounds) whole_number "$1" "${2:-}" 1 && rounds=$2 && shift ;;
        --only) only=${2:?} && shift ;;
        *) stop 64 "unknown argument $1" "bench.sh month --help" ;;
    esac
    shift
done
limit=600 # seconds a table row, after which three rounds are enough

require "${CC:-gcc}" gcc stdio.h libc6-dev btrfs btrfs-progs python3 python3 gpg gpg zstd zstd openssl openssl
why=$(can_mount_btrfs) || stop 2 "$why"
in_own_namespace "$0" "${all[@]}"
export TMPDIR=${TMPDIR:-/var/lib}
prepare
trap 'cd / && unmount_all; rm -rf --one-file-system -- "$work"' EXIT
compile time_processes
mkdir "$work/tools"
cp -a "$repository/tools/." "$work/tools/"
cp -- "$devjournal" "$work/tools/devjournal"
PATH=$work/tools:$work/bin:$PATH
wanted() { [[ ,$only, == *,$1,* ]]; }

first=$(date -d "$(date +%Y-%m-15) -1 month" +%Y-%m) second=$(date +%Y-%m)
export WORK=$work FIRST=$first SECOND=$second
export RESTIC_PASSWORD=x RESTIC_CACHE_DIR=$work/run/restic.cache BORG_PASSPHRASE=x BORG_BASE_DIR=$work/run/borg.base
export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes GNUPGHOME=$work/gnupg

# --- a place: source and repositories on a Btrfs each, all that a run changes in the directory run ---

# place SIZE: mounts fresh ones, as `ws` and `ls`.
place() {
    unmount_all
    mounted=()
    rm -rf "$work"/ws* "$work"/ls* "$work/run" "$work/base"
    mkdir -p "$work/run" "$work/base"
    mount_new_btrfs "$work/ws.img" "$1" "$work/ws"
    mount_new_btrfs "$work/ls.img" "$1" "$work/ls"
    btrfs -q subvolume create "$work/ws/code"
    cat >"$work/dev.conf" <<END
DATASET=dev
LS_ROOT=$work/ls/dev
CODE=$work/ws/code
SNAPSHOTS=$work/ws/snapshots
WS_STATE=$work/run/ws
MIRROR=file://$work/run/bucket
WORKTREE=off
LS_CONFIG=$work/dev.conf
END
    mkdir -p "$work/run/bucket"
    (umask 077 && echo 'a passphrase of no importance' >"$work/passphrase")
    {
        devjournal init --config "$work/dev.conf" --passphrase-file "$work/passphrase"
        devjournal key enrol --config "$work/dev.conf" --name ws "$(devjournal key new --config "$work/dev.conf" 2>/dev/null)"
    } >/dev/null 2>"$work/errors" || stop 2 "no journal: $(tail -n 2 "$work/errors")"
}
# keep: what a run begins from. reset: to that again, and without the snapshots that were not there.
cat >"$work/bin/keep" <<'END'
#!/bin/bash
set -e
rm -rf "$WORK/base" && mkdir "$WORK/base"
cp -a --reflink=auto "$WORK/run/." "$WORK/base/"
rm -rf "$WORK/ls/base" && mkdir "$WORK/ls/base"
for each in "$WORK"/ls/{dev,btrbk,restic,borg}; do [ ! -e "$each" ] || cp -a --reflink=always "$each" "$WORK/ls/base/"; done
ls "$WORK/ws/snapshots" "$WORK/ws/btrbk" 2>/dev/null >"$WORK/kept" || true
sync
END
cat >"$work/bin/reset" <<'END'
#!/bin/bash
set -e
for place in snapshots btrbk; do
    for each in "$WORK/ws/$place"/*; do
        [ ! -e "$each" ] || grep -qxF "${each##*/}" "$WORK/kept" || btrfs -q subvolume delete "$each"
    done
done
for each in "$WORK"/ls/dev/restore/worktree_receive/* "$WORK"/ls/received/*; do [ ! -e "$each" ] || btrfs -q subvolume delete "$each"; done
find "$WORK/run" -mindepth 1 -delete && cp -a --reflink=auto "$WORK/base/." "$WORK/run/"
for each in dev btrbk restic borg; do
    [ ! -e "$WORK/ls/$each" ] || rm -rf "$WORK/ls/$each"
    [ ! -e "$WORK/ls/base/$each" ] || cp -a --reflink=always "$WORK/ls/base/$each" "$WORK/ls/"
done
mkdir -p "$WORK/ls/btrbk" "$WORK/ls/received" "$WORK/ws/btrbk"
sync
END
# keep_images, rewind: the same by whole file systems, for a server that has received snapshots.
cat >"$work/bin/copy_images" <<'END' # FROM TO: file name endings
#!/bin/bash
set -e
for place in ws ls; do
    umount "$WORK/$place"
    cp --sparse=always "$WORK/$place.$1" "$WORK/$place.$2"
    device=$(losetup --find --show "$WORK/$place.img") && mount "$device" "$WORK/$place" && losetup -d "$device"
done
END
cat >"$work/bin/keep_images" <<'END'
#!/bin/bash
set -e
rm -rf "$WORK/base" && mkdir "$WORK/base"
cp -a --reflink=auto "$WORK/run/." "$WORK/base/"
copy_images img kept
END
cat >"$work/bin/rewind" <<'END'
#!/bin/bash
set -e
copy_images kept img
find "$WORK/run" -mindepth 1 -delete && cp -a --reflink=auto "$WORK/base/." "$WORK/run/"
sync
END
cat >"$work/bin/btrbk_and_receive" <<'END'
#!/bin/bash
set -e -o pipefail
btrbk -q -c "$WORK/btrbk.conf" run
gpg --batch -q -d "$(find "$WORK/ls/btrbk" -name '*.gpg' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)" | zstd -q -d |
    btrfs -q receive "$WORK/ls/received"
END
# snapshot_again: a snapshot of the code that nothing has read yet.
cat >"$work/bin/snapshot_again" <<'END'
#!/bin/bash
set -e
[ ! -e "$WORK/ws/again" ] || btrfs -q subvolume delete "$WORK/ws/again"
btrfs -q subvolume snapshot -r "$WORK/ws/code" "$WORK/ws/again" >/dev/null
sync
END
cat >"$work/bin/ours" <<'END'
#!/bin/bash
set -e
ws_dev_run_month.sh --config "$WORK/dev.conf" "$1"
push_to_cloud.sh --config "$WORK/dev.conf"
END
cat >"$work/bin/btrbk_by_hand" <<'END'
#!/bin/bash
set -e -o pipefail
for file in "$WORK"/ls/btrbk/code.*.gpg; do
    gpg --batch -q -d "$file" | zstd -q -d | btrfs -q receive "$WORK/ls/received"
done
END
cat >"$work/bin/restic_first" <<'END'
#!/bin/bash
set -e
[ -e "$WORK/ls/restic/config" ] || restic -q -r "$WORK/ls/restic" init
exec restic -q -r "$WORK/ls/restic" backup "$WORK/ws/code"
END
cat >"$work/bin/borg_first" <<'END'
#!/bin/bash
set -e
[ -e "$WORK/ls/borg/config" ] || borg init -e repokey "$WORK/ls/borg"
exec borg create --compression zstd,3 "$WORK/ls/borg::$(date +%s%N)" "$WORK/ws/code"
END
chmod +x "$work"/bin/*
cat >"$work/btrbk.conf" <<END
timestamp_format long-iso
raw_target_compress zstd
raw_target_encrypt gpg
gpg_keyring $work/gnupg/pubring.kbx
gpg_recipient bench
snapshot_dir btrbk
volume $work/ws
  subvolume code
    target raw $work/ls/btrbk
END
(umask 077 && mkdir "$work/gnupg")
gpg --batch -q --passphrase '' --quick-gen-key bench default default never 2>"$work/errors" || stop 2 "no gpg key: $(cat "$work/errors")"

before='before=reset'
peers=()
for peer in btrbk restic borg; do ! command -v "$peer" >/dev/null || peers+=("$peer"); done

# run_all MONTH: ours, then the peers that there are, each made ready before its turn.
run_all() {
    local commands=("$before" "$work/bin/ours" "$1") peer
    for peer in "${peers[@]}"; do
        case $peer in
            btrbk) commands+=(: "$before" btrbk -q -c "$work/btrbk.conf" run) ;;
            *) commands+=(: "$before" "$work/bin/${peer}_first") ;;
        esac
    done
    timed "$rounds" "$limit" "${commands[@]}"
}
# rows TITLE BTRBK OTHERS: ours at most so many times btrbk's wall and processor time, and others' wall time.
rows() {
    local number=0 peer title=$1 reach
    for peer in btrbk restic borg; do
        if [[ " ${peers[*]} " != *" $peer "* ]]; then
            row_missing "$title" "$peer is not installed"
            continue
        fi
        number=$((number + 1)) reach=$3
        [[ $peer != btrbk ]] || reach=$2
        row "$title" "$(ms "${medians[0]}")" "$peer" "$(ms "${medians[number]}")" "$(calc "${medians[0]} / ${medians[number]}" %.2f)x" \
            "at most ${reach}x" "${medians[0]} <= $reach * ${medians[number]}" "$turns"
        title='the same'
        [[ $peer == btrbk ]] || continue
        row '  processor time' "$(ms "${cpu_medians[0]}")" "$peer" "$(ms "${cpu_medians[number]}")" \
            "$(calc "${cpu_medians[0]} / ${cpu_medians[number]}" %.2f)x" "at most ${reach}x" \
            "${cpu_medians[0]} <= $reach * ${cpu_medians[number]}" "$turns"
    done
}

# less_twelfth: the month that was timed last, but for what `twelfth` found, against btrbk's.
less_twelfth() {
    [[ " ${peers[*]} " == *' btrbk '* ]] || return 0
    local wall cpu
    wall=$(calc "${medians[0]} - $twelfth_wall") cpu=$(calc "${cpu_medians[0]} - $twelfth_cpu")
    row '  less the twelfth that is read again' "$(ms "$wall")" btrbk "$(ms "${medians[1]}")" "$(calc "$wall / ${medians[1]}" %.2f)x" \
        'at most 2x' "$wall <= 2 * ${medians[1]}" "$turns"
    row '  its processor time' "$(ms "$cpu")" btrbk "$(ms "${cpu_medians[1]}")" "$(calc "$cpu / ${cpu_medians[1]}" %.2f)x" \
        'at most 2x' "$cpu <= 2 * ${cpu_medians[1]}" "$turns"
}
# twelfth: what the second month spends on reading a twelfth of the unchanged files again, as `twelfth_wall` and
# `twelfth_cpu`: listing by change with it less listing by change without it, each of a snapshot of its own.
twelfth() {
    local listing=$work/listing hash by_change
    rm -f "$listing"
    hash=$(devjournal tree --into "$listing" "$work/ws/snapshots/dev@$first")
    by_change=(before=snapshot_again "$work/tools/devjournal" tree --since "$work/ws/snapshots/dev@$first"
        --listing "$listing" --recorded "$hash" "$work/ws/again")
    timed "$rounds" "$limit" "${by_change[@]}" : "${by_change[@]}" --read-again "$((10#${second#*-}))" || return 1
    btrfs -q subvolume delete "$work/ws/again"
    twelfth_wall=$(calc "${medians[1]} - ${medians[0]}") twelfth_cpu=$(calc "${cpu_medians[1]} - ${cpu_medians[0]}")
}

header "$(btrfs --version | head -n 1)" "$({ btrbk --version || echo 'no btrbk'; } 2>/dev/null | head -n 1)" \
    "$({ restic version || echo 'no restic'; } 2>/dev/null | cut -d' ' -f1,2)" "$({ borg --version || echo 'no borg'; } 2>/dev/null)"
table_head

# --- the first month, the next one, the restore ---

if wanted month || wanted first || wanted restore; then
    place 8G
    python3 "$work/tools/bench/month_tree.py" "$objects" "$work/ws/code"
    sync
    keep
    if wanted first; then
        if run_all "$first"; then rows "first month, $(thousands "$objects") objects" 1.2 1; else row_missing 'first month' 'see above'; fi
    fi
    reset
    "$work/bin/ours" "$first" >"$work/errors" 2>&1 || stop 2 "the first month: $(tail -n 3 "$work/errors")"
    ! command -v btrbk >/dev/null || btrbk -q -c "$work/btrbk.conf" run
    ! command -v restic >/dev/null || restic_first
    ! command -v borg >/dev/null || borg_first
    python3 "$work/tools/bench/month_tree.py" --change "$changed" "$work/ws/code"
    sync
    keep
    if wanted month; then
        if twelfth && run_all "$second"; then
            rows "month, $(thousands "$objects") objects, $changed changed" 2 0.5
            less_twelfth
        else
            row_missing 'month' 'see above'
        fi
    fi
    if wanted restore; then
        reset
        "$work/bin/ours" "$second" >"$work/errors" 2>&1 || stop 2 "the second month: $(tail -n 3 "$work/errors")"
        ! command -v btrbk >/dev/null || btrbk -q -c "$work/btrbk.conf" run
        keep
        if [[ " ${peers[*]} " != *' btrbk '* ]]; then
            row_missing 'restore of the latest' 'btrbk is not installed'
        elif timed "$rounds" "$limit" "$before" restore_backup_LS.sh --config "$work/dev.conf" latest \
            : "$before" "$work/bin/btrbk_by_hand"; then
            row 'restore of the latest' "$(ms "${medians[0]}")" 'gpg, zstd, btrfs receive' "$(ms "${medians[1]}")" \
                "$(calc "${medians[0]} / ${medians[1]}" %.2f)x" 'at most 1.2x' "${medians[0]} <= 1.2 * ${medians[1]}" "$turns"
        else
            row_missing 'restore of the latest' 'see above'
        fi
    fi
fi

# --- a month that the server's working copy follows ---

if wanted worktree; then
    title='month with a working copy'
    if [[ " ${peers[*]} " != *' btrbk '* ]]; then
        row_missing "$title" 'btrbk is not installed'
    else
        place 8G
        # The server's own configuration names its working copy.
        sed "s|^WORKTREE=off|WORKTREE=on|; s|^CODE=.*|CODE=$work/ls/code|" "$work/dev.conf" >"$work/ls.conf"
        sed -i "s|^WORKTREE=off|WORKTREE=on|; s|^LS_CONFIG=.*|LS_CONFIG=$work/ls.conf|" "$work/dev.conf"
        python3 "$work/tools/bench/month_tree.py" "$objects" "$work/ws/code"
        sync
        mkdir -p "$work/ws/btrbk" "$work/ls/btrbk" "$work/ls/received"
        "$work/bin/ours" "$first" >"$work/errors" 2>&1 || stop 2 "the first month: $(tail -n 3 "$work/errors")"
        btrbk -q -c "$work/btrbk.conf" run
        btrbk_by_hand
        python3 "$work/tools/bench/month_tree.py" --change "$changed" "$work/ws/code"
        sync
        keep_images
        if timed "$rounds" "$limit" before=rewind "$work/bin/ours" "$second" : before=rewind "$work/bin/btrbk_and_receive"; then
            row "$title" "$(ms "${medians[0]}")" 'btrbk, then btrfs receive' "$(ms "${medians[1]}")" \
                "$(calc "${medians[0]} / ${medians[1]}" %.2f)x" 'at most 2x' "${medians[0]} <= 2 * ${medians[1]}" "$turns"
            row '  processor time' "$(ms "${cpu_medians[0]}")" 'the same' "$(ms "${cpu_medians[1]}")" \
                "$(calc "${cpu_medians[0]} / ${cpu_medians[1]}" %.2f)x" 'at most 2x' "${cpu_medians[0]} <= 2 * ${cpu_medians[1]}" "$turns"
        else
            row_missing "$title" 'see above'
        fi
    fi
fi

# --- months in which nothing changes ---

# quiet_month: the second month of what is in code. Leaves the median of it in `wall` and `processor`.
quiet_month() {
    "$work/bin/ours" "$first" >"$work/errors" 2>&1 || stop 2 "the first month: $(tail -n 3 "$work/errors")"
    keep
    twelfth || return 1
    timed "$rounds" "$limit" "$before" "$work/bin/ours" "$second" || return 1
    wall=${medians[0]} processor=${cpu_medians[0]}
}
if wanted unchanged; then
    small=$((large / 100 < 100 ? 100 : large / 100)) figures=()
    for count in "$small" "$large"; do
        place 16G
        python3 "$work/tools/bench/month_tree.py" "$count" "$work/ws/code"
        sync
        if quiet_month; then figures+=("$(calc "$wall - $twelfth_wall")" "$wall"); fi
    done
    if ((${#figures[@]} == 4)); then
        row "unchanged, $(thousands "$large") objects" "$(ms "${figures[2]}")" "itself, $(thousands "$small") objects" "$(ms "${figures[0]}")" \
            "$(calc "${figures[2]} / ${figures[0]}" %.2f)x" 'at most 2x' "${figures[2]} <= 2 * ${figures[0]}" "$turns"
        row '  with the twelfth that is read again' "$(ms "${figures[3]}")" "itself, $(thousands "$small") objects" "$(ms "${figures[1]}")" \
            "$(calc "${figures[3]} / ${figures[1]}" %.2f)x" - '' "$turns"
    else
        row_missing "unchanged, $(thousands "$large") objects" 'see above'
    fi
fi

# --- sparse files ---

if wanted sparse; then
    figures=()
    place 4G
    python3 "$work/tools/bench/month_tree.py" 2000 "$work/ws/code"
    sync
    if quiet_month; then figures+=("$wall" "$processor"); fi
    reset
    truncate -s "${sparse}G" "$work/ws/code/sparse"
    sync
    keep
    if timed 3 "$limit" "$before" "$work/bin/ours" "$second"; then figures+=("${cpu_medians[0]}"); fi
    place 4G
    python3 "$work/tools/bench/month_tree.py" 2000 "$work/ws/code"
    # An inode whose turn to be read again is another month.
    for number in 1 2 3; do
        truncate -s "${sparse}G" "$work/ws/code/sparse"
        (($(stat -c %i "$work/ws/code/sparse") % 12 == 10#${second#*-} % 12)) || break
        mv "$work/ws/code/sparse" "$work/ws/code/not.$number" && truncate -s 0 "$work/ws/code/not.$number"
    done
    sync
    if quiet_month; then figures+=("$wall"); fi
    if ((${#figures[@]} == 4)); then
        row "unchanged, sparse file of $sparse GiB" "$(ms "${figures[3]}")" 'itself without it' "$(ms "${figures[0]}")" \
            "$(calc "${figures[3]} / ${figures[0]}" %.2f)x" 'at most 1.2x' "${figures[3]} <= 1.2 * ${figures[0]}" "$turns"
        # What hashing zeros costs by itself, on this machine today: the reach was set where that was 0.70 s a GiB.
        zeros=$(openssl speed -evp sha256 -bytes 65536 -seconds 3 2>/dev/null | awk 'END { print 1073741824 / (1000 * $NF) * 1000 }')
        gibibyte=$(calc "(${figures[2]} - ${figures[1]}) / $sparse")
        row "new sparse file, a GiB's processor time" "$(ms "$gibibyte")" 'SHA-256 of zeros, openssl' "$(ms "$zeros")" \
            "$(calc "$gibibyte / $zeros" %.2f)x" 'at most 1.14x' "$gibibyte <= 800 / 700 * $zeros" 3
    else
        row_missing "sparse file of $sparse GiB" 'see above'
    fi
fi
finish
