#!/usr/bin/env bash
# A witness that others run cosigns what continues: over a rotation and a rebuild, and never a fork or a journal that was set
# back. So `verify --policy` notices when the server, the workstation and the bucket all lie. One that misbehaves does no harm.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
python=$(python_with_cryptography)

running=()
stop_and_clean_up() { # clean_up exits with the status it finds
    local code=$? pid
    for pid in ${running[@]+"${running[@]}"}; do kill "$pid" 2>/dev/null || true; done
    (exit "$code") || clean_up
    clean_up
}
trap stop_and_clean_up EXIT

# a_witness NAME [MODE]: it runs, and its URL and key are in NAME/url and NAME/vkey.
a_witness() {
    mkdir -p "$1"
    [[ -e $1/logs ]] || on_ls checkpoint --vkey >"$1/logs"
    rm -f "$1/url"
    PYTHONDONTWRITEBYTECODE=1 "$python" "$repository/Tests/c2sp/witness.py" "$1" "witness.example/$1" "${2:-honest}" >"$1/log" 2>&1 &
    running+=($!)
    for _ in $(seq 100); do
        if [[ -e $1/url ]]; then return; fi
        sleep 0.1
    done
    broken "the witness $1 did not start: $(cat "$1/log")"
}
submitted_to() { on_ls witness submit "$(cat "$1/url")" --vkey "$(cat "$1/vkey")" "${@:2}"; } # NAME

given "a mirrored journal, two witnesses, and a policy that asks for both"
a_journal
on_ls append note text=secret >/dev/null
a_witness w1
a_witness w2
{
    printf '# who watches dev\nlog %s\n' "$(on_ls checkpoint --vkey)"
    for name in w1 w2; do printf 'witness %s %s %s\n' "$name" "$(cat "$name/vkey")" "$(cat "$name/url")"; done
    printf 'group both all w1 w2\nquorum both\n'
} >policy
when on_ls verify --policy policy
then_exits 19
then_prints '^unwitnessed: '
when submitted_to w1
then_exits 0
(($(grep -c '^— ' out) == 2)) || broken "the sequencer and one witness"
on_ls checkpoint | cmp - out || broken "the cosigned checkpoint is not kept"
when on_ls verify --policy policy
then_exits 19
then_prints 'cosigned by witness.example/w1 at '
when on_ls witness submit --policy policy
then_exits 0
when on_ls verify --policy policy --due --json
then_exits 0
[[ $(jq -c '[.verdict, .policy.met, [.policy.witnesses[].name], .due.standing]' out) == \
    '["sound",true,["witness.example/w1","witness.example/w2"],"awaited"]' ]] || broken "verify --policy --json"
! grep -q -e secret -e '{' w1/requests w2/requests || broken "a record left"
mirrored
when on_ls verify --policy policy
then_exits 0

given "a script that waits until the witnesses have seen its record"
when on_ls append note text=seen --wait witnessed --policy policy --deadline 1s
then_exits 17
(while sleep 0.3; do on_ls witness submit --policy policy >/dev/null 2>&1 || true; done) &
running+=($!)
when on_ls append note text=seen --wait witnessed --policy policy --deadline 60s --json
then_exits 0
[[ $(jq -r .grade out) == witnessed ]] || broken "the receipt must say so"
(($(jq -r '.checkpoint' out | grep -c '^— witness.example/') == 2)) || broken "with both cosignatures"
kill "${running[-1]}"
wait "${running[-1]}" || true
unset 'running[-1]'
mirrored

given "the checkpoint alone, on a machine without the journal"
on_ls checkpoint >note
when devjournal verify --head note --vkey "$(on_ls checkpoint --vkey)" --policy policy --due
then_exits 0
then_prints '^witnessed: '
when devjournal verify --head note --vkey "$(cat w1/vkey)"
then_exits 64
sed "s/^due .*/due $(date -u -d '+30 days' +%FT%T.000Z)/" note >changed
when devjournal verify --head changed --vkey "$(on_ls checkpoint --vkey)" --due
then_exits 1
then_one_error "is not signed by"
later() { faketime "$(date -d "+$1 hours" '+%F %T')" "${@:2}"; }
when later 35 devjournal verify --head note --vkey "$(on_ls checkpoint --vkey)" --due
then_exits 0
when later 40 devjournal verify --head note --vkey "$(on_ls checkpoint --vkey)" --due
then_exits 18
then_prints '^silent: a checkpoint was due by '
when later 40 env DEVJOURNAL_CONFIG=ls.conf devjournal verify --due
then_exits 18
when later -300 env DEVJOURNAL_CONFIG=ls.conf devjournal verify --due
then_exits 18
then_prints 'is more than 7 days ahead and is not believed'

