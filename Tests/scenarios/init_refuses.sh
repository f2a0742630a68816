#!/usr/bin/env bash
# What the machines are like when init_LS.sh and init_WS.sh refuse, and what they convert: file systems, owners, a plain
# directory that becomes a subvolume, at every step of that interrupted; an age key that is there already.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

first=(--first --passphrase-file /root/passphrase)
then_says() { grep -Eq -- "$1" err || broken "it must say: $1"; }
is_subvolume() { on_ws btrfs subvolume show "$1" >/dev/null 2>&1; }
code=/home/chuck/code

given "an LS whose code path is another user's, or another file system's"
a_host ls
given_passphrase
on_ls sh -c "mkdir $code && mkdir -p /tmp/elsewhere"
when init_LS "${first[@]}"
then_exits 6
then_one_error "$code belongs to root:root, /home/chuck to chuck:chuck"
on_ls rmdir "$code"
on_ls ln -s data "$code"
when init_LS "${first[@]}"
then_exits 6
then_one_error "symbolic link in the path of CODE, $code, .*: it leads to /home/chuck/data"
then_hint "CODE=/home/chuck/data"
# shellcheck disable=SC2016 # LS's shell expands it
on_ls sh -c 'rm $1 && mkdir $1 && mount -o subvol=@srv $(findmnt -nvo SOURCE /home) $1' sh "$code"
when init_LS "${first[@]}"
then_exits 6
then_one_error "$code is a mount point"
on_ls umount "$code"
on_ls rmdir "$code"
on_ls mount -t tmpfs tmpfs /home/chuck
when init_LS "${first[@]}"
then_exits 6
then_one_error "two file systems"
then_hint "WORKTREE=off"
on_ls umount /home/chuck
on_ls mount -t tmpfs -o mode=0755 tmpfs /srv
when init_LS "${first[@]}"
then_exits 6
then_one_error "not on Btrfs"

given "the same LS for artifacts only, with an age key from before"
on_ls sh -c 'mkdir -p /srv/btrfs-backups/dev/keys && age-keygen -o /srv/btrfs-backups/dev/keys/ls_dev_backup.key' 2>key.out
when init_LS "${first[@]}" --worktree off
then_exits 0
then_says "artifacts only"
then_prints "$(sed -n 's/^Public key: //p' key.out)"
then_mode ls /srv/btrfs-backups/dev/keys/ls_dev_backup.key devjournal:devjournal 600
on_ls grep -qx WORKTREE=off /etc/devjournal/dev.conf || broken "it must be in the configuration"
when init_LS
then_exits 0
then_says "nothing to change"

given "an LS interrupted between kit and journal"
host_ends ls
a_host ls
given_passphrase
when init_LS "${first[@]}" --kit /root/kit.age
then_exits 0
on_ls sh -c 'rm -r /srv/btrfs-backups/dev/journal/* && cp /root/kit.age /srv/btrfs-backups/dev/tmp/recovery-kit.age'
when init_LS "${first[@]}" --kit /root/kit2.age
then_exits 0
then_says "put the kit of an interrupted init aside"
as_server devjournal verify >verdict || broken "$(cat verdict)"
when init_LS "${first[@]}" --kit /root/kit2.age
then_exits 0
then_says "nothing to change"
for records in 1 2; do # of three, and the kit is where init has written it
    on_ls sh -c "cd /srv/btrfs-backups/dev/journal && head -n $records 000000000001.jsonl >x && cat x >000000000001.jsonl && rm -r x cache checkpoint"
    on_ls sh -c 'install -o devjournal -g devjournal -m 0600 /root/kit2.age /srv/btrfs-backups/dev/tmp/recovery-kit.age && rm /root/kit2.age; echo wrong >/root/wrong; chmod 600 /root/wrong'
    when init_LS --first --kit /root/kit2.age --passphrase-file /root/wrong
    then_exits 8
    then_hint "if that is lost: move the kit"
    when init_LS "${first[@]}" --kit /root/kit2.age
    then_exits 0
    then_says "finish the journal that an interrupted init began"
    [[ -z $(on_ls find /srv/btrfs-backups/dev/tmp -name 'journal.unused-*' -newer /root/wrong) ]] || broken "nothing may be put aside"
    as_server devjournal verify >verdict || broken "$(cat verdict)"
    when init_LS "${first[@]}" --kit /root/kit2.age
    then_exits 0
    then_says "nothing to change"
