#!/bin/bash
# devjournal-root DATASET VERB [WORD…]
#
# What an ordinary user may run as root, and all of it. Installed as /usr/local/libexec/devjournal-root, owned by root,
# and named in /etc/sudoers.d: on LS for the user that serves, on WS for the owner of the code. The data set names a
# configuration in /etc/devjournal. A verb is one of the scripts that need root, with --dry-run or --replace and a
# label; or, on LS, a step of a restore, whose words `devjournal root-helper` checks.
#
# Exit status: that of what it runs · 6 the configuration is not root's own · 64 usage
set -euo pipefail
if [[ ${1:-} == --help ]]; then sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0; fi
if [[ ! ${1:-} =~ ^[a-z0-9][a-z0-9_-]*$ || $# -lt 2 ]]; then
    echo "devjournal-root: error: usage: devjournal-root DATASET VERB [WORD…]" >&2
    exit 64
fi
configuration=/etc/devjournal/$1.conf
if [[ -L $configuration || $(stat -c %u -- "$configuration" 2>/dev/null) != 0 ]]; then
    echo "devjournal-root: error: $configuration must be root's own file" >&2
    exit 6
fi
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
case $2 in
    ws_dev_run_month.sh | ws_dev_snapshot.sh | ws_dev_export_and_push.sh | LS_request.sh | restore_backup_LS.sh)
        for word in "${@:3}"; do
            [[ $word =~ ^(--dry-run|--replace|latest|([a-z0-9][a-z0-9_-]*@)?[0-9]{4}-[0-9]{2})$ ]] || {
                LC_ALL=C
                echo "devjournal-root: error: $2 does not take ${word@Q}" >&2
                exit 64
            }
        done
        exec "/usr/local/bin/$2" --config "$configuration" "${@:3}"
        ;;
esac
exec /usr/local/bin/devjournal root-helper --config "$configuration" -- "${@:2}"