given "a rotation of the key: the witness waits for the new one, and continues"
cp -a ls ls.before && cp -a ws ws.before && cp -a bucket bucket.before
on_ls key rotate --kit kit.age --passphrase-file passphrase >/dev/null 2>&1
when submitted_to w1
then_exits 6
then_one_error "does not know the key"
then_hint "checkpoint --vkey"
for name in w1 w2; do on_ls checkpoint --vkey >"$name/logs"; done
sed -i "s|^log .*|log $(on_ls checkpoint --vkey)|" policy
when on_ls witness submit --policy policy
then_exits 0
mirrored

given "a rebuild of the server from its mirror"
rm -r ls/dev
when on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase
then_exits 0
for name in w1 w2; do on_ls key list --vkey | tail -n 1 >"$name/logs"; done
sed -i "s|^log .*|log $(on_ls checkpoint --vkey)|" policy
when on_ls witness submit --policy policy --json
then_exits 0
[[ $(jq '.witnesses | length' out) == 2 ]] || broken "both must have cosigned"
when on_ls verify --policy policy --due
then_exits 0
size=$(on_ls checkpoint | sed -n 2p)

given "a server, a workstation and a bucket that were all set back, and go another way under the old key"
mv ls ls.real && mv ws ws.real && mv bucket bucket.real
mv ls.before ls && mv ws.before ws && mv bucket.before bucket
for _ in 1 2 3 4 5 6 7 8; do on_ls append note text=lie >/dev/null; done
mirrored
when on_ls verify --head <(on_ls checkpoint)
then_exits 0
cp w1/logs w1/logs.real && on_ls checkpoint --vkey >>w1/logs
sed "s|^log .*|&\nlog $(on_ls checkpoint --vkey)|" policy >policy.of_liar
when on_ls verify --policy policy.of_liar
then_exits 19
then_prints '^unwitnessed: '
when submitted_to w1
then_exits 1
then_one_error "has cosigned $size records of another history"
when on_ls verify --policy policy.of_liar
then_exits 19
mv ls ls.liar && mv ls.real ls
mv bucket bucket.liar && mv bucket.real bucket
mv ws ws.liar && mv ws.real ws
mv w1/logs.real w1/logs

given "a server that was only set back"
cp -a ls ls.short
for _ in 1 2; do on_ls append note text=more >/dev/null; done
when submitted_to w1
then_exits 0
mv ls ls.long && mv ls.short ls
when submitted_to w1
then_exits 1
then_one_error "says that it has cosigned $((size + 2)) records, and the journal has $size"
mv ls ls.short && mv ls.long ls

given "witnesses that misbehave"
on_ls append note text=four >/dev/null
on_ls checkpoint >before
for mode in elsewhere stranger garbage huge hangs drips; do
    mkdir -p "$mode" && cp w2/logs "$mode/logs"
    a_witness "$mode" "$mode"
    started=$SECONDS
    when submitted_to "$mode"
    then_exits 2
    ((SECONDS - started < 45)) || broken "$mode was waited for too long"
    case $mode in
        huge) then_one_error "more than" ;;
        hangs | drips) then_one_error "gave no answer" ;;
        *) then_one_error "without a cosignature" ;;
    esac
    on_ls checkpoint | cmp - before || broken "$mode: something of its answer was kept"
done
when on_ls witness submit http://127.0.0.1:1/w --vkey "$(cat w1/vkey)"
then_exits 2
then_one_error "gave no answer"
when on_ls witness submit http://127.0.0.1:1/w --vkey "$(on_ls checkpoint --vkey)"
then_exits 64

given "a policy of which one witness is down, and policies that nobody can meet"
awk '$2 == "w2" { $4 = "http://127.0.0.1:1/w" } { print }' policy >policy.down
when on_ls witness submit --policy policy.down
then_exits 19
grep -q 'witness http://127.0.0.1:1/w.* gave no answer' err || broken "the one that is down must be named"
sed 's/^group both all/group both 3/' policy >policy.bad
when on_ls verify --policy policy.bad
then_exits 64
then_one_error "nobody can meet this"
