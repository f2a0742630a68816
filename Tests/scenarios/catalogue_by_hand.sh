#!/usr/bin/env bash
# What journal-format.md says of catalogues is enough to read one: a second program, written from it, checks those of two
# months, lists their trees, and finds a file's bytes in the stream that stock age and zstd bring back.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

plain() { age -d -i "$key" "$1" | zstd -qdc; } # FILE
tree() { on_ls log --type artifact.sealed --label "$1" --json | jq -r .event.data.tree; } # LABEL

given "a full month and an increment, with every kind of object"
a_household
key=$ls_root/keys/ls_dev_backup.key
number=0
for month in "$first" "$second"; do
    number=$((number + 1))
    "$repository/Tests/scenarios/make_every_kind.py" "$number" ws/code
    devjournal places code --accept --config ws.conf >/dev/null
    when ws_dev_run_month.sh --config ws.conf "$month"
    then_exits 0
    plain "$ls_root/catalogues/dev@$month.catalogue.zst.age" >"$month.txt"
    when read_catalogue.py --tree "$(tree "$month")" "$month.txt"
    then_exits 0
    then_prints '^frames [1-9]'
    read_catalogue.py --list "$month.txt" | tail -n +2 >listed
    list_tree.py "ws/snapshots/dev@$month" >listing
    then_same listed listing
done
then_prints '^map of an increment$'

when read_catalogue.py "$first.txt"
then_prints '^map of a full stream$'
plain "$(artifact "$first")" >stream
checked=0
while IFS=$'\t' read -r path kind _ _ _ size _ _ _ _ _ hash; do
    [[ $kind == file && $size -gt 0 && $size -lt 4194304 && $checked -lt 40 ]] || continue
    read_catalogue.py --where "${path#./}" "$first.txt" >pieces
    while read -r _ length at; do
        if [[ $at == - ]]; then head -c "$length" /dev/zero; else dd if=stream bs=1M iflag=skip_bytes,count_bytes skip="$at" count="$length" status=none; fi
    done <pieces >bytes
    [[ $(sha256sum <bytes | cut -d' ' -f1) == "$hash" ]] || broken "$path comes out as another file: $(cat pieces)"
    checked=$((checked + 1))
done < <(read_catalogue.py --list "$first.txt" | tail -n +2)
((checked > 5)) || broken "only $checked files were looked at"
printf 'then  %d files are found in the stream, byte for byte\n' "$checked"

given "texts that no catalogue has"
refused() { # PATTERN, on standard input the text
    cat >text
    when read_catalogue.py "${@:2}" text
    then_exits 1
    grep -Eq -- "$1" err || broken "expected $1: $(cat err)"
}
refused 'first line' < <(sed '1s/v1/v2/' "$first.txt")
refused 'shorter' < <(head -c -10 "$first.txt")
refused 'another tree' --tree "$(tree "$second")" <"$first.txt"
refused 'no frame table' <<<'devjournal/catalogue/v1'
map() { # LINE…
    local text
    text=$(printf '%s\n' $'devjournal/map/v1\t1\t01020304-0506-0708-090a-0b0c0d0e0f10\t-' "$@" && printf .)
    printf 'devjournal/catalogue/v1\nframes 0\nmap %d\n%s' $((${#text} - 1)) "${text%.}"
}
refused 'not a path' < <(map $'file\t..' $'end\t9')
refused 'no directory' < <(map $'file\ta/b' $'end\t9')
refused 'stands already' < <(map $'file\ta' $'dir\ta' $'end\t9')
refused 'no file' < <(map $'data\t0\t5\t9' $'end\t9')
refused 'past the end' < <(map $'file\ta' $'clone\t0\t4096\town\ta\t0' $'end\t9')
refused 'no end' < <(map $'file\ta')
refused 'not a line' < <(map $'file\ta' $'chmod\ta' $'end\t9')
when read_catalogue.py --where no/such "$first.txt"
then_exits 7
