# shellcheck shell=bash disable=SC2154,SC2034 # variables of what sources this
# What is installed alike on LS and WS: binary, scripts, manual pages, the root helper, who may call it, systemd units.
# Sourced by init_LS.sh and init_WS.sh after init_steps.sh.

bin=/usr/local/bin manuals=/usr/local/share/man helper=/usr/local/libexec/devjournal-root units=/etc/systemd/system
unit_files=(devjournal-month@.service devjournal-month@.timer devjournal-notify@.service devjournal-push@.service
    devjournal-push@.timer devjournal-scrub@.service devjournal-scrub@.timer)

# find_binary [FILE]: leaves in `binary` the file named, else one that was built beside these scripts, else PATH's.
find_binary() {
    local candidate
    binary=${1:-}
    [[ -n $binary ]] || for candidate in "${here:?}/devjournal" "$here/../.build/release/devjournal" "$(command -v devjournal)"; do
        [[ -z $binary && -x $candidate ]] && binary=$candidate
    done
    [[ -f $binary && -x $binary ]] || fail 7 "there is no devjournal${1:+ at $1} to install" \
        "swift build -c release --static-swift-stdlib --product devjournal, or name one with --binary"
    binary=$(readlink -f -- "$binary")
    "$binary" --version >/dev/null || fail 2 "$binary does not run on this machine"
    devjournal=$binary
}

script_names() {
    cd "$here" && printf '%s\n' devjournal_*.sh \
        init_{LS,WS,admission,install,pairing,server,snapshots,steps,subvolume,workstation}.sh LS_*.sh ls_dev_*.sh ws_dev_*.sh migrate_manifest_to_v2.sh \
        pull_from_cloud.sh push_to_cloud.sh restore_backup_LS.sh store_on_LS.sh list_tree.py verify_journal.py
}

# install_program: from the directory that these scripts are in.
install_program() {
    local names
    ensure_directory /etc/devjournal root:root 0755
    ensure_directory /usr/local/libexec root:root 0755
    ensure_copy "$binary" "$bin/devjournal" 0755
    mapfile -t names < <(script_names)
    ensure_copies "$here" "$bin" 0755 "${names[@]}"
    ensure_copy "$here/devjournal_root.sh" "$helper" 0755
    install_manuals
}

# install_manuals: from the Markdown in the checkout; what is installed has none, and leaves the pages as they are.
install_manuals() {
    local section names
    [[ -x $here/man/build.sh ]] || return 0
    command -v lowdown >/dev/null || {
        left+=("the manual pages were not installed, because lowdown is missing: apt-get install lowdown, then run this again")
        return 0
    }
    [[ $dry_run == yes ]] || rm -rf -- /run/devjournal-init.?????? # of an init that was killed
    lent=$(mktemp -d /run/devjournal-init.XXXXXX)
    "$here/man/build.sh" "$lent" || fail 2 "the manual pages cannot be built" "$here/man/build.sh DIR"
    for section in 1 5 7; do
        mapfile -t names < <(ls "$lent/man$section")
        ensure_directory "$manuals/man$section" root:root 0755
        ensure_copies "$lent/man$section" "$manuals/man$section" 0644 "${names[@]}"
    done
    rm -rf -- "$lent"
    lent=''
}

# allow_helper USER [SUFFIX]: sudo runs the root helper for that user, and nothing else. A file that visudo refuses is not put in
# place: it would shut everyone out of sudo.
allow_helper() {
    local rule="$1 ALL=(root) NOPASSWD: $helper" file=/etc/sudoers.d/devjournal${2:-}
    [[ $1 =~ ^[a-z_][a-z0-9_-]*$ ]] || fail 6 "sudo's rules cannot name the user $1"
    if command -v visudo >/dev/null; then
        visudo -cqf - <<<"$rule" || fail 2 "visudo refuses the rule: $rule"
    fi
    ensure_file "$file" root:root 0440 "$rule"
    [[ $dry_run == yes ]] || visudo -cq || fail 2 "visudo finds sudo's rules broken" "visudo -c"
}

