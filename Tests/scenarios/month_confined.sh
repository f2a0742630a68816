#!/usr/bin/env bash
# The month works with the capabilities and system calls that its unit leaves, also where LS is the same machine, which then
# receives files of every owner and kind.
source "$(dirname "$(readlink -f "$0")")/unit_limits.bash"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "code with every kind of object, and LS on the same machine"
worktree=on
a_household
make_source_tree.py --megabytes 1 1 ws/code
mknod ws/code/device c 1 3
mkfifo ws/code/pipe
cp /bin/true ws/code/set-id && chown 1234:1235 ws/code/set-id && chmod 4755 ws/code/set-id
when setpriv --no-new-privs --bounding-set="$(bounding_set month)" --inh-caps=-all strace -f -qq -o trace \
    ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
then_calls_allowed month trace
then_equal_trees "$received/dev@$first" "ws/snapshots/dev@$first"
then_present ls/code

given "a capability less: it is the unit's set that counts here"
when setpriv --no-new-privs --bounding-set="$(bounding_set month),-sys_admin" --inh-caps=-all ws_dev_run_month.sh --config ws.conf "$second"
((status != 0)) || broken "a snapshot was sealed without CAP_SYS_ADMIN"
