#!/usr/bin/env bash
# Two clean machines are installed and paired by the two lines: shown before it is done, done, and done again without any
# change; who owns what; and every line that is not the other machine's is refused.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

first=(--first --passphrase-file /root/passphrase --kit /root/recovery-kit.age --mirror file:///mnt/bucket)
then_unchanged() { # HOST
    everything_on "$1" >"$1.after"
    diff "$1.before" "$1.after" >diff.out || broken "something changed on $1: $(cat diff.out)"
    printf 'then  nothing changed on %s\n' "$1"
}
# then_as_announced: what was done is what the dry run before said, change by change.
then_as_announced() {
    local count
    sed -n 's/^init_.*[.]sh: would //p' dry.err >announced
    count=$(sed -n 's/^init_.*[.]sh: \([0-9]*\) changes made$/\1/p' err)
    grep -qx "init_.*[.]sh: $count changes would be made; nothing was changed" dry.err ||
        broken "$count changes were made, announced was: $(tail -n 1 dry.err); $(grep -vxFf <(sed 's/^/init_LS.sh: /' announced) err || true)"
    sed -n 's/^init_[^ ]*[.]sh: //p' err >made
    while IFS= read -r change; do grep -qxF -- "$change" made || broken "not done: $change"; done <announced
    printf 'then  the %s changes are those that were announced\n' "$count"
}
then_says() { grep -Eq -- "$1" err || broken "it must say: $1"; }
then_logged() { # HOST LOGS SCRIPT RUNS: so many runs of it that changed something
    local logs
    mapfile -t logs < <("on_$1" find "$2" -name "*_$3_*.log")
    [[ ${#logs[@]} == "$4" ]] || broken "$4 logs on $1, not: ${logs[*]}"
    "on_$1" cat -- "${logs[@]}" >log
    then_mode "$1" "${logs[0]}" root:root 640
    grep -q "exit status 0, after" log || broken "the log says how it ended: $(cat log)"
    ! grep -qE "correct horse|AGE-SECRET" log || broken "a secret in a log"
}
then_line() { # PATTERN: on standard output, and nothing else
    [[ $(wc -l <out) == 1 ]] || broken "one line is printed"
    then_prints "$1"
}

given "two clean machines"
a_host ls
a_host ws
given_passphrase
everything_on ls >ls.before
everything_on ws >ws.before

given "LS, not told what to do, or told wrong"
when init_LS
then_exits 64
then_hint "first, or --recover"
when init_LS --recover /root/none --mirror file:///mnt/bucket
then_exits 7
when init_LS --first
then_exits 64
when init_LS --first --mirror
then_exits 64
when init_LS --pair x
then_exits 7
when init_LS "${first[@]}" --config /root/dev.conf
then_exits 6
when init_LS "${first[@]}" --code /run/code
then_exits 6
then_one_error "two file systems"
when init_LS "${first[@]}" --code /home/nobody-here/code
then_exits 7
when on_ls runuser -u chuck -- "$repository/tools/init_LS.sh" "${first[@]}"
then_exits 2
then_hint "sudo $repository/tools/init_LS.sh ${first[*]}\$"
then_unchanged ls

given "LS, before and after"
when init_LS "${first[@]}" --dry-run
then_exits 0
then_says "would open a new journal"
then_says "NOPASSWD"
then_unchanged ls
cp err dry.err
when init_LS "${first[@]}"
then_exits 0
then_as_announced
then_line "^devjournal-ls1 dev "
then_says "left to do: copy the recovery kit"
then_says "left to do: set NOTIFY_CMD in /etc/devjournal/dev.conf"
cp out ls.line
everything_on ls >ls.before
when init_LS "${first[@]}"
then_exits 0
then_says "nothing to change"
then_same out ls.line
when on_ls init_LS.sh # as installed
then_exits 0
then_same out ls.line
then_unchanged ls
on_ls mv /usr/bin/lowdown /root/lowdown
when init_LS "${first[@]}"
then_exits 0
then_says "nothing to change"
then_says "left to do: the manual pages were not installed, because lowdown is missing: apt-get install lowdown"
on_ls mv /root/lowdown /usr/bin/lowdown
when init_LS --recover /root/recovery-kit.age --mirror file:///mnt/bucket
then_exits 6

given "who owns what"
dev=/srv/btrfs-backups/dev
then_mode ls "$dev" root:devjournal 750
then_mode ls "$dev/artifacts" root:devjournal 750
then_mode ls "$dev/logs" root:devjournal 1770
for place in artifacts/anchors artifacts/incr artifacts/withdrawn catalogues manifests journal; do then_mode ls "$dev/$place" devjournal:devjournal 750; done
for place in keys tmp locks; do then_mode ls "$dev/$place" devjournal:devjournal 700; done
for place in restore restore/worktree_receive; do then_mode ls "$dev/$place" root:root 700; done
then_mode ls "$dev/keys/ls_dev_backup.key" devjournal:devjournal 600
then_logged ls "$dev/logs" init_LS 1
grep -q "T[0-9:+]* init_LS.sh '--binary' .* '--first'" log || broken "the log says what was asked: $(cat log)"
grep -q "make the user devjournal" log || broken "the log has what came before there was a place for it: $(cat log)"
grep -q "open a new journal in $dev/journal" log || broken "the log says what was changed: $(cat log)"
then_mode ls /usr/local/libexec/devjournal-root root:root 755
then_mode ls /usr/local/share/man/man7/devjournal-recovery.7 root:root 644
on_ls man devjournal-kit 2>err | grep -q 'devjournal kit verify' || broken "man shows the pages"
then_mode ls /etc/sudoers.d/devjournal root:root 440
then_mode ls /var/lib/devjournal root:root 755
then_mode ls /var/lib/devjournal/.ssh root:root 755
then_mode ls /var/lib/devjournal/.ssh/authorized_keys root:root 644
then_mode ls /root/recovery-kit.age root:root 600
[[ $(on_ls getent passwd devjournal | cut -d: -f6,7) == /var/lib/devjournal:/bin/sh ]] || broken "home and shell"
on_ls visudo -cq || broken "sudo's rules"
as_server sudo -n /usr/local/libexec/devjournal-root --help >out 2>err || broken "the root helper must run"
when as_server sudo -n /bin/sh -c true
then_exits 1
when as_server mv "$dev/restore" "$dev/moved"
then_exits 1
when as_server mv /var/lib/devjournal/.ssh /var/lib/devjournal/moved
then_exits 1
units=({month,push,scrub}@.{service,timer} follow@.{path,service} notify@.service)
on_ls systemd-analyze verify "${units[@]/#//etc/systemd/system/devjournal-}" >units.out 2>&1 || broken "$(cat units.out)"
! grep -F devjournal units.out || broken "systemd-analyze verify must find nothing"
on_ls systemctl is-enabled devjournal-{push,scrub}@dev.timer devjournal-follow@dev.path >/dev/null || broken "timers and path unit must be enabled"
when as_server devjournal kit verify /root/recovery-kit.age
then_exits 2
when on_ls devjournal kit verify /root/recovery-kit.age --passphrase-file /root/passphrase
then_exits 0
when on_ls init_LS.sh
then_exits 0
! grep -q "recovery kit" err || broken "the kit is verified"

given "WS, before and after"
ls_line=$(cat ls.line)
on_ws mv /usr/bin/ssh-keygen /usr/bin/ssh-keygen.away # as before openssh-client is installed
when init_WS --ls ls --pair "$ls_line" --yes --dry-run
then_exits 0
then_says "would make the subvolume /home/chuck/code"
grep -qxF "init_WS.sh: its ssh host key: $(on_ls ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d ' ' -f 2)" err ||
    broken "the fingerprint must be the one that ssh-keygen shows"
on_ws mv /usr/bin/ssh-keygen.away /usr/bin/ssh-keygen
then_unchanged ws
when init_WS --dry-run
then_exits 0
cp err dry.err
when on_ws runuser -u chuck -- "$repository/tools/init_WS.sh" --binary /mnt/built/devjournal # as the specification calls it
then_exits 0
then_as_announced
[[ ! -s out ]] || broken "an unpaired WS has no line"
then_says "left to do: pair this workstation"
when on_ws script -qec "$repository/tools/init_WS.sh --binary /mnt/built/devjournal --ls ls --pair '$ls_line'" /dev/null <<<no
then_exits 6
then_prints "not confirmed, so not paired; what was changed before stays"
when init_WS --ls ls --pair "$ls_line"
then_exits 64
then_hint "say --yes"
then_says "root's fingerprint: $(cut -d' ' -f4 ls.line)"
when init_WS --ls ls --pair "$ls_line" --yes --dry-run
then_exits 0
cp err dry.err
when init_WS --ls ls --pair "$ls_line" --yes
then_exits 0
then_as_announced
then_line "^devjournal-ws1 dev ws ssh-ed25519 "
then_says "left to do: on LS, as root"
cp out ws.line
ws_line=$(cat ws.line)
everything_on ws >ws.before
when init_WS --ls ls --pair "$ls_line"
then_exits 0
then_says "nothing to change"
then_same out ws.line
when on_ws init_WS.sh
then_exits 0
then_same out ws.line
then_unchanged ws
then_mode ws /home/chuck/code chuck:chuck 755
for place in /home/.devjournal /home/.devjournal/dev; do then_mode ws "$place" root:root 700; done
state=/var/lib/devjournal/dev
then_logged ws "$state/logs" init_WS 3
grep -q "exit status 6, after" log || broken "one of them was refused: $(cat log)"
grep -q "make the ssh key $state/ssh/id_ed25519" log || broken "the log says what was changed: $(cat log)"
for place in "$state" "$state/ssh"; do then_mode ws "$place" root:root 700; done
for place in ssh/id_ed25519 ssh/known_hosts author.key; do then_mode ws "$state/$place" root:root 600; done
on_ws btrfs subvolume show /home/chuck/code >/dev/null || broken "CODE must be a subvolume"
on_ws grep -qx "RECIPIENTS=$(cut -d' ' -f5 ls.line)" /etc/devjournal/dev.conf || broken "RECIPIENTS must be set"
on_ws runuser -u chuck -- sudo -n /usr/local/libexec/devjournal-root --help >out 2>err || broken "the root helper must run"
on_ws systemctl is-enabled devjournal-month@dev.timer >/dev/null || broken "the timer must be enabled"

given "lines that are not the other machine's"
everything_on ls >ls.before
read -r w1 w2 w3 w4 w5 w6 <<<"$ws_line"
other_key=AAAAC3NzaC1lZDI1NTE5AAAAI$(head -c 43 /dev/zero | tr '\0' A)
for line in "" "x" "$ws_line x" " $ws_line" "$ws_line " "${ws_line% *}" "$ls_line" "${ws_line/ws1/ws2}" \
    "$w1 $w2 ws;reboot $w4 $w5 $w6" "$w1 $w2 -oProxyCommand=x $w4 $w5 $w6" "$w1 $w2 ../ws $w4 $w5 $w6" \
    "$w1 $w2 ws\" $w4 $w5 $w6" "$w1 $w2 $w3 ssh-rsa $w5 $w6" "$w1 $w2 $w3 $w4 ${w5%?} $w6" \
    "$w1 $w2 $w3 $w4 $w5,command=\"sh\" $w6" "$w1 $w2 $w3 $w4 $w5"$'\n'"x $w6" "$ws_line"$'\n'"$ws_line" \
    "$w1 $w2 $w3 $w4 $w5 ${w6%?}" "$w1 $w2 $w3 $w4 $w5 $w6:x" "$w1 $w2 $w3 $w4 $other_key= $w6"; do
    when init_LS --pair "$line" --yes
    then_exits 64
done
when init_LS --pair "$w1 other $w3 $w4 $w5 $w6" --yes
then_exits 6
then_hint "dataset other"
when init_LS --pair "$w1 $w2 $w3 $w4 $w5 ${w6/:01/:02}" --yes
then_exits 6
then_one_error "another journal"
IFS=: read -r r1 r2 _ r4 <<<"$w6"
when init_LS --pair "$w1 $w2 $w3 $w4 $w5 $r1:$r2:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=:$r4" --yes # RFC 8032's key
then_exits 6
then_one_error "not signed by the key it names"
when init_LS --pair "$ws_line"
then_exits 64
then_hint "say --yes"
then_says "its author key: [0-9a-f]{32}$"
when init_LS --pair "$ws_line" --yes --dry-run
then_exits 0
then_unchanged ls
cp err pairing.dry.err
everything_on ws >ws.before
read -r l1 l2 l3 l4 l5 l6 l7 <<<"$ls_line"
for line in "x" "$ls_line x" "$ws_line" "$l1 $l2 $l3 ${l4%?} $l5 $l6 $l7" "$l1 $l2 $l3 $l4 ${l5^^} $l6 $l7" \
    "$l1 $l2 $l3 $l4 $l5,x $l6 $l7" "$l1 $l2 $l3 $l4 $l5"$'\n'"CODE=/ $l6 $l7"; do
    when init_WS --pair "$line" --yes
    then_exits 64
done
for host in "" "-oProxyCommand=x" "ls;x" "ls:0" "ls:99999" "ls x" "a@ls"; do
    when init_WS --ls "$host" --pair "$ls_line" --yes
    then_exits 64
done
when init_WS --pair "$l1 other $l3 $l4 $l5 $l6 $l7" --yes
then_exits 6
then_unchanged ws

given "WS's line on LS"
when init_LS --pair "$ws_line" --yes
then_exits 0
then_same out ls.line
cp pairing.dry.err dry.err
then_as_announced
author=$(on_ws devjournal key new 2>&1 >/dev/null | sed -n 's/.*fingerprint \([0-9a-f]*\);.*/\1/p')
then_says "enrol ws's key $author"
on_ls cat /var/lib/devjournal/.ssh/authorized_keys >keys
grep -qxF "restrict,command=\"/usr/local/bin/devjournal serve ssh --config /etc/devjournal/dev.conf --author $author\" $w4 $w5 ws" keys ||
    broken "one line for ws: $(cat keys)"
everything_on ls >ls.before
when init_LS --pair "$ws_line"
then_exits 0
then_says "ws is paired already"
then_unchanged ls
when on_ws init_WS.sh
then_exits 0
[[ ! -s out ]] || broken "a paired WS has no line to paste"
then_says "LS answers, and the replica follows its journal"
then_says "left to do: set NOTIFY_CMD in /etc/devjournal/dev.conf"
[[ $(grep -c "left to do" err) == 1 ]] || broken "nothing else is left to do"
on_ws sed -i "\$aNOTIFY_CMD=/usr/local/bin/notify-me" /etc/devjournal/dev.conf
when on_ws init_WS.sh
then_exits 0
! grep -q "left to do" err || broken "nothing is left to do"
on_ws devjournal verify --journal /var/lib/devjournal/dev/replica --root "$l4" >verdict || broken "$(cat verdict)"
link_down
when on_ws init_WS.sh
then_exits 2
then_says "first delivery to LS failed"
link_up
everything_on ls >ls.before
when init_LS --pair "$w1 $w2 other $w4 $w5 $w6" --yes
then_exits 6
then_one_error "that ssh key is ws's"
then_unchanged ls

given "a workstation of that name with new keys"
host_ends ws
a_host ws
when init_WS --ls ls --pair "$ls_line" --yes
then_exits 0
ws_line=$(cat out)
when init_LS --pair "$ws_line" --yes
then_exits 6
then_hint "--replace retires"
then_unchanged ls
when init_LS --pair "$ws_line" --yes --replace
then_exits 0
as_server devjournal key list --json >keys.json
jq -es --arg old "$author" 'any(.[]; .kid == $old and .retired != null)' keys.json >/dev/null || broken "the old key must be retired: $author $(cat keys.json)"
on_ls cat /var/lib/devjournal/.ssh/authorized_keys >keys
[[ $(grep -c '^restrict' keys) == 1 ]] || broken "one line for ws: $(cat keys)"
grep -qF " $(cut -d' ' -f5 <<<"$ws_line") ws" keys || broken "the new key's line: $(cat keys)"
when on_ws init_WS.sh
then_exits 0
then_says "LS answers"
as_server devjournal verify >verdict || broken "$(cat verdict)"
