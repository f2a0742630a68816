#!/usr/bin/env bash
# ls_dev_latest_label.sh [--config FILE]
#
# Prints the label of the latest registered snapshot, such as dev@2026-01.
#
# Exit status: 0 printed · 7 nothing is registered yet · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
no_operand
exec devjournal latest
