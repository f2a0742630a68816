#!/usr/bin/env bash
# What a month on two machines starts: processes of devjournal on both, as strace sees them, and sessions on LS, by sshd's
# own log, rsync's among them. Sessions that share a connection would count as one each.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

port=2201
edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }

# traced MONTH: runs it while both machines are watched; leaves `processes` and `sessions`.
traced() {
    local tracer
    on_ls sh -c 'rm -f /run/traced /run/traced.sshd /run/traced.pid'
    on_ls strace -f -qq -e trace=execve -o /run/traced /usr/sbin/sshd -D -p $port -E /run/traced.sshd \
        -o LogLevel=VERBOSE -o PidFile=/run/traced.pid &
    tracer=$!
    until on_ls test -s /run/traced.pid; do sleep 0.05; done
    when on_ws strace -f -qq -e trace=execve -o /run/traced ws_dev_run_month.sh "$1"
    on_ls kill "$(on_ls cat /run/traced.pid)"
    wait "$tracer" || true
    cat "$hosts"/{ls,ws}/root/run/traced | grep -E 'execve\("[^"]*/devjournal", .* = 0$' >processes.traced || true
    processes=$(wc -l <processes.traced)
    sessions=$(grep -c 'Starting session: ' "$hosts/ls/root/run/traced.sshd" || true)
}
then_costs() { # PROCESSES SESSIONS, at most, and more than none of each
    printf 'then  it has cost %s processes and %s sessions\n' "$processes" "$sessions"
    ((processes > 0 && processes <= $1)) || broken "processes: $processes, at most $1: $(cat processes.traced)"
    ((sessions > 0 && sessions <= $2)) || broken "sessions: $sessions, at most $2: $(cat "$hosts/ls/root/run/traced.sshd")"
}

given "two paired machines, LS's sshd traced"
a_host ls
a_host ws
installed_and_paired
on_ws sed -i "s/^LS_PORT=.*/LS_PORT=$port/" /etc/devjournal/dev.conf
on_ws sed -i "s/^ls /[ls]:$port /" /var/lib/devjournal/dev/ssh/known_hosts

given "the first month, and an incremental one"
edit 1
traced "$(month 2)"
then_exits 0
then_costs 8 3
edit 2
traced "$(month 1)"
then_exits 0
then_chain full incr
then_followed "$(month 1)"
then_costs 8 3

given "a month that is done"
traced "$(month 1)"
then_exits 0
then_costs 3 1

given "a month that LS only has to follow"
on_ls sed -i 's/^WORKTREE=on/WORKTREE=off/' /etc/devjournal/dev.conf
edit 3
traced "$(month 0)"
then_exits 0
on_ls sed -i 's/^WORKTREE=off/WORKTREE=on/' /etc/devjournal/dev.conf
traced "$(month 0)"
then_exits 0
then_followed "$(month 0)"
then_costs 7 2
then_journals
