#!/usr/bin/env bash
# What others chose (notes, names, reasons, objects in the bucket, arguments) steers no terminal and no log, whichever command
# shows it. What programs read is the stored bytes.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# C0, DEL, C1, bidirectional controls, the line separator; CR and LF, which would forge a line.
steering=$'\e[2Ja\a\x7f\xc2\x9b31mb\xe2\x80\xaec\xe2\x81\xa6d\xd8\x9ce\xe2\x80\xa8f\r\ndevjournal: error: forged'

# clean FILE…: printable text, line feeds and tabs, and nothing else.
clean() {
    python3 - "$@" <<'END' || broken "something that steers a terminal was shown"
import re, sys
for name in sys.argv[1:]:
    text = open(name, "rb").read().decode()
    if found := re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text):
        sys.exit(f"{name}: {text[max(0, found.start() - 40):found.end() + 40]!r}")
    if re.search("^devjournal: error: forged", text, re.M): sys.exit(f"{name}: a forged line: {text!r}")
END
}
# then_clean STATUS COMMAND…
then_clean() {
    when "${@:2}"
    then_exits "$1"
    clean out err
}

given "a journal with a note, an event and a retirement whose words steer a terminal"
a_journal
on_ls append note text="$steering" >receipt || broken "no note"
jq -cn --arg text "$steering" '{($text): {($text): [$text]}}' | sed 's/\\u007f/\x7f/g' >odd.json # the format's spelling of DEL
on_ls append x.odd --data odd.json >>receipt || broken "no event"
on_ls append note text=$'bytes \xff that are no text' >>receipt 2>&1 || true
on_ls key retire ws --reason "$steering" >>receipt || broken "not retired"
last=$(on_ls log --json | tail -n 1 | jq .seq)

for seq in $(seq "$last"); do then_clean 0 on_ls show "$seq"; done
then_clean 0 on_ls log
grep -q '\\u001b\[2Ja\\u0007\\u007f\\u009b31mb\\u202ec\\u2066d\\u061ce\\u2028f\\u000d\\u000adevjournal: error: forged' out ||
    broken "the note is not shown"
(($(wc -l <out) == last)) || broken "a record is not one line"
then_clean 0 on_ls audit
then_clean 0 on_ls key list
then_clean 0 on_ls verify
"$(python_with_cryptography)" "$repository/tools/verify_journal.py" "$journal" >out 2>err || broken "verify_journal.py"
clean out err

given "arguments that steer a terminal"
then_clean 64 on_ls log --since "$steering"
then_clean 64 on_ls log "--$steering"
then_clean 64 on_ls "$steering"
then_clean 64 on_ls show "$steering"
then_clean 64 on_ls plan "$steering"
then_clean 64 on_ls append note "$steering"
then_clean 7 devjournal log --config "$steering"
then_clean 7 on_ls verify --journal "$steering"
then_clean 7 on_ls kit verify "$steering" --passphrase-file passphrase
then_clean 64 on_ls log --journal $'no\xffsuch\e[2J'
then_clean 64 on_ls log --since "$steering" --json
jq -e '.status == 64' err >/dev/null || broken "the error is not JSON"
then_clean 64 restore_backup_LS.sh --config ls.conf "$steering"
then_clean 7 push_to_cloud.sh --config "$steering"

given "a server that says such things over ssh"
on_ls verify --json >verdict
on_ls replica pin --log "$(jq -r .log verdict)" --root "$(jq -r .root verdict)" >pin.out 2>&1 || broken "$(cat pin.out)"
# shellcheck disable=SC2016 # for the shell that runs it
printf '#!/bin/sh\nprintf "%%s" "$STEERING" >&2\nexit 255\n' >server && chmod +x server
then_clean 2 env STEERING="${steering%$'\r\n'*}" devjournal deliver --config ls.conf -- ./server deliver
grep -q 'u001b.*u2028f' err || broken "what the server says is not shown"

given "programs, which read what is stored, and a person who looks at that in a terminal"
when on_ls log --json
then_exits 0
then_same out "$journal/000000000001.jsonl"
grep -q $'\xe2\x80\xae' out || broken "the journal's own bytes are not there"
in_terminal() { # COMMAND…: what a terminal would be sent
    python3 - "$@" <<'END'
import os, pty, sys
with open("screen", "wb") as screen:
    def copy(fd):
        data = os.read(fd, 1 << 16)
        screen.write(data)
        return data
    sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], copy)))
END
}
DEVJOURNAL_CONFIG=ls.conf in_terminal devjournal log --json >/dev/null || broken "log in a terminal"
tr -d '\r' <screen >shown
clean shown
cmp <(jq -S . shown) <(jq -S . out) || broken "what a terminal shows means something else"
