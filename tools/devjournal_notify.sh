#!/usr/bin/env bash
# devjournal_notify.sh [--waiting STATUS] devjournal-month-DATASET | devjournal-push-DATASET | devjournal-scrub-DATASET
#
# Reports through the configuration's NOTIFY_CMD that this unit failed: the command's words, separated by spaces, get one
# more word, the message; the unit's last lines come on standard input. Without NOTIFY_CMD the message goes to the
# system's log.
#
# --waiting is for the unit's own ExecStopPost=. Where the unit ended with STATUS, systemd runs it again every 45 minutes;
# devjournal-notify@ is then started for the first of these runs, and once a day after that.
#
# Exit status: 0 reported, or nothing to report · else NOTIFY_CMD's own · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/devjournal_conf.sh"
[[ ${1:-} != --help ]] || { print_help && exit 0; }
waiting=''
[[ ${1:-} != --waiting ]] || { waiting=${2:-none} && shift 2; }
[[ ${1:-} =~ ^(devjournal-(month|push|scrub))-([a-z0-9_-]+)$ && $# == 1 ]] || fail 64 "which unit failed?" "$program --help"
unit=${BASH_REMATCH[1]}@${BASH_REMATCH[3]}.service
config=/etc/devjournal/${BASH_REMATCH[3]}.conf
if [[ -n $waiting ]]; then
    [[ ${EXIT_STATUS:-} == "$waiting" ]] || exit 0
    # How often systemd has started it again by itself.
    runs=$(systemctl show --property=NRestarts --value "$unit")
    ((${runs:-0} % 32)) || systemctl --no-block start "devjournal-notify@$1.service"
    exit 0
fi
message="$unit failed on $(uname -n)"
# Where something else in the configuration is wrong, that may be why the unit failed: it is reported all the same.
if wrong=$("$devjournal" configuration --config "$config" 2>&1 >/dev/null); then
    read_configuration "$config"
else
    wrong=${wrong%%$'\n'*}
    message+=": ${wrong#*: error: }"
    NOTIFY_CMD=$(sed -n 's/^NOTIFY_CMD=//p' "$config" | tail -n 1) || true
fi
read -ra command <<<"$NOTIFY_CMD"
((${#command[@]})) || command=(logger --tag devjournal --priority daemon.err --)
{ journalctl --quiet --no-pager --lines 20 --unit "$unit" 2>/dev/null || true; } | "${command[@]}" "$message"