# confine_units UNIT…: the only directories that these units of the data set may write, which their own files cannot know: a
# drop-in that follows the configuration. In a place that the units do not see at all, they are bound.
confine_units() {
    local unit directory=${mirror:-} file=${credentials:-} text
    [[ ! -e $config ]] || directory=$(setting MIRROR) file=$(setting S3_CREDENTIALS)
    text="# init_LS.sh has written this from $config. Run it again where that names other places.
[Service]$(write_path "$LS_ROOT")"
    [[ $directory != file:///* ]] || text+=$(write_path "${directory#file://}")
    text+=$(read_path "$file")
    [[ ! -e $config ]] || text+=$(read_path "$(setting S3_CA_FILE)")
    for unit in "$@"; do
        directory=$units/$unit@$DATASET.service.d
        ensure_directory "$directory" root:root 0755
        ensure_file "$directory/paths.conf" root:root 0644 "$text"
    done
}
# A % is a specifier to systemd. A place that is not there now is the command's to complain of.
write_path() {
    local setting=ReadWritePaths
    ! is_hidden "$1" || setting=BindPaths
    printf '\n%s="-%s"' "$setting" "${1//%/%%}"
}
read_path() { ! is_hidden "$1" || printf '\nBindReadOnlyPaths="-%s"' "${1//%/%%}"; }
is_hidden() { [[ $1/ =~ ^/(home|root|run/user|tmp|var/tmp)/ ]]; }

# install_units TIMER…: the units' files, and these timers enabled for the data set.
install_units() {
    local timer
    ensure_directory "$units" root:root 0755
    ensure_copies "$here/systemd" "$units" 0644 "${unit_files[@]}"
    command -v systemctl >/dev/null || {
        left+=("without systemd: run these daily: ${*}")
        return 0
    }
    # Only systemd itself would use what it has read before.
    [[ $dry_run == yes || ! -d /run/systemd/system ]] || systemctl daemon-reload
    for timer in "$@"; do
        [[ $(systemctl is-enabled "$timer" 2>/dev/null) == enabled ]] ||
            change "enable $timer" enable_timer "$timer"
    done
}
enable_timer() {
    # Where systemd does not run (a chroot, a container), the timer is enabled for when it will.
    if [[ ! -d /run/systemd/system ]]; then systemctl -q enable "$1"; else
        systemctl daemon-reload && systemctl -q enable --now "$1"
    fi
}

# remove_program SUDOERS TIMER…: removes what was installed for the data set, and the program too where no other timer of
# this machine uses it. Configuration, journal, keys, artifacts, snapshots and logs stay.
remove_program() {
    local timer place names others=()
    for timer in "${@:2}"; do
        [[ $(systemctl is-enabled "$timer" 2>/dev/null) != enabled ]] || change "disable $timer" disable_timer "$timer"
    done
    for place in "$units"/devjournal-*"@$DATASET.service.d"; do
        [[ ! -e $place/paths.conf || " ${*:2} " != *" $(basename "$place" .service.d).timer "* ]] ||
            change "remove $place" rm -r -- "$place"
    done
    for place in "$units"/timers.target.wants/devjournal-*@*.timer; do
        [[ ! -L $place || " ${*:2} " == *" ${place##*/} "* ]] || others+=("${place##*/}")
    done
    if ((${#others[@]})); then
        say "the program stays, for ${others[*]}"
        return
    fi
    mapfile -t names < <(script_names)
    remove_files "/etc/sudoers.d/$1" "$helper" "${unit_files[@]/#/$units/}" "${names[@]/#/$bin/}" "$bin/devjournal" \
        "$manuals"/man[157]/devjournal*.[157]
    for place in "$manuals"/man[157]; do
        [[ $dry_run == yes || ! -d $place ]] || rmdir --ignore-fail-on-non-empty -- "$place"
    done
}
disable_timer() {
    if [[ ! -d /run/systemd/system ]]; then systemctl -q disable "$1"; else systemctl -q disable --now "$1"; fi
}
remove_files() {
    local there=() file
    for file in "$@"; do [[ ! -e $file ]] || there+=("$file"); done
    ((${#there[@]} == 0)) || change "remove ${there[*]}" rm -f -- "${there[@]}"
}
