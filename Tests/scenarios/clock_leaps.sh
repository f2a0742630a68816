#!/usr/bin/env bash
# A machine that boots with a clock that is years fast or slow records nothing and says nothing: records never go back in
# time, and an event keeps its date. The kernel's word that the clock is synchronised, or a person's, is enough.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# adjtimex(2) is answered by strace: 5 is TIME_ERROR, not synchronised; 0 is TIME_OK.
under_clock() { # ANSWER TIME ARGUMENT…
    strace -qq -f -o trace -e "inject=adjtimex,clock_adjtime:retval=$1" \
        faketime "$2" env DEVJOURNAL_CONFIG="${config:-ls.conf}" devjournal "${@:3}"
}

given "a journal, and a clock in 2099"
a_journal
before=$(sha256sum "$journal"/*.jsonl)
when under_clock 5 '2099-01-01 12:00:00' append note text=one
then_exits 6
then_one_error "the clock says 2099-01-01T.*, more than a day after the last record .* nothing synchronises it"
then_hint "put CLOCK=trusted into the configuration"
when under_clock 5 '2099-01-01 12:00:00' check-clock
then_exits 6
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

given "the clock as it should be, ten days before the last record"
before=$(sha256sum "$journal"/*.jsonl)
for refused in 'append note text=four' 'append note text=four --as workstation' 'key retire ws --reason stolen' check-clock; do
    # shellcheck disable=SC2086 # words
    when under_clock 5 "$soon" $refused
    then_exits 6
    then_one_error "more than a day before the last record .* nothing synchronises it"
done
[[ $(sha256sum "$journal"/*.jsonl) == "$before" ]] || broken "nothing is recorded"
when under_clock 0 "$soon" check-clock
then_exits 0
sed 's/^WORKTREE=.*/&\nCLOCK=trusted/' ls.conf >trusting.conf
chmod go-w trusting.conf
config=trusting.conf
when under_clock 5 "$soon" check-clock --json
then_exits 0
then_prints '"last":"'
when under_clock 5 "$soon" append note text=four
then_exits 0
when under_clock 5 "$soon" append note text=five
then_exits 0
sed 's/^CLOCK=.*/CLOCK=right/' trusting.conf >ls.wrong && config=ls.wrong
when under_clock 5 "$soon" check-clock
then_exits 64
then_journal warnings # two events ten days from their place

given "a workstation whose server is elsewhere, on the day of the last record"
configure ws.conf "$work/ws/code" off
sed -i "s|^LS_ROOT=.*|LS_ROOT=$work/no-ls|" ws.conf
config=ws.conf
deliver() { under_clock 5 "$later" deliver -- env DEVJOURNAL_CONFIG=ls.conf devjournal serve deliver; }
when devjournal replica pin --config ws.conf --log "$(on_ls verify --json | jq -r .log)" --root "$(on_ls verify --json | jq -r .root)"
then_exits 0
when under_clock 5 '2001-01-01 12:00:00' check-clock
then_exits 0 # nothing is known yet
when deliver
then_exits 0
for wrong in '2099-01-01 12:00:00' '2001-01-01 12:00:00'; do
    when under_clock 5 "$wrong" append --outbox note text=six
    then_exits 6
    then_one_error "more than a day (after|before) the last record"
    when under_clock 5 "$wrong" check-clock
    then_exits 6
done
then_absent ws/state/outbox/events.jsonl
when under_clock 5 "$later" append --outbox note text=six
then_exits 0
when under_clock 5 "$soon" append --outbox --clock-is-right note text=seven
then_exits 0
when deliver
then_exits 0

given "an author's event ten days from its place, which a reviewer signs"
when on_ls audit --json
jq -e '[.findings[].slug] | index("author-clock-skew")' out >jq.out || broken "the clock must be a finding"
config=trusting.conf
when under_clock 5 "$later" audit sign --up-to "$(cat "$journal"/*.jsonl | wc -l)" --reviewer alice
then_exits 0
when on_ls audit --json
! jq -e '[.findings[].slug] | index("author-clock-skew")' out >jq.out || broken "it is signed"
