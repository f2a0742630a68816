#!/usr/bin/env bash
# The lines of the journal that this one succeeds are mirrored with it: a check names the ones that are gone or damaged, a
# push brings them again, and a server that is lost once more gets them back from the mirror.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

kept_lines() { find "bucket/dev/journal/before/$log" -name '*.age'; }
new_ls() { rm -rf ls && on_ls rebuild --from-mirror --kit kit.age --passphrase-file passphrase; }
checked() { when on_ls push --check "$@"; }

given "a journal of two segments whose server and kit are lost, and one that succeeds it"
a_journal
for ((n = 0; n < 4200; n++)); do printf '{"type":"note","data":{"text":"%s"}}\n' "$n"; done >notes
on_ls append --batch <notes >receipts 2>batch.err || broken "$(cat batch.err)"
log=$(on_ls verify --json | jq -r .log) root=$(on_ls verify --json | jq -r .root)
cat "$journal"/*.jsonl >lines
rm -rf ls kit.age bucket
on_ls init --kit kit.age --passphrase-file passphrase --succeeds lines --root "$root" >init.out 2>&1 || broken "$(cat init.out)"
on_ls push --dry-run --json >dry.out 2>&1 || broken "$(cat dry.out)"
foreseen=$(jq .objects dry.out)
((foreseen == 3)) || broken "two old segments and one new must be foreseen, not $foreseen"
when on_ls push
then_exits 0
(($(kept_lines | wc -l) == 2)) || broken "two segments must be there: $(kept_lines)"
for file in $(kept_lines); do [[ $(sha256sum <"$file") == "$(basename "$(dirname "$file")")  -" ]] || broken "$file must be what its key says"; done
checked
then_exits 0
[[ ! -s out ]] || broken "something was found in a mirror that was just pushed"
checked --deep
then_exits 0
cp -a ls ls.before
[[ $(on_ls push --dry-run --json | jq .objects) == 0 ]] || broken "nothing more may be foreseen"
when on_ls push
then_exits 0
(($(kept_lines | wc -l) == 2)) || broken "nothing is brought twice"

given "a first push that was cut off before its checkpoint"
rm bucket/dev/manifests/*.age
when on_ls push
then_exits 0

given "a new server, from kit and mirror"
when new_ls
then_exits 0
! grep -q warning err || broken "nothing is missing"
then_same <(cat "$journal/before/$log"/*.jsonl) lines
when on_ls verify
then_exits 0
then_prints "before: .* are kept and sound"
then_journal sound
[[ $(jq -r .before verdict verdict.python | uniq) == sound ]] || broken "both must find the kept lines sound: $(cat verdict.python)"

given "one that is gone"
rm "$(kept_lines | head -n 1)"
checked
then_exits 11
then_prints "^missing	dev/journal/before/$log/\*/0000"
then_hint "devjournal push"
cp -a ls ls.pushed && cp -a bucket bucket.kept
when new_ls
then_exits 0
grep -q "warning: .* records of journal $log, which this one succeeds, are not kept here; a workstation may have them, in WS_STATE/before: the mirror lacks" err || broken "it must say that they are missing"
then_absent "$journal/before"
rm -rf ls bucket && mv ls.pushed ls && mv bucket.kept bucket
when on_ls push
then_exits 0
checked --deep
then_exits 0

given "one that is damaged, and the server that still has it"
a_flipped_bit "$(kept_lines | head -n 1)"
checked --deep
then_exits 11
then_prints "^damaged	dev/journal/before/$log/"
when on_ls push --repair --deep
then_exits 0
when new_ls
then_exits 0
! grep -q "not kept" err || broken "the sound version must be taken"
then_same <(cat "$journal/before/$log"/*.jsonl) lines

given "kept lines that are damaged here: they are pushed nowhere, and stop nothing"
rm -rf bucket ls
cp -a ls.before ls
chmod u+w "$journal/before/$log"/*.jsonl
a_flipped_bit "$journal/before/$log/000000000001.jsonl"
mkdir -p bucket/.devjournal-store/format-1 bucket/.devjournal-store/tmp
when on_ls push
then_exits 0
[[ -z $(kept_lines) ]] || broken "nothing damaged may be mirrored"
when on_ls verify --json
then_exits 1
jq -e '.verdict == "damaged" and .before == "damaged"' out >jq.out || broken "it must not be called sound"
when on_ls verify
then_exits 1
then_prints "^damaged: the lines kept of the journal before this one"
then_journal damaged
when "$(python_with_cryptography)" "$repository/tools/verify_journal.py" "$journal" --json
then_exits 1
jq -e '.verdict == "damaged" and .before == "damaged" and .reason == null' out >jq.out || broken "verify_journal.py: $(cat out)"
