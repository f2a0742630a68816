#!/usr/bin/env bash
# quickstart_story.sh [--keep DIR]
#
# The story quickstart.sh tells, with the `devjournal` that is on PATH; needs root. WS and LS are two Btrfs file systems
# in image files, the bucket is a directory.
#
# Exit status: 0 every check passed · 1 a check failed · 2 it could not run · 64 usage
set -euo pipefail
tools=$(dirname "$(readlink -f "$0")")
source "$tools/loop_btrfs.sh"
source "$tools/build_needs.sh"
PATH=$tools:$PATH

keep=
case ${1:-} in
    --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
    --keep) keep=${2:?--keep needs a directory} ;;
    ?*) echo "quickstart_story.sh: error: unknown argument $1" >&2 && exit 64 ;;
esac
if [[ -n $keep && -e $keep && -n $(ls -A -- "$keep") ]]; then
    echo "quickstart_story.sh: error: $keep is not empty" >&2 && exit 64
fi
why=$(can_mount_btrfs) || { echo "quickstart_story.sh: error: cannot run here: $why" >&2 && exit 2; }
in_own_namespace "$0" "$@"

work=$(mktemp -d "${TMPDIR:-/var/tmp}/devjournal-quickstart.XXXXXX")
clean_up() {
    local status=$?
    trap - EXIT
    cd / && unmount_all && rm -rf --one-file-system -- "$work"
    ((status == 0)) || echo "The story stopped before its end (exit status $status)." >&2
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chapters=0 passed=0 began=$EPOCHREALTIME
chapter() { chapters=$((chapters + 1)) && printf '\n%d. %s\n' "$chapters" "$*"; }
tell() { printf '   %s\n' "$*"; }
since() { LC_ALL=C awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f s", b - a }'; }
size() { numfmt --to=iec-i --suffix=B --format=%.1f "$1"; }
# does COMMAND…: shows the command, runs it with its output indented, says how long it took.
does() {
    local start=$EPOCHREALTIME
    printf '   $ %s\n' "$*"
    "$@" 2>&1 | sed 's/^/     /'
    printf '     (%s)\n' "$(since "$start")"
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
snapshots=$work/ws/home/chuck/.snapshots
received=$ls_root/restore/worktree_receive
cd "$work"
mkdir bucket

configure() { # FILE CODE
    cat >"$1" <<END
DATASET=dev
LS_ROOT=$ls_root
CODE=$2
SNAPSHOTS=$snapshots
WS_STATE=$work/ws/var/lib/devjournal/dev
MIRROR=file://$work/bucket
WORKTREE=on
LS_CONFIG=$work/ls.conf
END
}

make_machines() {
    chapter "Two machines and a bucket"
    tell "WS and LS are Btrfs file systems in image files, the bucket is a directory, the clock says $(date +%F)."
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
    does devjournal init --config ls.conf --kit kit.age --passphrase-file passphrase
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
    check "LS's working copy is equal to WS's snapshot, data and metadata" equal_copy "dev@$1"
}
equal_copy() {
    list_tree.py "$snapshots/$1" >"$1.list"
    as_is "$work/ls/home/chuck/code" "$1.list"
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
    does push_to_cloud.sh --config ls.conf
    local files bytes
    files=$(find bucket -type f | wc -l) bytes=$(find bucket -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
    tell "The bucket holds $files objects, $(size "$bytes")."
    check "every object in it is an age file" all_are_age_files
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

rebuild() {
    chapter "Keys, journal and manifests come back from kit and bucket"
    does devjournal rebuild --config ls.conf --from-mirror --mirror "file://$work/bucket" \
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
    does pull_from_cloud.sh --config ls.conf --to pulled latest
    does store_on_LS.sh --config ls.conf pulled
    does ls_dev_plan_restore.sh --config ls.conf latest
    does restore_backup_LS.sh --config ls.conf latest
    local objects
    objects=$(wc -l <"dev@$third.list")
    check "the restored snapshot is equal to WS's: $objects objects, data and metadata" \
        as_is "$received/dev@$third" "dev@$third.list"
    check "so is LS's new working copy" as_is "$work/ls/home/chuck/code" "dev@$third.list"
}

audit() {
    chapter "The audit trail, from genesis to the last event"
    does push_to_cloud.sh --config ls.conf
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
    check "every object in the bucket opens with it, and what is zstd inside decompresses" all_open
    mount_new_btrfs stock.img 1G "$work/stock"
    local file
    while IFS= read -r file; do
        tell "age -d -i identity $(basename "$file") | zstd -dc | btrfs receive"
        age -d -i identity "$file" | zstd -dc | btrfs -q receive "$work/stock"
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
    printf 'DATASET=dev\nLS_ROOT=%s\nMIRROR=file://%s\nWORKTREE=off\n' "$keep/ls" "$keep/bucket" >"$keep/dev.conf"
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
rebuild
restore
audit
stock_tools
chapter "The end"
[[ -z $keep ]] || keep_it
tell "$passed checks ran, all passed; $(records) records in the journal; $(since "$began") in all."
