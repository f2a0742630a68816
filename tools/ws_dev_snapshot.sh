#!/usr/bin/env bash
# ws_dev_snapshot.sh [--dry-run] [--config FILE] LABEL
#
# Takes the month's read-only snapshot of CODE as SNAPSHOTS/dev@YYYY-MM and records it in the journal. LABEL is
# 2026-01 or dev@2026-01. Run again it changes nothing; after a crash between the two it records what is there.
#
# Exit status: 0 taken, or already there · 2 failed (no root, no Btrfs) · 6 refused (what `devjournal check-source` finds
# in CODE: subvolumes that ALLOW_NESTED does not name, a swap file in use, paths too long to be sent; a month in the
# future or before the last; the label was taken with another UUID) · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/devjournal_conf.sh"
begin "$@"
one_operand LABEL
label=$(month_label "$operand")
need_root
keep_log "$WS_STATE/logs" "$@"
snapshot=$SNAPSHOTS/$label

source_uuid=$(subvolume_field "$CODE" UUID 2>/dev/null) || fail 2 "$CODE is not a Btrfs subvolume" "btrfs subvolume create makes one"

# What was withdrawn on LS is taken anew.
run devjournal set-aside
if [[ ! -e $snapshot ]]; then
    devjournal next "$label" >/dev/null
    findings=$(devjournal check-source "$CODE")
    run install -d -m 0700 "$SNAPSHOTS"
    run btrfs filesystem sync "$CODE"
    run btrfs -q subvolume snapshot -r "$CODE" "$snapshot"
    run sync -f "$SNAPSHOTS"
    [[ $dry_run == no ]] || exit 0
fi

check_untouched "$snapshot"
uuid=$(subvolume_field "$snapshot" UUID)
taken=$(known "$label" taken)
if [[ $taken == "$uuid" ]]; then
    say "$label is already taken: nothing to do"
    exit 0
fi
# After a crash the snapshot itself shows what its source was like.
findings=${findings:-$(devjournal check-source "$snapshot")}
saying=(--as workstation)
[[ -z $LS_HOST ]] || saying=(--outbox)
run devjournal append snapshot.taken "${saying[@]}" --data - \
    label="$label" uuid="$uuid" path="$snapshot" source_uuid="$source_uuid" \
    generation:="$(subvolume_field "$snapshot" Generation)" \
    host="$(uname -n)" login="${SUDO_USER:-$(id -un)}" script="$program" <<<"$findings" >/dev/null
say "$label taken: $snapshot"
