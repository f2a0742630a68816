# shellcheck shell=bash disable=SC2034 # much of what is set here is for the scenarios that source it
# Scenarios on real Btrfs with the real binary, told as given / when / then. Sourced by the scripts next to it.
# Each has a household of its own: WS and LS on two small Btrfs file systems, a bucket, a kit. A scenario that sets
# without_btrfs=1 before it sources this is about the journal alone and runs anywhere: `a_journal`.

set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../Support/loop_btrfs.sh"
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../tools/lib/build_needs.sh"
if [[ -z ${without_btrfs:-} ]]; then
    why=$(can_mount_btrfs) || { echo "cannot run here: $why" >&2 && exit 2; }
    in_own_namespace "$0"
fi
PATH=$repository/tools:$repository/Tests/Support:$PATH
unset DEVJOURNAL_CONFIG

# Root works only below directories that are root's alone.
if ((EUID == 0)); then work=/var/lib; else work=${TMPDIR:-/var/tmp}; fi
work=$(mktemp -d "$work/scenario-devjournal.XXXXXX")
readonly work # what is removed at the end
clean_up() {
    local exit_status=$?
    trap - EXIT
    cd / && unmount_all && rm -rf --one-file-system -- "$work"
    exit "$exit_status"
}
trap clean_up EXIT
trap 'exit 143' INT TERM
cd "$work"

first=$(date -d "$(date +%Y-%m-15) -2 month" +%Y-%m)
second=$(date -d "$(date +%Y-%m-15) -1 month" +%Y-%m)
third=$(date +%Y-%m)
ls_root=$work/ls/dev
journal=$ls_root/journal
spool=$work/ws/state/spool
received=$ls_root/restore/worktree_receive
status=0

broken() {
    printf 'FAILED: %s\n' "$*"
    [[ ! -s out ]] || sed 's/^/  stdout: /' out
    [[ ! -s err ]] || sed 's/^/  stderr: /' err
    exit 1
}

# --- given ---

given() { printf 'given %s\n' "$*"; }

worktree=off # whether LS keeps a working copy
a_household() {
    mount_new_btrfs ws.img 256M "$work/ws"
    mount_new_btrfs ls.img 256M "$work/ls"
    mkdir bucket
    configure ws.conf "$work/ws/code" "$worktree"
    configure ls.conf "$work/ls/code" "$worktree"
    btrfs -q subvolume create "$work/ws/code"
    (umask 077 && printf 'correct horse battery staple\n' >passphrase)
    on_ls init --kit kit.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
    on_ls key enrol "$(devjournal key new --config ws.conf)" --name ws >enrol.out
}

# a_journal: LS with a bucket and a kit, and WS's key enrolled; both roles in one configuration.
a_journal() {
    mkdir -p bucket
    configure ls.conf "$work/ls/code" off
    (umask 077 && printf 'correct horse battery staple\n' >passphrase)
    on_ls init --kit kit.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
    on_ls key enrol "$(on_ls key new 2>/dev/null)" --name ws >enrol.out
}

mirror=file://$work/bucket # or a bucket on the server that with_seaweedfs.sh has started
configure() { # FILE CODE WORKTREE
    cat >"$1" <<END
DATASET=dev
LS_ROOT=$ls_root
CODE=$2
SNAPSHOTS=$work/ws/snapshots
WS_STATE=$work/ws/state
MIRROR=$mirror
S3_ENDPOINT=${S3_ENDPOINT:-}
S3_CREDENTIALS=${S3_CREDENTIALS:-}
WORKTREE=$3
LS_CONFIG=$work/ls.conf
END
    chmod go-w "$1" # whatever the umask: root reads no other
}

a_month() { # LABEL NUMBER
    make_source_tree.py --megabytes 2 "$2" ws/code
    ws_dev_run_month.sh --config ws.conf "$1" >month.out 2>&1 || broken "month $1: $(cat month.out)"
}

# months_of_every_kind [FUNCTION]: three of them; FUNCTION NUMBER changes the tree of each before it is taken.
months_of_every_kind() {
    local number=0 month
    a_household
    for month in "$first" "$second" "$third"; do
        number=$((number + 1))
        "$repository/Tests/scenarios/make_every_kind.py" "$number" ws/code
        [[ -z ${1:-} ]] || "$1" "$number"
        devjournal places code --accept --config ws.conf >/dev/null
        ws_dev_run_month.sh --config ws.conf "$month" >month.out 2>&1 || broken "month $month: $(cat month.out)"
    done
}

a_snapshot() { # LABEL NUMBER
    make_source_tree.py --megabytes 2 "$2" ws/code
    ws_dev_snapshot.sh --config ws.conf "$1" >snapshot.out 2>&1 || broken "snapshot $1: $(cat snapshot.out)"
}

mirrored() { push_to_cloud.sh --config ls.conf >push.out 2>&1 || broken "push: $(cat push.out)"; }

