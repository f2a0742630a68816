#!/usr/bin/env bash
# Somebody who is served and takes nothing, or sends nothing, holds nothing up: appends continue, the retirement of his key does
# not wait for him and ends what he began, a restore and a transfer among it, and by itself a request of his is over after a
# minute. No other process is hit.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
source "$repository/Tests/scenarios/over_ssh.bash"
left=()
cut_and_clean_up() { # clean_up exits with the status it finds
    local code=$? process
    for process in "${left[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
    link_down
    (exit "$code") || clean_up
    clean_up
}
trap cut_and_clean_up EXIT

kid_of() { on_ls key list --json | jq -r --arg name "$1" 'select(.name == $name and .retired == null) | .kid'; }
# A pipe that somebody has open, and that nobody reads or writes.
# shellcheck disable=SC2034 # it is to stay open
silent_pipe() { mkfifo "$1" && exec {pipe}<>"$1"; }
sessions() { # KEYID: processes that answer it
    local file
    for file in "$ls_root/locks/sessions/$1".*; do
        [[ ! -e $file ]] || flock -n "$file" true || printf '%s\n' "${file##*.}"
    done
}
eventually() {
    local try
    for ((try = 0; try < 200; try++)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    broken "this has not come about: $*"
}
sessions_are() { (($(sessions "$1" | wc -l) == $2)); }

given "a journal of more lines than connection and pipes take"
a_journal
kid=$(kid_of ws)
for ((batch = 0; batch < 6; batch++)); do
    python3 -c 'for i in range(500): print("{\"type\":\"x.many\",\"data\":{\"text\":\"" + "x" * 4000 + "\"}}")' |
        on_ls append --batch >appended.out
done
configure ws.conf "$work/ws/code" off
ls_over_ssh

given "a label whose stream is as long"
own=11111111-1111-4111-8111-111111111111
python3 - "dev@$third" "$own" >stream <<END
import sys
sys.path.insert(0, "$repository/Tests/scenarios")
sys.dont_write_bytecode = True
import send_stream, subprocess
whole = subprocess.run([sys.executable, "$repository/Tests/scenarios/send_stream.py", *sys.argv[1:], "mkfile", "file", "write", "file", "x" * 40000], capture_output=True, check=True).stdout
write = send_stream.command(15, (send_stream.PATH, b"file"), (send_stream.OFFSET, send_stream.number("0")), (send_stream.DATA, b"x" * 40000))
end = whole.rindex(write) + len(write)
sys.stdout.buffer.write(whole[:end] + write * 400 + whole[end:])
END
on_ws append --outbox snapshot.taken label="dev@$third" uuid="$own" path=/nowhere >/dev/null
on_ws seal "$third" --outbox --type full --uuid "$own" --stream stream >sealed.out 2>&1 || broken "seal: $(cat sealed.out)"
on_ws deliver -- "${ws_ssh[@]}" deliver >deliver.out 2>&1 || broken "deliver: $(cat deliver.out)"
name=dev@$third.full.send.zst.age
cp "$spool/dev@$third".* "$ls_root/tmp/"
on_ls register "$ls_root/tmp/$name" >register.out 2>&1 || broken "register: $(cat register.out)"

given "a client that asks for the lines and reads none of them"
silent_pipe lines.pipe
SSH_ORIGINAL_COMMAND="lines 1" devjournal serve ssh --config ls.conf --author "$kid" >lines.pipe 2>lines.err </dev/null &
unread=$! began=$SECONDS
left+=("$unread")
eventually sessions_are "$kid" 1
sleep 1
when timeout 20 env DEVJOURNAL_CONFIG=ls.conf devjournal append note text=meanwhile
then_exits 0

given "one that follows the log, and reads as little"
silent_pipe log.pipe
DEVJOURNAL_CONFIG=ls.conf devjournal log --follow --json -n 0 >log.pipe 2>log.err &
follower=$!
left+=("$follower")
sleep 1
when timeout 20 env DEVJOURNAL_CONFIG=ls.conf devjournal append note text=more
then_exits 0
python3 -c 'for i in range(300): print("{\"type\":\"x.many\",\"data\":{\"text\":\"" + "x" * 4000 + "\"}}")' | on_ls append --batch >appended.out
sleep 1
when timeout 20 env DEVJOURNAL_CONFIG=ls.conf devjournal append note text=most
then_exits 0

given "one that begins a delivery and never ends it"
silent_pipe delivery.pipe
SSH_ORIGINAL_COMMAND=deliver devjournal serve ssh --config ls.conf --author "$kid" <delivery.pipe >delivery.out 2>delivery.err &
unsent=$!
left+=("$unsent")
eventually sessions_are "$kid" 2 # so that it is not the one too many

given "more of them than there may be"
many=()
for ((i = 0; i < 8; i++)); do
    SSH_ORIGINAL_COMMAND=deliver devjournal serve ssh --config ls.conf --author "$kid" <delivery.pipe >many.out 2>many.err &
    many+=($!)
done
left+=("${many[@]}")
eventually sessions_are "$kid" 8
when timeout 20 "${ws_ssh[@]}" hello
then_exits 11
then_one_error "8 requests of this key"
kill -KILL "${many[@]}" 2>/dev/null || true # some have been refused
for process in "${many[@]}"; do wait "$process" 2>/dev/null || true; done
when timeout 20 "${ws_ssh[@]}" hello
then_exits 0

then_one_minute() { # PROCESS ERR PATTERN
    local result=0
    wait "$1" || result=$?
    ((result == 2)) || broken "it must end by itself with 2, not $result"
    grep -q "$3" "$2" || broken "expected '$3' of: $(cat "$2")"
}
given "a minute"
then_one_minute "$unread" lines.err 'the answer was not taken'
then_one_minute "$unsent" delivery.err 'the delivery did not arrive'
((SECONDS - began < 120)) || broken "they must end after a minute"
printf 'then  both are over by themselves\n'

given "a second workstation, and lines, a restore and a transfer of the first one that hang, over ssh"
mkdir other
sed "s|^WS_STATE=.*|WS_STATE=$work/other|" ws.conf >other.conf
devjournal replica pin --config other.conf --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)" 2>pin.err
on_ls key enrol "$(devjournal key new --config other.conf 2>/dev/null)" --name other >enrol.out
silent_pipe restore.pipe
"${ws_ssh[@]}" lines 1 >lines.pipe 2>lines.err </dev/null &
clients=($!)
"${ws_ssh[@]}" restore "dev@$third" >restore.pipe 2>restore.err </dev/null &
clients+=($!)
# It says rsync's greeting and waits for an answer.
"${ws_ssh[@]}" rsync --server -e.LsfxCIvu --append --append . "$name" <delivery.pipe >rsync.out 2>rsync.err &
transfer=$!
clients+=("$transfer")
left+=("${clients[@]}")
eventually sessions_are "$kid" 3
SSH_ORIGINAL_COMMAND=deliver devjournal serve ssh --config ls.conf --author "$(kid_of other)" <delivery.pipe >delivery.out 2>delivery.err &
bystander=$!
left+=("$bystander")
eventually sessions_are "$(kid_of other)" 1
rsync_is_there() { for process in $(sessions "$kid"); do [[ $(cat "/proc/$process/comm") != rsync ]] || return 0; done && return 1; }
eventually rsync_is_there
released() { (($(events restore.released) == 1)); }
eventually released
# The number of a process that has ended, given to another one.
sleep 1000 &
innocent=$!
left+=("$innocent")
printf '12345 group\n' >"$ls_root/locks/sessions/$kid.$innocent"
exec {held}<"$ls_root/locks/sessions/$kid.$innocent"
flock "$held"

