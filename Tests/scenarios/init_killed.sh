#!/usr/bin/env bash
# init_LS.sh and init_WS.sh killed with all they have started, at ever later moments: the run that is not killed finishes
# what was begun, and the one after it has nothing to do.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

# killed_often COMMAND…: on a machine of its own pace, until a run ends by itself.
killed_often() {
    local moment killed=0
    for moment in 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.6 0.7 0.8 0.9 1 1.2 1.4 1.6 1.8 2 2.5 3; do
        status=0
        "$@" "$moment" >out 2>err || status=$?
        ((status == 137)) || break
        killed=$((killed + 1))
    done
    ((status == 137)) || then_exits 0
    ((killed > 2)) || broken "it was killed only $killed times"
    printf 'then  it was killed %d times\n' "$killed"
}

given "an LS"
a_host ls
given_passphrase
first=(--first --passphrase-file /root/passphrase --kit /root/recovery-kit.age --mirror file:///mnt/bucket)
kill_ls() { on_ls timeout -s KILL "$1" "$repository/tools/init_LS.sh" --binary /mnt/built/devjournal "${first[@]}"; }
# an_ls_killed_often: finished in the end; its pairing line in `ls_line`, what it says of its journal in `verdict`.
an_ls_killed_often() {
    killed_often kill_ls
    when init_LS "${first[@]}"
    then_exits 0
    when init_LS "${first[@]}"
    then_exits 0
    grep -q "nothing to change" err || broken "it must be finished"
    ls_line=$(cat out)
    as_server devjournal verify >verdict || broken "$(cat verdict)"
}
an_ls_killed_often
when on_ls devjournal kit verify /root/recovery-kit.age --passphrase-file /root/passphrase
then_exits 0
on_ls visudo -cq || broken "sudo's rules"
on_ls find /run /etc/devjournal /etc/sudoers.d /usr/local \( -name 'devjournal-init.??????' -o -name '*.new' \) >leftovers
[[ ! -s leftovers ]] || broken "leftovers: $(cat leftovers)"

given "a WS with a directory of code"
a_host ws
on_ws runuser -u chuck -- sh -c "mkdir /home/chuck/code && cd /home/chuck/code && touch $(seq -s ' ' 300)"
list_tree.py "$ws_code" >code.before
kill_ws() { on_ws timeout -s KILL "$1" "$repository/tools/init_WS.sh" --binary /mnt/built/devjournal --convert --ls ls --pair "$ls_line" --yes; }
killed_often kill_ws
when init_WS --convert --ls ls --pair "$ls_line" --yes
then_exits 0
when init_WS --convert --ls ls --pair "$ls_line" --yes
then_exits 0
grep -q "nothing to change" err || broken "it must be finished"
[[ -z $(on_ws find /run -name 'devjournal-init.*') ]] || broken "leftovers on WS"
list_tree.py "$ws_code" | cmp -s - code.before || broken "the tree must be the same"
on_ws btrfs subvolume show /home/chuck/code >/dev/null || broken "CODE must be a subvolume"
when init_LS --pair "$(cat out)" --yes
then_exits 0
when on_ws init_WS.sh
then_exits 0
grep -q "LS answers" err || broken "LS must let WS in"
then_journals

given "LS lost with its kit, and a new one whose journal succeeds the old one"
cat "$journal"/*.jsonl >lines
first=(--succeeds /mnt/lines --root "$(cat "$ls_root/keys/root.fingerprint")" --passphrase-file /root/passphrase
    --kit /root/recovery-kit.age --mirror file:///mnt/bucket/second)
host_ends ls
mkdir bucket/second
a_host ls
given_passphrase
cp lines "$hosts/ls/root/mnt/"
an_ls_killed_often
grep -q "^before: .* are kept and sound" verdict || broken "$(cat verdict)"
as_server test ! -e /srv/btrfs-backups/dev/tmp/succeeds || broken "leftovers"

given "WS, which follows it"
kill_following_ws() { on_ws timeout -s KILL "$1" "$repository/tools/init_WS.sh" --binary /mnt/built/devjournal --ls ls --pair "$ls_line" --succeed --yes; }
killed_often kill_following_ws
when init_WS --ls ls --pair "$ls_line" --succeed --yes
then_exits 0
when init_WS --ls ls --pair "$ls_line" --succeed --yes
then_exits 0
grep -q "nothing to change" err || broken "it must be finished"
