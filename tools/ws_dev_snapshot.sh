#!/usr/bin/env bash
# ws_dev_snapshot.sh [--dry-run] [--config FILE] LABEL
#
# Takes the month's read-only snapshot of CODE as SNAPSHOTS/dev@YYYY-MM and records it in the journal. LABEL is
# 2026-01 or dev@2026-01. A second run changes nothing; after a crash between the two it records what is there, if that
# is a snapshot of CODE.
#
# CODE must be the subvolume that the month before was taken of, and SNAPSHOTS out of everybody else's reach: see
# `devjournal help snapshot`.
#
# Exit status: 0 taken, or already there · 2 failed (no root, no Btrfs) · 6 refused (what `devjournal check-source` finds
# in CODE: subvolumes that ALLOW_NESTED does not name, a swap file in use, paths too long to be sent; a month in the
# future or before the last; the label was taken with another UUID; something else has its name; another
# subvolume or owner than before, a link in CODE's path; a place that others than root may write; a clock that nobody
# vouches for) · 7 no key of this workstation, or no pinned journal · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
one_operand LABEL
label=$(month_label "$operand")
need_root
mount_snapshots
keep_log "$WS_STATE/logs" "$@"
options=()
[[ $dry_run == no ]] || options=(--dry-run)
devjournal snapshot "${options[@]}" "$label"
