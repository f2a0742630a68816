#!/usr/bin/env bash
# WS is lost with its disk and its keys: a new one is installed and paired in its place, gets the latest snapshot back
# from LS, and its next month is an increment to what it got.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }

given "three months"
a_host ls
a_host ws
installed_and_paired
for ago in 4 3 2; do
    edit $((5 - ago))
    when on_ws ws_dev_run_month.sh "$(month $ago)"
    then_exits 0
done
list_tree.py "$ws_code" >code.before
old_key=$(on_ws cat /var/lib/devjournal/dev/ssh/id_ed25519)

given "a new WS in its place"
host_ends ws
a_host ws
by_the_guide ws "sudo tools/init_WS.sh --binary .build/release/devjournal --ls HOST --pair 'LINE'" HOST=ls LINE="$ls_line"
by_the_guide ls "sudo init_LS.sh --pair 'LINE' --replace" LINE="$(pairing_line ws1)"
by_the_guide ws "sudo init_WS.sh"
when on_ws LS_request.sh --dry-run latest
then_exits 0
room=$(df --output=avail -B1024 "$hosts/ws/root/home" | tail -n 1)
on_ws fallocate -l "$((room - 500))K" /home/filler
on_ws sync -f /home
when on_ws LS_request.sh latest
then_exits 2
then_one_error 'not enough space in .*: receiving dev@.* needs'
then_hint 'or try it anyway: LS_request.sh --ignore-space dev@'
then_events restore.released 0
on_ws rm /home/filler
on_ws sync -f /home
by_the_guide ws "LS_request.sh latest"
grep -q '/home/chuck/code$' out || broken "it must say where the tree is"
list_tree.py "$ws_code" | cmp -s - code.before || broken "the tree must be the same"
then_events restore.released 1
then_journals
when on_ws LS_request.sh latest
then_exits 0
then_prints "restored"
then_events restore.released 1

given "its next months"
edit 4
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
then_chain full incr incr incr
then_followed "$(month 1)"
edit 5
when on_ws ws_dev_run_month.sh "$(month 0)"
then_exits 0
then_chain full incr incr incr incr
then_followed "$(month 0)"
then_journals

given "an older month, in the place of the present tree"
by_the_guide ws "LS_request.sh --replace 2026-01" 2026-01="$(month 3)"
then_equal_trees "$ws_code" "$received/dev@$(month 3)"

given "the key of the lost WS, in other hands"
on_ws sh -c 'umask 077 && cat >/root/old_key' <<<"$old_key"
when on_ws ssh -F /dev/null -i /root/old_key -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=/var/lib/devjournal/dev/ssh/known_hosts devjournal@ls hello
then_exits 255

given "the new one in other hands too"
by_the_guide ls "sudo devjournal key retire ws --reason 'stolen'"
when on_ws LS_request.sh latest
((status != 0)) || broken "nothing may be served any more"
grep -q "not enrolled" err || broken "LS must say why: $(cat err)"
then_journals
