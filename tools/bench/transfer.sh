#!/usr/bin/env bash
# bench.sh transfer [--megabytes N] [--rounds N]
#
# An artifact that nothing compresses goes up to a bucket, `devjournal push`, and comes back, `devjournal pull`, against
# rclone, awscli, and SHA-256 with a curl that signs: wall time, processor time of the client with all its processes,
# memory of the largest. SHA-256 is openssl's, which uses the processor's instructions for it, and once sha256sum's. The
# server is a SeaweedFS on this machine (Tests/s3/with_seaweedfs.sh), its data in memory where there is enough; its time is
# not counted, but it uses the same processors.
#
# A push goes to an empty mirror each time: it also tests the store, and writes journal, checkpoint and manifests; a row of
# its own measures that, with an artifact of 1 MiB. A pull also reads the journal, checks what came against its hash, and
# waits until all is on the disk. The peers have their defaults, with which rclone and awscli hash nothing of what they
# download here and nobody syncs; so downloads are measured a second time with openssl sha256 and sync after the peers'.
#
#     --megabytes N  size of the artifact (default 1024; from 1 on)
#     --rounds N     rounds, each command in turn (default 5)
#
# Works below TMPDIR (default /var/tmp), which must be on a disk, with ten times the artifact's size free. A peer that is
# not installed is named as not measured.
#
# Exit status: 0 everything was measured, reached or not · 2 something could not be measured · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/common.bash"

megabytes=1024 rounds=5
all=("$@")
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --megabytes) whole_number "$1" "${2:-}" 1 && megabytes=$2 && shift ;;
        --rounds) whole_number "$1" "${2:-}" 1 && rounds=$2 && shift ;;
        *) stop 64 "unknown argument $1" "bench.sh transfer --help" ;;
    esac
    shift
done
limit=1200 # seconds, after which three rounds are enough

require "${CC:-gcc}" gcc stdio.h libc6-dev curl curl openssl openssl python3 python3-pip
if [[ -z ${DEVJOURNAL_BENCH_SERVER:-} ]]; then
    export DEVJOURNAL_BENCH_SERVER=disk DEVJOURNAL_BENCH_TMPDIR=${TMPDIR:-/var/tmp}
    # A bucket's volumes are made as it needs them, and go with it.
    export WEED_MASTER_VOLUME_GROWTH_COPY_1=1
    available=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
    if ((available > megabytes * 12 + 1024)) && [[ -w /dev/shm ]]; then
        export DEVJOURNAL_BENCH_SERVER=memory TMPDIR=/dev/shm
    fi
    exec "$repository/Tests/s3/with_seaweedfs.sh" "$0" "${all[@]}"
fi
TMPDIR=$DEVJOURNAL_BENCH_TMPDIR
prepare
compile time_processes
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror -I"$repository/Sources/CCRC32C/include" \
    "$repository/tools/bench/endless_stream.c" "$repository/Sources/CCRC32C/CCRC32C.c" -o "$bin/endless_stream" ||
    stop 2 "endless_stream.c does not compile"
free=$(df --output=avail -BM -- "$work" | tail -n 1 | tr -dc 0-9)
((free > megabytes * 10 + 512)) || stop 2 "$work has too little space: $((megabytes * 10 + 512)) MiB are needed"

