#!/usr/bin/env bash
# Months on two machines over ssh, as the daily scripts run them: a full one, increments, an anchor that its increments
# have outgrown, a month skipped, the same month twice; and the line to LS cut before, within and after each connection,
# after which one more run finishes the month and nothing is there twice.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
grow() { on_ws sh -c "head -c $1 /dev/urandom >/home/chuck/code/grown-$1"; }
run_month() { when on_ws ws_dev_run_month.sh "$1"; }

given "two paired machines"
a_host ls
a_host ws
installed_and_paired

given "the first month"
edit 1
run_month "$(month 9)"
then_exits 0
then_chain full
then_followed "$(month 9)"
then_journals
when on_ls push_to_cloud.sh
then_exits 0

given "the same month again, and increments"
edit 2
run_month "$(month 9)"
then_exits 0
run_month "$(month 8)"
then_exits 0
then_chain full incr
then_followed "$(month 8)"
[[ $(as_server devjournal log --type artifact.sealed --json | jq -r '.event.data.listing.since' | tail -n 1) == "dev@$(month 9)" ]] ||
    broken "the month was not listed by change"
! grep -q 'all of it is compared' err || broken "LS has compared all of it"
grow 4M
run_month "$(month 7)"
then_exits 0
then_chain full incr incr
then_followed "$(month 7)"
when on_ls push_to_cloud.sh
then_exits 0

given "the catalogues on both machines: the workstation looks into what it sealed, without asking the server"
when on_ws devjournal find grown-4M
then_exits 0
then_prints "^dev@$(month 7)	dev@$(month 7)	1 month	4\.0 MiB	grown-4M$"
cp out ws.out
when as_server devjournal find grown-4M
then_exits 0
then_same out ws.out
when on_ws devjournal diff "$(month 8)" "$(month 7)"
then_exits 0
then_prints '^[+]	grown-4M$'
when on_ws rm "/var/lib/devjournal/dev/catalogues/dev@$(month 8).catalogue.zst"
when on_ws devjournal ls "$(month 8)"
then_exits 7
then_one_error 'this workstation has no catalogue'

given "increments that have outgrown their anchor, after a month without a backup"
edit 3
run_month "$(month 5)"
then_exits 0
then_chain full incr incr full
then_followed "$(month 5)"
run_month "$(month 6)"
then_exits 6

given "a line that is cut before, within and after each connection of a month"
# The one that is cut is that of the number in /run/cut; `within` lets through the beginning of what WS sends.
on_ws sh -c 'cat >/usr/local/bin/ssh && chmod +x /usr/local/bin/ssh' <<'END'
#!/bin/bash
calls=$(($(cat /run/calls) + 1))
echo "$calls" >/run/calls
read -r cut how </run/cut
((calls == cut)) || exec /usr/bin/ssh "$@"
case $how in
    within) if [[ ${*: -1} == exchange || ${*: -1} == settle ]]; then head -c 300; else stdbuf -o0 head -c 60000; fi | timeout 3 /usr/bin/ssh "$@" ;;
    after) if [[ ${*: -1} == *.age && $* == *rsync* ]]; then /usr/bin/ssh "$@"; else /usr/bin/ssh "$@" >/dev/null; fi ;;
esac
echo "Connection to ls closed by remote host." >&2
exit 255
END
number=3 ago=4
for how in before within after; do
    edit $((number += 1))
    when on_ls push_to_cloud.sh # what the bucket has WS does not ask LS for
    then_exits 0
    cuts=0 this=$(month $ago) ago=$((ago - 1))
    # Handed over, heard, settled; and once more whole.
    for cut in 2 1 3 0; do
        on_ws sh -c "echo 0 >/run/calls; echo $cut $how >/run/cut"
        run_month "$this"
        case $status in
            0) ;;
            10 | 11)
                cuts=$((cuts + 1))
                grep -Eq "cannot be reached|link broke|not updated" err || broken "it must say why"
                ;;
            *) broken "status $status" ;;
        esac
    done
    ((cuts == 3)) || broken "only $cuts runs were cut"
    then_followed "$this"
done
then_journals
then_chain full incr incr full incr incr incr
for type in snapshot.taken artifact.sealed artifact.registered; do then_events "$type" 7; done
