#!/usr/bin/env bash
# A registered artifact that is damaged on LS before it was mirrored: the push brings all else, names it with what mends
# it, and each of these does: WS hands it over again, the mirror has it from a push that was cut off, or it is withdrawn.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "two months, the first damaged before it was mirrored"
a_household
a_month "$first" 1
cp "$(artifact "$first")" "sealed.$first"
a_month "$second" 2
name=$(basename "$(artifact "$first")")
a_flipped_bit "$(artifact "$first")"

when push_to_cloud.sh --config ls.conf
then_exits 11
then_one_error "all else is mirrored, but $name is damaged here, and not mirrored"
then_hint "ws_dev_run_month.sh $first .* devjournal withdraw dev@$first --reason"
[[ -n $(object "$second") && -z $(object "$first") ]] || broken "what is sound must be mirrored"
then_events artifact.uploaded 1
[[ $(on_ls audit --json | jq -r '.findings[] | select(.slug == "artifact-damaged") | .subject') == "dev@$first" ]] || broken "the audit must tell it"
when push_to_cloud.sh --config ls.conf
then_exits 11
then_events artifact.verified 1
when on_ls push --json
then_exits 11
jq -es 'any(.[]; .unsound[0]? == {label: "dev@'"$first"'", result: "damaged", mirrored: false})' out >/dev/null || broken "it must be in the JSON"
when on_ls push --check
then_exits 0
when on_ls push --repair
then_exits 11
when on_ls scrub --all --repair
then_exits 1
grep -q "was not repaired: the mirror does not have it; ws_dev_run_month.sh" err || broken "it must say what mends it"

given "the sealed artifact again, as WS's spool has it"
mkdir spooled
cp "sealed.$first" "spooled/$name"
when ls_dev_register_artifact.sh --config ls.conf "spooled/$name"
then_exits 0
grep -q "the server's copy is sound again" err || broken "it must be said"
then_same "$(artifact "$first")" "sealed.$first"
[[ -n $(compgen -G "$ls_root/artifacts/anchors/$name.damaged-*") ]] || broken "the damaged one must be kept"
when push_to_cloud.sh --config ls.conf
then_exits 0
[[ -n $(object "$first") ]] || broken "it must be mirrored"
! on_ls audit --json | jq -e '.findings[] | select(.slug == "artifact-damaged")' >/dev/null || broken "nothing is damaged any more"

given "a month whose upload was not recorded, and whose file is lost"
a_month "$third" 3
cp "$(artifact "$third")" "sealed.$third"
name=$(basename "$(artifact "$third")")
folder=bucket/dev/artifacts/incr/$(sha256sum "sealed.$third" | cut -d' ' -f1)
[[ -d bucket/dev/artifacts/incr ]] || mkdir -p bucket/dev/artifacts/incr
mkdir -p "$folder"
cp "sealed.$third" "$folder/$name"
rm "$(artifact "$third")"
when push_to_cloud.sh --config ls.conf
then_exits 11
then_one_error "$name is missing here, and whole in the mirror"
then_hint 'scrub --repair'
when on_ls scrub "$third" --repair
then_exits 0
then_same "$(artifact "$third")" "sealed.$third"
when push_to_cloud.sh --config ls.conf
then_exits 0
then_journal sound
