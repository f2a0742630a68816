#!/usr/bin/env bash
# init_WS.sh [OPTION…]
#
# Makes a clean Debian 12 the workstation: packages, CODE as a Btrfs subvolume, the directories for snapshots and state
# (snapshots that lie where a user could steer root are moved to .devjournal/DATASET at the top of CODE's mount), keys,
# binary and scripts, sudo's rule for the root helper, a systemd timer. LS's line pairs it: the script pins the
# journal and prints WS's own line for LS. Once LS knows that, a first delivery shows that everything works. A second run
# finishes what is missing, or changes nothing. An ordinary user becomes root with sudo.
#
#   --pair LINE           the line that init_LS.sh printed; compare the fingerprints
#   --ls HOST[:PORT]      where LS is
#   --succeed             with --pair: LS is lost with its recovery kit, and its new journal continues the old one;
#                         everything of the old one moves into WS_STATE/before
#   --remove              removes program and timer; configuration, keys, code and snapshots stay
#   --yes                 the fingerprints have been compared
#   --convert             CODE is a plain directory on Btrfs: make it a subvolume, and keep the directory
#   --accept-code         CODE is another subvolume than the last month's, or has another owner, and that is right
#   --dataset NAME        /etc/devjournal/NAME.conf (default: dev)
#   --code DIR            what is backed up (default: /home/chuck/code)
#   --config FILE · --binary FILE · --dry-run · --help
#
# An existing configuration stays as it is, except LS_HOST, LS_PORT and RECIPIENTS, which pairing sets, and SNAPSHOTS
# if others than root may write there.
#
# Exit status: 0 done, or nothing to do · 1 LS's journal is not the one that was pinned, or a copy is not its original ·
# 2 failed, or LS cannot be reached · 6 refused (no Btrfs, not a subvolume, a link in CODE's path,
# another journal, not confirmed) · 7 something is not there (binary, configuration, CODE's parent) · 12 another ssh host
# key answers than LS's · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
source "$parts/init_steps.sh"
source "$parts/init_install.sh"
source "$parts/init_pairing.sh"
source "$parts/init_subvolume.sh"
source "$parts/init_snapshots.sh"
source "$parts/init_workstation.sh"

arguments=("$@")
dry_run=no yes=no pair='' ls_given='' convert=no accept_code=no succeed=no remove=no config='' dataset=dev code='' binary_given=''
while (($#)); do
    case $1 in
        --help) print_help && exit 0 ;;
        --dry-run) dry_run=yes ;;
        --yes) yes=yes ;;
        --convert) convert=yes ;;
        --accept-code) accept_code=yes ;;
        --succeed) succeed=yes ;;
        --remove) remove=yes ;;
        --pair | --ls | --config | --dataset | --code | --binary)
            option_value "$@"
            case $1 in
                --pair) pair=$2 ;;
                --ls) ls_given=$2 ;;
                --config) config=$(realpath -m -- "$2") dataset=$(basename "$2" .conf) ;;
                --dataset) dataset=$2 ;;
                --code) code=$2 ;;
                --binary) binary_given=$2 ;;
            esac
            shift
            ;;
        *) fail 64 "unknown argument $1" "$program --help" ;;
    esac
    shift
done
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        again=$(DEVJOURNAL_CONFIG='' with_sudo)
        fail 2 "setting a machine up needs root, and there is no sudo" "$(printf 'su -c %q' "${again#sudo }")"
    fi
    exec sudo -- "$(readlink -f "$0")" "${arguments[@]}"
fi
[[ $succeed == no || -n $pair ]] || fail 64 "--succeed goes with --pair" "$program --help"
settle_configuration
find_binary "$binary_given"
settings
if [[ $remove == yes ]]; then
    remove_workstation
    finish
fi
[[ -z $pair ]] || read_ls_line "$pair"
check_subvolume
choose_snapshots

ensure_packages btrfs-progs ca-certificates jq openssh-client rsync sudo util-linux zstd
install_program
ensure_subvolume
owner=$(stat -c %U -- "$(dirname "$CODE")")
[[ $owner == root ]] || allow_helper "$owner" -ws
write_settings
ensure_snapshots
ensure_state
ensure_code_known
[[ -z $pair ]] || pin_journal
install_units "devjournal-month@$DATASET.timer"
first_delivery
notices_left
[[ $shows_line == yes ]] || finish
finish print_ws_line
