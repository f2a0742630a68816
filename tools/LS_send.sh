#!/usr/bin/env bash
# LS_send.sh [--dry-run] [--config FILE] [--frames] LABEL [AFTER]
#
# On LS: writes the send streams that bring LABEL (`latest`, 2026-01 or dev@2026-01) back to standard output, one after
# the other: its whole chain, or the part of it after AFTER. Each artifact is checked against the signed journal first,
# and restore.released is recorded before the first byte leaves. `LS_request.sh` on WS asks for it over ssh; by hand:
#
#     LS_send.sh latest | ssh WS sudo btrfs receive -C /home/.devjournal/dev
#
# With --frames the hashes of its frames precede each stream, for `devjournal request`.
#
# Exit status: 0 sent · 1 an artifact is not what the journal says · 2 failed · 7 unknown label, or an artifact is
# missing · 8 the key does not open it · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
accepts=--frames
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
((${#operands[@]} == 1 || ${#operands[@]} == 2)) || fail 64 "LABEL is needed, and perhaps AFTER" "$program --help"
label=$(any_label "${operands[0]}")
after=()
((${#operands[@]} == 1)) || after=(--after "$(month_label "${operands[1]}")")
if [[ $dry_run == yes ]]; then exec devjournal plan "$label"; fi
[[ ! -t 1 ]] || fail 64 "a send stream is nothing for a terminal" "$program --help"
options=()
[[ $frames == no ]] || options=(--frames)
devjournal send "$label" "${after[@]}" "${options[@]}" --to "${SUDO_USER:-$running_as} on $(uname -n)"
