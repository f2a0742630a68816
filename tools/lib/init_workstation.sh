# shellcheck shell=bash disable=SC2154,SC2034,SC2153 # options, configuration and the line's words are read by what sources this
# The steps that are WS's alone: its configuration, its keys, the journal it is pinned to, the first delivery. Sourced
# by init_WS.sh.

delivered=0
shows_line=no # WS's own, which comes last of all

# settings: from the configuration, or what would be written there.
settings() {
    if [[ -e $config ]]; then
        read_configuration "$config"
        [[ $DATASET == "$dataset" ]] || fail 6 "$config is of data set $DATASET" "its name must be $DATASET.conf"
        [[ -z $code || $code == "$CODE" ]] || fail 6 "$config says CODE=$CODE" "edit it there"
    else
        [[ $dataset == dev || -n $code ]] || fail 64 "what is data set $dataset of?" "--code DIR"
        one_line "$code"
        read_proposed "DATASET=$dataset${code:+$'\n'CODE=$code}"
        [[ $CODE == /*/* && $CODE != */ ]] || fail 64 "CODE cannot be $CODE"
    fi
    if [[ -n $ls_given ]]; then
        [[ $ls_given =~ ^([A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(:([1-9][0-9]{0,4}))?$ ]] ||
            fail 64 "no host and port: $ls_given" "--ls HOST or --ls HOST:PORT"
        LS_HOST=${BASH_REMATCH[1]} LS_PORT=${BASH_REMATCH[4]:-22}
        ((LS_PORT < 65536)) || fail 64 "no port: $LS_PORT" "--ls HOST:PORT"
    fi
    [[ -z $pair || -n $LS_HOST ]] || fail 64 "where is LS?" "--ls HOST[:PORT]"
    log_directory=$WS_STATE/logs
    workstation=$(uname -n) workstation=${workstation%%.*}
    [[ $workstation =~ ^$host_word$ ]] || fail 6 "this machine's name cannot stand in a line: $workstation" "hostnamectl set-hostname NAME"
}

write_settings() {
    if [[ ! -e $config ]]; then
        ensure_file "$config" root:root 0644 "# devjournal on WS: literal KEY=value lines, as devjournal.conf(5) says.
DATASET=$DATASET
CODE=$CODE
SNAPSHOTS=$SNAPSHOTS
WS_STATE=$WS_STATE
LS_USER=$LS_USER
# NOTIFY_CMD=/usr/local/bin/notify-me"
    fi
    [[ -n $ls_given ]] || return 0
    ensure_setting "$config" LS_HOST "$LS_HOST"
    ensure_setting "$config" LS_PORT "$LS_PORT"
}

ensure_state() {
    [[ -d ${WS_STATE%/*} ]] || change "make the directory ${WS_STATE%/*}" install -d -m 0755 "${WS_STATE%/*}"
    ensure_directory "$WS_STATE" root:root 0700
    ensure_directory "$WS_STATE/logs" root:root 0750
    ensure_directory "$WS_STATE/ssh" root:root 0700
    [[ -s $WS_STATE/ssh/id_ed25519 && -s $WS_STATE/ssh/id_ed25519.pub ]] ||
        change "make the ssh key $WS_STATE/ssh/id_ed25519" new_ssh_key
    [[ $dry_run == yes ]] || is_as "$WS_STATE/ssh/id_ed25519" root:root 0600 || own "$WS_STATE/ssh/id_ed25519" root:root 0600
}
new_ssh_key() {
    local directory=$WS_STATE/ssh
    rm -f -- "$directory/new" "$directory/new.pub" "$directory/id_ed25519" "$directory/id_ed25519.pub" &&
        ssh-keygen -q -t ed25519 -N '' -C "$workstation" -f "$directory/new" &&
        mv -T -- "$directory/new.pub" "$directory/id_ed25519.pub" && mv -T -- "$directory/new" "$directory/id_ed25519" &&
        sync -f "$directory"
}

on_ws() { DEVJOURNAL_CONFIG=$config "$bin/devjournal" "$@"; }
quietly() { "$@" >/dev/null 2>&1; }
pinned_words() { [[ ! -s $WS_STATE/replica.pin ]] || head -n 1 "$WS_STATE/replica.pin"; }

# pin_journal: what LS's line says, once a person has compared it.
pin_journal() {
    local known name=$LS_HOST
    ((LS_PORT == 22)) || name="[$LS_HOST]:$LS_PORT"
    known="$name $host_key"
    if [[ $(pinned_words) == "$log $root" && $(cat "$WS_STATE/ssh/known_hosts" 2>/dev/null) == "$known" &&
        $(setting RECIPIENTS) == "$recipients" && -s $WS_STATE/author.key ]]; then
        return
    fi
    local old
    old=$(pinned_words)
    [[ -z $old || ${old% *} == "$log" || $succeed == yes ]] || fail 6 "this workstation belongs to journal ${old% *}, and the line is of journal $log" \
        "if LS is lost with its recovery kit, and its new journal succeeds the old one: --succeed"
    say "journal $log of data set $DATASET on $name"
    say "its root's fingerprint: $root"
    say "its ssh host key: $(fingerprint "$host_key")"
    say "artifacts will be readable with the keys of: $recipients"
    [[ $dry_run == yes ]] || confirm "are these the fingerprints on LS's screen, or in the recovery kit?"
    ensure_setting "$config" RECIPIENTS "$recipients"
    ensure_file "$WS_STATE/ssh/known_hosts" root:root 0600 "$known"
    if [[ -n $old && ${old% *} != "$log" ]]; then
        change "put journal ${old% *} aside, into $WS_STATE/before, and pin journal $log, root $root" succeed
    elif [[ $old != "$log $root" ]]; then
        change "pin journal $log, root $root" pin
    fi
    [[ -s $WS_STATE/author.key ]] || change "make the author key $WS_STATE/author.key" quietly on_ws key new
}
pin() {
    local server=()
    # What another root vouches for may not be here yet.
    if [[ -n $(pinned_words) ]]; then
        settings_changed
        server=(-- "${ls_ssh[@]}" deliver)
    fi
    on_ws replica pin --log "$log" --root "$root" "${server[@]}" >/dev/null || exit
}
succeed() {
    # What a month says meanwhile would be said to the old journal.
    exec {month_lock}>"$WS_STATE/month.lock"
    flock --nonblock "$month_lock" || fail 2 "a run of the month is in progress" "run this again when it has ended"
    on_ws replica succeed --log "$log" --root "$root" || exit
}

# first_delivery: with everything there is, over ssh. A server that does not know this workstation yet is not a failure.
first_delivery() {
    local of=''
    [[ $dry_run == no ]] || return 0
    [[ $DATASET == dev ]] || of=" --dataset $DATASET"
    if [[ -z $(pinned_words) ]]; then
        left+=("pair this workstation: init_WS.sh$of --ls HOST --pair 'LINE', with the line that init_LS.sh prints on LS")
        return
    fi
    local told
    settings_changed
    told=$(on_ws deliver --before-pairing 2>&1 >/dev/null) || delivered=$?
    # LS that does not admit the key is what is expected before pairing.
    ((delivered == 8)) || [[ -z $told ]] || printf '%s\n' "$told" >&2
    case $delivered in
        0)
            say "LS answers, and the replica follows its journal"
            trust_earlier_workstations
            return
            ;;
        8)
            delivered=0
            left+=("on LS, as root: init_LS.sh$of --pair 'LINE', with the last line of this; then init_WS.sh$of again, which tries a delivery")
            ;;
        12) left+=("find out why another ssh host key answers at $LS_HOST; where LS was rebuilt: init_WS.sh$of --pair 'LINE', with its line") ;;
        2) left+=("LS answers, and has said why the first delivery failed; once that is mended: init_WS.sh$of") ;;
        *)
            ((delivered != 11)) || delivered=2
            left+=("the first delivery to LS failed: init_WS.sh$of tries it again")
            ;;
    esac
    shows_line=yes
}

# trust_earlier_workstations: LS knows more keys than a person has seen; what they have sealed is restored here only once
# somebody has compared their fingerprints, for which --yes is not enough.
trust_earlier_workstations() {
    local key name standing labels answer
    while IFS=$'\t' read -r key name standing labels <&3; do
        [[ $standing == untrusted ]] || continue
        say "an earlier workstation, $name, has sealed $labels; its author key: $key"
        answer=no
        [[ ! -t 0 ]] || read -rp "$program: is that the key that $name showed when it was paired? [yes/no] " answer
        if [[ $answer == yes ]]; then
            on_ws replica trust "$key" 2>/dev/null && say "what $name has sealed can be restored here"
        else
            left+=("to restore here what $name has sealed, compare its key with your notes; then: devjournal replica trust $key")
        fi
    done 3< <(on_ws replica trust)
}

remove_workstation() {
    [[ -e $config ]] || fail 7 "there is no configuration $config" "--dataset NAME"
    remove_program devjournal-ws "devjournal-month@$DATASET.timer"
    left+=("nothing: $config, $WS_STATE, $CODE and its snapshots stay; init_WS.sh finds them again")
}

print_ws_line() {
    local key request
    key=$(cut -d ' ' -f 1,2 "$WS_STATE/ssh/id_ed25519.pub")
    request=$(on_ws key new 2>/dev/null)
    say "this workstation's author key: $(author_of_request "$request")"
    say "write it down and keep it with the recovery kit: a workstation that follows this one asks for it"
    say "its ssh key: $(fingerprint "$key")"
    printf 'devjournal-ws1 %s %s %s %s\n' "$DATASET" "$workstation" "$key" "$request"
}
