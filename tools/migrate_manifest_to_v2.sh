#!/usr/bin/env bash
# migrate_manifest_to_v2.sh [--dry-run] [--config FILE] FILE
#
# Takes the artifacts of a manifest from before the journal into LS's journal: every file is searched where its row
# says or below LS_ROOT, and its size and hash must be the row's. If anything does not match, it is listed line by line
# and nothing is imported. Manifest v2, policy and restore plans then come from the journal. FILE is not changed, and
# `devjournal import --help` says what it may look like. The same file again changes nothing.
#
# Exit status: 0 imported, or imported before · 1 a file is not what its row says · 2 failed · 6 refused (a line that
# cannot be understood, a missing file, a journal that has artifacts) · 7 no such file, no journal · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
one_operand FILE
import=(devjournal import)
[[ $dry_run == no ]] || import+=(--dry-run)
"${import[@]}" -- "$operand"
