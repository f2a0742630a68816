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
# 12 another ssh host key answers than LS's · 16 done, but files here are not what they were, though nothing changed them ·
# else that of the step that failed: 1 a file is not what was sealed · 2 failed · 6 refused, or LS does not admit this
# workstation's key · 7 not found: here, or on LS its journal · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
source "$parts/handover.sh"
accepts='--full --expect-bytes --ignore-space'
begin "$@"
one_operand YYYY-MM
label=$(month_label "$operand")
need_root
mount_snapshots
keep_log "$WS_STATE/logs" "$@"
keep_pings month
options=(--whole "${space_options[@]}") on_ls=() ignored=()
[[ $full == no ]] || options+=(--full)
[[ $dry_run == no ]] || options+=(--dry-run)
[[ $ignore_space == no ]] || ignored=(--ignore-space)
[[ -z $LS_CONFIG ]] || on_ls=(--config "$LS_CONFIG")

if [[ $dry_run == no ]]; then
    [[ -d $WS_STATE ]] || install -d -m 0700 "$WS_STATE"
    (umask 077 && : >>"$WS_STATE/month.lock")
    exec {lock}>"$WS_STATE/month.lock"
    flock --nonblock "$lock" || fail 2 "another run of the month is in progress"
fi

# hand_over: what begin_month has found is to be done, on LS.
hand_over() {
    local status=0 following=()
    [[ $follow == no ]] || following=(--follow)
    if [[ -n $LS_HOST ]]; then
        ((${#files[@]} > 0)) || [[ $follow == yes ]] || return 0
        send_files
        devjournal month end --whole "${following[@]}" "$label" "${files[@]}" || status=$?
    else
        for file in "${files[@]}"; do
            "$here/ls_dev_register_artifact.sh" "${on_ls[@]}" "$file"
            file=${file##*/}
            say "${file%%.*} is safe on LS"
        done
        [[ $follow == no ]] || "$here/restore_backup_LS.sh" "${on_ls[@]}" "${ignored[@]}" "$label" >/dev/null || status=10
    fi
    ((status != 10)) || fail 10 "backup safe, working copy not updated: LS has said why" \
        "once the cause is gone, run this month again, or restore_backup_LS.sh $label on LS"
    ((status == 0)) || exit "$status"
}

more=yes
while [[ $more == yes ]]; do
    begin_month "${options[@]}" "$label"
    hand_over
done
end_month
