#!/usr/bin/env bash
# Somebody who has WS, its root and its keys, can add backups and read the journal of its own data set, and nothing else: no
# other command runs on LS, no artifact is read or replaced, no file outside the incoming directory is written, no
# connection is forwarded.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

state=/var/lib/devjournal/dev dev=/srv/btrfs-backups/dev
key=(-F /dev/null -i "$state/ssh/id_ed25519" -o IdentitiesOnly=yes -o "UserKnownHostsFile=$state/ssh/known_hosts" -o BatchMode=yes)
shared=(-o ControlMaster=auto -o ControlPath=/run/master -o ControlPersist=60) # one connection for all of them
stolen() { on_ws timeout 15 ssh "${key[@]}" "${shared[@]}" devjournal@ls "$@"; }
stolen_rsync() { on_ws timeout 15 rsync -e "ssh ${key[*]} ${shared[*]}" "$@"; }
then_refused() {
    ((status != 0 && status != 124)) || broken "it must be refused, exit status $status"
    [[ ! -s out ]] || broken "nothing is sent"
}
# What is on LS, but for the journal's caches and locks.
held() {
    on_ls sh -c 'find /srv /etc /home /root /var/lib/devjournal /tmp /mnt/bucket /usr/local -xdev -type f -not -path "*/cache/*" \
        -not -path "*/locks/*" -printf "%p %s %m %C@\n" | sort'
}
then_nothing_happened() {
    held >held.after
    diff held.before held.after >diff.out || broken "something happened on LS: $(cat diff.out)"
    printf 'then  nothing is new on LS\n'
}

seal() { # MONTH: its snapshot and its artifact, in WS's spool and not handed over
    on_ws ws_dev_snapshot.sh "$1" 2>/dev/null
    on_ws devjournal seal "$1" --outbox --type full --uuid "$(on_ws btrfs subvolume show "/home/.devjournal/dev/dev@$1" | awk '$1 == "UUID:" { print $2 }')" \
        -- btrfs -q send "/home/.devjournal/dev/dev@$1" 2>/dev/null
}

given "a paired workstation, a month that is registered, and one that was announced and has not arrived"
a_host ls
a_host ws
installed_and_paired
on_ws sh -c 'head -c 300000 /dev/urandom >/home/chuck/code/file'
when on_ws ws_dev_run_month.sh "$(month 1)"
then_exits 0
registered=dev@$(month 1).full.send.zst.age
name=dev@$(month 0).full.send.zst.age
spool=$(seal "$(month 0)") || broken "it must be sealed"
when stolen hello
then_exits 0
then_prints '"dataset":"dev"'
when on_ws sh -c "devjournal deliver -- ssh ${key[*]} ${shared[*]} devjournal@ls deliver"
then_exits 0
held >held.before

given "other requests than those that are served"
for request in sh "sh -c id" id "hello; touch /tmp/pwned" "hello && touch /tmp/pwned" "hello | touch /tmp/pwned" \
    "hello \$(touch /tmp/pwned)" "hello \`touch /tmp/pwned\`" $'hello\ntouch /tmp/pwned' $'touch /tmp/pwned\nhello' "hello x" " hello" \
    "hello " HELLO "scp -t /tmp/pwned" "scp -f $dev/keys/ls_dev_backup.key" /usr/lib/openssh/sftp-server internal-sftp \
    "devjournal key list" "sudo -n /usr/local/libexec/devjournal-root dev clear" "lines 0" "lines -1" "lines 1 2" "lines 1; id" \
    "lines 99999999999999999999" "serve ssh --author x" register "register x" "register ../keys/ls_dev_backup.key" \
    "register $dev/keys/sequencer.key" "register --help" "register $name" "register dev@2026-01.full.send.zst.age" "follow ../x" \
    "follow -x" "follow dev@2025-01" "restore ../../etc" "restore other@2026-01" "restore latest latest latest" "restore --config" \
    "restore dev@2025-01" read "read latest" "read ../../etc" "read other@2026-01" "read dev@2025-01" "read dev@2025-01 x" "deliver --config /etc/passwd" "plan dev@2025-01" "hello$(printf ' %.0s' {1..600})"; do
    when stolen "$request"
    then_refused
done
when on_ws timeout 15 ssh "${key[@]}" "${shared[@]}" devjournal@ls # to log in
then_refused
when on_ws timeout 15 ssh "${key[@]}" "${shared[@]}" -s devjournal@ls sftp
then_refused
when on_ws sh -c "head -c 100000000 /dev/zero | timeout 15 ssh ${key[*]} ${shared[*]} devjournal@ls deliver"
then_refused
then_nothing_happened

given "files to be read"
on_ws sh -c 'echo bad >/tmp/bad && mkdir /tmp/got'
for file in "$dev/keys/ls_dev_backup.key" "$dev/journal/000000000001.jsonl" "$registered" "" . ../../keys/ /etc/passwd; do
    when stolen_rsync "devjournal@ls:$file" /tmp/got/
    then_refused
done
[[ -z $(on_ws find /tmp/got -type f) ]] || broken "files were read"

