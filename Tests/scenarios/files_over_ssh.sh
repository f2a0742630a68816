#!/usr/bin/env bash
# A workstation that has no artifacts and not all catalogues gets files of a month, and names in it, from its server over
# ssh, by the rules of a restore: where that is asked for somebody at the server has allowed it, and the journal says what
# leaves. What comes is compared with what was signed; nothing of it stays.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

state=/var/lib/devjournal/dev
code=/home/chuck/code
catalogues=$hosts/ws/root$state/catalogues
run_month() { on_ws ws_dev_run_month.sh "$1" >month.out 2>&1 || broken "month $1: $(cat month.out)"; }
edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 2 "$1" $code; }
released() { as_server devjournal log --type restore.released --json; }
then_released() { # COUNT JQ VALUE: so many in all; of the last one
    local count
    count=$(released | wc -l)
    ((count == $1)) || broken "$1 releases must be recorded, are $count"
    [[ $(released | tail -n 1 | jq -c "$2") == "$3" ]] || broken "the last release: $(released | tail -n 1)"
    printf 'then  the journal says: %s\n' "$(as_server devjournal log --type restore.released | tail -n 1)"
}
# All that a workstation holds of the data set, but for its replica, outbox, lock and logs.
kept() { on_ws find $state -not -path '*/replica/*' -not -path '*/logs/*' -not -name '*cache*' -printf '%p %s %m\n' | sort; }

given "two paired machines and three months; a large file that is edited in its middle"
a_host ls
a_host ws
installed_and_paired
old=$(month 2) middle=$(month 1) new=$(month 0)
number=0
for one in "$old" "$middle" "$new"; do
    edit $((number += 1))
    on_ws sh -c "[ -e $code/large ] || head -c 20000000 /dev/urandom >$code/large
        head -c 5000 /dev/urandom | dd of=$code/large bs=1 seek=$((number * 6000000)) conv=notrunc status=none
        echo $one >$code/only-$one; echo 'of $one' >$code/month; mkdir -p '$code/sub dir'; echo $one >'$code/sub dir/a [b]*'"
    run_month "$one"
    mkdir -p "kept/$one" && cp -a "$ws_code/." "kept/$one/"
done
kept >kept.before

given "a file of an earlier month"
when on_ws devjournal cat --verbose "$old:month"
then_exits 0
then_same out "kept/$old/month"
then_released 1 '[.event.data.label, .event.data.paths, (.event.data.to | split(" ")[0])]' "[\"dev@$old\",[\"month\"],\"ws\"]"
when on_ws devjournal cat "$middle:large"
then_exits 0
then_same out "kept/$middle/large"
then_released 2 '[.event.data.label, .event.data.paths, .event.data.chain]' "[\"dev@$middle\",[\"large\"],[\"dev@$old\",\"dev@$middle\"]]"

given "the commands of the guide"
document_blocks 'run by files_over_ssh.sh' "$repository/tools/man/devjournal-guide.7.md" |
    sed "s/2026-01/$old/; s/PATH/month/; s/FOLDER/'sub dir'/" >guide.commands
(($(wc -l <guide.commands) == 3)) || broken "the block of the guide: $(cat guide.commands)"
# shellcheck disable=SC2016 # WS's shell expands it
when on_ws bash -ec 'mkdir /root/guide && cd /root/guide && eval "$1"' bash "$(cat guide.commands)"
then_exits 0
cmp "$hosts/ws/root/root/guide/file" "kept/$old/month" || broken "cat"
cmp "$hosts/ws/root/root/guide/some/sub dir/a [b]*" "kept/$old/sub dir/a [b]*" || broken "extract"
guided=$(released | wc -l)

