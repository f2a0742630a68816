#!/usr/bin/env bash
# golang.org/x/mod, which knows nothing of devjournal, reads its notes, proofs and tiles; an export continues what an earlier
# one has written, and never replaces another history.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
command -v go >/dev/null || broken "golang-go is not installed: ${c2sp_packages[*]}"
export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$work/cache CGO_ENABLED=0 HOME=$work
go build -o read_with_go "$repository/Tests/c2sp/read_with_go.go" >go.out 2>&1 || broken "go build: $(cat go.out)"

given "a journal of two epochs, some hundred records, and its tiles"
a_journal
for number in $(seq 300); do printf '{"type":"note","data":{"text":"%s"}}\n' "$number"; done >events
on_ls append --batch <events >/dev/null
when on_ls export --tiles tiles
then_exits 0
mv out key
when on_ls checkpoint --vkey
then_exits 0
then_same out key
(($(on_ls key list --vkey | wc -l) == 1)) || broken "a verifier key for each epoch"
find tiles -type f -printf '%P\n' | sort >names
for name in tile/0/000 tile/entries/000 tile/1/000.p/1 checkpoint; do grep -qx "$name" names || broken "no $name: $(cat names)"; done
cp -a tiles tiles.first
on_ls key rotate --kit kit.age --passphrase-file passphrase >/dev/null 2>&1
on_ls append --batch <events >/dev/null
when on_ls export --tiles tiles --json
then_exits 0
[[ $(jq .files out) == 5 && $(jq .records out) == $(cat "$journal"/*.jsonl | wc -l) ]] || broken "the second export: $(cat out)"
[[ $(jq -r .vkey out) == $(on_ls key list --vkey | tail -n 1) && $(jq -r .vkey out) != $(cat key) ]] || broken "the new sequencer's key"
(($(on_ls key list --vkey --json | jq -s 'map(.epoch) == [1, 2]' | grep -c true) == 1)) || broken "key list --vkey --json"
when on_ls export --tiles tiles
then_exits 0

given "the tiles of every example that has a checkpoint"
for place in "$repository"/fixtures/journals/good-*/checkpoint; do
    place=$(dirname "$place")
    when on_ls export --tiles "example.${place##*/}" --journal "$place"
    then_exits 0
done
diff -r "$repository/fixtures/tiles/good-month" example.good-month || broken "the example's tiles are other files"
(($(find . -maxdepth 1 -name 'example.*' | wc -l) > 8)) || broken "too few examples"

when ./read_with_go "$repository" tiles tiles.first "$repository/fixtures/tiles/good-month" example.*
then_exits 0
then_prints ' tiles'
printf 'then  x/mod has read %s\n' "$(cat out)"

given "one byte of the tiles changed"
cp -a tiles tiles.changed
a_flipped_bit tiles.changed/tile/0/000 40
when ./read_with_go "$repository" tiles.changed
then_exits 1
when on_ls export --tiles tiles.changed
then_exits 6
then_one_error "is of another history than this journal"

given "tiles of another journal, and a directory of something else"
when on_ls export --tiles example.good-month
then_exits 6
then_one_error "is of another history than this journal"
mkdir photos && touch photos/one.jpg
when on_ls export --tiles photos
then_exits 6
then_one_error "holds something else than tiles"
[[ $(ls photos) == one.jpg ]] || broken "something was written"
when on_ls export --tiles tiles bundle
then_exits 64
when on_ls export --tiles none --journal "$repository/fixtures/journals/fork-in-the-second-head"
then_exits 7
then_absent none
cp -r "$repository/fixtures/journals/good-month" forged
a_flipped_bit forged/000000000001.jsonl 1000
when on_ls export --tiles none --journal forged
then_exits 1
then_absent none
