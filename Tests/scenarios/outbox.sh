#!/usr/bin/env bash
# A workstation speaks while the server is away, delivers when it is back, and loses nothing and says nothing twice,
# whatever is lost or killed on the way; one bad event stops no other.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }
deliver() { on_ws deliver -- devjournal serve deliver --config ls.conf; }
state_of() { on_ws outbox list --json | jq -r --arg id "$1" 'select(.id == $id) | .state'; }
then_state() { # ID STATE
    [[ $(state_of "$1") == "$2" ]] || broken "$1 must be $2: $(on_ws outbox list)"
    printf 'then  %s is %s\n' "$1" "$2"
}
then_replica_follows() {
    cat ws/state/replica/*.jsonl >replica.lines && cat "$journal"/*.jsonl >journal.lines
    cmp -s replica.lines journal.lines || broken "the replica is not the journal"
    devjournal verify --journal ws/state/replica --head ws/state/heads --root "$root" >verdict 2>&1 || broken "$(cat verdict)"
    "$(python_with_cryptography)" "$repository/tools/verify_journal.py" ws/state/replica --root "$root" >verdict 2>&1 || broken "$(cat verdict)"
    printf 'then  the replica is the journal, and both verifiers find it sound\n'
}

given "a server, and a workstation that has never heard of it"
configure ws.conf "$work/ws/code" off
configure ls.conf "$work/ls/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
sed -i "s|^WS_STATE=.*|WS_STATE=$work/no-ws|" ls.conf
mkdir bucket
(umask 077 && printf 'correct horse battery staple\n' >passphrase)
on_ls init --kit kit.age --passphrase-file passphrase >init.out 2>&1 || broken "init: $(cat init.out)"
log=$(on_ls verify --json | jq -r .log) root=$(on_ls verify --json | jq -r .root)
when on_ws append --outbox note text=early
then_exits 7
then_one_error "does not know which journal"
when on_ws replica pin --log "$log" --root "$root"
then_exits 0
when on_ws append --outbox note text=early
then_exits 7
then_one_error "author key"
on_ls key enrol "$(on_ws key new 2>/dev/null)" --name ws >enrol.out

given "the server away: events, one of them said twice, and a batch"
id=$(devjournal id)
when on_ws append --outbox --id "$id" note text=one
then_exits 0
then_prints "^$id\$"
when on_ws append --outbox --id "$id" note text=one
then_exits 0
when on_ws append --outbox --id "$id" note text=other
then_exits 6
then_one_error "with other content"
printf '{"type":"x.batch","data":{"n":%s}}\n' 1 2 3 >said
when on_ws append --outbox --batch <said
then_exits 0
[[ $(wc -l <ws/state/outbox/events.jsonl) == 4 ]] || broken "four events must be in the outbox"
when on_ws append --outbox artifact.registered label=dev@2026-01
then_exits 6
when on_ws deliver -- false
then_exits 2
then_one_error "no whole answer"
for command in verify log audit "key list" "show 1"; do
    read -ra words <<<"$command"
    when on_ws "${words[@]}"
    then_exits 7
    then_one_error "holds no record yet"
    grep -q "devjournal deliver" err || broken "the hint: $(cat err)"
done
when on_ws checkpoint
then_exits 7
then_one_error "needs the server's journal"
sed '$ aLS_HOST=ls' ws.conf >far.conf
when devjournal init --config far.conf --kit far.age --passphrase-file passphrase
then_exits 6
then_one_error "this is the workstation of journal $log"
then_hint "run it on the server"
then_absent no-ls
then_state "$id" pending

given "the server back"
when deliver
then_exits 0
then_prints " $id\$"
then_state "$id" recorded
then_events note 1
then_events x.batch 3
then_replica_follows
jq -c .event "$journal"/*.jsonl | grep -F "$id" | cmp -s - <(head -n 1 ws/state/outbox/events.jsonl) || broken "the event's bytes must be the same"
when deliver
then_exits 0
then_events note 1
on_ls append note text='said on LS' >/dev/null
when deliver
then_exits 0
then_replica_follows
when on_ws log --journal ws/state/replica --type note
then_exits 0
then_prints "said on LS"

given "what reads the journal reads the replica on WS, and says there what it says on LS"
for command in log "log --json --type note" audit "key list" "show 1" manifest; do
    read -ra words <<<"$command"
    for machine in ls ws; do "on_$machine" "${words[@]}" >"said.$machine" 2>&1 && echo 0 >>"said.$machine" || echo "$?" >>"said.$machine"; done
    cmp -s said.ls said.ws || broken "$command: $(diff said.ls said.ws)"
done
when on_ws prove 1
then_exits 0
devjournal verify --proof out --root "$root" >verdict || broken "$(cat verdict)"
when on_ws log --follow
then_exits 64
for command in scrub fetch "restore latest"; do
    read -ra words <<<"$command"
    when on_ws "${words[@]}"
    then_exits 7
    then_one_error "needs the server's journal"
    then_hint "run it on the server"
done
sed -e '$ aLS_HOST=ls' -e '/^MIRROR=/d' ws.conf >far.conf
for command in push "pull latest" "doctor remote"; do
    read -ra words <<<"$command"
    when devjournal "${words[@]}" --config far.conf
    then_exits 7
    then_one_error "the mirror is its server's"
done
when on_ws witness remember
then_exits 0
then_prints "$(wc -l <journal.lines)"
when on_ws witness accept
then_exits 7
then_hint "witness accept -- COMMAND"
for named in "" "--journal ws/state/replica"; do
    read -ra words <<<"$named"
    when on_ws verify "${words[@]}"
    then_exits 0
    then_prints "^root: $root, the one expected"
done
given "a line that WS remembers cut off its replica, and the replica of another journal"
cp -a ws/state/replica kept
sed -i '$d' ws/state/replica/000000000001.jsonl && rm -f ws/state/replica/checkpoint
for command in log audit "key list" "verify --journal ws/state/replica"; do
    read -ra words <<<"$command"
    when on_ws "${words[@]}"
    then_exits 1
done
rm -r ws/state/replica && cp -a kept ws/state/replica
cp ws/state/replica.pin pin.kept
sed -i 's/^./f/' ws/state/replica.pin
for command in log verify; do
    when on_ws "$command"
    then_exits 1
done
mv pin.kept ws/state/replica.pin
when on_ws verify
then_exits 0

given "a snapshot, said while the server is away"
snapshot=$(on_ws append --outbox snapshot.taken label="dev@$third" uuid=5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93 path=/snapshots/x)
when on_ws append --outbox snapshot.taken label="dev@$third" uuid=5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93 path=/snapshots/x
then_exits 0
then_prints "^$snapshot\$"
when on_ws append --outbox snapshot.taken label=dev@2999-01 uuid=5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93 path=/snapshots/x
then_exits 6

given "answers that are lost: cut off, never sent, the server killed before or after its work"
cat >lossy <<'END'
#!/usr/bin/env bash
case $1 in
half) devjournal serve deliver --config ls.conf | head -c 500 ;;
unheard) devjournal serve deliver --config ls.conf >/dev/null ;;
closed) devjournal serve deliver --config ls.conf > >(exec <&-) ;;
killed) devjournal serve deliver --config ls.conf >answer.kept && kill -9 $$ ;;
request) head -c 300 | devjournal serve deliver --config ls.conf ;;
esac
END
chmod +x lossy
for loss in half unheard closed killed request; do
    said=$(on_ws append --outbox x.loss kind="$loss")
    when on_ws deliver -- ./lossy "$loss"
    ((status == 1 || status == 2)) || broken "a lost answer must be reported"
    [[ $(grep -c ': error: ' err) -ge 1 ]] || broken "one line of error"
    then_state "$said" pending
done
when deliver
then_exits 0
then_events x.loss 5
then_events snapshot.taken 1
then_replica_follows
sed 's/.*"kind":"\([a-z]*\)".*/\1/;t;d' "$journal"/*.jsonl >order
printf '%s\n' half unheard closed killed request | cmp -s - order || broken "the order of the outbox: $(cat order)"

given "kills at both ends while events are delivered"
for round in $(seq 12); do
    on_ws append --outbox x.kill round:="$round" >/dev/null
    setsid devjournal deliver --config ws.conf -- devjournal serve deliver --config ls.conf >/dev/null 2>&1 &
    victim=$!
    sleep "0.$((round * 5 % 17 + 10))"
    case $((round % 3)) in
    0) kill -9 -- "-$victim" ;;
    1) kill -9 "$victim" ;;
    2) pkill -9 -P "$victim" ;;
    esac 2>/dev/null || true
    wait "$victim" 2>/dev/null || true