given "catalogues of months that another workstation could have made"
mkdir aside
mv "$catalogues"/* aside/
kept >kept.before
when on_ws devjournal cat "$new:large"
then_exits 0
then_same out "kept/$new/large"
when on_ws devjournal cat "$new:sub dir/a [b]*"
then_exits 0
then_same out "kept/$new/sub dir/a [b]*"
(($(released | wc -l) == guided + 3)) || broken "a path that may be a pattern takes names first: two records"
when on_ws devjournal cat "$new:no/such"
then_exits 7
then_one_error 'has no no/such'
when on_ws devjournal cat "$new:sub dir"
then_exits 6
then_one_error 'not a regular file'
(($(released | wc -l) == guided + 4)) || broken "what there is not is not released"

given "parts of a month, and all of it, into a directory"
when on_ws devjournal extract "$middle" 'only-*' 'sub dir' --to /root/parts
then_exits 0
[[ $(on_ws sh -c 'cd /root/parts && find . -type f | sort | xargs -d "\n"') == "./only-$old ./only-$middle ./sub dir/a [b]*" ]] || broken "other files came: $(on_ws find /root/parts)"
then_released $((guided + 6)) .event.data.paths "[\"only-$old\",\"only-$middle\",\"sub\\\\x20dir\"]"
when on_ws devjournal extract "$old" --to /root/whole
then_exits 0
grep -q 'the tree is the one that was sealed, compared as a whole' err || broken "it must be compared as a whole"
then_released $((guided + 7)) .event.data.paths '["."]'
when on_ws devjournal extract "$old" --to /root/whole
then_exits 0
released_before=$(released | wc -l)

given "names, without and with the word for it"
for command in "ls $new" "find only-*" "history month" "diff $old $new"; do
    # shellcheck disable=SC2086 # words
    when on_ws devjournal $command
    then_exits 7
    then_one_error 'this workstation has no catalogue'
    then_hint '--from-server asks LS for it'
done
[[ $(released | wc -l) == "$released_before" ]] || broken "nothing is asked for unsaid"
when on_ws devjournal find --from-server 'only-*'
then_exits 0
cp out ws.out
when as_server devjournal find 'only-*'
then_exits 0
then_same out ws.out
then_released $((released_before + 1)) '[.event.data.paths, .event.data.chain]' "[[],[\"dev@$old\",\"dev@$middle\",\"dev@$new\"]]"
when as_server devjournal log --type restore.released
grep -q 'names alone' out || broken "log must say that names alone left"
for command in "ls -r $new" "history month" "diff $old $new"; do
    # shellcheck disable=SC2086
    when as_server devjournal $command
    cp out ls.out
    # shellcheck disable=SC2086
    when on_ws devjournal ${command%% *} --from-server ${command#* }
    then_exits 0
    then_same out ls.out
done
kept >kept.after
diff kept.before kept.after >diff.out || broken "something stays on WS: $(cat diff.out)"
printf 'then  nothing of what was sent stays\n'

given "a server at which somebody has to allow it"
on_ls sh -c 'echo RELEASE=confirm >>/etc/devjournal/dev.conf'
count=$(released | wc -l)
for command in "cat $new:month" "cat $new:no/such" "extract $new --to /root/none" "ls --from-server $new" "find --from-server only-*"; do
    # shellcheck disable=SC2086
    when on_ws devjournal $command
    then_exits 6
    then_one_error 'waits for somebody at the server'
    then_hint "devjournal release dev@$new --to ws"
    [[ ! -s out ]] || broken "nothing is printed"
done
[[ $(on_ws sh -c 'ls /root/none 2>/dev/null') == "" ]] || broken "nothing is made"
stolen() { on_ws timeout 30 ssh -F /dev/null -i "$state/ssh/id_ed25519" -o IdentitiesOnly=yes -o "UserKnownHostsFile=$state/ssh/known_hosts" -o BatchMode=yes devjournal@ls "$@"; }
for message in "{\"catalogues\":[\"dev@$new\"],\"paths\":null}" "{\"catalogues\":[],\"paths\":[\"month\"]}" "{\"catalogues\":[],\"paths\":[\"no/such\"]}" nonsense; do
    when stolen "read dev@$new" <<<"$message"
    then_exits 6
    then_one_error 'waits for somebody'
    [[ ! -s out ]] || broken "nothing is sent"
    grep -v 'waits for somebody\|hint' err | grep -q . && broken "no other word"
done
[[ $(released | wc -l) == "$count" ]] || broken "nothing is recorded"

given "the command of the hint run on LS"
when as_server devjournal release "dev@$new" --to ws
then_exits 0
when on_ws devjournal cat "$new:month"
then_exits 0
then_same out "kept/$new/month"
then_released $((count + 1)) '.event.data | [.paths, has("confirmed")]' '[["month"],true]'
when on_ws devjournal extract "$new" large --to /root/large
then_exits 0
cmp "$hosts/ws/root/root/large/large" "kept/$new/large" || broken "the large file"
count=$(released | wc -l)

given "a workstation that asks for what no honest one does"
ask() { # LABEL MESSAGE STATUS ERROR
    when stolen "read $1" <<<"$2"
    then_exits "$3"
    then_one_error "$4"
    [[ ! -s out ]] || broken "nothing is sent"
}
ask "dev@$new" nonsense 6 'does not say what is to be read'
ask "dev@$new" '{"catalogues":[],"paths":null}' 6 'does not say'
ask "dev@$new" '{"catalogues":["other@2026-01"],"paths":null}' 6 'does not say'
ask "dev@$new" '{"catalogues":["dev@1999-01"],"paths":null}' 7 'does not need'
for path in ../../keys/sequencer.key /etc/passwd src/../month ./month "a\\\\x00b" "sub dir/a"; do
    ask "dev@$new" "{\"catalogues\":[],\"paths\":[\"$path\"]}" 64 'not a path'
done
ask "dev@$new" '{"catalogues":[],"paths":["no/such"]}' 7 'has no no/such'
ask "other@$new" '{"catalogues":[],"paths":[]}' 6 'not a label of dev'
when stolen "read dev@$new" <<<"{\"catalogues\":[],\"paths\":[$(printf '"a",%.0s' {1..5000})\"a\"]}"
then_exits 6
when stolen "read dev@$new" < <(head -c 3000000 /dev/zero)
then_exits 6
[[ $(released | wc -l) == "$count" ]] || broken "nothing is recorded"

given "a line to the server that breaks in the middle, and one that changes what is sent"
on_ws sh -c 'cat >/usr/local/bin/ssh && chmod +x /usr/local/bin/ssh' <<'END'
#!/bin/bash
case $(cat /run/line) in
    cut) /usr/bin/ssh "$@" | head -c 3000000; echo "Connection to ls closed by remote host." >&2; exit 255 ;;
    cut-at-once) /usr/bin/ssh "$@" | head -c 20; exit 255 ;;
    lie) exec /usr/bin/ssh "$@" > >(python3 -c 'import sys
data = bytearray(sys.stdin.buffer.read())
data[-1000] ^= 1
sys.stdout.buffer.write(data)') ;;
    more) /usr/bin/ssh "$@"; echo more ;;
    endless) /usr/bin/ssh "$@" | head -n 1; cat /dev/zero ;;
    huge) echo "{\"catalogues\":[900000000000],\"frames\":1,\"bytes\":900000000000}"; cat /dev/zero ;;
    *) exec /usr/bin/ssh "$@" ;;
esac
END
line() { on_ws sh -c "echo $1 >/run/line"; }
for how in cut cut-at-once; do
    line $how
    when on_ws devjournal extract "$new" large --to /root/cut
    then_exits 11
    [[ $(on_ws sh -c 'ls -A /root/cut 2>/dev/null') == "" ]] || broken "something half-written is there"
    when on_ws devjournal cat "$new:large"
    then_exits 11
    [[ ! -s out ]] || broken "a part of a file was printed"
done
line lie
when on_ws devjournal cat "$new:large"
then_exits 1
[[ ! -s out ]] || broken "a part of a file was printed"
when on_ws devjournal extract "$new" large --to /root/lie
then_exits 1
[[ $(on_ws sh -c 'find /root/lie -type f') == "" ]] || broken "what differs must be left out"
for how in more endless huge; do
    line $how
    when on_ws timeout 60 devjournal cat "$new:month"
    then_exits 1
    then_one_error 'what the server sends|cannot be used'
    [[ ! -s out ]] || broken "something was printed"
done
line sound
when on_ws devjournal cat "$new:month"
then_exits 0
kept >kept.after
diff kept.before kept.after >diff.out || broken "something stays on WS: $(cat diff.out)"

given "an artifact on LS that is damaged in one place"
artifact=$(find "$ls_root/artifacts" -name "dev@$old.*" -type f)
a_flipped_bit "$artifact"
when on_ws devjournal extract "$new" large month 'sub dir' --to /root/partly
then_exits 1
then_one_error 'did not come out'
grep -q "the artifact of dev@$old cannot be used" err || broken "the artifact must be named: $(cat err)"
[[ $(on_ws sh -c 'cd /root/partly && find . -type f | sort | xargs -d "\n"') == './month ./sub dir/a [b]*' ]] ||
    broken "what lies elsewhere must come out: $(on_ws find /root/partly)"
when on_ws devjournal cat "$new:large"
then_exits 1
[[ ! -s out ]] || broken "a part of a file was printed"
a_flipped_bit "$artifact"
when on_ws devjournal extract "$new" large month 'sub dir' --to /root/partly
then_exits 0
cmp "$hosts/ws/root/root/partly/large" "kept/$new/large" || broken "what is there is kept, the rest comes"

given "a catalogue that the server has made again, as the one that was sealed was lost: it has the same text"
rm "$ls_root/catalogues/dev@$new"*
when as_server devjournal catalogue make "$new"
then_exits 0
when on_ws devjournal deliver
then_exits 0
when on_ws devjournal cat "$new:month"
then_exits 0
then_same out "kept/$new/month"

given "a workstation's key that this one does not trust"
on_ws mv $state/author.key /root/
when on_ws devjournal cat "$new:month"
then_exits 6
then_one_error 'does not trust'
on_ws mv /root/author.key $state/

given "an older server"
on_ls sh -c 'mv /usr/local/bin/devjournal /usr/local/bin/devjournal.new && cat >/usr/local/bin/devjournal && chmod +x /usr/local/bin/devjournal' <<'END'
#!/bin/bash
case ${SSH_ORIGINAL_COMMAND:-} in
    read*) echo "devjournal: error: not served: a command that is not one of the few that are served" >&2; exit 6 ;;
    hello) devjournal.new "$@" | sed 's/,"reads":true//' ;;
    *) exec devjournal.new "$@" ;;
esac
END
when on_ws devjournal cat "$new:month"
then_exits 6
grep -q 'runs devjournal .*, which gives out whole months alone' err || broken "it must say why"
then_hint 'install this version there, too'
on_ls mv /usr/local/bin/devjournal.new /usr/local/bin/devjournal
then_journals
