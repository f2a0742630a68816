#!/usr/bin/env bash
# ws_dev_run_month.sh [--dry-run] [--config FILE] YYYY-MM
#
# The month: snapshot, artifact handed to LS, registered there, LS's working copy updated. `push_to_cloud.sh` on LS
# then mirrors it. Run again it finishes what is missing, or changes nothing.
#
# Exit status: 0 done · 10 the backup is safe, LS's working copy was not updated · else that of the step that failed:
# 2 failed · 6 refused · 7 not found · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/devjournal_conf.sh"
begin "$@"
one_operand YYYY-MM
label=$(month_label "$operand")
need_root
dry=() on_ls=()
[[ $dry_run == no ]] || dry=(--dry-run)
[[ -z $LS_CONFIG ]] || on_ls=(--config "$LS_CONFIG")

if [[ $dry_run == no ]]; then
    install -d -m 0700 "$WS_STATE"
    exec {lock}>"$WS_STATE/month.lock"
    flock --nonblock "$lock" || fail 2 "another run of the month is going on"
fi

"$here/ws_dev_snapshot.sh" "${dry[@]}" "$label"
artifact=$("$here/ws_dev_export_and_push.sh" "${dry[@]}" "$label")
artifact=${artifact:-the artifact} # empty with --dry-run
"$here/ls_dev_register_artifact.sh" "${on_ls[@]}" "${dry[@]}" "$artifact"
[[ $dry_run == yes ]] || say "$label is safe on LS"

# LS's working copy is another place than WS's code; with one configuration for both there is none to update.
updated=$(journalled worktree.updated "$label" path)
if [[ $WORKTREE != on || -z $LS_CONFIG ]]; then
    say "no working copy to update here"
elif [[ -n $updated ]]; then
    say "LS's working copy already followed $label"
elif [[ $dry_run == yes ]]; then
    say "would update LS's working copy to $label"
elif ! "$here/restore_backup_LS.sh" "${on_ls[@]}" "$label" >/dev/null; then
    fail 10 "backup safe, working copy not updated" "restore_backup_LS.sh $label tries it again"
else
    say "LS's working copy follows $label"
fi
