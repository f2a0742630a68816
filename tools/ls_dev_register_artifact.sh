#!/usr/bin/env bash
# ls_dev_register_artifact.sh [--dry-run] [--config FILE] FILE
#
# Takes an artifact into LS's repository: name, hash and anchor policy are checked against the journal, the file is
# stored under artifacts/, the event is appended, and the manifest is updated. The same file again changes nothing.
#
# Exit status: 0 registered, or already there · 1 the file is not what the journal says was sealed · 2 failed (disk
# full) · 6 refused (policy; the label is registered with other content; withdrawn) · 7 no such file · 11 later: its
# month has not come here, or the file is still arriving · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
one_operand FILE
[[ $dry_run == no || -e $operand ]] || fail 7 "there is no file $operand" "ws_dev_export_and_push.sh prints the artifact's path"
run devjournal register -- "$operand"
