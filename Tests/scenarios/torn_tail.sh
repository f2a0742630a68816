#!/usr/bin/env bash
# A last line that was only half written is a torn tail, not damage: what stands before it is whole.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month, and half a line at the journal's end"
a_household
a_month "$first" 1
segment=$journal/000000000001.jsonl
cp "$segment" whole
tail -n 1 whole | head -c 200 >>"$segment"

then_journal torn
when devjournal audit --config ls.conf
then_exits 3
when devjournal log --config ls.conf
(( status == 0 || status == 3 )) || broken "log exits with $status"

given "a whole line of which only the line feed is missing"
head -c -1 whole >"$segment"
then_journal torn
