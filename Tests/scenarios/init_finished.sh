#!/usr/bin/env bash
# `devjournal init` is killed at one call after the other: the same command, run again, finishes what was begun where the
# journal is there and its kit opens. Where it cannot, it says what to do and changes nothing.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

init=(devjournal init --config ls.conf --kit kit.age --passphrase-file passphrase)
segment=$journal/000000000001.jsonl
cut_to() { # RECORDS: as an init leaves it that was killed there
    head -n "$1" "$segment" >lines && cp lines "$segment" && rm -rf "$journal"/{checkpoint,cache} "$ls_root/manifests"
    mkdir "$ls_root/manifests"
}
then_finished() {
    then_journal sound >sound.out || broken "$(cat sound.out)"
    then_events journal.opened 1
    then_events recipient.set 1
    then_events kit.made 1
    then_present "$ls_root/keys/kit-unverified"
    when on_ls kit verify kit.age --passphrase-file passphrase
    then_exits 0
    then_events kit.made 1
    [[ $(cat "$ls_root/keys/root.fingerprint") == "$(sed -n 's/^root fingerprint: //p' out)" ]] || broken "the pinned root"
}
everything() { find ls kit*.age -type f -exec sha256sum {} + | sort; }
then_unchanged() { [[ $(everything) == "$before" ]] || broken "something changed: $(diff <(everything) - <<<"$before")"; }

given "a directory for LS, and a passphrase"
mkdir bucket
configure ls.conf "$work/ls/code" off
(umask 077 && printf 'correct horse battery staple\n' >passphrase && printf 'another\n' >wrong)

kills=0 begun=0
for point in write:{1,3,5,7,9,11,13} fsync:{1,3,5,7,9,11,13,15,17,19,21} rename,renameat,renameat2:{1,2,3,4,5,6}; do
    rm -rf ls kit.age bucket/.??*
    status=0
    strace -f -qq -o trace -e "trace=${point%:*}" -e "inject=${point%:*}:signal=KILL:when=${point#*:}" "${init[@]}" >out 2>err || status=$?
    ((status != 0)) || continue
    kills=$((kills + 1))
    if [[ -e $segment ]]; then
        records=$(wc -l <"$segment")
        ((records > 0)) || broken "$point: a journal is there with its first record, or not at all"
        if ((records < 3)); then
            "${init[@]}" >out 2>err || broken "$point: the second run fails"
            begun=$((begun + 1))
        fi
    else
        [[ ! -e kit.age ]] || { # no journal knows it
            "${init[@]}" >out 2>err && broken "$point: it must be refused"
            then_one_error "kit.age is there already" >/dev/null
            rm kit.age
        }
        "${init[@]}" >out 2>err || broken "$point: the second run fails"
    fi
    then_finished >finished.out || broken "$point: $(cat finished.out)"
done 2>kills.err # where the shell tells of each kill
((kills > 12 && begun > 2)) || broken "only $kills runs were killed, $begun of them with a journal begun"
printf 'then  %d killed runs were followed by a whole one, %d of them finished by it\n' "$kills" "$begun"

given "one that was killed after its first record, and after its second"
for records in 2 1; do
    cut_to "$records"
    rm -f "$ls_root/keys/kit-unverified" "$ls_root/keys/root.fingerprint"
    before=$(everything)
    when "${init[@]}" --passphrase-file wrong
    then_exits 8
    then_one_error "interrupted: the passphrase does not open"
    then_hint "if that is lost: move the kit and $journal away"
    when setsid -w devjournal init --config ls.conf --kit kit.age
    then_exits 64
    when devjournal init --config ls.conf --kit none.age --passphrase-file passphrase
    then_exits 6
    then_one_error "its kit is not at none.age"
    then_hint "name that kit with --kit"
    sed "s|$ls_root|$work/ls/other|" ls.conf >other.conf
    rm -rf ls/other other.age
    devjournal init --config other.conf --kit other.age --passphrase-file passphrase >/dev/null 2>&1 || broken "another journal"
    rm -r ls/other
    when devjournal init --config ls.conf --kit other.age --passphrase-file passphrase
    then_exits 6
    then_one_error "another journal"
    when devjournal init --config ls.conf --kit passphrase --passphrase-file passphrase
    then_exits 8
    rm other.age
    then_unchanged
    when "${init[@]}"
    then_exits 0
    grep -q "continuing the init that was interrupted" err || broken "it must say so"
    then_finished