source "$repository/Tests/Support/stock_s3.bash"
stock_s3 s3://bench
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1
unset AWS_CA_BUNDLE AWS_SESSION_TOKEN AWS_PROFILE
(umask 077 && printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" >"$work/curl.conf")
signed="curl -sS --fail -K $work/curl.conf --aws-sigv4 aws:amz:us-east-1:s3"
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
# new_bucket NAME: an empty one; what it held before is gone from the server's memory or disk.
cat >"$bin/new_bucket" <<END
set -e
$signed -H x-amz-content-sha256:$empty -X DELETE "$S3_ENDPOINT/\$1" -o /dev/null 2>/dev/null || true
$signed -H x-amz-content-sha256:$empty -X PUT "$S3_ENDPOINT/\$1" -o /dev/null
END

# --- two servers with an artifact each: a large one, and one of 1 MiB ---

label=dev@$(date +%Y-%m) uuid=00000000-0000-4000-8000-000000000001
(umask 077 && echo 'a passphrase of no importance' >"$work/passphrase")
a_server() { # NAME MEGABYTES
    local conf=$work/$1.conf
    printf '%s\n' DATASET=dev "LS_ROOT=$work/$1" "WS_STATE=$work/$1.ws" "CODE=$work/code" WORKTREE=off \
        "MIRROR=s3://bench-$1" "S3_ENDPOINT=$S3_ENDPOINT" "S3_CREDENTIALS=$S3_CREDENTIALS" >"$conf"
    {
        "$devjournal" init --config "$conf" --passphrase-file "$work/passphrase" &&
            "$devjournal" key enrol --config "$conf" --name ws "$("$devjournal" key new --config "$conf" 2>/dev/null)" &&
            "$devjournal" append --config "$conf" snapshot.taken label="$label" uuid=$uuid path=/snapshot &&
            "$devjournal" seal --config "$conf" "$label" --type full --uuid $uuid \
                -- "$bin/endless_stream" "$label" "$2" random &&
            "$devjournal" register --config "$conf" "$(find "$work/$1.ws/spool" -name "$label*.send.zst.age")" &&
            mkdir "$work/$1.kept" && mv "$work/$1/artifacts" "$work/$1.kept/" && cp -a "$work/$1" "$work/$1.base" &&
            mv "$work/$1.kept/artifacts" "$work/$1/"
    } >"$work/out" 2>"$work/errors" || stop 2 "no artifact: $(tail -n 2 "$work/errors")"
}
# before_push NAME: the tree as it was before its push, the artifact left where it is, and an empty bucket.
cat >"$bin/before_push" <<END
set -e
mv "$work/\$1/artifacts" "$work/\$1.kept/"
rm -rf -- "$work/\$1"
cp -a "$work/\$1.base" "$work/\$1"
mv "$work/\$1.kept/artifacts" "$work/\$1/"
sh $bin/new_bucket "bench-\$1"
END
echo "Making an artifact of $megabytes MiB…" >&2
a_server large "$megabytes"
a_server small 1
artifact=$(find "$work/large/artifacts" -name "$label*.send.zst.age")
read -r hash _ <<<"$(sha256sum "$artifact")"

# --- the peers: each uploads to the bucket bench-peerN, and downloads the object that devjournal pushed ---

object=bench-large/dev/artifacts/anchors/$hash/$(basename "$artifact")
signed+=" -o $work/got"
# shellcheck disable=SC2031 # set for the peers here; stock_s3.bash sets one of its own
export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_BENCH_TYPE=s3 RCLONE_CONFIG_BENCH_PROVIDER=Other
export RCLONE_CONFIG_BENCH_ENDPOINT=$S3_ENDPOINT RCLONE_CONFIG_BENCH_ENV_AUTH=true
peers=() versions=() uploads=() downloads=() missing=()
a_peer() { # PROGRAM NAME VERSION UPLOAD DOWNLOAD
    if ! command -v "$1" >/dev/null; then missing+=("$2") && return; fi
    [[ -z $3 ]] || versions+=("$(bash -c "$3")")
    peers+=("$2") uploads+=("$4") downloads+=("$5")
}
signed_put() { printf '%s' "$signed -T $artifact -H x-amz-content-sha256:\${hash%% *} $S3_ENDPOINT/bench-peer$1/key"; }
signed_get="$signed -H x-amz-content-sha256:$empty $S3_ENDPOINT/${object//@/%40}"
a_peer openssl "openssl sha256, signed curl" "openssl version | cut -d' ' -f1,2; curl --version | sed -n '1s/ (.*//p'" \
    "hash=\$(openssl dgst -sha256 -r $artifact) && $(signed_put 0)" "$signed_get && openssl dgst -sha256 $work/got"
a_peer sha256sum "sha256sum, signed curl" "" \
    "hash=\$(sha256sum $artifact) && $(signed_put 1)" "$signed_get && sha256sum $work/got"
a_peer rclone rclone "rclone version | sed -n '1s/ v/ /p'" \
    "rclone --quiet copyto --ignore-times $artifact bench:bench-peer${#peers[@]}/key" \
    "rclone --quiet copyto bench:$object $work/got"
a_peer aws awscli "aws --version 2>&1 | cut -d' ' -f1" \
    "aws s3 cp --only-show-errors --endpoint-url $S3_ENDPOINT $artifact s3://bench-peer${#peers[@]}/key" \
    "aws s3 cp --only-show-errors --endpoint-url $S3_ENDPOINT s3://$object $work/got"

mapfile -t versions < <(printf '%s\n' "${versions[@]}")
header "${versions[@]}"
printf 'an artifact of %s bytes; the server is SeaweedFS on this machine, its data on %s\n' \
    "$(thousands "$(stat -c %s "$artifact")")" "$(if [[ $DEVJOURNAL_BENCH_SERVER == memory ]]; then echo "no disk but in memory"; else echo "the same disk"; fi)"
printf 'medians of whole clients, measured from outside, by turns; the server uses the same processors\n'
table_head

mib() { calc "$1 / 1024" '%.1f MiB'; }
# rows WORK FIGURES FORMAT: a row a peer; FIGURES is the name of an array, devjournal's first.
rows() {
    local -n figures=$2
    local index work=$1 reach bound ratio
    for ((index = 0; index < ${#peers[@]}; index++)); do
        ratio=$(calc "${figures[0]} / ${figures[index + 1]}") reach='' bound=''
        case $2:${peers[index]} in
            medians:rclone | medians:awscli) reach="less than 1x" bound="$ratio < 1" ;;
            cpu_medians:*curl) reach="at most 1.2x" bound="$ratio <= 1.2" ;;
        esac
        row "$work" "$("$3" "${figures[0]}")" "${peers[index]}" "$("$3" "${figures[index + 1]}")" \
            "$(calc "$ratio" %.2fx)" "$reach" "$bound" "$turns"
        work=''
    done
}
table() { # WORK
    local peer
    rows "$1" medians ms
    rows "  processor time" cpu_medians ms
    row "  peak memory" "$(mib "${peaks[0]}")" "the reach itself" "64.0 MiB" "$(calc "${peaks[0]} / 65536" %.2fx)" \
        "less than 1x" "${peaks[0]} < 65536" "$turns"
    rows "" peaks mib
    for peer in "${missing[@]}"; do row_missing "$1" "$peer is not installed"; done
}

rows_upload() {
    local commands=() index stored
    for index in "${!peers[@]}"; do
        commands+=(: "before=sh $bin/new_bucket bench-peer$index" bash -c "${uploads[index]}")
    done
    timed "$rounds" "$limit" "before=sh $bin/before_push large" "$devjournal" push --config "$work/large.conf" \
        "${commands[@]}" : "before=sh $bin/before_push small" "$devjournal" push --config "$work/small.conf" ||
        { row_missing "upload: push" "see above" && return; }
    table "upload: push"
    row "push of 1 MiB instead" "$(ms "${medians[-1]}")" "the push above" "$(ms "${medians[0]}")" \
        "$(calc "${medians[-1]} / ${medians[0]}" %.2fx)" "" "" "$turns"
    # What they stored is the artifact.
    for index in "${!peers[@]}"; do
        stored=$(stock_curl "bench-peer$index/key" | sha256sum)
        [[ ${stored%% *} == "$hash" ]] || stop 2 "what ${peers[index]} uploaded is something else"
        sh "$bin/new_bucket" "bench-peer$index"
    done
}

rows_download() {
    local commands=() index command pull=("$devjournal" pull --config "$work/large.conf" --to "$work/pulled")
    local before="before=rm -rf $work/pulled $work/got"
    for index in "${!peers[@]}"; do commands+=(: "$before" bash -c "${downloads[index]}"); done
    timed "$rounds" "$limit" "$before" "${pull[@]}" "${commands[@]}" ||
        { row_missing "download: pull" "see above" && return; }
    table "download: pull"
    commands=()
    for index in "${!peers[@]}"; do
        command="${downloads[index]} && sync $work/got"
        [[ ${peers[index]} == *curl ]] || command="${downloads[index]} && openssl dgst -sha256 $work/got && sync $work/got"
        commands+=(: "$before" bash -c "$command")
    done
    timed "$rounds" "$limit" "$before" "${pull[@]}" "${commands[@]}" ||
        { row_missing "the same, all hash and sync" "see above" && return; }
    rows "the same, all hash and sync" medians ms
    rows "  processor time" cpu_medians ms
    for index in "${!peers[@]}"; do
        rm -f "$work/got"
        bash -c "${downloads[index]}" >/dev/null
        cmp -s "$work/got" "$artifact" || stop 2 "what ${peers[index]} downloaded is something else"
    done
    rm -rf "$work/pulled"
    "${pull[@]}" >/dev/null 2>&1
    cmp -s "$(find "$work/pulled" -name "$label*.send.zst.age")" "$artifact" || stop 2 "what devjournal pulled is something else"
}

rows_upload
rows_download
finish