served=$(sessions "$kid" | grep -vx "$innocent")
when timeout 30 env DEVJOURNAL_CONFIG=ls.conf devjournal key retire ws --reason stolen
then_exits 0
grep -q '3 sessions of ws ended' err || broken "it must say how many were ended: $(cat err)"
grep -q "process $innocent still answers ws" err || broken "what is still held must be said: $(cat err)"
for process in $served; do [[ ! -e /proc/$process || $(cut -d' ' -f3 "/proc/$process/stat") == Z ]] || broken "$process continues"; done
wait "$transfer" 2>/dev/null && broken "a client must hear that it was cut off"
kill -0 "$innocent" || broken "another process was hit"
kill -0 "$bystander" || broken "another workstation's request was hit"
printf 'then  they are over, and nobody else is\n'
exec {held}<&-
when timeout 30 env DEVJOURNAL_CONFIG=ls.conf devjournal key retire ws --reason stolen --json
then_exits 0
[[ $(jq -c '[.new, .sessions, .sessions_left]' out) == '[false,0,0]' ]] || broken "nothing is left to be ended: $(cat out)"
when timeout 20 "${ws_ssh[@]}" hello
then_exits 6
then_one_error "is not enrolled"
then_absent "$ls_root/locks/sessions/$kid.$innocent"
then_journal sound
