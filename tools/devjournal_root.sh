#!/bin/bash
# devjournal-root DATASET VERB [WORD…]
#
# What the server's own user may run as root, and all of it: the part of a restore that Btrfs wants root for. Installed
# as /usr/local/libexec/devjournal-root, owned by root, and named in /etc/sudoers.d/devjournal. The data set names a
# configuration in /etc/devjournal; the verbs and their words are checked by `devjournal root-helper`.
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
exec /usr/local/bin/devjournal root-helper --config "$configuration" -- "${@:2}"
