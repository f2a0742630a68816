#!/usr/bin/env bash
# ls_dev_plan_restore.sh [--config FILE] LABEL
#
# Prints the artifacts that restoring LABEL (`latest`, 2026-01 or dev@2026-01) needs, in the order they are received,
# one line each: label, type, bytes and name.
#
# Exit status: 0 printed · 7 unknown label · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
one_operand LABEL
label=$(any_label "$operand")
exec devjournal plan "$label"