done

given "one that was killed while it wrote its second record"
cut_to 1
head -c 40 lines >>"$segment"
when "${init[@]}"
then_exits 0
then_events journal.repaired 1
then_finished

given "a journal that is in use, or is not a journal"
before=$(everything)
when "${init[@]}"
then_exits 6
then_one_error "there is a journal in $journal already"
then_unchanged
cut_to 2
on_ls append note text=used >/dev/null
before=$(everything)
when "${init[@]}"
then_exits 6
then_one_error "there is a journal in $journal already"
then_unchanged
echo garbage >"$segment"
when "${init[@]}"
then_exits 6

given "a data set that was being added to the kit that is there"
rm -r ls
mv kit.age dev.age
when devjournal init --config ls.conf --kit kit.dev.age --passphrase-file passphrase
then_exits 0
dev_root=$ls_root ls_root=$work/ls/notes journal=$work/ls/notes/journal segment=$work/ls/notes/journal/000000000001.jsonl
sed -i "s|^DATASET=.*|DATASET=notes|; s|^LS_ROOT=.*|LS_ROOT=$ls_root|" ls.conf
when "${init[@]}" --kit-from kit.dev.age
then_exits 0
cut_to 1
when "${init[@]}" --kit-from kit.dev.age
then_exits 0
grep -q "also in the kit: data set dev" err || broken "it must name the others"
then_finished
cut_to 1
before=$(everything)
when "${init[@]}" --kit-from dev.age # of a journal that was given up
then_exits 6
then_one_error "of two journals"
then_unchanged
when "${init[@]}"
then_exits 0
then_finished
then_present "$dev_root"

given "a passphrase that was made and shown to a person, who types it in"
rm -r "$ls_root" kit.age
cat >typed.py <<'PY'
import os, pty, re, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    seen += piece
    if seen.endswith(b"wrote: "):
        os.write(terminal, open(sys.argv[1], "rb").read())
    if seen.endswith(b"press Enter: "):
        os.write(terminal, b"\n")
sys.stdout.buffer.write(seen.replace(b"\r", b""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY
when python3 typed.py none devjournal init --config ls.conf --kit kit.age
then_exits 0
(umask 077 && sed -n 's/.*passphrase, shown this once: //p' out >passphrase)
[[ -s passphrase ]] || broken "a passphrase must be shown"
grep -A 2 'shown this once' out | sed -n '2s/=\{72\}$/rule/p; 3p' >after
[[ $(head -n 1 after) == *rule && $(tail -n 1 after) == *"press Enter: "* ]] || broken "it must stand out, and wait: $(cat out)"
cut_to 1
when python3 typed.py passphrase devjournal init --config ls.conf --kit kit.age
then_exits 0
then_prints "passphrase of the kit that it wrote"
! grep -qF "$(cat passphrase)" out || broken "it must not be shown again"
then_finished

given "a medium whose file system cannot rename to a free name only"
when strace -f -qq -o trace -e trace=renameat2 -e inject=renameat2:error=EINVAL devjournal kit make --config ls.conf --from kit.age --passphrase-file passphrase medium.age
then_exits 0
grep -q INJECTED trace || broken "the rename must have failed"
when on_ls kit verify medium.age --passphrase-file passphrase
then_exits 0
[[ -z $(find . -name '.*.new') ]] || broken "leftovers: $(find . -name '.*.new')"
