#!/usr/bin/env bash
# The kit's passphrase is lost while LS lives: a new root, endorsed by the workstation, pinned again by hand. Who
# remembers the old root refuses the journal; the new kit brings LS back, the old one does not; neither a stolen LS nor a
# stolen WS can do it alone.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }
deliver() { on_ws deliver -- devjournal serve deliver --config ls.conf; }
delivered() { deliver >out 2>err || broken "deliver exits $?"; }
pin() { on_ws replica pin --log "$log" --root "$@"; }
pin_there() { pin "$@" -- devjournal serve deliver --config ls.conf; }
replace() { on_ls key replace-root --kit kit.new.age --passphrase-file passphrase.new "$@"; }
ask() { replace --reason "passphrase lost"; }
asked() { ask 2>ask.err || broken "key replace-root: $(cat ask.err)"; }
endorsed() { on_ws key endorse "$1" --yes 2>endorse.err || broken "key endorse: $(cat endorse.err)"; }
# answered WORD: `key endorse` on a terminal, where that is typed.
answered() {
    python3 - "$1" "$line" <<'END'
import os, pty, sys
child, terminal = pty.fork()
if child == 0: os.execvp("devjournal", ["devjournal", "key", "endorse", sys.argv[2], "--config", "ws.conf"])
seen = b""
while b"Type yes" not in seen: seen += os.read(terminal, 4096)
os.write(terminal, sys.argv[1].encode() + b"\n")
try:
    while more := os.read(terminal, 4096): seen += more
except OSError: pass
print(seen.decode().replace("\r\n", "\n"), end="")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
}
then_nothing_recorded() { cmp -s ls/dev/journal/000000000001.jsonl lines.before || broken "something was recorded"; }

given "a mirrored journal, a workstation with a replica, and a kit whose passphrase nobody knows"
configure ws.conf "$work/ws/code" off
configure ls.conf "$work/ls/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
mkdir bucket
(umask 077 && printf 'correct horse battery staple\n' >passphrase && printf 'another passphrase\n' >passphrase.new)
on_ls init --kit kit.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
log=$(on_ls verify --json | jq -r .log) old=$(on_ls verify --json | jq -r .root)
pin "$old" 2>/dev/null

when ask
then_exits 6
then_one_error "no workstation is enrolled"
then_absent kit.new.age

on_ls key enrol "$(on_ws key new 2>/dev/null)" --name ws >enrol.out
ws=$(cat enrol.out)
on_ws append --outbox note text=one >/dev/null
delivered
mirrored

given "wrong calls"
when replace
then_exits 64
when replace --reason why --endorsed x
then_exits 64
when replace --endorsed x
then_exits 64
then_one_error "not an endorsement"
when on_ls key replace-root --kit passphrase --reason why --passphrase-file passphrase
then_exits 8
when on_ls key replace-root --kit kit.age --reason why --passphrase-file passphrase
then_exits 0
grep -q "nothing changed" err || broken "a kit with the journal's root replaces nothing"
when on_ws key endorse x
then_exits 64
then_events root.replaced 0

given "the first step on LS"
when ask
then_exits 0
line=$(cat out)
[[ $line == devjournal-root-v1:$log:* && $(wc -l <out) == 1 ]] || broken "one line is to be pasted"
grep -q "paste the line on ws ($ws)" err || broken "it says where"
new=$(sed -n "s/.*its root's fingerprint is //p" err)
[[ $(stat -c %a kit.new.age) == 600 ]] || broken "the kit is private"
then_events kit.made 2
when on_ls kit verify kit.new.age --passphrase-file passphrase.new
then_exits 6
then_one_error "does not know the kit's root"
when ask
then_exits 0
[[ $(cat out) == "$line" ]] || broken "the same line, as nothing was recorded meanwhile"
then_events kit.made 2

given "the workstation, which has not seen the last record yet"
when on_ws key endorse "$line" --yes
then_exits 6
then_one_error "of which [0-9]+ are here"
then_hint "deliver"
delivered
when answered no
then_exits 6
then_prints "not confirmed"
when setsid -w devjournal key endorse "$line" --config ws.conf
then_exits 64
then_one_error "no terminal"
when answered yes
then_exits 0
for word in "old root.*$old" "new root.*$new" "reason.*passphrase lost"; do then_prints "$word"; done
endorsement=$(grep -o 'devjournal-endorsed-v1:.*' out)
[[ $endorsement == "$(endorsed "$line")" ]] || broken "an endorsement has one spelling"

given "a line that somebody changed"
for changed in "${line/$log/019c15a4-1200-767e-aacb-e773cdde221d}" "${line%?????}AAA==" "$line:x" "${line/root-v1/root-v2}"; do
    when on_ws key endorse "$changed" --yes
    then_exits 64
