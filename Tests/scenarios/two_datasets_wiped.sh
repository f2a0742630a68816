#!/usr/bin/env bash
# A second data set on the same two machines, by the guide: it is added to the kit that is there, both are verified from
# one copy, and when LS is lost both come back from the one kit, which stock age takes for either's artifacts.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

notes=/etc/devjournal/notes.conf
places=(PASSPHRASE=/root/passphrase BOTH=/root/both.age KIT=/root/recovery-kit.age MIRROR=file:///mnt/bucket)
first_notes=(--dataset notes --code /home/chuck/notes --first --passphrase-file /root/passphrase --mirror file:///mnt/bucket)
notes_root=$hosts/ls/root/srv/btrfs-backups/notes
then_none_of_notes() {
    on_ls test ! -e /root/both.age || broken "no kit may be written"
    [[ -z $(find "$notes_root/journal" "$notes_root/tmp" -mindepth 1 2>/dev/null) ]] || broken "no journal may be there"
}
on_both_verified() { # KIT
    copied_kit "$1"
    on_ls install -o chuck -m 0600 /root/passphrase /home/chuck/passphrase
    by_the_guide ls "sudo devjournal kit verify COPY --passphrase-file PASSPHRASE" COPY=/home/chuck/copy.age PASSPHRASE=/home/chuck/passphrase
    by_the_guide ls "sudo devjournal kit verify COPY --passphrase-file PASSPHRASE --config /etc/devjournal/notes.conf" \
        COPY=/home/chuck/copy.age PASSPHRASE=/home/chuck/passphrase
}

given "dev, with a month that is mirrored"
a_host ls
a_host ws
installed_and_paired
on_ws runuser -u chuck -- sh -c 'echo code >/home/chuck/code/file'
by_the_guide ws "ws_dev_run_month.sh 2026-01" 2026-01="$(month 1)"
by_the_guide ls "sudo push_to_cloud.sh"

given "notes, told wrong"
on_ls sh -c 'umask 077 && echo incorrect >/root/wrong'
when init_LS "${first_notes[@]}" --kit-from /root/none.age --kit /root/both.age
then_exits 7
then_one_error "no kit at /root/none.age"
when init_LS "${first_notes[@]}" --kit-from /root/recovery-kit.age --kit /root/recovery-kit.age
then_exits 6
then_one_error "recovery-kit.age is there already"
when init_LS --dataset notes --code /home/chuck/notes --recover /root/recovery-kit.age --kit-from /root/recovery-kit.age --mirror file:///mnt/bucket
then_exits 64
when init_LS --dataset notes --code /home/chuck/notes --first --kit-from /root/recovery-kit.age
then_exits 64
on_ls test ! -e "$notes" || broken "nothing may be there yet"
when init_LS "${first_notes[@]}" --kit-from /root/recovery-kit.age --kit /root/both.age --passphrase-file /root/wrong
then_exits 8
then_one_error "passphrase does not open"
then_none_of_notes
when init_LS "${first_notes[@]}" --kit-from /root/passphrase --kit /root/both.age
then_exits 8
then_none_of_notes

given "notes, by the guide"
before=$(on_ls sha256sum /root/recovery-kit.age)
by_the_guide ls "sudo init_LS.sh --dataset notes --code /home/chuck/notes --first --passphrase-file PASSPHRASE --kit-from KIT --kit BOTH --mirror MIRROR" "${places[@]}"
grep -q "left to do: verify that copy for each other data set" out || broken "it must say that the others are to be verified"
grep -q "kit verify COPY --config $notes" out || broken "it must name the configuration"
grep -q "left to do: pair a workstation: .*init_WS.sh --dataset notes --ls" out || broken "notes has no workstation yet"
notes_line=$(pairing_line ls1)
[[ $(on_ls sha256sum /root/recovery-kit.age) == "$before" ]] || broken "the old kit must be as it was"
then_mode ls /root/both.age root:root 600
[[ -z $(on_ls find /run -name 'devjournal-init.*') ]] || broken "nothing may be left of what was lent"
when init_LS "${first_notes[@]}" --kit-from /root/recovery-kit.age --kit /root/both.age
then_exits 0
grep -q "nothing to change" err || broken "it must be finished"
by_the_guide ws "sudo init_WS.sh --dataset notes --code /home/chuck/notes --ls HOST --pair 'LINE'" HOST=ls LINE="$notes_line"
by_the_guide ls "sudo init_LS.sh --dataset notes --pair 'LINE'" LINE="$(pairing_line ws1)"
by_the_guide ws "sudo init_WS.sh --dataset notes"
grep -q "LS answers" out || broken "LS must let WS in"
on_both_verified /root/both.age
on_ws runuser -u chuck -- sh -c 'echo "remember the milk" >/home/chuck/notes/list'
by_the_guide ws "ws_dev_run_month.sh --config /etc/devjournal/notes.conf 2026-01" 2026-01="$(month 1)"
by_the_guide ls "sudo push_to_cloud.sh --config /etc/devjournal/notes.conf"
by_the_guide ls "sudo push_to_cloud.sh"
(($(events kit.made) == 2)) || broken "dev's journal must know of both kits"

given "a third one, of a name that the kit has"
on_ls cp /root/both.age /root/kit-of-both.age
on_ls mv /srv/btrfs-backups/notes /srv/btrfs-backups/away
when init_LS "${first_notes[@]}" --kit-from /root/both.age --kit /root/third.age
then_exits 6
then_one_error "has data set notes already"
on_ls test ! -e /root/third.age || broken "no kit may be written"

given "a new LS, and the one kit"
cp "$hosts/ls/root/root/both.age" both.age
host_ends ls
a_host ls
given_passphrase
install -m 0600 both.age "$hosts/ls/root/root/both.age"
on_ls cp /root/both.age /root/recovery-kit.age
by_the_guide ls "sudo tools/init_LS.sh --binary .build/release/devjournal --recover KIT --passphrase-file PASSPHRASE --mirror MIRROR" "${places[@]}"
by_the_guide ls "sudo pull_from_cloud.sh latest"
by_the_guide ls "sudo store_on_LS.sh /tmp/dev-backup-cloud-pull"
by_the_guide ls "sudo restore_backup_LS.sh latest"
when init_LS --dataset photos --code /home/chuck/photos --recover /root/both.age --passphrase-file /root/passphrase --mirror file:///mnt/bucket
then_exits 6
then_one_error "no section of data set photos, only of dev, notes"
by_the_guide ls "sudo init_LS.sh --dataset notes --code /home/chuck/notes --recover BOTH --passphrase-file PASSPHRASE --mirror MIRROR" "${places[@]}"
by_the_guide ls "sudo pull_from_cloud.sh --config /etc/devjournal/notes.conf latest"
by_the_guide ls "sudo store_on_LS.sh --config /etc/devjournal/notes.conf /tmp/notes-backup-cloud-pull"
by_the_guide ls "sudo restore_backup_LS.sh --config /etc/devjournal/notes.conf latest"
then_copied "$ls_code" "$ws_code"
then_copied "$hosts/ls/root/home/chuck/notes" "$hosts/ws/root/home/chuck/notes"
on_both_verified /root/both.age
for name in dev notes; do
    as_server devjournal verify --config "/etc/devjournal/$name.conf" >verdict || broken "$name: $(cat verdict)"
    (umask 077 && echo 'correct horse battery staple' >passphrase)
    when type_passphrase.py passphrase age -d -i both.age -o "$name.zst" "$(find "bucket/$name/artifacts" -name "$name@$(month 1).*.age")"
    then_exits 0
    zstd -qt "$name.zst" || broken "what stock age opened must be the artifact"
done
