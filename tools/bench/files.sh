#!/usr/bin/env bash
# bench.sh files [--objects N] [--megabytes N] [--rounds N]
#
# Files of a month looked for, printed and extracted, against restic and borg, which have backed the same two snapshots up with
# their defaults (borg with zstd): ls, find, diff, cat, extract from the server's own artifacts, and one file of 100 KiB out of
# a bucket, with the bytes that the server of the bucket has sent. That is a SeaweedFS on this machine, which uses the same
# processors; what it sends goes through a proxy that counts (counting_proxy.py).
#
#     --objects N    small files in the tree (default 200000; from 1000 on)
#     --megabytes N  of files that nothing compresses in it, too (default 1024; from 10 on)
#     --rounds N     rounds, each command in turn (default 3)
#
# Needs root and a directory that nobody else may write to (TMPDIR, default /var/lib), on a disk, with six times the
# megabytes and 4 GiB free. A peer that is not installed is named as not measured.
#
# Exit status: 0 everything was measured, reached or not · 2 something could not be measured · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/common.bash"
source "$repository/Tests/Support/loop_btrfs.sh"

objects=200000 megabytes=1024 rounds=3
all=("$@")
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --objects) whole_number "$1" "${2:-}" 1000 && objects=$2 && shift ;;
        --megabytes) whole_number "$1" "${2:-}" 10 && megabytes=$2 && shift ;;
        --rounds) whole_number "$1" "${2:-}" 1 && rounds=$2 && shift ;;
        *) stop 64 "unknown argument $1" "bench.sh files --help" ;;
    esac
    shift
done
limit=900 # seconds a table row, after which three rounds are enough
export TMPDIR=${TMPDIR:-/var/lib}

require "${CC:-gcc}" gcc stdio.h libc6-dev btrfs btrfs-progs curl curl python3 python3-pip
why=$(can_mount_btrfs) || stop 2 "$why"
if [[ -z ${S3_ENDPOINT:-} ]]; then exec "$repository/Tests/s3/with_seaweedfs.sh" "$0" "${all[@]}"; fi
in_own_namespace "$0" "${all[@]}"
export TMPDIR=${TMPDIR:-/var/lib} # root takes snapshots only where nobody else may write
prepare
proxy=''
trap 'cd /; [[ -z $proxy ]] || kill "$proxy" 2>/dev/null || true; unmount_all || true; rm -rf --one-file-system -- "$work"' EXIT
compile time_processes
ln -s "$devjournal" "$bin/devjournal"
PATH=$bin:$repository/tools:$PATH
cd "$work"

# --- two months of a tree, in a bucket ---

first=$(date -d "$(date +%Y-%m-15) -1 month" +%Y-%m) second=$(date +%Y-%m)
cat >tree.py <<'PY'
import os, random, sys
top, objects, megabytes, month = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
noise = random.Random(month)
def write(name, content):
    with open(os.path.join(top, name), "wb") as file: file.write(content)
