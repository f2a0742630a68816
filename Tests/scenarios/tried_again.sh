#!/usr/bin/env bash
# A unit that systemd runs again by itself, because the other machine was out of reach, is reported at its first run and then
# once a day; and what a power cut ended is done again.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a systemd that says how often it has started the unit again"
mkdir programs
cat >programs/systemctl <<'END'
#!/bin/sh
case $1 in show) cat restarts ;; *) echo "$*" >>started ;; esac
END
chmod +x programs/systemctl
PATH=$work/programs:$PATH
told() { # RESTARTS EXIT_STATUS: how many notices
    printf '%s\n' "$1" >restarts
    : >started
    when env EXIT_STATUS="$2" "$repository/tools/system/devjournal-notify" --waiting 11 devjournal-month-dev
    then_exits 0
}
for restarts in 0 32 64; do
    told "$restarts" 11
    [[ $(cat started) == "--no-block start devjournal-notify@devjournal-month-dev.service" ]] || broken "run $restarts must be reported"
done
for restarts in 1 31 33; do
    told "$restarts" 11
    [[ ! -s started ]] || broken "run $restarts must not be reported"
done
# OnFailure= tells of any other end.
for status in 0 6 TERM; do
    told 0 "$status"
    [[ ! -s started ]] || broken "$status must not be reported"
done

given "the units: the status that is tried again is the one that is reported, within the hour, and after a power cut"
units=$repository/tools/system
for unit in month push; do
    again=$(sed -n 's/^RestartForceExitStatus=//p' "$units/devjournal-$unit@.service")
    grep -qF "ExecStopPost=+/usr/local/libexec/devjournal-notify --waiting $again %p-%i" "$units/devjournal-$unit@.service" || broken "$unit"
    grep -qx "RestartSec=45min" "$units/devjournal-$unit@.service" || broken "$unit"
done
for unit in month push scrub; do grep -q "^OnBootSec=" "$units/devjournal-$unit@.timer" || broken "$unit after a power cut"; done
