# shellcheck shell=bash disable=SC2034 # most of what is set here is for the script that sources it
# What the scripts beside it share: options, the configuration, labels, and how they speak. Sourced, never run.
#
# The configuration is literal KEY=value lines, blank lines and lines starting with #. It is read, never executed, and
# a value holds no quotes, $, ` or \, so that a shell that does source it reads the same. Keys of the scripts' own:
#   LS_HOST     LS's host, reached by ssh; empty: LS is this machine, and artifacts are handed over by path
#   LS_PORT     sshd's port there (22)
#   LS_USER     the user that serves there (devjournal)
#   KEEP_SPOOL  how long WS keeps an artifact: until the bucket has it (mirrored), or until LS has it (registered)
#   NOTIFY_CMD  a program that the timers run when something failed, with one line as its argument
#   LS_CONFIG   LS's configuration on this machine; empty: the same file as WS's

program=${0##*/}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

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
# names, `to`, `replace`, `trust_server` or `frames` (yes|no).
begin() {
    local config=${DEVJOURNAL_CONFIG:-} named=yes option
    dry_run=no to='' replace=no trust_server=no frames=no operands=()
    while (($#)); do
        case $1 in
            --help) print_help && exit 0 ;;
            --dry-run) dry_run=yes ;;
            --replace | --trust-server | --frames)
                [[ " ${accepts:-} " == *" $1 "* ]] || fail 64 "unknown option $1" "$program --help"
                option=${1#--}
                printf -v "${option//-/_}" yes
                ;;
            --config | --to)
                [[ $1 == --config || " ${accepts:-} " == *" $1 "* ]] || fail 64 "unknown option $1" "$program --help"
                [[ -n ${2:-} ]] || fail 64 "$1 needs a value" "$program --help"
                if [[ $1 == --config ]]; then config=$2; else to=$2; fi
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
    [[ -n $config ]] || { config=/etc/devjournal/dev.conf named=no; }
    read_configuration "$config" "$named"
}