done
for records in 1 2; do # of three: recipients and kit are not recorded yet
    on_ls sh -c "cd /srv/btrfs-backups/dev/journal && head -n $records 000000000001.jsonl >x && cat x >000000000001.jsonl && rm -r x cache checkpoint"
    when init_LS
    then_exits 64
    sleep 1
    when init_LS "${first[@]}" --kit "/root/kit-$records.age"
    then_exits 0
    then_says "put the journal of an interrupted init aside"
    then_prints "age1"
done
on_ls rm /srv/btrfs-backups/dev/manifests/state.env
when init_LS
then_exits 0
then_says "write manifest and state"
when init_LS
then_exits 0
then_says "nothing to change"

given "an LS that is given a mirror without a journal, and then the right one"
host_ends ls
a_host ls
given_passphrase
on_ls mkdir /srv/bucket /srv/other
when init_LS "${first[@]}" --kit /root/kit.age --mirror file:///srv/bucket
then_exits 0
as_server devjournal push >push.out 2>&1 || broken "$(cat push.out)"
on_ls rm -rf /srv/btrfs-backups/dev /etc/devjournal
when init_LS --recover /root/kit.age --passphrase-file /root/passphrase --mirror file:///srv/other
then_exits 9
on_ls test ! -e /etc/devjournal/dev.conf || broken "no configuration may be there"
when init_LS --recover /root/kit.age --passphrase-file /root/passphrase --mirror file:///srv/bucket
then_exits 0
as_server devjournal verify >verdict || broken "$(cat verdict)"
when init_LS
then_exits 0
then_says "nothing to change"

given "an LS that a person installs, who answers the question and reads the passphrase"
host_ends ls
a_host ls
printf 'AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n' >"$hosts/ls/root/run/credentials"
typed=(on_ls script -qec "cd $repository && tools/init_LS.sh --binary /mnt/built/devjournal --endpoint https://s3.test --credentials /run/credentials --worktree off" /dev/null)
when "${typed[@]}" < <(printf 'neither\n')
then_exits 64
on_ls test ! -e /etc/devjournal || broken "nothing may be there"
when "${typed[@]}" < <(printf 'first\n')
grep -aq "passphrase, shown this once: ..." out || broken "the passphrase must be shown"
then_exits 0
then_mode ls /run/credentials devjournal:devjournal 600
on_ls grep -qx S3_ENDPOINT=https://s3.test /etc/devjournal/dev.conf || broken "the endpoint must be in the configuration"

given "a WS where a package is missing, and one that no archive has"
a_host ws
on_ws sh -c 'cat >/usr/local/bin/dpkg-query && chmod +x /usr/local/bin/dpkg-query' <<'END'
#!/bin/sh
case $* in *zstd) [ -e /run/zstd ] ;; esac && exec /usr/bin/dpkg-query "$@"
END
on_ws sh -c 'cat >/usr/local/bin/apt-get && chmod +x /usr/local/bin/apt-get' <<'END'
#!/bin/sh
echo "$*" >>/run/asked
case $* in *install*) [ -e /run/archive ] && touch /run/zstd ;; esac
END
when init_WS
then_exits 2
then_one_error "this failed: install packages with apt: zstd"
on_ws test ! -e /etc/devjournal || broken "nothing else may have been done"
on_ws touch /run/archive
when init_WS --dry-run
then_exits 0
then_says "would install packages with apt: zstd"
on_ws touch /run/archive
when init_WS
then_exits 0
on_ws tail -n 1 /run/asked | grep -q "install -y --no-install-recommends zstd" || broken "asked: $(on_ws cat /run/asked)"
when init_WS
then_exits 0
then_says "nothing to change"

given "the same WS, and code that is a mount of its own, on another file system than its user's home"
# shellcheck disable=SC2016 # WS's shell expands it
on_ws sh -c 'truncate -s 128M /run/disk && mkfs.btrfs -q /run/disk >/dev/null && mkdir /run/top /home/chuck/notes && mount -o loop /run/disk /run/top &&
    btrfs -q subvolume create /run/top/@notes && mount -o subvol=@notes $(findmnt -nvo SOURCE /run/top) /home/chuck/notes && umount /run/top && chown chuck: /home/chuck/notes'
