#!/usr/bin/env bash
# restore_backup_LS.sh [--dry-run] [--config FILE] [--receive-only] [--ignore-space] LABEL
#
# Restores LABEL (`latest`, 2026-01 or dev@2026-01) on LS: opens and receives its chain under restore/worktree_receive,
# then (WORKTREE=on) makes CODE a writable snapshot of it; the one it replaces is kept. Prints the restored path.
# --receive-only leaves CODE as it is. --ignore-space tries even if it is not expected to fit; LS's reserve stays free.
#
# Exit status: 0 restored · 1 an artifact is not what the journal says · 2 failed (disk full, btrfs receive) · 6 refused
# (something else has a snapshot's name; CODE is a mount point, or a link is in its path) · 7 unknown label, no
# directory for CODE, or an artifact is missing · 8 the key does not open it · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
accepts='--receive-only --ignore-space'
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
one_operand LABEL
label=$(any_label "$operand")
options=("${space_options[@]}")
[[ $receive_only == no ]] || options+=(--receive-only)
if [[ $dry_run == yes ]]; then exec devjournal restore "$label" "${options[@]}" --dry-run; fi
devjournal restore "$label" "${options[@]}"