ls_wiped() {
    local place
    for place in ls/*; do delete_with_subvolumes "$place"; done
}

# a_flipped_bit FILE [OFFSET]: in the middle unless told.
a_flipped_bit() {
    python3 - "$@" <<'END'
import os, sys
offset = int(sys.argv[2]) if len(sys.argv) > 2 else os.path.getsize(sys.argv[1]) // 2
with open(sys.argv[1], "r+b") as file:
    file.seek(offset)
    byte = file.read(1)[0]
    file.seek(offset)
    file.write(bytes([byte ^ 1]))
END
}

on_ls() { DEVJOURNAL_CONFIG=ls.conf devjournal "$@"; }
artifact() { find "$ls_root/artifacts" -name withdrawn -prune -o -name "dev@$1.*.age" -print; }
object() { find bucket -name "dev@$1.*.send.zst.age"; }
events() { # TYPE: how many there are
    on_ls log --json | jq -n --arg type "$1" '[inputs | .. | objects | select(.type? == $type and has("data"))] | length'
}

# another_receiver SCRIPT: instead of `btrfs receive` this runs in the cage: lines of bash, in which "$btrfs" "$@" is the
# real one. `the_receiver` is the real one again. What only the cage sees lies in /usr; its PATH begins with that place.
another_receiver() {
    mkdir -p receiver
    {
        printf '#!/usr/bin/env bash\nbtrfs=%q\n' "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin type -P btrfs)"
        # shellcheck disable=SC2016 # it is expanded in the cage
        printf '[[ " $* " == *" receive "* ]] || exec "$btrfs" "$@"\n%s\n' "$1"
    } >receiver/btrfs
    chmod +x receiver/btrfs
    mountpoint -q /usr/local/sbin || mount --bind receiver /usr/local/sbin
}
the_receiver() { umount /usr/local/sbin; }

# --- when ---

# when COMMAND…: runs it; its output is in the files `out` and `err`, its exit status in `status`.
when() {
    printf 'when  %s\n' "${*@Q}"
    status=0
    "$@" >out 2>err || status=$?
}

# --- then ---

then_exits() {
    ((status == $1)) || broken "expected exit status $1, got $status"
    printf 'then  it exits with %d\n' "$1"
}

# then_one_error PATTERN: one error line, no more, and it matches; hints may follow.
then_one_error() {
    local count
    count=$(grep -c ': error: ' err) || true
    ((count == 1)) || broken "expected one error line, got $count"
    grep ': error: ' err | grep -Eqi -- "$1" || broken "expected an error like: $1"
    ! grep ': error: ' err | grep -q '\.$' || broken "the error ends with a period"
    printf 'then  it says: %s\n' "$(grep ': error: ' err)"
}

then_hint() { grep ': hint: ' err | grep -Eqi -- "$1" || broken "expected a hint like: $1"; }
then_prints() { grep -Eq -- "$1" out || broken "expected on standard output: $1"; }
then_absent() { [[ ! -e $1 && ! -L $1 ]] || broken "$1 must not exist"; }
then_present() { [[ -e $1 ]] || broken "$1 must exist"; }
then_empty() { [[ ! -e $1 || -z $(find "$1" -mindepth 1 -print -quit) ]] || broken "$1 must be empty: $(find "$1" -mindepth 1)"; }
then_same() { cmp "$1" "$2" >cmp.out 2>&1 || broken "$(cat cmp.out)"; }
then_events() { # TYPE COUNT
    local count
    count=$(events "$1")
    ((count == $2)) || broken "expected $2 events $1, got $count"
}
then_equal_trees() {
    list_tree.py "$1" >one.list && list_tree.py "$2" >other.list
    diff one.list other.list >diff.out || broken "the trees differ: $(head -n 5 diff.out)"
    printf 'then  %s and %s are equal trees\n' "${1#"$work/"}" "${2#"$work/"}"
}

# then_copied CODE SNAPSHOT: LS's working copy is the snapshot without what gives power.
then_copied() {
    list_tree.py "$1" >one.list && list_tree.py --without-power "$2" >other.list
    diff one.list other.list >diff.out || broken "the working copy differs: $(head -n 5 diff.out)"
    printf 'then  %s is a copy of %s without what gives power\n' "${1#"$work/"}" "${2#"$work/"}"
}

# then_journal VERDICT [OPTION…]: what both verifiers say of LS's journal, word for word the same.
then_journal() {
    local verdict=$1 members='[.verdict, .records, .epoch, .log, .root, .head, .merkle_root, .reason, .record, .warnings]'
    local mine=0 theirs=0 expected
    shift
    case $verdict in sound) expected=0 ;; damaged) expected=1 ;; torn) expected=3 ;; warnings) expected=4 ;; esac
    devjournal verify --config ls.conf --journal "$journal" "$@" --json >verdict 2>err || mine=$?
    "$(python_with_cryptography)" "$repository/tools/verify_journal.py" "$journal" "$@" --json >verdict.python 2>&1 || theirs=$?
    ((mine == expected && theirs == expected)) ||
        broken "expected $verdict: devjournal exits $mine, verify_journal.py $theirs: $(cat verdict verdict.python)"
    cmp -s <(jq -c "$members" verdict) <(jq -c "$members" verdict.python) ||
        broken "the verifiers differ: $(jq -c "$members" verdict verdict.python)"
    printf 'then  both verifiers find the journal %s\n' "$verdict"
}
