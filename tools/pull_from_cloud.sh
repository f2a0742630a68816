#!/usr/bin/env bash
# pull_from_cloud.sh [--dry-run] [--config FILE] [--to DIR] LABEL
#
# Fetches the artifacts that restoring LABEL (`latest`, 2026-01 or dev@2026-01) needs from the bucket, each checked
# against the signed journal, into DIR (default /tmp/dev-backup-cloud-pull, for another data set with its name). What is
# already there is not fetched again.
#
# Exit status: 0 fetched · 1 an object is not what the journal says · 2 failed (disk full) · 7 unknown label, or an
# object is missing in the bucket · 9 the mirror cannot be reached · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
accepts=--to
begin "$@"
become_server "$@"
keep_log "$LS_ROOT/logs" "$@"
one_operand LABEL
label=$(any_label "$operand")
directory=${to:-/tmp/$DATASET-backup-cloud-pull}
if [[ $dry_run == yes ]]; then
    say "would fetch into $directory:"
    exec devjournal plan "$label"
fi
# What root calls runs as the journal's owner, who may reach less.
place=$directory
until [[ -e $place ]]; do place=$(dirname -- "$place"); done
[[ -w $place && -x $place ]] ||
    fail 2 "$running_as cannot write to $place" "$program works as $running_as: name a place that this user may use, with --to"
devjournal pull "$label" --to "$directory"
