#!/usr/bin/env bash
# push_to_cloud.sh [--dry-run] [--config FILE]
#
# Mirrors LS's artifacts, journal and manifests to the bucket that MIRROR names, encrypted. A second run sends only
# what is missing there.
#
# Exit status: 0 mirrored · 2 failed · 7 no journal · 9 the mirror refused or cannot be reached · 11 all but what is
# missing or damaged on LS: mend that as it says, then run it again · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
no_operand
if [[ $dry_run == yes ]]; then exec devjournal push --dry-run; fi
devjournal push
