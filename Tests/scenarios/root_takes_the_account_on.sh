#!/usr/bin/env bash
# On LS the repository is the account devjournal's. Root works there as that account, by itself; what a person names on
# the command line is reached as that person, and what comes of it is theirs; other users see the exact command.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"
dev=/srv/btrfs-backups/dev
of_root() { on_ls find "$dev" \( -user root -o -group root \) -not -path "$dev/logs/*" -printf '%p %U %G %m\n' | sort; }
as_chuck() { on_ls runuser -u chuck -- "$@"; }

given "LS with a mirror, and a person whose home is closed"
a_host ls
on_ls sh -c 'mkdir -p /home/chuck && chmod 700 /home/chuck && umask 077 && echo correct horse battery staple >/home/chuck/passphrase && chown chuck: /home/chuck/passphrase'
when init_LS --first --passphrase-file /home/chuck/passphrase --kit /home/chuck/kit.age --mirror file:///mnt/bucket
then_exits 0
then_mode ls /home/chuck/kit.age root:root 600
of_root >before

given "root, and a person with sudo"
when on_ls devjournal append note text=hello
then_exits 0
for words in "log" "verify" "audit" "key list" "checkpoint" "latest" "manifest" "scrub" "push" "push --check" "doctor remote" "rebuild --check"; do
    # shellcheck disable=SC2086 # words
    when on_ls devjournal $words
    case $words in
        latest) then_exits 7 ;;

        *) then_exits 0 ;;
    esac
done
when as_chuck sudo devjournal kit verify /home/chuck/kit.age --passphrase-file /home/chuck/passphrase
then_exits 0
when as_chuck sudo devjournal kit make --from /home/chuck/kit.age --passphrase-file /home/chuck/passphrase /home/chuck/kit2.age
then_exits 0
then_mode ls /home/chuck/kit2.age root:root 600
when as_chuck sudo devjournal export /home/chuck/bundle.tar
then_exits 0
then_mode ls /home/chuck/bundle.tar root:root 640
when on_ls devjournal export /root/bundle
then_exits 0
then_mode ls /root/bundle/journal/checkpoint root:root 640
when on_ls devjournal verify --journal /root/bundle/journal --head /root/bundle/journal/checkpoint
then_exits 0
when on_ls devjournal verify --head /root/bundle/journal/checkpoint
then_exits 0
when on_ls devjournal rebuild --as-of 3 --to /root/then
then_exits 0
then_mode ls /root/then/state.env root:root 640
on_ls sh -c 'echo "{\"text\":\"of root alone\"}" >/root/data && chmod 600 /root/data'
when on_ls devjournal append note --data /root/data
then_exits 0

when as_chuck sudo pull_from_cloud.sh --to /home/chuck/pulled latest
then_exits 2
then_one_error "devjournal cannot write to /home/chuck"
then_hint "name a place that this user may use"

of_root >after
then_same before after
printf 'then  nothing in the repository became root%ss\n' "'"

given "a secret that is another user's: neither its mode nor chmod is the matter"
when on_ls devjournal kit verify /home/chuck/kit.age --passphrase-file /home/chuck/passphrase
then_exits 2
then_hint "another user's"

given "an ordinary user: one error, with the command that does it"
when as_chuck devjournal append note "text=it's mine"
then_exits 2
then_one_error "$dev is closed to chuck"
then_hint "^devjournal: hint: sudo devjournal append note 'text=it'[\\]''s mine'\$"
for command in "devjournal log" "devjournal verify" "devjournal push" "devjournal export /home/chuck/again.tar" \
    "push_to_cloud.sh" "ls_dev_plan_restore.sh 2026-01" "restore_backup_LS.sh --dry-run latest" "devjournal append note text=mine"; do
    # shellcheck disable=SC2086 # words
    when as_chuck $command
    then_exits 2
    hint=$(sed -n 's/.*: hint: //p' err | head -n 1)
    [[ $hint == "sudo ${command%%_plan*}"* || $hint == "sudo devjournal plan "* || $hint == "sudo $command" ]] || broken "hint: $hint"
    when as_chuck sh -c "$hint"
    [[ $status == 0 || ($command == *[0-9]-01 || $command == *latest) && $status == 7 ]] || broken "the hint's command exits with $status"
done
of_root >after
then_same before after
when as_server devjournal verify
then_exits 0
