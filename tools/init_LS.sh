#!/usr/bin/env bash
# init_LS.sh [OPTION…]
#
# Makes a clean Debian 12 the local server: packages, the user `devjournal`, LS_ROOT, binary and scripts, the journal
# and its keys, sudo's rule for the root helper, systemd timers. A second run finishes what is missing, or changes
# nothing. An age key that exists already is adopted. With --pair it admits a workstation, and does nothing else.
#
#   --first               a new journal, and its recovery kit
#   --recover KIT         the journal and its keys, from the mirror; on a terminal the script asks which of the two
#   --succeeds LINES      with --root: LS is lost with its recovery kit; a new journal, which continues the one whose lines
#                         a workstation kept. The mirror must be another one, such as a new prefix
#   --root FINGERPRINT    of the old journal's root, as that workstation remembers it
#   --reason TEXT         what happened
#   --passphrase-file F   a file with the kit's passphrase (mode 0600); without it the terminal shows it, or asks for it
#   --kit FILE            where to write the recovery kit (default: LS_ROOT/tmp/recovery-kit.age)
#   --kit-from KIT        with --first: the kit of the existing data sets; the new kit holds them and this one, with
#                         KIT's passphrase, and KIT stays as it is
#   --mirror URL          the bucket: file:///… or s3://BUCKET/PREFIX, with
#   --endpoint URL        its server, such as https://ACCOUNT.r2.cloudflarestorage.com, and
#   --credentials FILE    AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, which will be devjournal's
#   --head F, --witness F with --recover: the heads, and the journal lines, that a workstation kept; --head goes with
#                         --succeeds too
#   --pair LINE           the line that init_WS.sh printed; compare the fingerprints, then WS may deliver
#   --replace             with --pair: WS was rebuilt; the keys it had before are retired
#   --remove              removes program, timers and the workstations' access; configuration, journal, keys,
#                         artifacts and working copy stay
#   --yes                 the fingerprints have been compared
#   --dataset NAME        /etc/devjournal/NAME.conf and /srv/btrfs-backups/NAME (default: dev)
#   --code DIR            LS's working copy (default: /home/chuck/code)
#   --worktree off        no working copy: artifacts only, on any file system (default: on)
#   --config FILE · --binary FILE · --dry-run · --help
#
# An existing configuration stays as it is; the options are for the one that is written if there is none.
#
# Exit status: 0 done, or nothing to do · 1 the journal in the mirror, or LINES, are damaged or forged · 2 failed ·
# 6 refused (no Btrfs, other owners, CODE is a mount point or a link is in its path, not confirmed, a workstation of that
# name, a kit that is there or has this data set) · 7 something is not there (kit, binary, configuration, CODE's parent) ·
# 8 wrong passphrase · 9 the mirror cannot be reached, or does not honour conditional writes · 64 usage
set -euo pipefail
here=$(readlink -f "$0") here=${here%/*} parts=$here/lib
[[ -d $parts ]] || parts=$here/../lib/devjournal
source "$parts/start.sh"
source "$parts/init_steps.sh"
source "$parts/init_install.sh"
source "$parts/init_pairing.sh"

dry_run=no yes=no mode='' kit_given='' passphrase_file='' kit='' kit_from='' mirror='' endpoint='' credentials=''
succeeds='' old_root='' reason=''
pair='' replace=no remove=no config='' dataset=dev code='' worktree='' binary_given='' carried=()
while (($#)); do
    case $1 in
        --help) print_help && exit 0 ;;
        --dry-run) dry_run=yes ;;
        --yes) yes=yes ;;
        --replace) replace=yes ;;
        --remove) remove=yes ;;
        --first) mode=first ;;
        --recover | --passphrase-file | --kit | --kit-from | --mirror | --endpoint | --credentials | --pair | --config | \
            --dataset | --code | --worktree | --binary | --head | --witness | --succeeds | --root | --reason)
            option_value "$@"
            case $1 in
                --recover) mode=recover kit_given=$2 ;;
                --succeeds) mode=first succeeds=$2 ;;
                --root) old_root=$2 ;;
                --reason) reason=$2 ;;
                --passphrase-file) passphrase_file=$2 ;;
                --kit) kit=$(realpath -m -- "$2") ;;
                --kit-from) kit_from=$(realpath -m -- "$2") ;;
                --mirror) mirror=$2 ;;
                --endpoint) endpoint=$2 ;;
                --credentials) credentials=$(realpath -m -- "$2") ;;
                --pair) pair=$2 ;;
                --config) config=$(realpath -m -- "$2") dataset=$(basename "$2" .conf) ;;
                --dataset) dataset=$2 ;;
                --code) code=$2 ;;
                --worktree) worktree=$2 ;;
                --binary) binary_given=$2 ;;
                *) carried+=("$1" "$2") ;;
            esac
            shift
            ;;
        *) fail 64 "unknown argument $1" "$program --help" ;;
    esac
    shift
done
((EUID == 0)) || fail 2 "setting a machine up needs root" "$(DEVJOURNAL_CONFIG='' with_sudo)"
settle_configuration
source "$parts/init_server.sh"
source "$parts/init_admission.sh"
if [[ -z $pair ]]; then find_binary "$binary_given"; else
    [[ -e $config ]] || fail 7 "there is no configuration $config" "init_LS.sh, without --pair, first"
    ensure_packages jq openssh-server
fi
settings

if [[ $remove == yes ]]; then
    remove_server
    finish
fi
if [[ -n $pair ]]; then
    admit_workstation "$pair"
    finish print_ls_line
fi
choose_mode
check_places

ensure_packages age btrfs-progs ca-certificates jq libcurl4 openssh-server rsync sudo util-linux zstd
ensure_user
install_program
allow_helper devjournal
write_settings
make_root
ensure_bucket
open_journal
ensure_host_key
install_server_units
what_is_left
notices_left
[[ $dry_run == no ]] || finish
finish print_ls_line
