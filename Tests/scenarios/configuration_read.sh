#!/usr/bin/env bash
# One reader of the configuration: the scripts use what the binary says, defaults and refusals included.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a configuration that names a data set and nothing else"
echo DATASET=notes >notes.conf
mkdir fetched
when store_on_LS.sh --dry-run --config notes.conf fetched
then_exits 0
grep -q 'under /srv/btrfs-backups/notes/artifacts' err || broken "the script has another LS_ROOT than the binary"
when devjournal config --config notes.conf
then_prints '^LS_ROOT=/srv/btrfs-backups/notes$'

given "values that a shell would read as something else"
printf '%s\n' "NOTIFY_CMD=/bin/tell 'x" >quotes.conf
when devjournal config --shell --config quotes.conf
then_exits 64
printf '%s\n' 'NOTIFY_CMD=/bin/tell ; touch here & (x) *' LS_HOST=ls >shell.conf
when devjournal config --shell --config shell.conf
then_exits 0
# shellcheck disable=SC2154 # what is evaluated sets them
(eval "$(cat out)" && [[ $NOTIFY_CMD == '/bin/tell ; touch here & (x) *' && ${ls_ssh[0]} == ssh && ${ls_ssh[-1]} == devjournal@ls ]]) ||
    broken "a shell takes it for something else"
then_absent here
# shellcheck disable=SC2016 # the inner shell expands it
when env S3_ENDPOINT=https://192.0.2.1 bash -c 'eval "$(devjournal config --shell --config shell.conf)" && echo "$S3_ENDPOINT"'
then_prints '^https://192.0.2.1$'

given "a configuration with something wrong in it, and a command that is to report that"
printf 'RELEAES=x\nNOTIFY_CMD=/bin/tell\n' >wrong.conf
when devjournal config --shell --despite-errors --config wrong.conf
then_exits 0
then_prints '^NOTIFY_CMD=/bin/tell$'

# refused LINE ERROR HINT: by script and binary alike.
refused() {
    printf 'DATASET=dev\n%s\n' "$1" >wrong.conf
    for reader in ls_dev_latest_label.sh "devjournal latest" "ws_dev_run_month.sh --dry-run $third"; do
        # shellcheck disable=SC2086 # words
        when $reader --config wrong.conf
        then_exits 64
        then_one_error "wrong.conf, line 2: .*$2"
        then_hint "$3"
    done
}
given "keys that there are not, malformed lines, values that cannot be"
refused RELEAES=confirm 'RELEAES is not a key' 'RELEASE is one'
refused LSROOT=/x 'LSROOT is not a key' 'LS_ROOT is one'
refused 'export LS_ROOT=/x' 'begins with export' 'write LS_ROOT=/x'
refused 'LS_ROOT = /x' 'blanks' 'write LS_ROOT=/x'
refused $'LS_ROOT=/x\r' 'CR LF' 'LF alone'

given "a key that only the scripts use"
echo KEEP_SPOOL=never >spool.conf
when devjournal latest --config spool.conf
then_exits 64
then_one_error 'KEEP_SPOOL must be mirrored or registered'

given "a script that calls another one: each asks for the configuration once"
a_journal
mkdir counted
{
    # shellcheck disable=SC2016 # the wrapper expands it
    printf '#!/bin/bash\n[[ $1 != config ]] || echo asked >>%q\nexec %q "$@"\n' "$work/counted/asked" "$(command -v devjournal)"
} >counted/devjournal
chmod +x counted/devjournal
when env PATH="$work/counted:$PATH" ls_dev_plan_restore.sh --config ls.conf latest
then_exits 7
then_same <(cat counted/asked) <(echo asked)
cat >nested.sh <<END
#!/bin/bash
exec "$repository/tools/ls_dev_plan_restore.sh" latest
END
chmod +x nested.sh
# shellcheck disable=SC2016 # the inner shell expands it
when env PATH="$work/counted:$PATH" here="$repository/tools" bash -c 'source "$here/lib/start.sh" && begin --config ls.conf && ./nested.sh'
then_exits 7
then_same <(cat counted/asked) <(printf 'asked\nasked\nasked\n')
