#!/usr/bin/env bash
# Whatever starts the scripts: a locale in which I is not a letter between A and Z, cron's PATH, no HOME, no standard input
# or output, a TMPDIR that is not there.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
worktree=on

given "Turkish and Latvian, of Debian's package locales"
mkdir locales
for locale in tr_TR lv_LV; do
    localedef -i "$locale" -f UTF-8 "$work/locales/$locale.UTF-8" >localedef.out 2>&1 || broken "localedef: $(cat localedef.out)"
done
turkish=(env "LOCPATH=$work/locales" LC_ALL=tr_TR.UTF-8 LANGUAGE=tr)
# shellcheck disable=SC2034 # by its name, below
latvian=(env "LOCPATH=$work/locales" LC_ALL=lv_LV.UTF-8)
# shellcheck disable=SC2016 # the other shell expands it
[[ $("${turkish[@]}" bash -c '[[ I =~ ^[A-Z]$ ]] || echo none') == none ]] || broken "I is a letter from A to Z here: the locale says nothing"

given "scripts and binary in one directory, which is not in cron's PATH"
a_household
mkdir bin
cp -r "$repository"/tools/{*.sh,lib} "$(command -v devjournal)" bin/
echo RESERVE_BYTES=0 >>ls.conf
cron=(env -i PATH=/usr/bin:/bin TMPDIR=/nonexistent)
make_source_tree.py --megabytes 1 1 ws/code

when "${cron[@]}" "$work/bin/ws_dev_run_month.sh" --config ws.conf "$first"
then_exits 0
closed() { (cd / && "$@" <&- >&- 2>"$work/closed.err"); }
when closed "${cron[@]}" "$work/bin/push_to_cloud.sh" --config "$work/ls.conf"
then_exits 0
when closed "${cron[@]}" "$work/bin/ws_dev_run_month.sh" --config "$work/ws.conf" "$first"
then_exits 0
for language in turkish latvian; do
    declare -n environment=$language
    month=$second
    [[ $language == turkish ]] || month=$third
    make_source_tree.py --megabytes 1 "${month#*-}" ws/code
    when "${environment[@]}" ws_dev_run_month.sh --config ws.conf "$month"
    then_exits 0
    when "${environment[@]}" push_to_cloud.sh --config ls.conf
    then_exits 0
    then_copied ls/code "ws/snapshots/dev@$month"
    when "${environment[@]}" pull_from_cloud.sh --config ls.conf --to "pulled.$language" latest
    then_exits 0
    when "${environment[@]}" store_on_LS.sh --config ls.conf "pulled.$language"
    then_exits 0
    when "${environment[@]}" restore_backup_LS.sh --config ls.conf latest
    then_exits 0
    when "${environment[@]}" ls_dev_latest_label.sh --config ls.conf
    then_prints "^dev@$month\$"
done
then_events artifact.uploaded 3

given "the root helper, the quickstart and the line of a workstation"
when "${turkish[@]}" "$repository/tools/system/devjournal-root" archive-i ws_dev_run_month.sh
then_exits 6
when "${turkish[@]}" "$repository/Tests/Support/quickstart_story.sh" --remote s3://bucket/MINI
then_exits 64
then_one_error 'needs S3_ENDPOINT'

given "a directory without a devjournal, and none in PATH"
mkdir alone empty
cp -r "$repository"/tools/{lib,ls_dev_latest_label.sh} alone/
# What the directories of the system hold is not this scenario's to say: nothing is in them here.
when unshare --mount bash -c "for place in /usr/local/bin /usr/local/sbin; do mount --bind '$work/empty' \$place; done; env -i PATH=/usr/bin:/bin '$work/alone/ls_dev_latest_label.sh'"
then_exits 7
then_one_error 'no devjournal in'
