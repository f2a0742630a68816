#!/usr/bin/env bash
# An age key that others may know is replaced: what is sealed from now on opens with the new one alone, what was sealed
# before still opens on LS and with the new kit, and the chain continues. Killed at any rename, the same command finishes.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
command -v strace >/dev/null || { echo "cannot run here: no strace" >&2 && exit 2; }

given "a month that is mirrored"
worktree=on
a_household
a_month "$second" 1
mirrored
key=ls/dev/keys/ls_dev_backup.key
cp "$key" old.key && old=$(cat ls/dev/keys/ls_dev_backup.pub)
(umask 077 && echo 'short' >short)
new_identity=(on_ls key new-identity --kit kit.age --passphrase-file passphrase --reason 'key seen')

when "${new_identity[@]}" kit.age
then_exits 6
then_one_error 'is there already'
when "${new_identity[@]}" --new-passphrase-file short new.age
then_exits 6
then_one_error 'too short'
when on_ls key new-identity --kit kit.age --passphrase-file short --reason 'key seen' new.age
then_exits 8
cmp -s "$key" old.key || broken "a refusal changed the key file"
then_absent new.age
then_events recipient.set 1

given "it is killed at each rename, then run again"
mkdir before && cp -a ls/dev/{keys,journal,manifests} before
kills=0
for ((nth = 1; ; nth++)); do
    status=0
    DEVJOURNAL_CONFIG=ls.conf strace -f -qq -o trace -e trace=rename,renameat,renameat2 \
        -e "inject=rename,renameat,renameat2:signal=KILL:when=$nth" devjournal key new-identity --kit kit.age \
        --passphrase-file passphrase --reason 'key seen' new.age >out 2>err || status=$?
    ((status != 0)) || break
    kills=$((kills + 1))
    "${new_identity[@]}" new.age >out 2>err || broken "killed at rename $nth: the second run fails"
    then_events recipient.set 2 >events.out || exit 1
    on_ls kit verify new.age --passphrase-file passphrase >out 2>err || broken "killed at rename $nth: the kit is not whole"
    [[ $(grep -c AGE-SECRET-KEY "$key") == 2 ]] || broken "killed at rename $nth: $(grep -c AGE-SECRET-KEY "$key") keys"
    [[ $(on_ls log --json --type recipient.set | tail -n 1 | jq -r '.event.data.recipients[0]') == $(cat ls/dev/keys/ls_dev_backup.pub) ]] ||
        broken "killed at rename $nth: the journal names another recipient"
    rm -r ls/dev/{keys,journal,manifests} new.age && cp -a before/* ls/dev
done 2>kills.err
((kills > 3)) || broken "only $kills places were tried"
printf 'then  killed at %d renames, every second run finishes\n' "$kills"

given "the key is replaced"
new=$(cat ls/dev/keys/ls_dev_backup.pub)
[[ $new != "$old" && $(age-keygen -y "$key") == "$new"$'\n'"$old" ]] || broken "the key file does not hold the new key and the old one"
then_events recipient.set 2
when on_ls log --json --type recipient.set
then_prints 'key seen'
when on_ls kit verify kit.age --passphrase-file passphrase
then_exits 6
then_one_error 'lacks this server'
then_hint 'devjournal kit make --from KIT NEW '
when on_ls kit verify new.age --passphrase-file passphrase
then_exits 0

given "a workstation of its own that was paired before"
cp ws.conf paired.conf && printf 'RECIPIENTS=%s\n' "$old" >>paired.conf
printf 'WS_STATE=%s\nLS_ROOT=%s\n' "$work/paired" "$work/nowhere" | cat - <(grep -v '^WS_STATE\|^LS_ROOT' paired.conf) >paired.new && mv paired.new paired.conf
chmod go-w paired.conf
cp -a ws/state paired && rm -rf paired/spool
on_ls verify --json >verified.json
devjournal replica pin --config paired.conf --log "$(jq -r .log verified.json)" --root "$(cat ls/dev/keys/root.fingerprint)" >pin.out
when devjournal deliver --config paired.conf -- devjournal serve deliver --config "$work/ls.conf"
then_exits 0
grep -q "warning: the server's age key was changed.*init_WS.sh --pair" err || broken "the workstation does not hear of it"
devjournal append --config paired.conf --outbox snapshot.taken "label=dev@$third" \
    uuid=00000000-0000-4000-8000-000000000000 path=/snapshots >append.out || broken "append --outbox"
when devjournal seal --config paired.conf "$third" --outbox --type full --uuid 00000000-0000-4000-8000-000000000000 -- true
then_exits 6
then_one_error "recipients are not the journal's"
then_hint "init_WS.sh --pair 'LINE'"

a_month "$third" 2
mirrored
when age -d -i old.key -o plain "$(artifact "$third")"
((status != 0)) || broken "the old key opens it"
age -d -i "$key" "$(artifact "$third")" >plain || broken "LS cannot open the new month"
when on_ls restore "$third"
then_exits 0
when age -d -i old.key -o plain bucket/dev/manifests/checkpoint.age
((status != 0)) || broken "the old key opens it"

given "LS is lost, with the old key known"
ls_wiped
when on_ls rebuild --from-mirror --kit new.age --passphrase-file passphrase
then_exits 0
when on_ls pull latest --to "$work/pulled"
then_exits 0
when on_ls store pulled
then_exits 0
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
