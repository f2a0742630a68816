#!/usr/bin/env bash
# append --wait: the receipt says how far the record has come, and names the signed checkpoint that covers it; a deadline that
# passes leaves the record recorded, with a status of its own. Events whose data do not fit their schema are refused.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
export DEVJOURNAL_CONFIG=ls.conf

given "a journal with a mirror"
a_journal
echo PUSH_INTERVAL=0 >>ls.conf
devjournal push --create 2>/dev/null
when devjournal append note text=one --wait recorded
then_exits 0
then_prints '^[0-9]+ [0-9a-f-]{36} [0-9a-f]{64} recorded [0-9]+$'
when devjournal append note text=two --wait recorded --json
then_exits 0
jq -je .checkpoint out >one.head
[[ $(jq -r .seq out) == "$(sed -n 2p one.head)" ]] || broken "the checkpoint must cover the record"
when devjournal verify --head one.head
then_exits 0

given "nobody who pushes"
id=$(devjournal id)
when devjournal append note text=three --id "$id" --wait mirrored --deadline 1s
then_exits 17
then_one_error 'recorded as record [0-9]+, but not mirrored within 1 s'
then_hint 'do not record again; devjournal push --journal'
then_prints "^[0-9]+ $id [0-9a-f]{64} recorded "
seq=$(cut -d ' ' -f 1 out)
when devjournal append note text=three --id "$id" --wait mirrored --deadline 1s --json
then_exits 17
jq -e '.new == false and .grade == "recorded"' out >jq.out || broken "it is there once: $(cat out)"
jq -e '.status == 17' <(grep '^{' err) >jq.out || broken "the error is JSON"

given "a push while it waits"
(sleep 1 && exec devjournal push --journal 2>/dev/null) &
when devjournal append note text=three --id "$id" --wait mirrored --deadline 1m --json
then_exits 0
wait
jq -e --argjson seq "$seq" '.seq == $seq and .grade == "mirrored"' out >jq.out || broken "it must be mirrored: $(cat out)"
jq -j .checkpoint out >mirrored.head
(($(sed -n 2p mirrored.head) >= seq)) || broken "the checkpoint must cover it"
when devjournal verify --head mirrored.head
then_exits 0
printf '{"type":"x.a","data":{}}\n{"type":"x.b","data":{}}\n' >two
(sleep 1 && exec devjournal push --journal 2>/dev/null) &
when devjournal append --batch --wait mirrored --deadline 1m <two
then_exits 0
wait
[[ $(grep -c ' mirrored ' out) == 2 ]] || broken "a batch is mirrored as a whole"

given "what nobody can wait for"
when devjournal append note text=four --wait witnessed
then_exits 64
then_one_error '.--wait witnessed and --policy go together'
when devjournal append note text=four --wait witnessed --policy none
then_exits 7
sed 's/^MIRROR=.*/MIRROR=/' ls.conf >none.conf
when devjournal append note text=four --wait mirrored --config none.conf
((status != 0)) || broken "there is no mirror"
when devjournal append note text=four --deadline 1s
then_exits 64
when devjournal append note text=four --wait mirrored --deadline soon
then_exits 64
when devjournal append note text=four --outbox --wait mirrored
then_exits 64
! devjournal log --json | grep -q '"text":"four"' || broken "nothing of that must be recorded"

given "a schema for a type of one's own"
mkdir schemas
cat >schemas/x.build.json <<'END'
{
  "type": "object",
  "required": ["host"],
  "additionalProperties": false,
  "properties": {
    "host": {"type": "string", "minLength": 1},
    "steps": {"type": "array", "items": {"type": "object", "properties": {"seconds": {"type": "integer", "maximum": 60}}}}
  }
}
END
echo "SCHEMA_DIR=$work/schemas" >>ls.conf
when devjournal append x.build host=mx1 'steps:=[{"seconds":5}]'
then_exits 0
when devjournal append x.build host=mx1 'steps:=[{"seconds":5},{"seconds":61}]'
then_exits 6
then_one_error 'x.build does not fit its schema: /steps/1/seconds must be at most 60'
then_hint 'schemas/x.build.json'
when devjournal append --batch <<'END'
{"type":"x.build","data":{"host":"a"}}
{"type":"x.build","data":{"host":"b","port":1}}
END
then_exits 6
then_one_error 'line 2: .* /port is not a member that is allowed'
[[ $(events x.build) == 1 ]] || broken "only the one that fits"
sed -i 's/"minLength": 1/"pattern": "^m"/' schemas/x.build.json
when devjournal append x.build host=mx1
then_exits 6
then_one_error '/properties/host/pattern is not a keyword'
when devjournal append x.other host:=7
then_exits 0
then_journal sound