given "files to be written elsewhere"
for target in /tmp/pwned /tmp/ "$dev/artifacts/anchors/" "$dev/artifacts/anchors/$name" "$dev/tmp/incoming/$name" "$dev/journal/000000000001.jsonl" \
    ../x "../$name" "./$name" "a b" "$name x" "x $name" $'a\nb' -x --server "" . "*" "\$HOME/x" .ssh/authorized_keys \
    "$name/x" "$name/" other@2026-01.full.send.zst.age dev@2026-13.full.send.zst.age; do
    when stolen_rsync --append-verify /tmp/bad "devjournal@ls:$target"
    then_refused
done
when stolen_rsync --append-verify --secluded-args /tmp/bad devjournal@ls:/tmp/pwned
then_refused
for option in --delete --remove-source-files -a -r -l --devices --chmod=4755 --log-file=/tmp/pwned --backup --backup-dir=/tmp --copy-dest=/etc \
    --link-dest="$dev/keys" --temp-dir=/tmp --partial-dir=/tmp/p --write-devices --mkpath --super --fake-super --inplace; do
    when stolen_rsync --append-verify "$option" /tmp/bad "devjournal@ls:$name"
    on_ws sh -c 'echo bad >/tmp/bad'
done # some of these are the client's own business: what counts is what is on LS
[[ $(on_ls find "$dev/tmp/incoming" -mindepth 1 -printf '%y %m %n %U %p\n') =~ ^(f [0-7]{3} 1 [0-9]+ $dev/tmp/incoming/$name)?$ ]] ||
    broken "there may be one plain file: $(on_ls ls -lR "$dev/tmp/incoming")"
for words in "--server --sender -e.LsfxCIvu . $dev/keys/" "--server --daemon ." "--server -vlogDtpre.iLsfxCIvu --log-file=/tmp/pwned . ." \
    --daemon --server "--server --rsh=sh . x" "-e sh" "--server -e.LsfxCIvu --append --append . ../$name"; do
    when stolen "rsync $words"
    then_refused
done
on_ls rm -rf "$dev/tmp/incoming"
then_nothing_happened

given "an artifact that nobody announced, one larger than announced, one with other content, and one that is there"
when stolen_rsync --append-verify /tmp/bad devjournal@ls:dev@2025-01.full.send.zst.age
then_refused
on_ws sh -c 'head -c 50M /dev/zero >/tmp/huge'
when stolen_rsync --append-verify /tmp/huge "devjournal@ls:$name"
then_refused
[[ $(on_ls du -sb "$dev/tmp/incoming" | cut -f1) -le 400000 ]] || broken "more than announced was taken"
when stolen "register $name"
then_refused
when stolen_rsync --append-verify /tmp/bad "devjournal@ls:$registered"
when stolen "register $registered"
then_refused
on_ls rm -rf "$dev/tmp/incoming"
then_nothing_happened
when stolen_rsync --append-verify "$spool" "devjournal@ls:$name"
then_exits 0
when stolen "register $name" # the real one, without its catalogue, and with another
then_exits 11
then_one_error "the catalogue of .* has not arrived"
when stolen "register $name" < <(head -c 100000 /dev/urandom)
then_exits 1
then_one_error "is not the catalogue that was sealed"
when stolen "register $name" <"$hosts/ws/root/var/lib/devjournal/dev/spool/${name%%.*}.catalogue.zst.age"
then_exits 0
held >held.before

given "connections to be forwarded, an agent, a terminal"
alone=(on_ws timeout 10 ssh "${key[@]}" -o ExitOnForwardFailure=yes)
when "${alone[@]}" -R 7002:127.0.0.1:22 devjournal@ls deliver
((status == 255)) || broken "-R must be refused"
when "${alone[@]}" -W 127.0.0.1:22 devjournal@ls
((status == 255)) || broken "-W must be refused"
when "${alone[@]}" -w any:any devjournal@ls deliver
((status == 255)) || broken "-w must be refused"
when "${alone[@]}" -tt devjournal@ls hello
grep -q "PTY allocation request failed" err || broken "-tt must be refused"
# -L and -D listen on WS, which is WS's own business; what they carry must not leave LS.
# through HOST OPTION…: what sshd's own port on LS says through the forwarded one.
through() {
    local curl="http://127.0.0.1:7001/"
    [[ $2 == -L ]] || curl="--socks5 127.0.0.1:7001 http://127.0.0.1:22/"
    on_ws bash -c "ssh ${key[*]} -N ${*:2} $1 &
        for _ in {1..50}; do ! : 2>/dev/null >/dev/tcp/127.0.0.1/7001 || break; sleep 0.1; done
        curl -sm 5 --http0.9 $curl; kill \$!"
}
on_ls sh -c 'install -d -o chuck -m 0700 /home/chuck/.ssh && sed -n "s/.*\" \(ssh-ed25519 .*\)/\1/p" \
    /var/lib/devjournal/.ssh/authorized_keys >/home/chuck/.ssh/authorized_keys'
for forward in "-L 7001:127.0.0.1:22" "-D 7001"; do
    read -ra words <<<"$forward"
    when through chuck@ls "${words[@]}" # the same key, without its restrictions
    grep -aq SSH out || broken "$forward must reach sshd with a key that may"
    when through devjournal@ls "${words[@]}"
    ! grep -aq SSH out || broken "$forward must carry nothing"
done
on_ls rm -r /home/chuck/.ssh
when on_ws bash -c "eval \$(ssh-agent); sleep 2 | ssh ${key[*]} -A devjournal@ls deliver & sleep 1; exit 0"
[[ -z $(on_ls find /tmp -type s) ]] || broken "no agent may be forwarded"
then_nothing_happened
