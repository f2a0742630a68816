#!/usr/bin/env bash
# Somebody who has taken over the devjournal account of LS may run the root helper, and owns the repository that it reads. The
# helper takes a label and no stream, follows no link below the repository, shows nothing of what it reads, and receives
# only what the journal vouches for. And what it does for somebody ends when that one is gone.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"
helper() { as_server sudo -n /usr/local/libexec/devjournal-root dev "$@"; }
dev=/srv/btrfs-backups/dev

given "two months on LS, the second not received"
a_host ls
a_host ws
installed_and_paired
on_ws sh -c 'head -c 3000000 /dev/urandom >/home/chuck/code/file'
when on_ws ws_dev_run_month.sh "$(month 2)"
then_exits 0
on_ls sed -i s/WORKTREE=on/WORKTREE=off/ /etc/devjournal/dev.conf
on_ws sh -c 'head -c 3000000 /dev/urandom >/home/chuck/code/file2'
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
on_ls sed -i s/WORKTREE=off/WORKTREE=on/ /etc/devjournal/dev.conf
old=dev@$(month 2) label=dev@$(month 1)
then_present "$received/$old"
then_absent "$received/$label"
on_ls sh -c 'umask 077 && echo root-secret-content >/root/secret'
then_nothing_received() {
    then_absent "$received/$label"
    then_empty "$ls_root/restore/receiving"
    ! grep -aq root-secret-content out err || broken "it shows what root alone may read"
}

given "streams on standard input, verbs of before, words that are not a label of the journal"
own=11111111-1111-4111-8111-111111111111
"$repository/Tests/scenarios/send_stream.py" "$label" "$own" mkfile f >stream
for words in receive "receive $label $own -" "accept $label $own -" accept "compare $label $(printf '0%.0s' {1..64})" "follow $label x" \
    "receive ../$label" "list ../$label" "list $label x" list "receive -x" "receive other@2026-01" "subvolume ../../keys" sh "clear $label"; do
    read -ra words <<<"$words"
    when helper "${words[@]}" <stream
    then_exits 64
    then_nothing_received
done
for words in "receive dev@2019-01" "list dev@2019-01" "follow dev@2019-01" "compare dev@2019-01"; do
    read -ra words <<<"$words"
    when helper "${words[@]}" <stream
    then_exits 7
    then_nothing_received
done
for words in "follow $label" "compare $label" "list $label" "receive $old"; do
    read -ra words <<<"$words"
    when helper "${words[@]}"
    then_exits 6
    then_nothing_received
done
when as_server /usr/local/bin/devjournal root-helper receive "$label"
then_exits 2
when as_server /usr/local/bin/devjournal receive-in-cage --largest-file 1 "$dev/tmp" <stream
then_exits 2

given "a listing, of what was received alone: the account could open the artifact that it came of"
when helper list "$old"
then_exits 0
tree=$(on_ls devjournal log --type artifact.sealed --json | jq -r --arg old "$old" 'select(.event.data.label == $old) | .event.data.tree')
[[ $(tail -n 1 out) == "\"$tree\"" ]] || broken "the listing's hash is $(tail -n 1 out), not $tree"
when on_ls devjournal catalogue make --again "$old"
then_exits 0
[[ $(on_ls devjournal log --type artifact.catalogued --json | jq -r .event.data.tree) == "$tree" ]] || broken "another tree was catalogued"

given "links, pipes and other files in the place of what it reads"
artifact=$dev/artifacts/incr/$(basename "$(find "$ls_root/artifacts/incr" -name "$label.*.age")")
for place in "$artifact" "$dev/keys/ls_dev_backup.key" "$dev/keys/root.fingerprint" "$dev/journal/000000000001.jsonl" "$dev/journal" \
    "$dev/keys" "$dev/artifacts/incr" "$dev/artifacts"; do
    if ! as_server mv -T "$place" "$dev/tmp/aside" 2>/dev/null; then
        [[ $(on_ls stat -c %U "$(dirname "$place")") == root ]] || broken "the account owns $place"
        printf 'then  the account cannot move %s away\n' "$place"
        continue
    fi
    for trick in link "link to the file itself" pipe; do
        printf 'given %s: a %s\n' "$place" "$trick"
        case $trick in
            link) as_server ln -s /root/secret "$place" ;;
            "link to the file itself") as_server ln -s "$dev/tmp/aside" "$place" ;;
            pipe) as_server mkfifo "$place" ;;
        esac
        when timeout 20 nsenter --target "${process[ls]}" --mount --net --uts --pid --root --wd -- \
            runuser -u devjournal -- sudo -n /usr/local/libexec/devjournal-root dev receive "$label"
        ((status != 0 && status != 124)) || broken "it must be refused, exit status $status"
        then_nothing_received
        ! grep -q /proc/self/fd err || broken "the error must name the real place"
        as_server rm "$place"
    done
    as_server mv -T "$dev/tmp/aside" "$place"
done

given "another artifact under that name, and one that root alone may read"
as_server cp "$artifact" "$dev/tmp/aside"
as_server sh -c "chmod u+w $artifact && printf x >>$artifact"
when helper receive "$label"
then_exits 1
then_one_error 'is not what the journal says'
then_nothing_received
as_server mv -f "$dev/tmp/aside" "$artifact"
on_ls chown root: "$dev/keys/ls_dev_backup.key"
when helper receive "$label"
then_exits 0
on_ls chown devjournal: "$dev/keys/ls_dev_backup.key"
on_ls btrfs -q subvolume delete "$dev/restore/worktree_receive/$label"

given "a client that is killed while LS restores: a receiver that takes its time"
state=/var/lib/devjournal/dev
key=(-F /dev/null -i "$state/ssh/id_ed25519" -o IdentitiesOnly=yes -o "UserKnownHostsFile=$state/ssh/known_hosts" -o BatchMode=yes)
on_ls sh -c 'printf "#!/bin/sh\ncase \"\$*\" in *receive*) exec sleep 300 ;; esac\nexec /usr/bin/btrfs \"\$@\"\n" >/usr/local/sbin/btrfs && chmod +x /usr/local/sbin/btrfs'
on_ws ssh "${key[@]}" devjournal@ls "follow $label" >out 2>err &
client=$!
running() { on_ls pgrep -f "receive-in-cage|root-helper|serve ssh|sleep 300" >/dev/null; }
for ((tries = 0; tries < 200; tries++)); do
    if on_ls pgrep -f 'sleep 300' >/dev/null; then break; fi
    sleep 0.1
done
running || broken "the restore must be running"
when on_ls runuser -u devjournal -- devjournal restore "$label"
then_exits 2
then_one_error 'another restore is running'
kill -9 "$client"
wait "$client" 2>/dev/null || true
on_ws pkill -9 -x ssh || true # on WS, whose own processes these are
for ((tries = 0; tries < 200; tries++)); do
    running || break
    sleep 0.1
done
! running || broken "it is still running: $(on_ls ps -ef | grep -E 'receive|helper|serve|sleep')"
on_ls rm /usr/local/sbin/btrfs
then_nothing_received
then_present "$received/$old"

given "the honest month after all that"
when as_server devjournal restore "$label"
then_exits 0
grep -q "receiving $label" err || broken "it must be received"
then_equal_trees "$hosts/ws/root/home/.devjournal/dev/$label" "$received/$label"
then_copied "$ls_code" "$received/$label"
when on_ws ws_dev_run_month.sh "$(month 0)"
then_exits 0
then_followed "$(month 0)"
then_journals
