# shellcheck shell=bash disable=SC2034 # most of what is set here is for the script that sources it
# What the scripts share: options, the configuration, labels, and how they speak. Sourced, never run, by scripts that have
# set `here`, the directory that they are in.
# `devjournal config` is the only reader of the configuration: it knows every key, its default and its valid values.

# Whatever starts a script (a person, cron, a timer, sshd): no locale says what is a letter, how words are sorted or what a
# tool's answer looks like; what is closed is /dev/null; and programs are found, first of all the devjournal that lies here.
export LC_ALL=C.UTF-8
unset LANGUAGE
[[ -e /proc/self/fd/0 || ! -d /proc/self/fd ]] || exec </dev/null
[[ -e /proc/self/fd/1 || ! -d /proc/self/fd ]] || exec >/dev/null
[[ -e /proc/self/fd/2 || ! -d /proc/self/fd ]] || exec 2>/dev/null
program=${0##*/}
running_as='\u' running_as=${running_as@P} # the user's name
for place in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
    [[ :$PATH: == *:$place:* ]] || PATH+=:$place
done
[[ ! -x ${here:?}/devjournal || $(type -P devjournal) -ef $here/devjournal ]] || PATH=$here:$PATH
export PATH
devjournal=devjournal # init_LS.sh and init_WS.sh may be installing another one

# visible TEXT: leaves in `shown` what of it may be shown, on one line and as devjournal itself shows it: a character that
# steers a terminal or reorders a line becomes \uNNNN, a byte that is not UTF-8 \xNN.
visible() {
    local LC_ALL=C text=$1 character code size i
    shown=$text
    [[ $text == *[!' '-'~']* ]] || return 0
    shown=''
    LC_ALL=C.UTF-8
    for ((i = 0; i < ${#text}; i++)); do
        character=${text:i:1}
        LC_ALL=C
        size=${#character}
        ((size > 1)) || printf -v code %d "'$character"
        LC_ALL=C.UTF-8
        ((size == 1)) || printf -v code %d "'$character"
        if ((size == 1 && (code < 0 || code > 0x7f))); then
            printf -v character '\\x%02x' $((code & 0xff))
        elif ((code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
            (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))); then
            printf -v character '\\u%04x' "$code"
        fi
        shown+=$character
    done
}
# visible_lines: the same for each line of its input, a long one in pieces. ssh ends its lines as if a terminal were raw.
visible_lines() {
    local line='' shown
    while IFS= read -r -n 1000 line || [[ -n $line ]]; do
        visible "${line%$'\r'}"
        printf '%s\n' "$shown"
    done
}

# say TEXT and fail STATUS MESSAGE [HINT]: a line each, whatever characters somebody's argument brings into it.
say() {
    local shown
    visible "$*"
    printf '%s: %s\n' "$program" "$shown" >&2
}
fail() {
    say "error: $2"
    [[ -z ${3:-} ]] || say "hint: $3"
    exit "$1"
}

# The comment at the top of the script is its help.
print_help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# begin ARGUMENT…: options and configuration. Leaves `operands`, `dry_run` (yes|no), and of the options that `accepts`
# names, `to`, `expect_bytes`, `replace`, `trust_server`, `frames`, `full`, `ignore_space` or `receive_only` (yes|no).
begin() {
    local config=${DEVJOURNAL_CONFIG:-} option
    asked=("$@")
    expect_bytes='' ignore_space=no receive_only=no
    dry_run=no to='' replace=no trust_server=no frames=no full=no operands=()
    while (($#)); do
        case $1 in
            --help) print_help && exit 0 ;;
            --dry-run) dry_run=yes ;;
            --replace | --trust-server | --frames | --full | --ignore-space | --receive-only)
                [[ " ${accepts:-} " == *" $1 "* ]] || fail 64 "unknown option $1" "$program --help"
                option=${1#--}
                printf -v "${option//-/_}" yes
                ;;
            --config | --to | --expect-bytes)
                [[ $1 == --config || " ${accepts:-} " == *" $1 "* ]] || fail 64 "unknown option $1" "$program --help"
                [[ -n ${2:-} ]] || fail 64 "$1 needs a value" "$program --help"
                case $1 in --config) config=$2 ;; --to) to=$2 ;; --expect-bytes) expect_bytes=$2 ;; esac
                shift
                ;;
            --) shift && operands+=("$@") && break ;;
            -*) fail 64 "unknown option $1" "$program --help" ;;
            *) operands+=("$1") ;;
        esac
        shift
    done
    # What events name as their script: the one that was called, not those that it calls.
    export DEVJOURNAL_SCRIPT=${DEVJOURNAL_SCRIPT:-$program}
    [[ $expect_bytes =~ ^[0-9]*$ ]] || fail 64 "--expect-bytes takes a number of bytes" "$program --help"
    space_options=()
    [[ -z $expect_bytes ]] || space_options+=(--expect-bytes "$expect_bytes")
    [[ $ignore_space == no ]] || space_options+=(--ignore-space)
    # The default one may be missing.
    if [[ -z $config && -e /etc/devjournal/dev.conf ]]; then config=/etc/devjournal/dev.conf; fi
    read_configuration ${config:+"$config"}
}

