# shellcheck shell=bash disable=SC2154 # what given_when_then.bash sets
# LS, reached through a real sshd on loopback, as the scenarios of two machines want it. Sourced after given_when_then.bash.

# ls_over_ssh: WS knows LS only by ssh: its own key, LS's host key, the pinned journal.
ls_over_ssh() {
    local author
    mkdir -p ws/state/ssh sshd
    chmod 0700 ws/state ws/state/ssh
    ssh-keygen -q -t ed25519 -N '' -C ws -f ws/state/ssh/id_ed25519
    ssh-keygen -q -t ed25519 -N '' -C ls -f sshd/host_key
    author=$(on_ls key list --json | jq -r 'select(.name == "ws") | .kid')
    printf 'restrict,command="%s serve ssh --config %s --author %s" %s\n' "$(command -v devjournal)" "$work/ls.conf" \
        "$author" "$(cat ws/state/ssh/id_ed25519.pub)" >sshd/authorized_keys
    ls_port=$((20000 + RANDOM % 20000))
    cat >sshd/config <<CONFIG
ListenAddress 127.0.0.1
Port $ls_port
HostKey $work/sshd/host_key
AuthorizedKeysFile $work/sshd/authorized_keys
PasswordAuthentication no
PermitRootLogin yes
StrictModes no
PidFile none
UsePAM no
CONFIG
    printf '[127.0.0.1]:%s %s\n' "$ls_port" "$(cut -d' ' -f1,2 sshd/host_key.pub)" >ws/state/ssh/known_hosts
    link_up
    sed -i -e "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" -e '/^LS_CONFIG=/d' ws.conf
    cat >>ws.conf <<CONFIG
LS_HOST=127.0.0.1
LS_PORT=$ls_port
LS_USER=root
RECIPIENTS=$(cat "$ls_root"/keys/ls_dev_backup.pub)
CONFIG
    on_ws replica pin --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)" 2>pin.err
    on_ws deliver -- "${ws_ssh[@]}" deliver >deliver.out 2>&1 || broken "the first delivery: $(cat deliver.out)"
}

on_ws() { DEVJOURNAL_CONFIG=ws.conf devjournal "$@"; }

sshd_pid=
link_up() {
    install -d -m 0755 /run/sshd
    "$(PATH=$PATH:/usr/sbin command -v sshd)" -D -e -f "$work/sshd/config" 2>>sshd/log &
    sshd_pid=$!
    local try
    for ((try = 0; try < 100; try++)); do
        # shellcheck disable=SC2034
        ws_ssh=(ssh -F /dev/null -i "$work/ws/state/ssh/id_ed25519" -p "$ls_port" -o IdentitiesOnly=yes -o BatchMode=yes
            -o "UserKnownHostsFile=$work/ws/state/ssh/known_hosts" -o LogLevel=ERROR root@127.0.0.1)
        if (exec 3<>"/dev/tcp/127.0.0.1/$ls_port") 2>/dev/null; then return; fi
        sleep 0.05
    done
    broken "sshd does not listen: $(cat sshd/log)"
}
link_down() {
    [[ -n $sshd_pid ]] || return 0
    kill "$sshd_pid" 2>/dev/null || true
    wait "$sshd_pid" 2>/dev/null || true
    sshd_pid=
}
