#!/usr/bin/env bash
# A machine that boots with a clock that is years ahead records nothing: records never go back in time. The kernel's word that
# the clock is synchronised, or a person's, is enough.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# adjtimex(2) is answered by strace: 5 is TIME_ERROR, not synchronised; 0 is TIME_OK.
under_clock() { # ANSWER TIME ARGUMENT…
    strace -qq -f -o trace -e "inject=adjtimex,clock_adjtime:retval=$1" \
        faketime "$2" env DEVJOURNAL_CONFIG=ls.conf devjournal "${@:3}"
}

given "a journal, and a clock in 2099"
a_journal
before=$(sha256sum "$journal"/*.jsonl)
when under_clock 5 '2099-01-01 12:00:00' append note text=one
then_exits 6
then_one_error "the clock says 2099-01-01T.*, more than a day after the last record .* nothing synchronises it"
then_hint "append --clock-is-right note"
when under_clock 5 '2099-01-01 12:00:00' append --batch <<<'{"type":"note","data":{"text":"two"}}'
then_exits 6
when under_clock 5 '2099-01-01 12:00:00' key retire ws --reason stolen
then_exits 6
[[ $(sha256sum "$journal"/*.jsonl) == "$before" ]] || broken "nothing is recorded"
when on_ls append note text='the clock is back'
then_exits 0

given "ten days without a record, and no NTP"
soon=$(date -d '+10 days' '+%F %T')
when under_clock 5 "$soon" append note text=one
then_exits 6
when under_clock 5 "$soon" append --clock-is-right note text=one
then_exits 0
when under_clock 5 "$soon" append note text=two
then_exits 0

given "ten days more, and NTP"
later=$(date -d '+20 days' '+%F %T')
when under_clock 0 "$later" append note text=three
then_exits 0
when on_ls append --outbox --clock-is-right note text=four
then_exits 64
then_journal sound
