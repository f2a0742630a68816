#!/usr/bin/env bash
# A scrub compares the server's artifacts with the journal, oldest check first, and journals what it finds. A damaged or
# missing one is named with what depends on it; the mirror's copy replaces it, and the damaged file is kept.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

checked() { on_ls log --json --type artifact.verified | jq -r '.event.data // .data | [.label, .result] | join(" ")'; }
last_check() { checked | tail -n 1; }

given "three months: an anchor and two incrementals, mirrored"
a_household
a_month "$first" 1
a_month "$second" 2
a_month "$third" 3
mirrored

when on_ls scrub
then_exits 0
then_events artifact.verified 0
grep -q "none is due" err || broken "what was registered just now needs no check"

given "everything due, a share a run: the oldest check first, each in its turn"
for label in "$first" "$second" "$third"; do
    when on_ls scrub --every 0s --share 1
    then_exits 0
    [[ $(last_check) == "dev@$label ok" ]] || broken "dev@$label was due: $(checked)"
    grep -q "2 more are due" err || broken "the others wait"
done
when on_ls scrub --all
then_exits 0
then_prints "^dev@$third	ok	"
then_events artifact.verified 6
when on_ls scrub latest --json
then_exits 0
[[ $(jq -r '.checked[].label' out) == "dev@$third" ]] || broken "only that one"
then_events artifact.verified 7

given "a bit flipped in the anchor"
anchor=$(artifact "$first")
sha256sum "$anchor" >sound.sum
a_flipped_bit "$anchor"
when on_ls scrub --all
then_exits 1
then_one_error "not restorable from this server: dev@$first, dev@$second and dev@$third"
then_hint "scrub --repair"
then_prints "^dev@$first	damaged	"
grep -q "needed by dev@$second and dev@$third" err || broken "what depends on it must be named"
[[ $(checked | grep -c damaged) == 1 ]] || broken "the damage is journalled"
when on_ls scrub
then_exits 1 # due until it is mended, and told once
[[ $(checked | grep -c damaged) == 1 ]] || broken "the damage is journalled once"
when on_ls audit
then_exits 4
then_prints "dev@$first was found damaged"

given "the mirror out of reach, or damaged itself"
mv bucket elsewhere
when on_ls scrub --repair
then_exits 1
grep -q "was not repaired" err || broken "it must say why"
mv elsewhere bucket
cp "$(object "$first")" kept.object
a_flipped_bit "$(object "$first")"
when on_ls scrub --repair
then_exits 1
grep -q "was not repaired" err || broken "it must say why"
[[ -z $(find "$ls_root/artifacts" -name '*.repairing') ]] || broken "a half repair is left"
cp kept.object "$(object "$first")"

given "the mirror whole again"
when on_ls scrub --repair --json
then_exits 0
[[ $(jq -c '.checked[0] | [.label, .result, .repaired, (.needed_by | length)]' out) == "[\"dev@$first\",\"damaged\",true,2]" ]] ||
    broken "what was repaired must be reported: $(cat out)"
sha256sum --quiet -c sound.sum || broken "the artifact must be sound again"
[[ $(find "$ls_root/artifacts" -name "*.damaged-*" | wc -l) == 1 ]] || broken "the damaged file must be kept"
then_events artifact.stored 1
when on_ls audit
! grep -q "found damaged" out || broken "a repaired artifact is not a finding"

given "one that is missing, and one that was never mirrored"
rm -f "$(artifact "$second")"
when on_ls scrub "$second"
then_exits 1
then_prints "^dev@$second	missing	"
when on_ls scrub --repair
then_exits 0
then_prints "^dev@$second	missing repaired	"
when on_ls restore latest
then_exits 0
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"

given "something else than a file in an artifact's place, a file that is much too long, and one to which a link leads"
artifact=$(artifact "$first")
sha256sum "$artifact" >sound.sum
mv "$artifact" elsewhere.age
mkdir "$artifact"
touch "$artifact/inside"
truncate -s 20G "$(artifact "$second")"
when timeout 20 env DEVJOURNAL_CONFIG=ls.conf devjournal scrub --all
then_exits 1
then_prints "^dev@$first	damaged	"
then_prints "^dev@$second	damaged	"
then_prints "^dev@$third	ok	"
when on_ls scrub --repair
then_exits 0
sha256sum --quiet -c sound.sum || broken "the artifact must be sound again"
[[ -n $(find "$ls_root/artifacts" -path '*.damaged-*/inside') ]] || broken "the directory must be kept"
mkfifo fifo && mv -f fifo "$artifact"
when timeout 20 env DEVJOURNAL_CONFIG=ls.conf devjournal scrub "$first"
then_exits 1
rm "$artifact"
ln -s "$work/elsewhere.age" "$artifact"
when on_ls scrub "$first" "dev@$first"
then_exits 0
[[ $(wc -l <out) == 1 ]] || broken "what is named twice is checked once"
rm elsewhere.age
when on_ls scrub "$first"
then_exits 1
then_prints "^dev@$first	missing	"
when on_ls scrub --repair
then_exits 0
sha256sum --quiet -c sound.sum || broken "the artifact must be sound again"

given "an anchor that this user may not read, and one in a directory that may not be entered"
on_ls_without_root() { setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search env DEVJOURNAL_CONFIG=ls.conf devjournal "$@"; }
chmod 0 "$artifact"
before=$(checked | wc -l)
when on_ls_without_root scrub --all --repair
then_exits 2
then_prints "^dev@$first	unread	"
then_prints "^dev@$third	ok	"
then_one_error "not checked, as this user may not read them: dev@$first"
then_hint "the user that the repository belongs to"
[[ $(checked | wc -l) == $((before + 2)) ]] || broken "what was not read is not journalled"
when on_ls_without_root scrub --json "$first"
then_exits 2
[[ $(jq -c '[.unread, .broken, .checked[0].result]' out) == '[1,0,"unread"]' ]] || broken "said so: $(cat out)"
chmod 0440 "$artifact"
chmod 0 "$(dirname "$artifact")"
when on_ls_without_root scrub "$first"
then_exits 2
then_prints "^dev@$first	unread	"
chmod 0755 "$(dirname "$artifact")"

given "wrong usage"
when on_ls scrub --share 0
then_exits 64
when on_ls scrub --every soon
then_exits 64
when on_ls scrub 2001-01
then_exits 7
then_journal sound
