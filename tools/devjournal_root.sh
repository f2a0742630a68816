#!/bin/bash
# devjournal-root DATASET VERB [WORD…]
#
# What an ordinary user may run as root, and all of it. Installed as /usr/local/libexec/devjournal-root, owned by root,
# and named in /etc/sudoers.d: on LS for the user that serves, on WS for the owner of the code. The data set names a
# configuration in /etc/devjournal, which must be root's, with every directory above it. The user `devjournal` may call
# the steps of a restore on LS, whose words `devjournal root-helper` checks; anybody else, and nobody but them, WS's
# scripts that need root, with --dry-run, --full, --replace, --ignore-space or --expect-bytes BYTES, and a label.
#
# Exit status: that of what it runs · 6 the configuration is not root's own, or the verb is another machine's · 64 usage
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
# Nor does the caller say anything of the configuration, even where sudo is told to take the environment along.
unset LANGUAGE "${!DEVJOURNAL_@}"
if [[ ${1:-} == --help ]]; then sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0; fi
fail() { echo "devjournal-root: error: $2" >&2 && exit "$1"; }
[[ ${1:-} =~ ^[a-z0-9][a-z0-9_-]*$ && $# -ge 2 ]] || fail 64 "usage: devjournal-root DATASET VERB [WORD…]"
configuration=/etc/devjournal/$1.conf
for place in / /etc /etc/devjournal "$configuration"; do
    kind=directory owner='' mode='' found=''
    [[ $place != "$configuration" ]] || kind='regular*file'
    IFS=: read -r owner mode found < <(stat -c '%u:%a:%F' -- "$place" 2>/dev/null) || true
    # shellcheck disable=SC2053 # a pattern
    [[ $owner == 0 && $found == $kind && $((8#$mode & 8#22)) == 0 ]] ||
        fail 6 "$place must be root's own, no link, and writable by root alone"
done
# sudo says who calls, and root itself may do either.
caller=${SUDO_USER:-root}
case $2 in
    ws_dev_run_month.sh | ws_dev_snapshot.sh | ws_dev_export_and_push.sh | LS_request.sh)
        [[ $caller != devjournal ]] || fail 6 "$2 is WS's, and not for the user that serves on LS"
        for word in "${@:3}"; do
            [[ $word =~ ^(--dry-run|--full|--replace|--ignore-space|--expect-bytes|[0-9]{1,18}|latest|([a-z0-9][a-z0-9_-]*@)?[0-9]{4}-[0-9]{2})$ ]] || {
                LC_ALL=C
                fail 64 "$2 does not take ${word@Q}"
            }
        done
        exec "/usr/local/bin/$2" --config "$configuration" "${@:3}"
        ;;
esac
[[ $caller == devjournal || $caller == root ]] || fail 6 "the steps of a restore on LS are for the user devjournal"
exec /usr/local/bin/devjournal root-helper --config "$configuration" -- "${@:2}"
