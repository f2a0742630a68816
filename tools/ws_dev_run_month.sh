#!/usr/bin/env bash
# ws_dev_run_month.sh [--dry-run] [--full] [--config FILE] [--expect-bytes BYTES] [--ignore-space] YYYY-MM
#
# The month: snapshot, artifact handed to LS, registered there, LS's working copy updated, unless a later month is
# registered. Months that were taken while LS was out of reach go first, in their order. `push_to_cloud.sh` on LS then
# mirrors. A second run finishes what is missing, or changes nothing. --full makes the month's artifact a full one,
# which needs no parent, whatever is due.
#
# --expect-bytes BYTES and --ignore-space are for an artifact that is not expected to fit: see ws_dev_export_and_push.sh.
# BYTES are the named month's alone.
#
# Exit status: 0 done · 10 the backup is safe, LS's working copy was not updated · 11 the snapshot is taken, but LS
# cannot be reached or takes it later, or LS has confirmed the month before and cannot be reached now: run it again ·
# 12 another ssh host key answers than LS's · else that of the step that failed: 1 a file is not what was sealed ·
# 2 failed · 6 refused, or LS does not admit this workstation's key · 7 not found: here, or on LS its journal · 64 usage
set -euo pipefail
here=$(dirname "$(readlink -f "$0")") parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
source "$parts/handover.sh"
accepts='--full --expect-bytes --ignore-space'
begin "$@"
one_operand YYYY-MM
label=$(month_label "$operand")
need_root
root_places
keep_log "$WS_STATE/logs" "$@"
dry=() on_ls=() ignored=() kind=()
[[ $ignore_space == no ]] || ignored=(--ignore-space)
[[ $dry_run == no ]] || dry=(--dry-run)
[[ $full == no ]] || kind=(--full)
[[ -z $LS_CONFIG ]] || on_ls=(--config "$LS_CONFIG")

if [[ $dry_run == no ]]; then
    install -d -m 0700 "$WS_STATE"
    (umask 077 && : >>"$WS_STATE/month.lock")
    exec {lock}>"$WS_STATE/month.lock"
    flock --nonblock "$lock" || fail 2 "another run of the month is in progress"
fi
# What LS has recorded since is news here; without LS the month is taken all the same.
reached=0
[[ -z $LS_HOST || $dry_run == yes ]] || deliver || reached=$?
case $reached in
    0) ;;
    11) say "$unreached" ;;
    *) reason=${refusal#*: error: } && say "${reason%%$'\n'*}" ;;
esac

"$here/ws_dev_snapshot.sh" "${dry[@]}" "$label"

# months_before LABEL: what was taken before it and has not reached LS, oldest first.
months_before() {
    local path month latest
    latest=$(devjournal latest 2>/dev/null) || latest=
    for path in "$SNAPSHOTS/$DATASET"@[0-9][0-9][0-9][0-9]-[01][0-9]; do
        month=${path##*/}
        [[ $month > $latest && $month < $1 && -n $(known "$month" taken) ]] && printf '%s\n' "$month"
    done
    return 0
}

export_month() { # LABEL [OPTION…]
    local artifact
    artifact=$("$here/ws_dev_export_and_push.sh" "${dry[@]}" "${@:2}" "$1")
    if [[ $dry_run == yes && -z $artifact ]]; then
        say "would have LS register its artifact"
    elif [[ -z $LS_HOST ]]; then
        "$here/ls_dev_register_artifact.sh" "${on_ls[@]}" "${dry[@]}" "$artifact"
    fi
    [[ $dry_run == yes ]] || tell_state "$1"
}
# tell_state LABEL: what LS has said of it, and whether LS was asked now.
tell_state() {
    local condition
    condition=$(known "$1" condition)
    if ((reached)); then
        say "$1 was safe on LS when LS confirmed it, at $(known "$1" receipt); LS cannot be asked now whether it still is"
    elif [[ -n $condition ]]; then
        say "$1 is registered on LS, which has found its copy $condition: devjournal scrub --repair there"
    else
        say "$1 is safe on LS"
    fi
}
[[ -z $LS_HOST || $dry_run == yes || $reached != 0 ]] || hand_over_again
while IFS= read -r earlier; do
    say "$earlier was taken before and has not reached LS"
    export_month "$earlier" "${ignored[@]}"
done < <(months_before "$label")
export_month "$label" "${space_options[@]}" "${kind[@]}"
if ((reached == 11)); then
    fail 11 "$unreached, so that nothing of $label could be checked or finished there" "run it again"
elif ((reached)); then
    not_reached "$reached" "$label"
fi

update_working_copy() {
    if [[ -n $LS_HOST ]]; then
        "${ls_ssh[@]}" follow "$label" >/dev/null && { deliver || true; }
    else
        "$here/restore_backup_LS.sh" "${on_ls[@]}" "${ignored[@]}" "$label" >/dev/null
    fi
}
# An old month run again does not take the working copy back.
latest=$(devjournal latest 2>/dev/null) || latest=
# LS's working copy is another place than WS's code; with one configuration for both there is none to update.
if [[ $WORKTREE != on || -z $LS_CONFIG$LS_HOST ]]; then
    say "no working copy to update here"
elif [[ -n $(known "$label" followed) ]]; then
    say "LS's working copy already followed $label"
elif [[ $latest > $label ]]; then
    say "LS's working copy stays as it is: $latest is registered, and later than $label"
elif [[ $dry_run == yes ]]; then
    say "would update LS's working copy to $label"
elif ! update_working_copy; then
    fail 10 "backup safe, working copy not updated: LS has said why" \
        "once the cause is gone, run this month again, or restore_backup_LS.sh $label on LS"
else
    say "LS's working copy follows $label"
fi
[[ -z $LS_HOST || $dry_run == yes ]] || clear_spool
