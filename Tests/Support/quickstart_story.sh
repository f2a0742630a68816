#!/usr/bin/env bash
# quickstart_story.sh [--keep DIR] [--remote s3://BUCKET[/PREFIX]]
#
# The story quickstart.sh tells, with the `devjournal` that is on PATH; needs root. WS and LS are two Btrfs file systems
# in image files, the bucket is a directory, or with --remote a real one: quickstart.sh says what it needs. What stock
# tools do there, rclone does, or curl; stock_s3.bash says how to choose.
#
# Exit status: 0 every check passed · 1 a check failed · 2 it could not run · 64 usage
set -euo pipefail
support=$(dirname "$(readlink -f "$0")")
tools=$(dirname "$(dirname "$support")")/tools
source "$support/loop_btrfs.sh"
source "$support/stock_s3.bash"
source "$tools/lib/build_needs.sh"
PATH=$tools:$support:$PATH

keep='' remote=''
all=("$@")
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --keep) keep=${2:?--keep needs a directory} && shift ;;
        --remote) remote=${2:?--remote needs s3://BUCKET[/PREFIX]} && shift ;;
        *) echo "quickstart_story.sh: error: unknown argument $1" >&2 && exit 64 ;;
    esac
    shift
done
if [[ -n $remote ]] && ! why=$(cannot_use_remote "$remote"); then
    echo "quickstart_story.sh: error: $why" >&2 && exit 64
fi
absolute() { [[ -z $1 ]] || realpath -- "$1"; }
credentials=$(absolute "${S3_CREDENTIALS:-}") certificates=$(absolute "${S3_CA_FILE:-}")
if [[ -n $keep && -e $keep && -n $(ls -A -- "$keep") ]]; then
    echo "quickstart_story.sh: error: $keep is not empty" >&2 && exit 64
fi
why=$(can_mount_btrfs) || { echo "quickstart_story.sh: error: cannot run here: $why" >&2 && exit 2; }
in_own_namespace "$0" "${all[@]}"

