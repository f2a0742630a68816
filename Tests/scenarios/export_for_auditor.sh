#!/usr/bin/env bash
# The bundle for an auditor is judged elsewhere, with Python alone and without this repository.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"
python=$(python_with_cryptography)

given "a month"
a_household
a_month "$third" 1
records=$(on_ls verify --json | jq .records)

when devjournal export --config ls.conf bundle.tar
then_exits 0
then_prints '^[0-9a-f]{32}$'
mv out root
when devjournal export --config ls.conf bundle
then_exits 0

given "the archive unpacked elsewhere, by stock tar"
mkdir laptop
tar -C laptop -xf bundle.tar
diff -r laptop/bundle bundle >diff.out || broken "directory and archive differ: $(head -n 3 diff.out)"
cmp root bundle/root.fingerprint || broken "another fingerprint was printed"
cmp "$repository/tools/verify_journal.py" bundle/verify_journal.py || broken "it carries another verifier"
cmp "$repository/journal-format.md" bundle/journal-format.md || broken "it carries another description"

# The commands of README.txt, word for word, with nothing but Python at hand.
grep '^    ' bundle/README.txt | sed "s#python3#$python#" >commands
(($(wc -l <commands) == 2)) || broken "README.txt should name two commands"
sed -n 1p commands >first && sed -n '2s/| less/| cat/p' commands >second
cd laptop/bundle
when env -i PATH=/usr/bin:/bin bash "$work/first"
cd "$work" && mv laptop/bundle/out laptop/bundle/err .
then_exits 0
then_prints "^sound: $records records"
then_prints "^checkpoint +$records$"
cd laptop/bundle
when env -i PATH=/usr/bin:/bin bash "$work/second"
cd "$work" && mv laptop/bundle/out laptop/bundle/err .
then_exits 0
then_prints '"type": "artifact.registered"'

given "a line of the bundle changed on its way"
sed -i '5s/dev@/deV@/' laptop/bundle/journal/000000000001.jsonl
cd laptop/bundle
when env -i PATH=/usr/bin:/bin bash "$work/first"
cd "$work" && mv laptop/bundle/out laptop/bundle/err .
then_exits 1

when devjournal export --config ls.conf bundle
then_exits 6
given "a damaged journal"
a_flipped_bit "$journal/000000000001.jsonl"
when devjournal export --config ls.conf other.tar
then_exits 1
then_absent other.tar
[[ -z $(find . -maxdepth 1 -name '.*.new') ]] || broken "something unfinished was left"
