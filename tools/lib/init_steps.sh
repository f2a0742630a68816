# shellcheck shell=bash disable=SC2154,SC2034 # variables of what sources this
# How init_LS.sh and init_WS.sh change a machine: each step looks at what is there, changes what differs and says so;
# with --dry-run it only says so. A step that was interrupted is finished by the next run. Sourced, never run.

changes=0 # made, or with --dry-run to be made
left=()   # what a person still has to do
lent=''   # a directory of this run's alone, which goes with it

# What these scripts themselves say they change is kept in logs/, a file a run, as of every other script: from the first
# change on that finds such a directory. What devjournal says is not, because it may be showing a passphrase.
asked=("$@") log_directory='' log_fd='' noted=()
note() {
    local line shown
    visible "$1"
    printf -v line '%(%Y-%m-%dT%H:%M:%S%z)T %s' -1 "$shown"
    noted+=("$line")
    [[ -n $log_fd ]] || { [[ -d $log_directory ]] && open_log; } || return 0
    printf '%s\n' "${noted[@]}" >&"$log_fd" || true
    noted=()
}
# Opened once, and by a new name: on LS others may write in that directory, but it is root's and sticky, and what is
# root's in it stays what it is. An older one is looked at again once it was repaired.
open_log() {
    local name
    [[ ! -L $log_directory && $(stat -c '%u %a' -- "$log_directory") =~ ^0\ (1770|7[05]0)$ ]] || return 1
    name_log name "$log_directory"
    # shellcheck disable=SC2154 # name_log sets it
    if name=$(mktemp -- "${name%.log}.XXXXXX.log"); then exec {log_fd}>>"$name" && chmod 0640 -- "$name"; fi
    [[ -n $log_fd ]] && log_line "$program ${asked[*]@Q}" >&"$log_fd"
}
leave() {
    [[ -z $lent ]] || rm -rf -- "$lent"
    [[ -z $log_fd && ${#noted[@]} == 0 ]] || note "exit status $1, after $SECONDS s"
}
trap 'leave $?' EXIT

# change WHAT COMMAND…
change() {
    changes=$((changes + 1))
    if [[ ${dry_run:?} == yes ]]; then
        say "would $1"
        return
    fi
    say "$1"
    note "$1"
    "${@:2}" || fail 2 "this failed: $1" "run it again once its cause is gone: what was done stays"
}

# settle_configuration: the data set's name is one, and `config` is the file of that name.
settle_configuration() {
    [[ ${dataset:?} =~ ^${dataset_word:?}$ ]] || fail 64 "no data set's name: $dataset" "use a-z, 0-9, - and _"
    config=${config:-/etc/devjournal/$dataset.conf}
    [[ $config == "/etc/devjournal/$dataset.conf" ]] ||
        fail 6 "the configuration of $dataset is /etc/devjournal/$dataset.conf, not $config" "--dataset NAME"
}

# is_as PATH OWNER MODE: whether it is owned so.
is_as() { [[ $(stat -c '%U:%G %a' -- "$1") == "$2 ${3#0}" ]]; }
own() { chown --no-dereference "$2" "$1" && chmod "$3" "$1"; }

# ensure_directory PATH OWNER MODE: OWNER is user:group.
ensure_directory() {
    [[ ! -L $1 && (-d $1 || ! -e $1) ]] || fail 6 "$1 is not a directory" "move it away, or name another place"
    if [[ ! -e $1 ]]; then
        change "make the directory $1, $2, mode $3" install -d -o "${2%:*}" -g "${2#*:}" -m "$3" "$1"
    elif ! is_as "$1" "$2" "$3"; then
        change "give the directory $1 to $2, mode $3" own "$1" "$2" "$3"
    fi
}

# ensure_file PATH OWNER MODE CONTENT: written next to it and renamed, so that it is whole at any time.
ensure_file() {
    if [[ -L $1 || ! -f $1 || $(<"$1") != "$4" ]]; then
        change "write $1, $2, mode $3" write_file "$@"
        [[ $dry_run == no ]] || visible_lines <<<"$4" | sed 's/^/    | /' >&2
    elif ! is_as "$1" "$2" "$3"; then
        change "give $1 to $2, mode $3" own "$1" "$2" "$3"
    fi
}
write_file() {
    local new=$1.new # sudo reads no file with a dot in its name
    rm -f -- "$new" && printf '%s\n' "$4" >"$new" && own "$new" "$2" "$3" && sync -- "$new" && mv -T -- "$new" "$1"
}

# ensure_copy SOURCE PATH MODE: root's.  ensure_copies FROM TO MODE NAME…: files of that directory, as one change.
ensure_copy() {
    is_copy "$@" || change "install $2" copy "$@"
}
ensure_copies() {
    local from=$1 to=$2 mode=$3 name differ=()
    for name in "${@:4}"; do
        [[ ! -e $from/$name ]] || is_copy "$from/$name" "$to/$name" "$mode" || differ+=("$name")
    done
    ((${#differ[@]} == 0)) || change "install in $to: ${differ[*]}" copy_all "$from" "$to" "$mode" "${differ[@]}"
}
is_copy() { # a file that runs from where it is installed is its own copy
    [[ $1 -ef $2 ]] || { cmp -s -- "$1" "$2" && is_as "$2" root:root "$3"; }
}
copy() { install -o root -g root -m "$3" -- "$1" "$2.new" && sync -- "$2.new" && mv -T -- "$2.new" "$2"; }
copy_all() {
    local name
    for name in "${@:4}"; do copy "$1/$name" "$2/$name" "$3" || return; done
}

# setting KEY: what the configuration says now, or the default.
setting() {
    local settings
    settings=$(DEVJOURNAL_CONFIG='' "$devjournal" config --shell --config "$config") || exit
    (eval "$settings" && printf '%s\n' "${!1}")
}
# settings_changed: this run has written another one than it has read.
settings_changed() { read_configuration "$config"; }

one_line() { [[ $1 != *$'\n'* ]] || fail 64 "an option holds more than one line" "$program --help"; }
# read_proposed TEXT: what a configuration of that text would say, or why there can be none.
read_proposed() {
    local settings
    settings=$(DEVJOURNAL_CONFIG='' "$devjournal" config --shell --config /dev/stdin <<<"$1") ||
        fail 64 "a configuration cannot hold these options" "$program --help"
    eval "$settings"
}

# ensure_setting FILE KEY VALUE: that line of a configuration.
ensure_setting() {
    [[ ! -e $1 || $(sed -n "s/^$2=//p" "$1" | tail -n 1) != "$3" ]] || return 0
    change "set $2=$3 in $1" set_line "$@"
}
set_line() {
    local text
    text=$(grep -v "^$2=" "$1" || true)
    write_file "$1" "$(stat -c %U:%G "$1")" "$(stat -c %a "$1")" "$text"$'\n'"$2=$3"
}

# ensure_packages PACKAGE…: asks apt only for those that are missing.
ensure_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || fail 2 "this is not a Debian system" "these must be there: $*"
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]} == 0)) || change "install packages with apt: ${missing[*]}" apt_install "${missing[@]}"
}
apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

# confirm QUESTION: --yes, or a person on the terminal.
confirm() {
    [[ ${yes:-no} == no ]] || return 0
    [[ -t 0 ]] || fail 64 "nobody is there to compare fingerprints" "compare what is shown above, then say --yes"
    local answer
    read -rp "$program: $1 [yes/no] " answer
    [[ $answer != yes ]] || return 0
    ((changes)) || fail 6 "not confirmed, so not paired: nothing was changed"
    fail 6 "not confirmed, so not paired; what was changed before stays (changes: $changes)"
}

# file_system PATH: type and device of the mounted file system that it is on or would be on.
file_system() {
    local path=$1 type device
    until [[ -e $path ]]; do path=$(dirname "$path"); done
    read -r type device < <(findmnt -no FSTYPE,MAJ:MIN -T "$path" | tail -n 1)
    printf '%s %s\n' "$type" "$device"
}

# option_value NAME VALUE…: fails where an option lacks its value.
option_value() { [[ -n ${2:-} ]] || fail 64 "$1 needs a value" "$program --help"; }

# notices_left: without NOTIFY_CMD nobody hears of a timer's failure.
notices_left() {
    [[ ! -e $config || -n $(setting NOTIFY_CMD) ]] ||
        left+=("set NOTIFY_CMD in $config: without it a timer's failure stands in the system's log alone")
}

# finish [COMMAND…]: the end of a run: says what was done and what is left, runs COMMAND, which prints this machine's line
# for the other one, and exits; init_WS.sh, which has tried a delivery, with its status.
finish() {
    local step noun=changes
    ((changes != 1)) || noun=change
    if ((changes == 0)); then
        say "nothing to change"
    elif [[ $dry_run == yes ]]; then
        say "$changes $noun would be made; nothing was changed"
    else
        say "$changes $noun made"
    fi
    for step in "${left[@]}"; do say "left to do: $step"; done
    "${@:-true}"
    exit "${delivered:-0}"
}
