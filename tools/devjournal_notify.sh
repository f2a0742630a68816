#!/usr/bin/env bash
# devjournal_notify.sh devjournal-month-DATASET | devjournal-push-DATASET | devjournal-scrub-DATASET
#
# Tells through the configuration's NOTIFY_CMD that this unit failed: the command's words, separated by spaces, get one
# more word, the message; the unit's last lines come on standard input. Without NOTIFY_CMD the system's log is told.
#
# Exit status: 0 told · else NOTIFY_CMD's own · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/devjournal_conf.sh"
[[ ${1:-} != --help ]] || { print_help && exit 0; }
[[ ${1:-} =~ ^(devjournal-(month|push|scrub))-([a-z0-9_-]+)$ && $# == 1 ]] || fail 64 "which unit failed?" "$program --help"
unit=${BASH_REMATCH[1]}@${BASH_REMATCH[3]}.service
config=/etc/devjournal/${BASH_REMATCH[3]}.conf
message="$unit failed on $(uname -n)"
# Where something else in the configuration is wrong, perhaps that is just why the unit failed: it is told all the same.
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
