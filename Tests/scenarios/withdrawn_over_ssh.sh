#!/usr/bin/env bash
# A workstation in other hands has a month of the far future sealed, and a false artifact registered for this month: the
# first is taken by nobody, the second is withdrawn on LS, and after each the honest month works, also from the workstation
# that replaces it.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
run_month() { when on_ws ws_dev_run_month.sh "$1"; }
withdraw() { when as_server devjournal withdraw "$@" --yes; }
spool=$hosts/ws/root/var/lib/devjournal/dev/spool snapshots=$hosts/ws/root/home/.devjournal/dev

given "two paired machines, two months"
a_host ls
a_host ws
installed_and_paired
on_ws sh -c 'head -c 5M /dev/urandom >/home/chuck/code/large'
edit 1
run_month "$(month 2)"
then_exits 0
edit 2
run_month "$(month 1)"
then_exits 0
when on_ls push_to_cloud.sh
then_exits 0

given "a workstation that says it is 2099, and a person there who vouches for its clock"
on_ws sh -c 'echo CLOCK=trusted >>/etc/devjournal/dev.conf'
edit 3
when on_ws faketime '2099-12-15 12:00:00' ws_dev_run_month.sh 2099-12
then_exits 11
grep -q "dev@2099-12 is registered in its month at the earliest" err || broken "LS must say why"
grep -q "LS has not taken dev@2099-12: .* it is not time yet; it waits here" err || broken "WS must say so"
then_events artifact.sealed 3
then_events artifact.registered 2
then_present "$(echo "$spool"/dev@2099-12.*.send.zst.age)"
then_empty "$ls_root/tmp/incoming"

given "the honest month after that"
run_month "$(month 0)"
then_exits 0
then_followed "$(month 0)"
then_events artifact.registered 3
then_present "$(echo "$spool"/dev@2099-12.*.send.zst.age)"

given "that month was false: it is withdrawn on LS, before it is mirrored"
withdraw "$(month 0)" --reason "not ours"
then_exits 0
then_prints "^dev@$(month 0)$"
then_copied "$ls_code" "$snapshots/dev@$(month 1)"
then_absent "$received/dev@$(month 0)"
when on_ls push_to_cloud.sh
then_exits 0
! find bucket -name "dev@$(month 0).*" | grep -q . || broken "it must not be mirrored"

given "the month again"
edit 4
run_month "$(month 0)"
then_exits 0
for what in "artifact" "snapshot"; do
    grep -q "dev@$(month 0) was withdrawn on the server: its $what is kept as" err || broken "the $what is set aside, and it is said"
done
then_events artifact.registered 4
then_followed "$(month 0)"
run_month "$(month 0)"
then_exits 0
then_events artifact.registered 4
when on_ls push_to_cloud.sh
then_exits 0
run_month "$(month 0)"
then_exits 0

given "another workstation in its place, and the month withdrawn once more, mirrored this time"
by_the_guide ls "sudo devjournal withdraw 2026-01 --reason 'TEXT'" 2026-01="$(month 0)" TEXT="not ours either"
host_ends ws
a_host ws
by_the_guide ws "sudo tools/init_WS.sh --binary .build/release/devjournal --ls HOST --pair 'LINE'" HOST=ls LINE="$ls_line"
ws_line=$(pairing_line ws1)
by_the_guide ls "sudo init_LS.sh --pair 'LINE' --replace" LINE="$ws_line"
by_the_guide ws "sudo init_WS.sh"
by_the_guide ws "LS_request.sh latest"
then_equal_trees "$ws_code" "$received/dev@$(month 1)"
edit 5
run_month "$(month 0)"
then_exits 0
then_followed "$(month 0)"
then_chain full incr incr
when on_ls push_to_cloud.sh
then_exits 0
when as_server devjournal push --check
then_exits 0
when as_server devjournal scrub --all
then_exits 0
when as_server devjournal rebuild --check
then_exits 0
