#!/usr/bin/env bash
# Every kind of object that Btrfs can hold, and every way to change it, goes through an anchor and two increments and
# comes back equal, data and metadata; where a file of the anchor has holes, so has the restored one.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# holes DIR: where the data of each file lies.
holes() {
    python3 - "$1" <<'PYTHON'
import errno, os, sys
os.chdir(os.fsencode(sys.argv[1]))
for folder, folders, files in os.walk(b"."):
    for path in sorted(os.path.join(folder, name) for name in files):
        if not os.path.isfile(path) or os.path.islink(path):
            continue
        with open(path, "rb") as file:
            at, parts = 0, []
            while True:
                try:
                    begin = os.lseek(file.fileno(), at, os.SEEK_DATA)
                except OSError as error:
                    if error.errno != errno.ENXIO:
                        raise
                    break
                at = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
                parts.append((begin, at))
        print(path, parts)
PYTHON
}

given "three months of every kind of object"
a_household
number=0
for month in "$first" "$second" "$third"; do
    number=$((number + 1))
    "$repository/Tests/scenarios/make_every_kind.py" "$number" ws/code
    devjournal places code --accept --config ws.conf >/dev/null # the top gets another owner too
    when ws_dev_run_month.sh --config ws.conf "$month"
    then_exits 0
done
[[ $(artifact "$second") == *.incr.from_$first.* && $(artifact "$third") == *.incr.from_$second.* ]] || broken "no increments"

when restore_backup_LS.sh --config ls.conf latest
then_exits 0
for month in "$first" "$second" "$third"; do
    then_equal_trees "$received/dev@$month" "ws/snapshots/dev@$month"
    listed=$({ echo devjournal/tree/v2 && cat one.list; } | sha256sum)
    recorded=$(on_ls log --json | jq -r --arg month "dev@$month" \
        'select(.event.type? == "artifact.sealed" and .event.data.label == $month) | .event.data.tree')
    [[ ${listed%% *} == "$recorded" ]] || broken "the tree of $month is ${listed%% *}, recorded is ${recorded:-nothing}"
done
for kind in file dir link fifo socket char block; do
    cut -f 2 one.list | grep -qx "$kind" || broken "the last month has no $kind"
done
holes "ws/snapshots/dev@$first" >one.holes
holes "$received/dev@$first" >other.holes
grep -q '), (' one.holes || broken "no file has holes"
then_same one.holes other.holes
then_journal sound
