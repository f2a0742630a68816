#!/usr/bin/env bash
# NOTIFY_CMD hears of a unit's failure once when it begins, and once when it is over, however often systemd runs the unit in
# between; a notice that could not be given is given at its next end; and what a power cut ended is done again.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

mkdir programs
cat >programs/systemctl <<'END'
#!/bin/sh
echo "$*" >>started
END
chmod +x programs/systemctl
PATH=$work/programs:$PATH
export DEVJOURNAL_FAILING=$work/failing
notify() { "$repository/tools/system/devjournal-notify" "$@"; }
ended() { # SERVICE_RESULT EXIT_CODE EXIT_STATUS [UNIT]: what systemd tells the unit's ExecStopPost=
    : >started
    when env SERVICE_RESULT="$1" EXIT_CODE="$2" EXIT_STATUS="$3" "$repository/tools/system/devjournal-notify" --ended "${4:-devjournal-month-dev}"
    then_exits 0
}
told() { # RESULT INSTANCE: that the notice was given, or not
    when env SERVICE_RESULT="$1" "$repository/tools/system/devjournal-notify" --told "$2"
    then_exits 0
}
then_starts() { # [INSTANCE]
    [[ $(cat started) == "${1:+--no-block start devjournal-notify@$1.service}" ]] || broken "expected notice: ${1:-none}, got $(cat started)"
    printf 'then  %s\n' "${1:-no notice}"
}

given "a unit that works"
ended success exited 0
then_starts

given "its failure, whose notice cannot be given at first"
ended exit-code exited 11
then_starts devjournal-month-dev
told exit-code devjournal-month-dev
ended exit-code exited 11
then_starts devjournal-month-dev
told success devjournal-month-dev
for _ in 1 2 3; do
    ended exit-code exited 11
    then_starts
done
ended signal killed KILL
then_starts

given "another unit, which fails for itself"
ended timeout killed TERM devjournal-push-dev
then_starts devjournal-push-dev
told success devjournal-push-dev

given "a run that somebody stops, which shows nothing"
ended success killed TERM
then_starts

given "the end of it, whose notice cannot be given at first"
ended success exited 0
then_starts devjournal-month-dev:over
told exit-code devjournal-month-dev:over
ended success exited 0
then_starts devjournal-month-dev:over
told success devjournal-month-dev:over
ended success exited 0
then_starts
ended exit-code exited 2
then_starts devjournal-month-dev

given "a failure that was over before a notice could be given"
ended success exited 0
then_starts
ended exit-code exited 2 devjournal-push-dev
then_starts

given "what cannot be one of our units"
for words in "--ended sshd" "--ended devjournal-month" "devjournal-push-dev:" "--told" "--ended devjournal-push-dev x"; do
    # shellcheck disable=SC2086 # words
    when notify $words
    then_exits 64
done

given "the units: each tells of its end, is tried again where that may help, and runs after a power cut"
units=$repository/tools/system
for unit in month push scrub follow; do
    grep -qxF "ExecStopPost=+/usr/local/libexec/devjournal-notify --ended %p-%i" "$units/devjournal-$unit@.service" || broken "$unit"
    ! grep -q "^OnFailure=" "$units/devjournal-$unit@.service" || broken "$unit would give two notices"
done
grep -qxF "ExecStopPost=+/usr/local/libexec/devjournal-notify --told %i" "$units/devjournal-notify@.service" || broken "a notice that was given"
grep -qx "RestartForceExitStatus=11" "$units/devjournal-month@.service" || broken "month"
grep -qx "RestartForceExitStatus=9" "$units/devjournal-push@.service" || broken "push"
for unit in month push; do grep -qx "RestartSec=45min" "$units/devjournal-$unit@.service" || broken "$unit"; done
# The path unit rests only while the service is to be started again.
grep -qx "Restart=on-failure" "$units/devjournal-follow@.service" || broken "follow"
! grep -q "^Condition" "$units/devjournal-follow@.service" || broken "a condition that does not hold would start it without end"
for unit in month push scrub; do grep -q "^OnBootSec=" "$units/devjournal-$unit@.timer" || broken "$unit after a power cut"; done