done
sleep 1
when deliver
then_exits 0
then_events x.kill 12
then_replica_follows

given "a torn line in the outbox, and one in the replica"
printf '{"id":"half' >>ws/state/outbox/events.jsonl
printf '{"v":1,"log":"half' >>ws/state/replica/000000000001.jsonl
when deliver
then_exits 0
ls ws/state/outbox/torn-* ws/state/replica/torn-* >/dev/null || broken "torn bytes must be kept"
then_replica_follows

given "events that must never be recorded, and one for later, before a good one"
late=$(on_ws append --outbox x.late n:=1)
sed '$s/"n":1/"n":2/' ws/state/outbox/events.jsonl >changed && cp changed ws/state/outbox/events.jsonl
mv ws/state/author.key author.key
configure ws2.conf "$work/ws/code" off
sed -i "s|^WS_STATE=.*|WS_STATE=$work/ws2/state|" ws2.conf
devjournal replica pin --config ws2.conf --log "$log" --root "$root" 2>/dev/null
request=$(devjournal key new --config ws2.conf 2>/dev/null)
cp ws2/state/author.key ws/state/author.key
stranger=$(on_ws append --outbox x.stranger n:=1)
rm ws/state/author.key && mv author.key ws/state/author.key
good=$(on_ws append --outbox x.good n:=1)
when deliver
then_exits 4
then_state "$late" refused
then_state "$stranger" pending
then_state "$good" recorded
grep -q "$late is refused for good" err || broken "the refusal must be reported"
[[ $(wc -l <ws/state/outbox/refused.jsonl) == 1 ]] || broken "one event is set aside"
when deliver
then_exits 4
then_state "$late" refused
on_ls key enrol "$request" --name ws2 >enrol.out
when deliver
then_exits 0
then_state "$stranger" recorded
then_replica_follows

given "input that is not a delivery, and malformed answers"
for input in "" "x" "devjournal-delivery-v1 $log" $'devjournal-delivery-v1 x\nheads 0\nevents 0\n'; do
    when devjournal serve deliver --config ls.conf <<<"$input"
    then_exits 6
    then_one_error "not a delivery"
done
when on_ls serve deliver < <(head -c 20000000 /dev/zero)
then_exits 6
then_one_error "too long"
cp -a ws ws.before
for answer in 'true' 'echo x' 'head -c 1000000 /dev/urandom' 'yes' 'cat' 'kill -9 $$'; do
    when on_ws deliver -- bash -c "$answer"
    ((status == 1 || status == 2)) || broken "status $status"
    then_one_error "answer|delivery|bash"
done
diff -r ws ws.before >diff.out || broken "nothing may change: $(cat diff.out)"
then_journal sound
when on_ws replica pin --log "$(devjournal id)" --root "$root"
then_exits 6
then_one_error "belongs to journal $log"