done

given "the journal continuing before the second step"
on_ls append note text=two >/dev/null
cp ls/dev/journal/000000000001.jsonl lines.before
when replace --endorsed "$endorsement"
then_exits 6
then_one_error "now has"
then_hint "begin again"
then_nothing_recorded
delivered
when on_ws key endorse "$line" --yes
then_exits 6
then_one_error "by now"
asked >line && line=$(cat line)
endorsement=$(endorsed "$line")

given "a stolen LS: malformed endorsements"
last=${endorsement##*:}
for forged in "${endorsement/$ws/$(on_ls key list --json | jq -r 'select(.role == "sequencer") | .kid')}" "${endorsement/$ws/$old}" \
    "${endorsement%:*}:$(head -c 64 /dev/zero | base64 -w0)" "${endorsement/$ws/00000000000000000000000000000000}"; do
    when replace --endorsed "$forged"
    then_exits 6
    then_one_error "may endorse|is not signed by"
    then_nothing_recorded
done
[[ ${#last} == 88 ]] || broken "the signature comes last"
on_ls key replace-root --kit kit.other.age --passphrase-file passphrase.new --reason "not asked for" >other.line 2>/dev/null
endorsement=$(asked >line && endorsed "$(delivered && cat line)")
when on_ls key replace-root --kit kit.other.age --passphrase-file passphrase.new --endorsed "$endorsement"
then_exits 6
then_one_error "not this kit's"
when on_ls append root.replaced x=1
then_exits 6
then_hint "key replace-root"
for place in ls bucket ws; do cp -a $place $place.stolen; done

given "a stolen WS: it cannot put its own root in place"
when on_ws append --outbox root.replaced x=1
((status != 0)) || broken "a workstation may not say that"
then_events root.replaced 0

given "a second workstation: both have to endorse, and one that is lost would be retired first"
sed "s|^WS_STATE=.*|WS_STATE=$work/ws2/state|" ws.conf >ws2.conf
on_ws2() { DEVJOURNAL_CONFIG=ws2.conf devjournal "$@"; }
on_ws2 replica pin --log "$log" --root "$old" 2>/dev/null
ws2=$(on_ls key enrol "$(on_ws2 key new 2>/dev/null)" --name ws2)
asked >line && line=$(cat line)
grep -q "ws ($ws) and ws2 ($ws2)" ask.err || broken "both are named"
delivered
endorsement=$(endorsed "$line")
when replace --endorsed "$endorsement"
then_exits 6
then_one_error "ws2 \($ws2\) has not endorsed"
on_ws2 deliver -- devjournal serve deliver --config ls.conf >out 2>err || broken "ws2: deliver exits $?"
second=$(on_ws2 key endorse "$line" --yes 2>err) || broken "ws2: key endorse"
cp ls/dev/journal/000000000001.jsonl lines.after
cmp -s lines.after <(head -c "$(stat -c %s lines.after)" ws/state/replica/000000000001.jsonl) || broken "nothing was recorded meanwhile"

given "the second step"
when replace --endorsed "$second" --endorsed "$endorsement"
then_exits 0
then_prints "root fingerprint: $new"
grep -q "replica pin --log $log --root $new" err || broken "it says what to do on WS"
then_events root.replaced 1
[[ $(on_ls verify --json | jq .epoch) == 2 ]] || broken "a new epoch"
then_journal sound --root "$new"
then_journal sound
then_journal damaged --root "$old"
[[ $(jq -r .reason verdict) == root-replaced ]] || broken "the reason: $(cat verdict)"
on_ls checkpoint >/dev/null
on_ls prove 1 >first.proof || broken "prove"
when devjournal verify --proof first.proof --root "$new"
then_exits 0
when devjournal verify --proof first.proof --root "$old"
((status != 0)) || broken "a proof under the old root must be refused"
then_one_error "root-replaced"
when devjournal verify --journal "$journal" --root "$old"
then_exits 1
then_prints "root-replaced"
then_prints "$new.*endorsed by $ws"
when type_passphrase.py passphrase.new devjournal key replace-root --config ls.conf --kit kit.new.age --endorsed "$endorsement"
then_exits 0
then_prints "nothing changed"
then_events root.replaced 1
when ask
then_exits 0
then_events root.replaced 1
when on_ls kit verify kit.new.age --passphrase-file passphrase.new
then_exits 0
when on_ls kit verify kit.age --passphrase-file passphrase
then_exits 6
then_one_error "root key was retired"

given "the workstation, which still remembers the old root"
on_ws append --outbox note text=three >/dev/null
cp -a ws ws.before
when deliver
then_exits 6
then_one_error "root-replaced"
then_hint "replica pin"
diff -r ws/state/replica ws.before/state/replica >diff.out || broken "nothing may be written: $(cat diff.out)"
when pin "$new"
then_exits 1
then_hint "-- COMMAND"
when pin_there 00000000000000000000000000000000
then_exits 1
then_one_error "does not vouch"
when pin_there "$old"
then_exits 0
when deliver
then_exits 6
diff -r ws/state/replica ws.before/state/replica >diff.out || broken "nothing may be written: $(cat diff.out)"
when pin_there "$new"
then_exits 0
grep -q "record [0-9]* replaced the root by $new, endorsed by ws ($ws)" err || broken "it says who endorsed"
when pin_there "$new"
then_exits 0
when deliver
then_exits 0
then_events note 3

given "killed between the lines and the pin"
printf '%s %s\n' "$log" "$old" >ws/state/replica.pin
when deliver
then_exits 6
then_one_error "root-replaced"
when pin "$new"
then_exits 0
when deliver
then_exits 0
when pin "$old"
then_exits 1
then_one_error "root-replaced"
on_ws append --outbox note text=four >/dev/null
delivered
then_events note 4
mirrored

given "everybody reads it for ever"
when on_ls log
then_prints "root.replaced .*root $new .*passphrase lost.*endorsed by $ws"
when on_ls audit
then_prints "root-replaced"
when on_ls audit sign --up-to "$(on_ls verify --json | jq .records)" --reviewer chuck
then_exits 0
when on_ls audit
then_prints "root-replaced"
! grep -q "key-enrolled" out || broken "a review leaves out what it has signed"

given "LS wiped"
rm -r ls
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 8
then_one_error "kit's root key was replaced by record"
then_absent ls/dev/journal
when on_ls rebuild --from-mirror --kit kit.new.age --passphrase-file passphrase.new
then_exits 0
then_events note 4
then_journal sound --root "$new"
when deliver
then_exits 0
when on_ws key endorse "$line" --yes
then_exits 6

given "a thief of LS who retires the workstation and enrols another one: its word does not help those who remember"
for place in ls bucket ws; do rm -r $place && cp -a $place.stolen $place; done
on_ls key retire ws --reason "forged" >/dev/null 2>&1
configure thief.conf "$work/thief/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|; s|^WS_STATE=.*|WS_STATE=$work/thief/state|" thief.conf
devjournal replica pin --config thief.conf --log "$log" --root "$old" 2>/dev/null
thief=$(on_ls key enrol "$(devjournal key new --config thief.conf 2>/dev/null)" --name ws 2>/dev/null)
on_ls key replace-root --kit kit.other.age --passphrase-file passphrase.new --reason forged >line 2>ask.err || broken "$(cat ask.err)"
devjournal deliver --config thief.conf -- devjournal serve deliver --config ls.conf >out 2>err || broken "deliver"
forged=$(devjournal key endorse "$(cat line)" --yes --config thief.conf 2>/dev/null)
when on_ls key replace-root --kit kit.other.age --passphrase-file passphrase.new --endorsed "$forged" --json
then_exits 0
theirs=$(jq -r .root out)
then_journal sound
then_journal damaged --root "$old"
when deliver
then_exits 6
when pin_there "$theirs"
then_exits 6
then_one_error "has not endorsed"
grep -q "endorsed by ws ($thief)" err || broken "it says who did"
when deliver
then_exits 6
when pin_there "$theirs" --unendorsed
then_exits 0

given "the same under a workstation that remembers a record which the thief's LS lacks: no pin makes that good"
rm -r ws && cp -a ws.before ws
when pin_there "$theirs" --unendorsed
then_exits 1
then_one_error "fork"
[[ $(cat ws/state/replica.pin) == "$log $old" ]] || broken "the pin must be the old one"

given "no passphrase given: on a terminal one is made and shown once, and opens the kit; elsewhere nothing is made"
when setsid -w devjournal key replace-root --config ls.conf --kit kit.made.age --reason why
then_exits 64
then_absent kit.made.age
when script -qec "devjournal key replace-root --config ls.conf --kit kit.made.age --reason why" /dev/null
then_exits 0
tr -d '\r' <out | sed -n 's/.*passphrase, shown this once: //p' | (umask 077 && cat >passphrase.made)
line=$(tr -d '\r' <out | grep '^devjournal-root-v1:')
when on_ls key replace-root --kit kit.made.age --passphrase-file passphrase.made --reason why
then_exits 0
[[ $(cat out) == "$line" ]] || broken "it must be the same root"
