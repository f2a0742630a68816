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
# cannot be reached, or takes it later: run it again · 12 sealed, but another ssh host key answers than LS's · 16 done, but
# files here are not what they were, though nothing changed them · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
source "$parts/handover.sh"
accepts='--full --expect-bytes --ignore-space'
begin "$@"
one_operand LABEL
label=$(month_label "$operand")
need_root
mount_snapshots
keep_log "$WS_STATE/logs" "$@"
options=("${space_options[@]}")
[[ $full == no ]] || options+=(--full)
[[ $dry_run == no ]] || options+=(--dry-run)

begin_month "${options[@]}" "$label"
if [[ -n $LS_HOST && ${#files[@]} -gt 0 ]]; then
    send_files
    devjournal month end "$label" "${files[@]}"
fi
[[ -z $artifact ]] || printf '%s\n' "$artifact"
end_month