# Root works only below directories that are root's alone: no /tmp.
work=$(mktemp -d /var/lib/devjournal-quickstart.XXXXXX)
uploads=no
deletes_uploads() { stock_s3_delete && test -z "$(stock_s3_keys)"; }
clean_up() {
    local status=$?
    trap - EXIT
    cd / && unmount_all && rm -rf --one-file-system -- "$work"
    if [[ $uploads == yes && (-z $keep || $status != 0) ]] && ! deletes_uploads; then
        echo "What was uploaded is still there, below $mirror." >&2
        ((status)) || status=2
    fi
    ((status == 0)) || echo "The story stopped before its end (exit status $status)." >&2
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chapters=0 passed=0 began=$EPOCHREALTIME
chapter() { chapters=$((chapters + 1)) && printf '\n%d. %s\n' "$chapters" "$*"; }
tell() { printf '   %s\n' "$*"; }
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f s", b - a }'; }
size() { numfmt --to=iec-i --suffix=B --format=%.1f "$1"; }
# does COMMAND…: shows the command, runs it with its output indented, says how long it took.
does() {
    local start=$EPOCHREALTIME
    printf '   $ %s\n' "$*"
    "$@" 2>&1 | sed 's/^/     /' || return
    printf '     (%s)\n' "$(since "$start")"
}
# does_remote COMMAND…: the same for what goes over a network, which may fail at any time; run again it continues. Exit
# statuses of such failures: 9, and where an answer was damaged 1 or 7.
does_remote() {
    local attempt status
    for attempt in 1 2 3 4 5; do
        status=0
        does "$@" || status=$?
        [[ -n $remote && $attempt != 5 && $status =~ ^[179]$ ]] || return "$status"
        tell "It failed with exit status $status, and is run again."
    done
}
# check SENTENCE COMMAND…
check() {
    local sentence=$1
    shift
    if ! "$@"; then
        printf '   FAILED: %s\n' "$sentence"
        exit 1
    fi
    passed=$((passed + 1))
    printf '   checked: %s\n' "$sentence"
}
quietly() { "$@" >/dev/null; }
on_ls() { DEVJOURNAL_CONFIG=ls.conf devjournal "$@"; }
records() { on_ls verify --json | jq .records; }
month() { date -d "$(date +%Y-%m-15) -$1 month" +%Y-%m; }
as_is() { list_tree.py "$1" | cmp - "$2"; }

# Where things are. WS and LS have a configuration each; on two machines each would have its own /etc/devjournal/dev.conf.
first=$(month 2) second=$(month 1) third=$(month 0)
ls_root=$work/ls/srv/btrfs-backups/dev
ws_code=$work/ws/home/chuck/code
snapshots=$work/ws/.devjournal/dev
received=$ls_root/restore/worktree_receive
cd "$work"
mkdir bucket
mirror=file://$work/bucket
if [[ -n $remote ]]; then
    S3_CREDENTIALS=$credentials S3_CA_FILE=$certificates
    mirror=${remote%/}/quickstart-$(date -u +%Y%m%dT%H%M%SZ)-$RANDOM
    stock_s3 "$mirror"
fi

configure() { # FILE CODE
    cat >"$1" <<END
DATASET=dev
LS_ROOT=$ls_root
CODE=$2
WS_STATE=$work/ws/var/lib/devjournal/dev
MIRROR=$mirror
WORKTREE=on
LS_CONFIG=$work/ls.conf
END
    [[ -z $remote ]] || s3_lines >>"$1"
}
# s3_lines: the settings in the environment, as lines of a configuration.
s3_lines() {
    local name
    for name in "${s3_settings[@]}"; do
        [[ -z ${!name:-} ]] || printf '%s=%s\n' "$name" "${!name}"
    done
}
# fetch_bucket: every object into the directory `bucket`, by stock tools; where the bucket is that directory, nothing.
fetch_bucket() {
    [[ -n $remote ]] || return 0
    rm -rf bucket
    tell "$(if [[ $s3_tool == rclone ]]; then echo rclone copy; else echo "curl --aws-sigv4, each object"; fi) from $mirror"
    stock_s3_copy bucket || { echo "   FAILED: stock tools cannot fetch the bucket" && exit 2; }
}

make_machines() {
    chapter "Two machines and a bucket"
    tell "WS and LS are Btrfs file systems in image files, the clock says $(date +%F)."
    tell "The bucket is $(if [[ -n $remote ]]; then echo "$mirror at $S3_ENDPOINT"; else echo "a directory"; fi)."
    mount_new_btrfs ws.img 1G "$work/ws"
    mount_new_btrfs ls.img 1G "$work/ls"
    configure ws.conf "$ws_code"
    configure ls.conf "$work/ls/home/chuck/code"
    mkdir -p "$(dirname "$ws_code")" "$(dirname "$ls_root")" "$work/ls/home/chuck"
    btrfs -q subvolume create "$ws_code"
}

initialise() {
    chapter "LS is initialised, WS is enrolled"
    tell "A passphrase is made; the recovery kit is encrypted with it and kept outside LS."
    (umask 077 && head -c 20 /dev/urandom | base64 >passphrase)
    uploads=${remote:+yes}
    does_remote devjournal init --config ls.conf --kit kit.age --passphrase-file passphrase
    check "the kit opens with its passphrase" \
        quietly on_ls kit verify kit.age --passphrase-file passphrase
    request=$(devjournal key new --config ws.conf)
    does devjournal key enrol --config ls.conf "$request" --name ws
    root=$(on_ls verify --json | jq -r .root)
    tell "WS and the kit remember root's fingerprint: $root"
}

run_month() { # LABEL NUMBER WORDS
    chapter "Month $1: $3"
    make_source_tree.py "$2" "$ws_code"
    tell "The tree holds $(find "$ws_code" -mindepth 1 | wc -l) objects, $(size "$(du -sB1 "$ws_code" | cut -f1)") on disk."
    does ws_dev_run_month.sh --config ws.conf "$1"
    on_ls manifest | awk -F '\t' -v label="dev@$1" '$2 == label { printf "   %s is %s, %.1f MiB\n", $2, $3, $5 / 1048576 }'
    check "LS's working copy is equal to WS's snapshot, data and metadata, without set-user-ID bits" equal_copy "dev@$1"
}
equal_copy() {
    list_tree.py "$snapshots/$1" >"$1.list"
    list_tree.py --without-power "$snapshots/$1" >"$1.copy.list"
    as_is "$work/ls/home/chuck/code" "$1.copy.list"
}

same_month_again() {
    chapter "The same month again"
    local before
    before=$(records)
    does ws_dev_run_month.sh --config ws.conf "$third"
    check "nothing changed: the journal still has $before records" test "$(records)" = "$before"
}

mirror() {
    chapter "LS mirrors to the bucket"
    does_remote push_to_cloud.sh --config ls.conf
    fetch_bucket
    local files bytes
    files=$(find bucket -type f | wc -l) bytes=$(find bucket -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
    tell "The bucket holds $files objects, $(size "$bytes")."
    check "every object in it is an age file" all_are_age_files
    check "and the one that its key's hash promises" all_are_as_promised
    mkdir aside
    cp "$ls_root/manifests/snapshots_v2.tsv" "$ls_root/manifests/state.env" aside/
    on_ls checkpoint >aside/head
    does cat aside/state.env
    tell "Manifest, state and the signed head are put aside, to be compared after the wipe."
}
all_are_age_files() {
    local file
    while IFS= read -r file; do
        [[ $(head -c 21 "$file") == age-encryption.org/v1 ]] || { echo "not an age file: $file" && return 1; }
    done < <(find bucket -type f)
}

# A key has the SHA-256 of what it names as a folder; those below manifests/ alone are replaced, and have none.
all_are_as_promised() {
    find bucket -type f ! -path '*/manifests/*' | sed -E 's|^(.*/([0-9a-f]{64})/.*)$|\2  \1|' >promised
    [[ $(wc -l <promised) == "$(find bucket -type f ! -path '*/manifests/*' | wc -l)" ]] && sha256sum -c --strict --quiet promised
}

wipe() {
    chapter "LS is wiped"
    tell "Journal, keys, manifests, artifacts, working copies: $(find "$work/ls" | wc -l) objects are deleted."
    local place
    for place in "$work"/ls/*; do delete_with_subvolumes "$place"; done
    check "nothing is left of LS" test -z "$(ls -A "$work/ls")"
    unmount "$work/ls"
    rm ls.img
    mount_new_btrfs ls2.img 1G "$work/ls"
    mkdir -p "$(dirname "$ls_root")" "$work/ls/home/chuck"
    tell "A new machine: an empty Btrfs, the kit, its passphrase, the bucket."
}

a_file_comes_back() {
    chapter "One file of the first month comes back from the bucket, without a server"
    local path
    path=$(awk -F '\t' '$2 == "file" && $6 > 1000 && $1 !~ /\\/ { print substr($1, 3); exit }' "dev@$first.list")
    tell "What is needed: devjournal, the kit, its passphrase, the bucket. No root, no Btrfs, no journal."
    does_remote devjournal extract --config ls.conf --from-mirror --mirror "$mirror" --kit kit.age \
        --passphrase-file passphrase "$first" "$path" --to one-file
    check "$path is as it was in $first" cmp "one-file/$path" "$snapshots/dev@$first/$path"
}

rebuild() {
    chapter "Keys, journal and manifests come back from kit and bucket"
    does_remote devjournal rebuild --config ls.conf --from-mirror --mirror "$mirror" \
        --kit kit.age --passphrase-file passphrase
    local seq
    seq=$(sed -n 's/^SEQ=//p' aside/state.env)
    does devjournal rebuild --config ls.conf --as-of "$seq" --to again
    check "the manifest as of record $seq is byte for byte the one before the wipe" \
        cmp again/snapshots_v2.tsv aside/snapshots_v2.tsv
    check "so is state.env" cmp again/state.env aside/state.env
    check "the projections on disk are those of the journal" quietly on_ls rebuild --check
}

restore() {
    chapter "The latest snapshot is restored"
    does_remote pull_from_cloud.sh --config ls.conf --to pulled latest
    does store_on_LS.sh --config ls.conf pulled
    does ls_dev_plan_restore.sh --config ls.conf latest
    does restore_backup_LS.sh --config ls.conf latest
    local objects
    objects=$(wc -l <"dev@$third.list")
    check "the restored snapshot is equal to WS's: $objects objects, data and metadata" \
        as_is "$received/dev@$third" "dev@$third.list"
    check "so is LS's new working copy" as_is "$work/ls/home/chuck/code" "dev@$third.copy.list"
}

audit() {
    chapter "The audit trail, from genesis to the last event"
    does_remote push_to_cloud.sh --config ls.conf
    does devjournal log --config ls.conf
    on_ls verify --root "$root" --head aside/head --json >verdict.json
    python=$(python_with_cryptography)
    "$python" "$tools/verify_journal.py" "$ls_root/journal" --root "$root" --head aside/head --json >verdict.python.json
    does devjournal verify --config ls.conf --root "$root" --head aside/head
    check "devjournal finds the journal sound" quietly jq -e '.verdict == "sound" and .root_pinned' verdict.json
    check "an independent verifier in Python agrees: records, head and Merkle root" verifiers_agree verdict.json verdict.python.json
}
verifiers_agree() {
    local members='[.verdict, .records, .epoch, .log, .root, .head, .merkle_root]'
    cmp <(jq -c "$members" "$1") <(jq -c "$members" "$2")
}

stock_tools() {
    chapter "The same without devjournal: kit and bucket, with stock age, zstd and btrfs"
    tell "age -d -o identity kit.age, with the passphrase typed in"
    quietly type_passphrase.py passphrase age -d -o identity kit.age
    fetch_bucket
    check "every object in the bucket is the one that its key's hash promises" all_are_as_promised
    check "every object in the bucket opens with it, and what is zstd inside decompresses" all_open
    mount_new_btrfs stock.img 1G "$work/stock"
    mount -o remount,bind,nodev,nosuid,noexec "$work/stock"
    local file
    while IFS= read -r file; do
        tell "age -d -i identity $(basename "$file") | zstd -dc | btrfs receive -C"
        age -d -i identity "$file" | zstd -dc | btrfs -q receive -C "$work/stock"
    done < <(find bucket -name '*.send.zst.age' -printf '%f\t%p\n' | sort | cut -f2)
    check "what they restored is equal to WS's snapshot" as_is "$work/stock/dev@$third" "dev@$third.list"
}
all_open() {
    local file
    while IFS= read -r file; do
        age -d -i identity -o opened "$file" || return
        if [[ $(head -c 4 opened | od -An -tx1) == " 28 b5 2f fd" ]]; then zstd -qt opened || return; fi
    done < <(find bucket -type f)
}

keep_it() {
    install -d -m 0700 "$keep"
    cp -a bucket kit.age passphrase "$keep/"
    cp -a "$ls_root" "$keep/ls"
    cp -a "$snapshots/dev@$third" "$keep/source"
    cp "dev@$third.list" "$keep/source.list"
    chmod 0600 "$keep/kit.age" "$keep/passphrase"
    [[ -n $remote ]] || mirror=file://$keep/bucket
    printf 'DATASET=dev\nLS_ROOT=%s\nMIRROR=%s\nWORKTREE=off\n' "$keep/ls" "$mirror" >"$keep/dev.conf"
    [[ -z $remote ]] || s3_lines >>"$keep/dev.conf"
    echo "$root" >"$keep/root"
    tell "Kept in $keep. To look around: devjournal log --config $keep/dev.conf"
    tell "(devjournal is $(command -v devjournal))"
}

make_machines
initialise
run_month "$first" 1 "the first, so a full anchor"
run_month "$second" 2 "a month's edits, an incremental"
run_month "$third" 3 "more edits, an incremental"
same_month_again
mirror
wipe
a_file_comes_back
rebuild
restore
audit
stock_tools
chapter "The end"
[[ -z $keep ]] || keep_it
tell "$passed checks ran, all passed; $(records) records in the journal; $(since "$began") in all."