if month == 1:
    for folder in range(objects // 200): os.makedirs(f"{top}/project {folder % 20}/folder {folder}")
    for number in range(objects // 200 * 200):
        folder = number // 200
        write(f"project {folder % 20}/folder {folder}/file {number % 200}.txt", b"line of %d\n" % number * (number % 40))
        if number == objects // 400 * 200:
            os.makedirs(f"{top}/large")
            for part in range(8): write(f"large/{part}", noise.randbytes((megabytes << 20) // 8))
            write("wanted.bin", noise.randbytes(100 << 10))
else:
    for folder in range(0, objects // 200, 50):
        for number in range(50): write(f"project {folder % 20}/folder {folder}/file {number}.txt", noise.randbytes(2000))
    os.rename(f"{top}/project 1", f"{top}/project one")
PY
mount_new_btrfs ws.img $((megabytes * 3 + 3072))M "$work/ws"
cat >dev.conf <<CONF
DATASET=dev
LS_ROOT=$work/ls
CODE=$work/ws/code
SNAPSHOTS=$work/ws/snapshots
WS_STATE=$work/ws/state
MIRROR=s3://bench-files
S3_ENDPOINT=$S3_ENDPOINT
S3_CREDENTIALS=$S3_CREDENTIALS
WORKTREE=off
LS_CONFIG=$work/dev.conf
CONF
chmod 0644 dev.conf
echo "Making two months of $(thousands "$objects") objects and $megabytes MiB…" >&2
{
    (umask 077 && echo 'a passphrase of no importance' >passphrase)
    devjournal init --config dev.conf --kit kit.age --passphrase-file passphrase
    devjournal key enrol --config dev.conf --name ws "$(devjournal key new --config dev.conf 2>/dev/null)"
    btrfs -q subvolume create ws/code
    for month in 1 2; do
        python3 tree.py ws/code "$objects" "$megabytes" $month
        sync -f ws
        ws_dev_run_month.sh --config dev.conf "$( ((month == 1)) && echo "$first" || echo "$second")"
    done
    devjournal push --config dev.conf
} >out 2>errors
grep -q "dev@$second is safe on LS" errors || stop 2 "no months: $(grep error errors | tail -n 2)"

# --- the same in the peers' repositories ---

python3 "$repository/tools/bench/counting_proxy.py" "${S3_ENDPOINT##*:}" >ports &
proxy=$!
until [[ -s ports ]]; do kill -0 "$proxy" && sleep 0.05; done
read -r proxied telling <ports
# sent: the bytes that the bucket's server has sent since the last question.
sent() { exec 3<>"/dev/tcp/127.0.0.1/$telling" && cat <&3 && exec 3<&-; }

set -a
# shellcheck disable=SC1090 # KEY=value lines of the server's own
source "$S3_CREDENTIALS"
set +a
export RESTIC_PASSWORD_FILE=$work/passphrase RESTIC_CACHE_DIR=$work/cache BORG_BASE_DIR=$work/borg.home
BORG_PASSPHRASE=$(cat passphrase)
export BORG_PASSPHRASE BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
bucket_of_restic=s3:http://127.0.0.1:$proxied/bench-restic
missing=()
has() { [[ " ${missing[*]} " != *" $1 "* ]]; }
for peer in restic borg; do command -v "$peer" >/dev/null || missing+=("$peer"); done
echo "The same two months in restic and borg…" >&2
{
    if has restic; then
        for place in "$work/restic" "$bucket_of_restic"; do
            restic -q -r "$place" init
            for month in "$first" "$second"; do
                (cd "ws/snapshots/dev@$month" && restic -q -r "$place" backup .)
            done
            # The ids of both months, the older one first.
            restic -r "$place" snapshots --json | python3 -c 'import json, sys
for one in sorted(json.load(sys.stdin), key=lambda one: one["time"]): print(one["short_id"])' >>ids
        done
        mapfile -t ids <ids
    fi
    if has borg; then
        borg init --encryption repokey borg
        for month in "$first" "$second"; do
            (cd "ws/snapshots/dev@$month" && borg create --compression zstd "$work/borg::$month" .)
        done
    fi
} >out 2>errors || stop 2 "no repositories: $(tail -n 2 errors)"

header "$(restic version 2>/dev/null | cut -d' ' -f1,2 || true)" "$(borg --version 2>/dev/null || true)"
printf 'two months of %s objects and %s MiB that nothing compresses; medians of whole commands, by turns\n' "$(thousands "$objects")" "$megabytes"
table_head

# --- rows ---

# rows WORK BOUND OURS [PEER COMMAND]…: OURS and each COMMAND are for bash. BOUND, in ms, is devjournal's to stay below, or empty.
rows() {
    local work_name=$1 bound=$2 commands=("${before[@]}" bash -c "$3") peers=() index
    shift 3
    while (($#)); do
        if has "$1"; then peers+=("$1 ${2%% *}") && commands+=(: "${before[@]}" bash -c "$1 $2"); else row_missing "$work_name" "$1 is not installed"; fi
        shift 2
    done
    timed "$rounds" "$limit" "${commands[@]}" 2>errors || { row_missing "$work_name" "$(tail -n 1 errors)" && return; }
    if [[ -n $bound ]]; then
        row "$work_name" "$(ms "${medians[0]}")" "the reach itself" "$(ms "$bound")" "$(calc "${medians[0]} / $bound" %.2fx)" \
            "less than 1x" "${medians[0]} < $bound" "$turns"
        work_name=''
    fi
    for index in "${!peers[@]}"; do
        row "$work_name" "$(ms "${medians[0]}")" "${peers[index]}" "$(ms "${medians[index + 1]}")" \
            "$(calc "${medians[0]} / ${medians[index + 1]}" %.2fx)" "less than 1x" "${medians[0]} < ${medians[index + 1]}" "$turns"
        work_name=''
    done
}
before=()
dj="devjournal" conf="--config $work/dev.conf"
restic="-q --no-lock -r $work/restic"
folder="project 3/folder 3"
rows "ls of a folder" 1000 "$dj ls $conf '$first:$folder' >$work/got" \
    restic "ls $restic ${ids[0]:-} '/$folder' >$work/got" borg "list $work/borg::$first '$folder' >$work/got"
rows "find a name in both months" 1000 "$dj find $conf wanted.bin >$work/got" restic "find $restic wanted.bin >$work/got"
rows "diff of both months" 1000 "$dj diff $conf $first $second >$work/got" \
    restic "diff $restic ${ids[*]:0:2} >$work/got" borg "diff $work/borg::$first $second >$work/got"
rows "cat of 100 KiB" 1000 "$dj cat $conf $first:wanted.bin >$work/got" \
    restic "dump $restic ${ids[0]:-} wanted.bin >$work/got" borg "extract --stdout $work/borg::$first wanted.bin >$work/got"
cmp -s got "ws/snapshots/dev@$first/wanted.bin" || stop 2 "what came out is something else"
before=("before=rm -rf $work/tree && mkdir $work/tree")
rows "extract all of a month" "" "$dj extract $conf $second --to $work/tree 2>/dev/null" \
    restic "restore $restic ${ids[1]:-} --target $work/tree" borg "extract $work/borg::$second"
rm -rf tree

# From the bucket, as a machine that has nothing: no cache, no journal.
before=("before=rm -rf $work/cache $work/got")
sed "s|^S3_ENDPOINT=.*|S3_ENDPOINT=http://127.0.0.1:$proxied|" dev.conf >laptop.conf
cat_from_bucket="$dj cat --from-mirror --config $work/laptop.conf --kit $work/kit.age --passphrase-file $work/passphrase $first:wanted.bin >$work/got"
dump="dump -q --no-lock -r $bucket_of_restic ${ids[2]:-} wanted.bin >$work/got"
rows "cat of 100 KiB out of a bucket" "" "$cat_from_bucket 2>/dev/null" restic "$dump"
sent >/dev/null
bash -c "$cat_from_bucket" 2>/dev/null
ours=$(sent)
cmp -s got "ws/snapshots/dev@$first/wanted.bin" || stop 2 "what came from the bucket is something else"
mib() { calc "$1 / 1048576" '%.1f MiB'; }
row "  bytes that its server sent" "$(mib "$ours")" "the reach itself" "16.0 MiB" "$(calc "$ours / 16777216" %.2fx)" "at most 1x" "$ours <= 16777216" 1
if has restic; then
    rm -rf cache
    sent >/dev/null
    bash -c "restic $dump"
    theirs=$(sent)
    row "" "$(mib "$ours")" "restic dump" "$(mib "$theirs")" "$(calc "$ours / $theirs" %.2fx)" "less than 1x" "$ours < $theirs" 1
else
    row_missing "  bytes that its server sent" "restic is not installed"
fi
finish