when init_WS --dataset notes --code /home/chuck/notes
then_exits 0
file_system_of() { on_ws findmnt -no UUID "$1"; }
[[ $(file_system_of /var/lib/devjournal/.snapshots/notes) == "$(file_system_of /home/chuck/notes)" ]] ||
    broken "the snapshots must be on the file system of the code"
host_ends ws

given "a WS with a plain directory"
a_host ws
on_ws runuser -u chuck -- sh -c "mkdir $code && cd $code && mkdir -p a/b && echo one >a/b/one && ln -s one a/b/link && ln a/b/one two && truncate -s 1M hole && chmod 750 a && touch -d @1 a/b/one && chmod 700 ."
on_ws setfattr -n user.note -v x "$code/two" 2>/dev/null || true
tree() { on_ws "$repository/tools/list_tree.py" "$1"; }
tree "$code" >tree.before
on_ws ln -s chuck /home/link
when init_WS --code /home/link/code
then_exits 6
then_one_error "symbolic link in the path of CODE, /home/link/code, .*: it leads to $code"
on_ws rm /home/link
when init_WS
then_exits 6
then_one_error "a directory, not a subvolume"
then_hint "--convert"
everything_on ws >ws.before
when init_WS --convert --dry-run
then_exits 0
then_says "would make $code a subvolume"
everything_on ws | cmp -s - ws.before || broken "nothing may change"
on_ws mount --bind "$code/a" "$code/a/b"
when init_WS --convert
then_exits 6
then_one_error "mounted inside"
on_ws umount "$code/a/b"
on_ws touch "$code.becomes-subvolume"
when init_WS --convert
then_exits 6
on_ws rm "$code.becomes-subvolume"
when init_WS --convert
then_exits 0
is_subvolume "$code" || broken "it must be a subvolume"
tree "$code" | cmp -s - tree.before || broken "the tree must be the same"
kept=$(on_ws sh -c "echo $code.before-*")
tree "$kept" | cmp -s - tree.before || broken "the directory must be kept"
then_mode ws "$code" chuck:chuck 700
when init_WS --convert
then_exits 0
then_says "nothing to change"

given "conversions interrupted before each of their names was given"
on_ws btrfs -q subvolume delete "$code"
on_ws sh -c "btrfs -q subvolume create $code.is-subvolume && cp -a $kept/. $code.is-subvolume/ && mv $kept $code.before-x"
when init_WS
then_exits 0
then_says "interrupted"
is_subvolume "$code" || broken "it must be a subvolume"
tree "$code" | cmp -s - tree.before || broken "the tree must be the same"
on_ws btrfs -q subvolume delete "$code"
on_ws runuser -u chuck -- sh -c "mv $code.before-x $code && btrfs -q subvolume create $code.becomes-subvolume && echo part >$code.becomes-subvolume/part && btrfs -q subvolume create $code.is-subvolume"
when init_WS --convert
then_exits 0
tree "$code" | cmp -s - tree.before || broken "the tree must be the same"
on_ws sh -c "test ! -e $code.becomes-subvolume && test ! -e $code.is-subvolume" || broken "no copy may be left"

given "a WS whose code is on no Btrfs, and one that has no user"
on_ws mount -t tmpfs tmpfs /home
when init_WS
then_exits 7
then_hint "adduser"
on_ws mkdir -p "$code"
when init_WS --convert
then_exits 6
then_one_error "not on Btrfs"

given "a unit that failed"
on_ls sh -c 'cat >/run/tell && chmod +x /run/tell && echo "NOTIFY_CMD=/run/tell --urgent" >>/etc/devjournal/dev.conf' <<'END'
#!/bin/sh
cat >/dev/null
echo "$# $2" >/run/told
END
when on_ls /usr/local/libexec/devjournal-notify devjournal-push-dev
then_exits 0
[[ $(on_ls cat /run/told) == "2 devjournal-push@dev.service failed on ls" ]] || broken "told: $(on_ls cat /run/told)"
when on_ls /usr/local/libexec/devjournal-notify sshd
then_exits 64

given "a configuration that is broken, which is why the unit failed"
on_ls sh -c 'echo RELEAES=confirm >>/etc/devjournal/dev.conf'
when on_ls /usr/local/libexec/devjournal-notify devjournal-push-dev
then_exits 0
[[ $(on_ls cat /run/told) == "2 devjournal-push@dev.service failed on ls: /etc/devjournal/dev.conf, line "*": RELEAES is not a key of the configuration" ]] ||
    broken "told: $(on_ls cat /run/told)"
