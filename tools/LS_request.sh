#!/usr/bin/env bash
# LS_request.sh [--dry-run] [--config FILE] [--replace] [--trust-server] [--ignore-space] LABEL
#
# On WS: gets LABEL (`latest`, 2026-01 or dev@2026-01) back from LS. The snapshots of its chain that are not here are
# received under SNAPSHOTS, each compared with what was sealed, and CODE is made from the last one; a CODE that is not
# empty, or is a mount point, stays as it is, and the restored tree is made next to it as CODE.restored-YYYY-MM. With
# --replace it takes CODE's place, and the tree that was there is kept under a dated name. Prints where the restored tree is.
#
# Only what this workstation's own key has signed is received, or one that it trusts (devjournal replica trust).
# --trust-server, for root alone, accepts from LS what nobody has signed, such as imported artifacts.
#
# A restore that is not expected to fit is refused before it begins; --ignore-space tries anyway.
#
# Exit status: 0 restored · 1 what came is not what was sealed · 2 failed (LS out of reach, disk full): run it again ·
# 6 refused (--replace of a mount point, a link in CODE's path, LS does not admit this workstation's key), or LS waits for
# somebody to allow it · 7 unknown label, or LS has no journal · 12 another ssh host key answers than LS's · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
accepts='--replace --trust-server --ignore-space'
begin "$@"
one_operand LABEL
label=$(any_label "$operand")
options=("${space_options[@]}")
[[ $replace == no ]] || options+=(--replace)
[[ $trust_server == no ]] || options+=(--trust-server)
[[ $dry_run == no ]] || options+=(--dry-run)
need_root
mount_snapshots
keep_log "$WS_STATE/logs" "$@"
# deliver: what could not be recorded (4) is reported, and stays; LS out of reach (11) is a failure here.
deliver() {
    local status=0
    devjournal deliver >/dev/null || status=$?
    case $status in
        0 | 4) devjournal set-aside ;;
        11) exit 2 ;;
        *) exit "$status" ;;
    esac
}
if [[ -z $LS_HOST ]]; then
    # LS is this machine.
    restore=("$here/LS_send.sh" --frames)
    [[ -z $LS_CONFIG ]] || restore+=(--config "$LS_CONFIG")
    [[ ! -e $WS_STATE/replica.pin ]] || devjournal deliver -- devjournal serve deliver ${LS_CONFIG:+--config "$LS_CONFIG"} >/dev/null
else
    restore=("${ls_ssh[@]}" restore)
    deliver
fi
devjournal request "$label" "${options[@]}" -- "${restore[@]}"
# LS hears of it now, or with the next delivery.
[[ -z $LS_HOST || $dry_run == yes ]] || devjournal deliver >/dev/null || true