read_configuration() {
    local file=$1 line value number=0
    DATASET=dev LS_ROOT=/srv/btrfs-backups/dev CODE=/home/chuck/code SNAPSHOTS=''
    WS_STATE=/var/lib/devjournal/dev WORKTREE=on LS_HOST='' LS_CONFIG=''
    LS_PORT=22 LS_USER=devjournal KEEP_SPOOL=mirrored NOTIFY_CMD=''
    if [[ ! -r $file ]]; then
        [[ $2 == no && ! -e $file ]] && return
        fail 7 "cannot read the configuration $file"
    fi
    while IFS= read -r line || [[ -n $line ]]; do
        number=$((number + 1))
        [[ $line =~ ^[[:space:]]*(#.*)?$ ]] && continue
        [[ $line =~ ^([A-Z][A-Z0-9_]*)=(.*)$ ]] || fail 64 "$file, line $number: not KEY=value"
        value=${BASH_REMATCH[2]}
        [[ $value != *[\"\'\`\$\\]* ]] || fail 64 "$file, line $number: a value may hold no quotes, \$, \` or \\"
        case ${BASH_REMATCH[1]} in
            DATASET | LS_ROOT | CODE | SNAPSHOTS | WS_STATE | WORKTREE | LS_HOST | LS_CONFIG | LS_PORT | LS_USER | KEEP_SPOOL | NOTIFY_CMD)
                printf -v "${BASH_REMATCH[1]}" '%s' "$value"
                ;;
        esac
    done <"$file"
    DEVJOURNAL_CONFIG=$(realpath -s -- "$file")
    export DEVJOURNAL_CONFIG
    [[ $LS_HOST =~ ^[A-Za-z0-9.:_-]*$ && $LS_HOST != -* && $LS_USER =~ ^[a-z_][a-z0-9_-]*$ && $LS_PORT =~ ^[0-9]+$ ]] ||
        fail 64 "$file: LS_HOST, LS_USER or LS_PORT is not one"
    # Nothing of the user's own ssh configuration counts, and an unknown host is never trusted on first sight.
    ssh_options=(ssh -F /dev/null -i "$WS_STATE/ssh/id_ed25519" -p "$LS_PORT" -o IdentitiesOnly=yes -o BatchMode=yes
        -o "UserKnownHostsFile=$WS_STATE/ssh/known_hosts" -o StrictHostKeyChecking=yes -o ConnectTimeout=15
        -o ServerAliveInterval=15 -o LogLevel=ERROR)
    ls_ssh=("${ssh_options[@]}" -- "$LS_USER@$LS_HOST")
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

# need_root: an ordinary user goes on as root through the one program that sudo allows, where that is set up.
need_root() {
    ((EUID != 0)) || return 0
    local helper=/usr/local/libexec/devjournal-root options=()
    [[ -x $helper && $DEVJOURNAL_CONFIG == "/etc/devjournal/$DATASET.conf" ]] ||
        fail 2 "Btrfs snapshots and send streams need root" "sudo $program"
    [[ $dry_run == no ]] || options+=(--dry-run)
    [[ $replace == no ]] || options+=(--replace)
    exec sudo -n -- "$helper" "$DATASET" "$program" "${options[@]}" "${operands[@]}"
}

# root_places: refuses where another user could steer what root does here, and leaves SNAPSHOTS as devjournal knows it,
# mounted where it is a subvolume of its own.
root_places() {
    SNAPSHOTS=$(devjournal places)
    [[ $SNAPSHOTS != /var/lib/devjournal/.snapshots/* ]] || mountpoint -q -- "$SNAPSHOTS" || mount -- "$SNAPSHOTS" ||
        fail 2 "$SNAPSHOTS cannot be mounted" "init_WS.sh puts it into /etc/fstab"
}

# become_server ARGUMENT…: on LS, what root starts goes on as the user who owns the journal, so that all of it stays that
# user's. The arguments are the script's own.
become_server() {
    local owner
    if ! owner=$(stat -c %U -- "$LS_ROOT/journal" 2>/dev/null); then
        [[ ! -d $LS_ROOT || -x $LS_ROOT ]] || fail 2 "$LS_ROOT may not be read by $(id -un)" "sudo $program"
        return 0
    fi
    [[ $owner != "$(id -un)" ]] || return 0
    ((EUID == 0)) || fail 2 "$LS_ROOT belongs to $owner" "sudo $program"
    exec runuser -u "$owner" -- "$0" "$@"
}

# keep_log DIRECTORY ARGUMENT…: what this run says is kept in a file of its own there; the scripts it calls say it there too.
# A dry run keeps none, nor does one on a machine that was never set up. Where none can be kept the work goes on, and says
# so. Nothing takes old logs away.
keep_log() {
    local directory=$1 words=("${@:2}")
    [[ $dry_run == no && -z ${DEVJOURNAL_LOG:-} && -d ${directory%/*} ]] || return 0
    name_log DEVJOURNAL_LOG "$directory"
    if ! (umask 027 && mkdir -p -- "$directory" && set -o noclobber && log_line "$program ${words[*]@Q}" >"$DEVJOURNAL_LOG") 2>/dev/null; then
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
# name_log VARIABLE DIRECTORY: the log of this run there.
name_log() { printf -v "$1" '%s/%(%Y-%m-%dT%H%M%S%z)T_%s_%s.log' "$2" -1 "${program%.sh}" "$$"; }
log_line() {
    local shown
    visible "$1 (${SUDO_USER:-$(id -un)}, pid $$)"
    printf '%(%Y-%m-%dT%H:%M:%S%z)T %s\n' -1 "$shown"
}
end_log() {
    log_line "exit status $1, after $SECONDS s" >>"$DEVJOURNAL_LOG" || true
    exec 2>&"$unlogged"
    wait "$log_writer" || true
}

# known LABEL WORD: what `devjournal label` says behind that word, or nothing.
known() {
    local word value said
    said=$(devjournal label "$1") || return
    while read -r word value; do
        [[ $word != "$2" ]] || printf '%s\n' "$value"
    done <<<"$said"
}

# deliver: brings WS's events to LS on another host, and LS's records here. Fails where LS is out of reach, and says why.
deliver() {
    local status=0 said
    said=$(devjournal deliver -- "${ls_ssh[@]}" deliver 2>&1 >/dev/null) || status=$?
    case $status in
        0) ;;
        2) say "${said%%$'\n'*}" && return 1 ;;
        4) printf '%s\n' "$said" >&2 ;; # what LS could not take is reported, and stays
        *) printf '%s\n' "$said" >&2 && exit "$status" ;;
    esac
    # What LS has withdrawn is not handed over again.
    devjournal set-aside || exit
}

# subvolume_field PATH FIELD: a line of `btrfs subvolume show`, such as UUID or Generation.
subvolume_field() {
    local shown line
    shown=$(btrfs subvolume show "$1") || return
    while IFS= read -r line; do
        [[ $line =~ ^[[:space:]]*"$2":[[:space:]]*(.*)$ ]] || continue
        printf '%s\n' "${BASH_REMATCH[1]}"
        return
    done <<<"$shown"
    return 1
}

# check_untouched SNAPSHOT: refuses one that is writable or was: `btrfs send` would exit 0 on it with wrong content.
# Its generation tells, though a snapshot made of it moves that too: then its tree is compared with what was sealed. A
# received one needs no such look: its received UUID is cleared for good when it is made writable. What was written a
# moment ago shows once it is on the disk.
check_untouched() {
    local tree
    [[ ! -d $1 ]] || sync -f "$1"
    [[ $(subvolume_field "$1" Flags) == readonly ]] || fail 6 "$1 is not read-only" "a snapshot once writable is no backup"
    [[ $(subvolume_field "$1" 'Received UUID') == - ]] || return 0
    [[ $(subvolume_field "$1" Generation) != "$(subvolume_field "$1" 'Gen at creation')" ]] || return 0
    tree=$(known "${1##*/}" tree)
    [[ -n $tree && $(devjournal tree "$1") == "$tree" ]] ||
        fail 6 "$1 may have been changed since it was taken: its generation moved" \
            "compare it with what LS holds; if it is only a parent, seal this month as a full one"
}

# stream_uuid SNAPSHOT: the UUID a send stream names it by.
stream_uuid() {
    local received
    received=$(subvolume_field "$1" 'Received UUID')
    if [[ $received == - ]]; then subvolume_field "$1" UUID; else printf '%s\n' "$received"; fi
}
