#!/usr/bin/env bash
# Each run of a script that may change something keeps one log: on WS below WS_STATE, on LS below LS_ROOT. What the scripts
# that it calls say stands in it too, and how it ended; what is asked for on standard output does not, nor a secret.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

ws_logs=$work/ws/state/logs ls_logs=$ls_root/logs
logs_of() { find "$work/ws/state" "$ls_root" -path '*/logs/*' -name "*_$1_*.log" | sort; }
# then_logged NUMBER SCRIPT: so many runs of it, the last one in `log`.
then_logged() {
    [[ $(logs_of "$2" | wc -l) == "$1" ]] || broken "$1 logs of $2, not: $(logs_of "$2")"
    log=$(logs_of "$2" | tail -n 1)
}
then_log_says() { grep -qE -- "$1" "$log" || broken "$log does not say $1: $(cat "$log")"; }

given "a month, and what is said"
worktree=on
a_household
make_source_tree.py --megabytes 1 1 ws/code
when ws_dev_run_month.sh --config ws.conf --dry-run "$first"
then_exits 0
then_logged 0 ws_dev_run_month
when ws_dev_run_month.sh --config ws.conf "$first"
then_exits 0
then_logged 1 ws_dev_run_month
then_log_says "^20[0-9TZ:+-]+ ws_dev_run_month.sh '--config' 'ws.conf' '$first' \("
then_log_says "^devjournal: dev@$first taken"
then_log_says "^20[0-9TZ:+-]+ exit status 0, after [0-9]+ s \("
diff <(grep -v '^20' "$log") err || broken "what was said is what was logged"
[[ $(stat -c %a "$log") == 640 ]] || broken "others need not read it"
# One log a run: the scripts that it called, as which user ever, have none of their own.
then_logged 0 ws_dev_snapshot
then_logged 0 ls_dev_register_artifact
! grep -rqE 'correct horse|AGE-SECRET-KEY' "$ws_logs" "$ls_logs" || broken "a secret in a log"

given "the scripts of LS, each by itself"
when push_to_cloud.sh --config ls.conf
then_exits 0
then_logged 1 push_to_cloud
then_log_says 'exit status 0'
when pull_from_cloud.sh --config ls.conf latest --to pulled
then_exits 0
then_logged 1 pull_from_cloud
when store_on_LS.sh --config ls.conf pulled
then_logged 1 store_on_LS
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_logged 1 restore_backup_LS
when ls_dev_plan_restore.sh --config ls.conf latest
then_exits 0
then_logged 0 ls_dev_plan_restore # changes nothing
login=${SUDO_USER:-$(id -un)}
on_ls log >told
for told in "artifact.sealed .*($login, ws_dev_run_month.sh)" "artifact.registered .*($login, ws_dev_run_month.sh)" \
    "artifact.uploaded .*($login, push_to_cloud.sh)" "kit.made .*($login, devjournal init)"; do
    grep -q -- "$told\$" told || broken "the journal must name login and script, $told: $(cat told)"
done

given "a run that fails: its status, its error and its hint, in the log as in the terminal"
when restore_backup_LS.sh --config ls.conf 2001-01
then_exits 7
then_one_error "2001-01"
then_logged 2 restore_backup_LS
then_log_says '^devjournal: error: '
then_log_says '^devjournal: hint: '
then_log_says 'exit status 7'

# another_devjournal DIRECTORY SCRIPT: in its place; the configuration is still read by the real one.
another_devjournal() {
    mkdir "$1"
    # shellcheck disable=SC2016 # the program there expands it
    printf '#!/bin/sh\n[ "$1" != config ] || exec %q "$@"\n%s\n' "$(command -v devjournal)" "$2" >"$1/devjournal"
    chmod +x "$1/devjournal"
}

given "a run that is stopped, with what it had started"
another_devjournal slow $'echo begun >&2\nexec sleep 100'
PATH=$work/slow:$PATH setsid ls_dev_register_artifact.sh --config ls.conf anything 2>stopped.err &
run=$!
for _ in {1..100}; do grep -q begun stopped.err || sleep 0.1; done
kill -TERM -- "-$run"
status=0 && wait "$run" || status=$?
((status == 143)) || broken "it ends by the signal, not with $status"
then_logged 1 ls_dev_register_artifact
then_log_says '^begun'
then_log_says 'exit status 143'

given "a name with a newline and a colour in it: one line all the same"
when restore_backup_LS.sh --config ls.conf $'x\ny\e[31m'
then_exits 64
then_one_error 'not a month: x\\u000ay\\u001b\[31m'
! grep -q $'\e' "$(logs_of restore_backup_LS | tail -n 1)" || broken "an escape character in a log"

given "a program, or another machine through it, that says what steers a terminal"
another_devjournal evil $'printf "one\\033[2J\\302\\233two\\342\\200\\256\\377\\r\\nthree" >&2\nexit 2'
when env PATH="$work/evil:$PATH" ls_dev_register_artifact.sh --config ls.conf anything
then_exits 2
grep -qxF 'one\u001b[2J\u009btwo\u202e\xff' err || broken "it must be escaped"
grep -qxF 'three' err || broken "a last line without an end is shown"
then_logged 2 ls_dev_register_artifact
diff <(grep -v '^20' "$log") err || broken "what was said is what was logged"

given "no log can be kept"
rm -r "$ls_logs" && touch "$ls_logs"
when push_to_cloud.sh --config ls.conf
then_exits 0
grep -q "no log of this run" err || broken "it must say so"

given "a machine that was never set up"
sed "s|^LS_ROOT=.*|LS_ROOT=$work/nowhere/dev|" ls.conf >nowhere.conf
when push_to_cloud.sh --config nowhere.conf
then_exits 7
[[ ! -e nowhere ]] || broken "a log made it"

given "somebody who looks on: progress is shown on the terminal, and not in the log"
rm "$ls_logs" && mkdir "$ls_logs"
python3 - "$repository/tools/push_to_cloud.sh" <<'END'
import os, pty, sys
status = pty.spawn([sys.argv[1], "--config", "ls.conf"])
sys.exit(os.waitstatus_to_exitcode(status))
END
then_logged 1 push_to_cloud
then_log_says 'exit status 0'
! grep -q $'\r' "$log" || broken "progress in the log"
