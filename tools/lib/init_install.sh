# shellcheck shell=bash disable=SC2154,SC2034 # variables of what sources this
# What is installed alike on LS and WS: binary, scripts, manual pages, the root helper, who may call it, systemd units.
# Sourced by init_LS.sh and init_WS.sh after init_steps.sh.

bin=/usr/local/bin lib=/usr/local/lib/devjournal libexec=/usr/local/libexec manuals=/usr/local/share/man
helper=$libexec/devjournal-root units=/etc/systemd/system
unit_files=(devjournal-follow@.{path,service} devjournal-month@.{service,timer} devjournal-notify@.service
    devjournal-{push,scrub}@.{service,timer})

# find_binary [FILE]: leaves in `binary` the file named, else one that was built next to these scripts, else PATH's.
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

scripts=({init_LS,init_WS,LS_request,LS_send,ls_dev_latest_label,ls_dev_plan_restore,ls_dev_register_artifact}.sh
    {migrate_manifest_to_v2,pull_from_cloud,push_to_cloud,restore_backup_LS,store_on_LS}.sh
    {ws_dev_export_and_push,ws_dev_run_month,ws_dev_snapshot}.sh list_tree.py verify_journal.py)
script_parts=({start,handover}.sh init_{admission,install,pairing,server,snapshots,steps,subvolume,workstation}.sh)
helpers=(devjournal-notify devjournal-root)
# What earlier versions had in bin.
former=(devjournal_{conf,notify,root}.sh init_{admission,install,pairing,server,snapshots,steps,subvolume,workstation}.sh
    ws_dev_handover.sh)

# install_program: from the directories that these scripts and their parts are in. What others need comes before them.
install_program() {
    local system=$here/system
    [[ -d $system ]] || system=$libexec
    ensure_directory /etc/devjournal root:root 0755
    ensure_directory "$lib" root:root 0755
    ensure_directory "$libexec" root:root 0755
    ensure_copy "$binary" "$bin/devjournal" 0755
    ensure_copies "${parts:?}" "$lib" 0644 "${script_parts[@]}"
    ensure_copies "$system" "$libexec" 0755 "${helpers[@]}"
    ensure_copies "$here" "$bin" 0755 "${scripts[@]}"
    remove_files "${former[@]/#/$bin/}"
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
    text="# init_LS.sh has written this from $config. Run it again if that names other places.
[Service]$(write_path "$LS_ROOT")"
    [[ $directory != file:///* ]] || text+=$(write_path "${directory#file://}")
    text+=$(read_path "$file")
    [[ ! -e $config ]] || text+=$(read_path "$(setting S3_CA_FILE)")$(read_path "$(setting PING_URL)")
    for unit in "$@"; do
        directory=$units/$unit@$DATASET.service.d
        ensure_directory "$directory" root:root 0755
        ensure_file "$directory/paths.conf" root:root 0644 "$text"
    done
}
# watch_journal: what the path unit of the data set looks for, in a drop-in too.
watch_journal() {
    local directory=$units/devjournal-follow@$DATASET.path.d
    ensure_directory "$directory" root:root 0755
    ensure_file "$directory/paths.conf" root:root 0644 "# init_LS.sh has written this from $config. Run it again if LS_ROOT is another.
[Path]
PathExists=
PathExists=${LS_ROOT//%/%%}/journal/grown"
}
# A % is a specifier to systemd. A place that is not there now is the command's to complain of.
write_path() {
    local setting=ReadWritePaths
    ! is_hidden "$1" || setting=BindPaths
    printf '\n%s="-%s"' "$setting" "${1//%/%%}"
}
read_path() { ! is_hidden "$1" || printf '\nBindReadOnlyPaths="-%s"' "${1//%/%%}"; }
is_hidden() { [[ $1/ =~ ^/(home|root|run/user|tmp|var/tmp)/ ]]; }

# install_units UNIT…: the units' files, and these timers and path units enabled for the data set.
install_units() {
    local unit
    ensure_directory "$units" root:root 0755
    ensure_copies "$here/system" "$units" 0644 "${unit_files[@]}"
    command -v systemctl >/dev/null || {
        left+=("without systemd: run these daily, a path unit more often: ${*}")
        return 0
    }
    # Only systemd itself would use what it has read before.
    [[ $dry_run == yes || ! -d /run/systemd/system ]] || systemctl daemon-reload
    for unit in "$@"; do
        [[ $(systemctl is-enabled "$unit" 2>/dev/null) == enabled ]] ||
            change "enable $unit" enable_unit "$unit"
    done
}
enable_unit() {
    # Where systemd does not run (a chroot, a container), it is enabled for when it will.
    if [[ ! -d /run/systemd/system ]]; then systemctl -q enable "$1"; else
        systemctl daemon-reload && systemctl -q enable --now "$1"
    fi
}

# remove_program SUDOERS UNIT…: removes what was installed for the data set, and the program too where no other timer of
# this machine uses it. Configuration, journal, keys, artifacts, snapshots and logs stay.
remove_program() {
    local unit place others=()
    for unit in "${@:2}"; do
        [[ $(systemctl is-enabled "$unit" 2>/dev/null) != enabled ]] || change "disable $unit" disable_unit "$unit"
        for place in "$units/${unit%.*}".{service,path}.d; do
            [[ ! -e $place/paths.conf ]] || change "remove $place" rm -r -- "$place"
        done
        place=${unit%.*}
        remove_files "/var/lib/devjournal/.failing/${place/@/-}"
    done
    for place in "$units"/timers.target.wants/devjournal-*@*.timer; do
        [[ ! -L $place || " ${*:2} " == *" ${place##*/} "* ]] || others+=("${place##*/}")
    done
    if ((${#others[@]})); then
        say "the program stays, for ${others[*]}"
        return
    fi
    remove_files "/etc/sudoers.d/$1" "${unit_files[@]/#/$units/}" "${helpers[@]/#/$libexec/}" "${former[@]/#/$bin/}" \
        "${scripts[@]/#/$bin/}" "$bin/devjournal" "${script_parts[@]/#/$lib/}" "$manuals"/man[157]/devjournal*.[157]
    [[ ! -d $lib ]] || change "remove $lib" rmdir --ignore-fail-on-non-empty -- "$lib"
    for place in "$manuals"/man[157]; do
        [[ $dry_run == yes || ! -d $place ]] || rmdir --ignore-fail-on-non-empty -- "$place"
    done
}
disable_unit() {
    if [[ ! -d /run/systemd/system ]]; then systemctl -q disable "$1"; else systemctl -q disable --now "$1"; fi
}
remove_files() {
    local there=() file
    for file in "$@"; do [[ ! -e $file ]] || there+=("$file"); done
    ((${#there[@]} == 0)) || change "remove ${there[*]}" rm -f -- "${there[@]}"
}
