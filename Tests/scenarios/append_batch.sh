#!/usr/bin/env bash
# A batch from standard input is recorded as one, with a receipt a line; a bad line is named and nothing is recorded.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a journal, and three events with ids"
a_household
for number in 1 2 3; do
    printf '{"type":"x.disk.check","data":{"number":%d},"id":"%s"}\n' "$number" "$(devjournal id)"
done >events.jsonl

batch() { devjournal append --config ls.conf --batch "${@:2}" <"$1"; }

when batch events.jsonl
then_exits 0
(($(wc -l <out) == 3)) || broken "expected three receipts"
cut -d' ' -f2 out | cmp - <(jq -r .id events.jsonl) || broken "the receipts are not in the order of the lines"
then_events x.disk.check 3
cp out receipts

when batch events.jsonl
then_exits 0
then_same out receipts
then_events x.disk.check 3

given "the same with a line more, of a type that is not for scripts"
{ cat events.jsonl && printf '{"type":"artifact.uploaded","data":{}}\n'; } >bad.jsonl
printf '{"type":"note","data":{"text":"new"}}\n' | cat - bad.jsonl >reserved.jsonl
when batch reserved.jsonl
then_exits 6
then_one_error 'line 5: artifact.uploaded is not for scripts'
then_hint 'devjournal push'
then_events note 0

given "malformed lines"
for line in '{"type":"note","data":{"text":"x"},"schema":2}' '{"type":"note"}' 'text' '' '{"type":"x.a","data":{"n":1.5}}' \
    '{"type":"Note","data":{}}' '{"type":"note","data":{"text":"x"},"id":"1"}'; do
    printf '{"type":"note","data":{"text":"good"}}\n%s\n' "$line" >bad.jsonl
    when batch bad.jsonl
    then_exits 64
    then_one_error '^devjournal: error: line 2: '
done
then_events note 0

given "an id that stands there with other content"
jq -c '.data.number = 9' events.jsonl | tail -n 1 >other.jsonl
printf '{"type":"note","data":{"text":"good"}}\n' | cat - other.jsonl >bad.jsonl
when batch bad.jsonl
then_exits 6
then_one_error 'line 2: event id .* other content'
then_events note 0

when batch events.jsonl --expect-seq 2 # recorded before: the answer was lost, perhaps
then_exits 0
then_same out receipts
{ cat events.jsonl && printf '{"type":"note","data":{"text":"new"}}\n'; } >more.jsonl
when batch more.jsonl --expect-seq 2
then_exits 6
when batch /dev/null
then_exits 64
when devjournal append --config ls.conf --batch note
then_exits 64
then_journal sound
