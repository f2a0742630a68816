#!/usr/bin/env bash
# How `open --age-only` ends for each way in which an age file can be wrong: what was authenticated before a fault in the
# payload comes out on standard output, nothing at all where the header or the armor is wrong, never a partial file.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

changed() { python3 -c "import sys; d = open(sys.argv[1], 'rb').read(); sys.stdout.buffer.write($2)" "$1"; }
open_it() { when devjournal open --age-only -i "${2:-key}" "$1"; }
refused() { # FILE STATUS PATTERN BYTES: so many bytes of the content come out
    open_it "$1"
    then_exits "$2"
    then_one_error "$3"
    [[ $(stat -c %s out) == "$4" ]] || broken "$1: $(stat -c %s out) bytes came out, not $4"
    cmp -s -n "$4" out content || broken "$1: what came out is not the content"
    when devjournal open --age-only -i "${5:-key}" -o opened "$1"
    then_exits "$2"
    then_absent opened
}

given "a file of four chunks, the last of them full, by stock age"
age-keygen -o key 2>/dev/null
recipient=$(age-keygen -y key)
head -c 262144 /dev/urandom >content
age -r "$recipient" -o good.age content
age -a -r "$recipient" -o armored.age content
head=$(($(grep -abo -m 1 '^--- ' good.age | cut -d: -f1) + 48))

open_it good.age
then_exits 0
then_same out content
when devjournal open --age-only -i key /dev/stdin <good.age
then_exits 0
then_same out content

given "its payload changed: only the chunks before come out"
changed good.age "d[:$head + 16 + 2 * 65552 + 9] + bytes([d[$head + 16 + 2 * 65552 + 9] ^ 1]) + d[$head + 16 + 2 * 65552 + 10:]" >bit.age
refused bit.age 1 'chunk 2 cannot be authenticated' 131072
changed good.age "d[:-1]" >short.age
refused short.age 1 'chunk 3 cannot be authenticated' 196608
changed good.age "d[:$head + 16 + 65552]" >boundary.age
refused boundary.age 1 'truncated' 65536
changed good.age "d + b'x'" >more.age
refused more.age 1 'data after the end' 262144
changed good.age "d[:$head + 16 + 65552] + d[$head + 16 + 2 * 65552:]" >missing.age
refused missing.age 1 'chunk 1 cannot be authenticated' 65536
changed good.age "d[:$head + 15]" >nonce.age
refused nonce.age 1 'truncated' 0
changed good.age "d[:$head + 16]" >chunkless.age
refused chunkless.age 1 'truncated' 0

given "its header changed: nothing comes out"
changed good.age "d[:$head - 2] + (b'A' if d[$head - 2:$head - 1] != b'A' else b'E') + d[$head - 1:]" >mac.age
refused mac.age 1 'malformed header|MAC does not match' 0
changed good.age "d.replace(b'\n--- ', b'\n-> grease\n\n--- ', 1)" >added.age
refused added.age 1 'the header of the age file was changed: its MAC does not match' 0
changed good.age "d[:$head].replace(b'\n', b'\r\n') + d[$head:]" >crlf.age
refused crlf.age 1 'malformed header' 0
changed good.age "d.replace(b'v1', b'v2', 1)" >version.age
refused version.age 1 'malformed header: the version line' 0
changed good.age "d.replace(b'-> X25519 ', b'-> X25519  ', 1)" >argument.age
refused argument.age 1 'malformed header: a stanza has an empty argument' 0
changed good.age "d.replace(b'-> X25519 ', b'-> X25518 ', 1)" >unknown.age
refused unknown.age 8 'no key given here opens this age file' 0
refused content 1 'not an age file' 0

given "armor changed: nothing comes out"
open_it armored.age
then_exits 0
changed armored.age "d.replace(b'\n', b'\r\n')" >armor-crlf.age
open_it armor-crlf.age
then_exits 0
then_same out content
changed armored.age "d.replace(b'-----\n', b'-----\n ', 1)" >armor-space.age
refused armor-space.age 1 'malformed armor' 0
changed armored.age "b'hello\n' + d" >armor-leading.age
refused armor-leading.age 1 'not an age file|malformed armor' 0
changed armored.age "d.replace(b'BEGIN AGE', b'BEGIN age')" >armor-begin.age
refused armor-begin.age 1 'malformed armor' 0

given "identity files: several keys, comments, CR LF; and ones that are wrong"
age-keygen -o other 2>/dev/null
{ printf '# a comment\r\n\r\n' && grep AGE- other && sed 's/$/\r/' key; } >several
chmod 600 several
open_it good.age several
then_exits 0
then_same out content
open_it good.age other
then_exits 8
for wrong in 's/AGE-SECRET-KEY-1/age-secret-key-1/' 's/^AGE.*/&Q/' 's/^AGE/ AGE/' 's/^\(AGE.*\).$/\1/'; do
    (umask 077 && sed "$wrong" key >wrong.key)
    open_it good.age wrong.key
    then_exits 8
    then_one_error 'wrong.key.*line 3'
    ! grep -q "$(grep -o 'KEY-1.*' key | cut -c 7-40)" err || broken "the key itself must not be shown"
done
(umask 077 && grep '^#' key >none)
open_it good.age none
then_exits 8
then_one_error 'no identity'

given "an empty content, and a passphrase that is empty"
: >empty
age -r "$recipient" -o empty.age empty
open_it empty.age
then_exits 0
then_same out empty
(umask 077 && : >nothing)
when devjournal open --age-only --passphrase-file nothing good.age
then_exits 64
then_one_error 'the passphrase in nothing is empty'