# read_configuration [FILE]: sets a variable for each key, and how LS on another host is reached (`ls_ssh`, `ls_transport`,
# `ls_address`), as devjournal says; without FILE from the defaults.
read_configuration() {
    local settings
    if (($#)); then
        DEVJOURNAL_CONFIG=$1
        [[ $1 == /* && $1/ != *//* && $1 != */.* ]] || DEVJOURNAL_CONFIG=$(realpath -sm -- "$1")
        export DEVJOURNAL_CONFIG
    fi
    type -P "$devjournal" >/dev/null || fail 7 "there is no devjournal in $here, nor in PATH" "init_LS.sh or init_WS.sh installs it"
    settings=$("$devjournal" config --shell) || exit
    eval "$settings"
}

# one_operand NAME: leaves the only operand in `operand`.  no_operand: there is none.
one_operand() {
    ((${#operands[@]} == 1)) || fail 64 "one $1 is needed, ${#operands[@]} given" "$program --help"
    operand=${operands[0]}
}
no_operand() { ((${#operands[@]} == 0)) || fail 64 "no operand is taken" "$program --help"; }

# month_label TEXT: 2026-01 or dev@2026-01, as dev@2026-01.  any_label TEXT: `latest` too.
month_label() {
    [[ ${1#"$DATASET@"} =~ ^[0-9]{4}-(0[1-9]|1[0-2])$ ]] ||
        fail 64 "not a month: $1" "a label is 2026-01 or $DATASET@2026-01"
    printf '%s@%s\n' "$DATASET" "${1#"$DATASET@"}"
}
any_label() { if [[ $1 == latest ]]; then printf 'latest\n'; else month_label "$1"; fi; }

# run COMMAND…: runs it, or with --dry-run says what would run.
run() {
    if [[ $dry_run == yes ]]; then
        local shown
        visible "would run: ${*@Q}"
        printf '%s\n' "$shown" >&2
    else
        "$@"
    fi
}

# with_sudo: this run as root, as one types it. sudo takes no environment along.
with_sudo() {
    local name=$program words=("${asked[@]}")
    [[ $(type -P "$program") -ef $0 ]] || name=$0
    [[ " ${asked[*]} " == *" --config "* || ${DEVJOURNAL_CONFIG:-/etc/devjournal/dev.conf} == /etc/devjournal/dev.conf ]] ||
        words=(--config "$DEVJOURNAL_CONFIG" "${words[@]}")
    printf sudo
    printf ' %q' "$name" "${words[@]}"
}

# need_root: an ordinary user becomes root through the one program that sudo allows, where that is set up.
need_root() {
    ((EUID != 0)) || return 0
    local helper=/usr/local/libexec/devjournal-root options=()
    [[ -x $helper && $DEVJOURNAL_CONFIG == "/etc/devjournal/$DATASET.conf" ]] ||
        fail 2 "Btrfs snapshots and send streams need root" "$(with_sudo)"
    [[ $dry_run == no ]] || options+=(--dry-run)
    [[ $replace == no ]] || options+=(--replace)
    [[ $full == no ]] || options+=(--full)
    options+=("${space_options[@]}")
    exec sudo -n -- "$helper" "$DATASET" "$program" "${options[@]}" "${operands[@]}"
}

# mount_snapshots: where the snapshots are in a subvolume of their own, as init_WS.sh makes one: SNAPSHOTS names its place, or
# nothing and fstab does.
mount_snapshots() {
    local place=${SNAPSHOTS:-/var/lib/devjournal/.snapshots/$DATASET}
    [[ $place == /var/lib/devjournal/.snapshots/* ]] || return 0
    [[ -n $SNAPSHOTS ]] || grep -qF -- " $place btrfs " /etc/fstab || return 0
    mountpoint -q -- "$place" || mount -- "$place" ||
        fail 2 "$place cannot be mounted" "init_WS.sh puts it into /etc/fstab"
}

# become_server ARGUMENT…: on LS, what root starts runs as the user who owns the journal, so that all of it stays that
# user's. The arguments are the script's own.
become_server() {
    local owner
    [[ ! -O $LS_ROOT/journal ]] || return 0
    if ! owner=$(stat -c %U -- "$LS_ROOT/journal" 2>/dev/null); then
        [[ ! -d $LS_ROOT || -x $LS_ROOT ]] || fail 2 "$LS_ROOT is closed to $running_as" "$(with_sudo)"
        return 0
    fi
    ((EUID == 0)) || fail 2 "$LS_ROOT belongs to $owner" "$(with_sudo)"
    exec runuser -u "$owner" -- "$0" "$@"
}

# keep_log DIRECTORY ARGUMENT…: what this run says is kept in a file of its own there; the scripts it calls say it there too.
# A dry run keeps none, nor does one on a machine that was never set up. Where none can be kept the work continues, and says
# so. Nothing takes old logs away.
keep_log() {
    local directory=$1 words=("${@:2}")
    [[ $dry_run == no && -z ${DEVJOURNAL_LOG:-} && -d ${directory%/*} ]] || return 0
    name_log DEVJOURNAL_LOG "$directory"
    if ! (umask 027 && { [[ -d $directory ]] || mkdir -p -- "$directory"; } && set -o noclobber && log_line "$program ${words[*]@Q}" >"$DEVJOURNAL_LOG") 2>/dev/null; then
        unset DEVJOURNAL_LOG
        say "no log of this run: $directory cannot be written to"
        return
    fi
    # What is shown of progress stays on the terminal, and out of the log. ssh and rsync repeat what the other machine says.
    exec {unlogged}>&2 2> >(trap '' INT TERM HUP && visible_lines | tee -a -- "$DEVJOURNAL_LOG" >&2)
    log_writer=$!
    export DEVJOURNAL_LOG DEVJOURNAL_PROGRESS_FD=$unlogged
    trap 'end_log $?' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
# keep_pings JOB: the service that PING_URL names hears that this run begins and how it ends, with the last lines of its log. No run fails
# because of that. After keep_log.
keep_pings() {
    [[ -n $PING_URL && $dry_run == no ]] || return 0
    pinged=$1
    devjournal ping start "$pinged" </dev/null || true
    trap 'end_pings $?' EXIT
}
end_pings() {
    local signal=fail
    case $1 in 0) signal=success ;; 11) signal=log ;; esac # what is not done yet is tried again
    { [[ -z ${DEVJOURNAL_LOG:-} ]] || tail -n 20 -- "$DEVJOURNAL_LOG"; } | devjournal ping "$signal" "$pinged" || true
    [[ -z ${log_writer:-} ]] || end_log "$1"
}
# name_log VARIABLE DIRECTORY: the log of this run there.
name_log() { printf -v "$1" '%s/%(%Y-%m-%dT%H%M%S%z)T_%s_%s.log' "$2" -1 "${program%.sh}" "$$"; }
log_line() {
    local shown
    visible "$1 (${SUDO_USER:-$running_as}, pid $$)"
    printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$shown"
}
end_log() {
    log_line "exit status $1, after $SECONDS s" >>"$DEVJOURNAL_LOG" || true
    exec 2>&"$unlogged"
    wait "$log_writer" || true
}
