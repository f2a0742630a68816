#!/usr/bin/env bash
# store_on_LS.sh [--dry-run] [--config FILE] DIR
#
# Places the artifacts that pull_from_cloud.sh fetched into DIR where LS keeps them, each checked against the signed
# journal. An artifact that is in its place already stays as it is.
#
# Exit status: 0 stored, or already there · 1 a file is not what the journal says · 2 failed (disk full) · 7 no such
# directory, or nothing in it · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
one_operand DIR
directory=$operand
[[ -d $directory ]] || fail 7 "there is no directory $directory" "pull_from_cloud.sh latest"
if [[ $dry_run == yes ]]; then
    say "would check and place, under $LS_ROOT/artifacts:"
    find "$directory" -type f -name '*.send.zst.age' -printf '%f %s\n' | sort
    exit 0
fi
devjournal store "$directory"
