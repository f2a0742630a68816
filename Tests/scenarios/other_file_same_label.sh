#!/usr/bin/env bash
# Another file under a registered label is refused, and so is a file that is not what was sealed.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "a month on LS, and another file of the same name"
a_household
a_month "$first" 1
name=$(basename "$(artifact "$first")")
mkdir other
cp "$(artifact "$first")" right
cp right "other/$name"
a_flipped_bit "other/$name"

when ls_dev_register_artifact.sh --config ls.conf "other/$name"
then_exits 6
then_one_error "dev@$first"
then_same "$(artifact "$first")" right

given "the next month's artifact, changed on its way to LS"
a_snapshot "$second" 2
sealed=$(ws_dev_export_and_push.sh --config ws.conf "$second" 2>seal.out)
cp "$sealed" other/
a_flipped_bit "other/$(basename "$sealed")"
when ls_dev_register_artifact.sh --config ls.conf "other/$(basename "$sealed")"
then_exits 1
then_one_error "dev@$second"
then_empty "$ls_root/artifacts/incr"

given "what is not a file at all under its name"
rm "other/$(basename "$sealed")"
mkdir "other/$(basename "$sealed")"
when ls_dev_register_artifact.sh --config ls.conf "other/$(basename "$sealed")"
then_exits 6
then_one_error 'is not a file'
rmdir "other/$(basename "$sealed")"
mkfifo "other/$(basename "$sealed")"
when timeout 20 ls_dev_register_artifact.sh --config ls.conf "other/$(basename "$sealed")"
then_exits 6
rm "other/$(basename "$sealed")"
ln -s "$sealed" "other/$(basename "$sealed")"
when ls_dev_register_artifact.sh --config ls.conf "other/$(basename "$sealed")"
then_exits 2
rm "other/$(basename "$sealed")"
when ls_dev_register_artifact.sh --config ls.conf "other/$(basename "$sealed")"
then_exits 7
then_events artifact.registered 1

when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
when ls_dev_register_artifact.sh --config ls.conf "$sealed"
then_exits 0
then_events artifact.registered 2
then_journal sound
