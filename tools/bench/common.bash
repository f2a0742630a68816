# shellcheck shell=bash disable=SC2034 # some of what is set here is for the scripts that source it
# What all benches share: the peers in C, a place on a disk, the header, the table. Sourced.
#
# A row that cannot be measured is printed as such and makes the exit status 2; a figure that is not reached does not.

source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../lib/build_needs.sh"
set -E
trap 'stop 2 "a command failed: $BASH_COMMAND"' ERR
rounds=31 keep='' not_measured=0

# stop STATUS MESSAGE [HINT]
stop() {
    printf 'bench.sh: error: %s\n' "$2" >&2
    [[ -z ${3:-} ]] || printf 'bench.sh: hint: %s\n' "$3" >&2
    exit "$1"
}

# whole_number OPTION VALUE LEAST
whole_number() {
    if [[ ! ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || (($2 < $3)); then stop 64 "$1 takes a number from $3 on"; fi
}

# require PROGRAM|HEADER.h PACKAGE…: pairs; all that is missing is named at once.
require() {
    local missing=()
    while (($#)); do
        case $1 in
            *.h) echo "#include <$1>" | "${CC:-gcc}" -E - >/dev/null 2>&1 || missing+=("$2") ;;
            *) command -v "$1" >/dev/null || missing+=("$2") ;;
        esac
        shift 2
    done
    ((${#missing[@]} == 0)) || stop 2 "missing: ${missing[*]}" "sudo apt-get install ${missing[*]}"
}

# prepare: `work`, a directory of this run on a disk; `devjournal`, the binary; `bin`, the peers.
prepare() {
    if [[ -n $keep ]]; then mkdir -p -- "$keep" && keep=$(readlink -f -- "$keep"); fi
    work=$(mktemp -d "${keep:-${TMPDIR:-/var/tmp}}/devjournal-bench.XXXXXX") || stop 2 "no directory to work in"
    trap 'rm -rf --one-file-system -- "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP PIPE
    file_system=$(df --output=fstype -- "$work" | tail -n 1)
    [[ $file_system != tmpfs && $file_system != ramfs ]] ||
        stop 2 "$work is in memory, where nothing has to wait for a disk" "name a directory on a disk in TMPDIR"
    if [[ -n ${DEVJOURNAL:-} ]]; then
        devjournal=$(readlink -f -- "$DEVJOURNAL")
        [[ -f $devjournal && -x $devjournal ]] || stop 2 "cannot run $DEVJOURNAL"
    else
        find_swift || exit 2
        echo "Building devjournal…" >&2
        (cd "$repository" && as_owner swift build -c release --static-swift-stdlib --product devjournal >&2) ||
            stop 2 "the build failed"
        devjournal=$repository/.build/release/devjournal
    fi
    bin=$work/bin
    mkdir "$bin"
    unset DEVJOURNAL_CONFIG
}

# compile NAME [LIBRARY…]: tools/bench/NAME.c into $bin.
compile() {
    "${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror "$repository/tools/bench/$1.c" -o "$bin/$1" "${@:2}" ||
        stop 2 "$1.c does not compile"
}

# header WHAT…: the machine, and what is compared.
header() {
    local cpu
    cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
    printf '%s, %d cores, %s of memory; Linux %s\n' "${cpu:-$(uname -m)}" "$(nproc)" \
        "$(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)" "$(uname -r)"
    printf 'file system: %s (%s); load average: %s\n' "$file_system" "$(df --output=source -- "$work" | tail -n 1)" \
        "$(cut -d' ' -f1-3 /proc/loadavg)"
    printf 'devjournal %s, %s; ' "$("$devjournal" --version)" \
        "$(if [[ -n ${DEVJOURNAL:-} ]]; then echo "$DEVJOURNAL"; else echo "built by this run"; fi)"
    printf '%s\n' "$(printf ', %s' "$@" | cut -c3-)"
}

# timed ROUNDS SECONDS COMMAND… [: COMMAND…]…: see time_processes.c. Fills `medians` (ms), `cpu_medians` (ms) and
# `peaks` (KiB), by command, and `turns`; returns 1 where a command failed.
timed() {
    local answer median peak turn cpu
    medians=() cpu_medians=() peaks=()
    answer=$("$bin/time_processes" "$@") || return 1
    while read -r median _ _ peak turn cpu; do
        medians+=("$median") cpu_medians+=("$cpu") peaks+=("$peak") turns=$turn
    done <<<"$answer"
}

# calc EXPRESSION [FORMAT]: what bash cannot: fractions.
calc() { awk "BEGIN { printf \"${2:-%.4f}\", ($1) }"; }
holds() { [[ $(calc "($1) ? 1 : 0" %d) == 1 ]]; }
# median NUMBER…
median() { printf '%s\n' "$@" | sort -g | awk '{x[NR] = $1} END {print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2}'; }
ms() { if holds "$1 < 1000"; then calc "$1" '%.2f ms'; else calc "$1 / 1000" '%.2f s'; fi; }
# thousands NUMBER: 1234567 as 1,234,567
thousands() { calc "$1" %.0f | sed ':again; s/\B[0-9]\{3\}\>/,&/; t again'; }

readonly columns='%-38s %11s  %-40s %11s %7s  %-16s %-7s %6s\n'
table_head() {
    # shellcheck disable=SC2059 # one format for all lines of the table
    printf "\n$columns" work devjournal against 'its figure' ratio 'to reach' reached rounds
}
# row WORK OURS AGAINST THEIRS RATIO 'TO REACH' CONDITION ROUNDS: CONDITION is awk's, or empty where nothing is to be
# reached.
row() {
    local reached=-
    if [[ -n $7 ]]; then if holds "$7"; then reached=yes; else reached=no; fi; fi
    # shellcheck disable=SC2059
    printf "$columns" "${@:1:6}" "$reached" "$8"
}
# row_missing WORK WHY
row_missing() {
    not_measured=$((not_measured + 1))
    printf '%-38s NOT MEASURED: %s\n' "$1" "$2"
}
# finish: how busy the machine was, and the exit status. The benches themselves keep one core busy, or for a while all.
finish() {
    local load
    load=$(cut -d' ' -f2 /proc/loadavg)
    printf 'load average at the end, over five minutes: %s' "$load"
    if holds "$load > $(nproc) + 0.5"; then printf '; others were at work too: believe ratios, not times'; fi
    printf '\n'
    ((not_measured)) || exit 0
    echo "$not_measured could not be measured"
    exit 2
}
