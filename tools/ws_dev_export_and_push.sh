#!/usr/bin/env bash
# ws_dev_export_and_push.sh [--dry-run] [--full] [--config FILE] [--expect-bytes BYTES] [--ignore-space] LABEL
#
# Turns the month's snapshot into one artifact (btrfs send, zstd, age), full or incremental as the anchor policy wants,
# or full if the snapshot that an increment would start from is gone, and hands it to LS: by path if LS is this machine,
# otherwise by rsync and ssh, and LS registers it. Prints the artifact's path. A second run continues where the first one
# stopped, or changes nothing. --full makes it a full one, which needs no parent, whatever is due.
#
# An artifact that is not expected to fit is refused before the work begins. --expect-bytes says how large it will be at
# most; --ignore-space begins anyway.
#
# Exit status: 0 done · 1 a file is not what was sealed · 2 failed (btrfs send died, disk full) · 6 refused (the
# snapshot or its parent was changed, or is another one than was recorded; LS does not admit this workstation's key) ·
# 7 no such snapshot, or LS has no journal · 11 sealed, but LS
# cannot be reached, or takes it later: run it again · 12 sealed, but another ssh host key answers than LS's · 64 usage
set -euo pipefail
here=$(dirname "$(readlink -f "$0")") parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
source "$parts/handover.sh"
accepts='--full --expect-bytes --ignore-space'
begin "$@"
one_operand LABEL
label=$(month_label "$operand")
need_root
root_places
keep_log "$WS_STATE/logs" "$@"
snapshot=$SNAPSHOTS/$label

run devjournal set-aside
registered=$(known "$label" registered)
if [[ -n $registered ]]; then
    say "$label is already registered: nothing to do"
    [[ -n $LS_HOST ]] || registered=$LS_ROOT/$registered
    printf '%s\n' "$registered"
    exit 0
fi

# seal: the artifact's path, in `artifact`. What was sealed before is not sealed again.
seal() {
    local wanted type parent rule uuid parent_uuid command send status wrong
    # The policy's answer is one line: `full - RULE` or `incr PARENT RULE`.
    wanted=$(devjournal next "$label")
    read -r type parent rule <<<"$wanted"
    [[ -d $snapshot ]] || {
        [[ $dry_run == yes ]] && say "would seal $label as $type ($rule) once its snapshot is taken" && exit 0
        fail 7 "there is no snapshot $snapshot" "ws_dev_snapshot.sh $label"
    }
    uuid=$(devjournal check-snapshot "$label")
    if [[ $full == yes && $type == incr ]]; then type=full rule=requested; fi
    # What an increment would get wrong goes whole, and so does what has nothing to start from.
    if [[ $type == incr && ! -d $SNAPSHOTS/$parent ]]; then
        say "the parent snapshot $SNAPSHOTS/$parent is gone: $label becomes a full one"
        type=full rule=parent_missing
    elif [[ $type == incr ]]; then
        parent_uuid=$(devjournal check-snapshot "$parent" --parent-of "$label")
        status=0
        wrong=$(devjournal check-source --parent "$SNAPSHOTS/$parent" "$snapshot" 2>&1) || status=$?
        if ((status == 6)); then
            wrong=${wrong#*: error: }
            say "${wrong%%$'\n'*}"
            type=full rule=unfit_increment
        elif ((status)); then
            printf '%s\n' "$wrong" >&2 && exit "$status"
        fi
    fi
    command=(devjournal seal "$label" --type "$type" --uuid "$uuid" --tree "$snapshot" "${space_options[@]}")
    [[ -z $LS_HOST ]] || command+=(--outbox)
    [[ $rule != parent_missing ]] || command+=(--parent-missing)
    [[ $rule != unfit_increment ]] || command+=(--unfit-increment "${wrong%%$'\n'*}")
    send=(btrfs -q send)
    if [[ $type == incr ]]; then
        command+=(--parent "$parent" --parent-uuid "$parent_uuid")
        send+=(-p "$SNAPSHOTS/$parent")
    fi
    say "$label becomes $type ($rule)"
    artifact=$(run "${command[@]}" -- "${send[@]}" "$snapshot")
}

artifact='' sealed=$(known "$label" sealed)
if [[ -n $sealed && -f $WS_STATE/spool/$sealed && -f $WS_STATE/spool/$label.catalogue.zst.age &&
    ($full == no || $sealed == "$label".full.*) ]]; then
    say "$label is sealed already"
    artifact=$WS_STATE/spool/$sealed
else
    seal
fi
[[ -z $LS_HOST ]] || hand_over "$label" "$artifact"
[[ -z $artifact ]] || printf '%s\n' "$artifact"
