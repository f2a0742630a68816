#!/usr/bin/env bash
# A laptop with nothing but the kit, its passphrase and a bucket on a real S3 server: files of any month are found, printed and
# extracted by an ordinary user without Btrfs, by parts of artifacts alone, and nobody's journal says anything of it.
[[ -n ${S3_ENDPOINT:-} ]] || exec "$(dirname "$(readlink -f "$0")")/../s3/with_seaweedfs.sh" "$0"
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

given "three months in a bucket: 60 MB that do not compress, a small file that is edited and then renamed"
mirror=s3://laptop/backups
a_household
mkdir -p ws/code/src
head -c 60M /dev/urandom >ws/code/large
number=0
for month in "$first" "$second" "$third"; do
    number=$((number + 1))
    echo "plan $number" >>ws/code/src/plan.txt
    head -c 5000 /dev/urandom | dd of=ws/code/large bs=1 seek=$((number * 7000000)) conv=notrunc status=none
    if ((number == 3)); then mv ws/code/src/plan.txt ws/code/src/final.txt; fi
    chown -R nobody:nogroup ws/code
    ws_dev_run_month.sh --config ws.conf "$month" >month.out 2>&1 || broken "month $month: $(cat month.out)"
done
mirrored
records=$(on_ls log --json | wc -l)

# The laptop: an ordinary user, no configuration, no repository, and a PATH without btrfs.
laptop=$(mktemp -d /var/tmp/scenario-laptop.XXXXXX)
clean_laptop() { rm -rf -- "$laptop"; clean_up; }
trap clean_laptop EXIT
mkdir "$laptop"/{bin,tmp}
for program in env sh bash; do ln -s "$(type -P "$program")" "$laptop/bin/"; done
cp "$(type -P devjournal)" "$laptop/bin/"
cp kit.age passphrase "$laptop/"
chown -R nobody:nogroup "$laptop"
on_the_laptop() { # COMMAND…
    (cd "$laptop" && setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH="$laptop/bin" LANG=C.UTF-8 \
        TMPDIR="$laptop/tmp" ID="$(sed -n 's/^AWS_ACCESS_KEY_ID=//p' "$S3_CREDENTIALS")" \
        SECRET="$(sed -n 's/^AWS_SECRET_ACCESS_KEY=//p' "$S3_CREDENTIALS")" "$@")
}
on_laptop() { # SUBCOMMAND ARGUMENT…
    # shellcheck disable=SC2016 # it is expanded on the laptop
    on_the_laptop sh -c 'export S3_ENDPOINT="$0" AWS_ACCESS_KEY_ID="$ID" AWS_SECRET_ACCESS_KEY="$SECRET" && exec devjournal "$@"' \
        "$S3_ENDPOINT" "$1" --from-mirror --kit kit.age --passphrase-file passphrase "${@:2}"
}
fetched() { sed -n 's/.*fetched \([0-9.]* [A-Za-z]*\) in \([0-9]*\) requests.*/\1 \2/p' err; }

when on_laptop ls latest:src
then_exits 0
then_prints ' final\.txt$'
when on_laptop find plan.txt
then_exits 0
then_prints "^dev@$first	dev@$second	2 months"
when on_laptop history src/final.txt
then_exits 0
[[ $(wc -l <out) == 3 ]] || broken "$(cat out)"
when on_laptop diff "$second" "$third"
then_exits 0
then_prints '^\+	src/final\.txt$'

when on_laptop cat "$first:src/plan.txt"
then_exits 0
[[ $(cat out) == 'plan 1' ]] || broken "the file: $(cat out)"
grep -q 'nothing of this is recorded' err || broken "it leaves no trace, and says so"
read -r size unit requests < <(fetched)
[[ $unit == KiB || $unit == MiB && ${size%.*} -le 10 ]] || broken "it fetched $size $unit for 7 bytes"
((requests < 20)) || broken "$requests requests for one file"
printf 'then  7 bytes out of 60 MB took %s %s in %s requests\n' "$size" "$unit" "$requests"

when on_laptop extract "$third" --to "$laptop/back"
then_exits 0
grep -q 'the tree is the one that was sealed, compared as a whole' err || broken "$(cat err)"
list_tree.py "ws/snapshots/dev@$third" >was.list && list_tree.py "$laptop/back" >is.list
then_same is.list was.list
read -r size unit requests < <(fetched)
((requests < 30)) || broken "$requests requests: parts that lie together are fetched at once"
when on_laptop extract "$third" --to "$laptop/back"
then_exits 0
read -r size unit requests < <(fetched)
[[ $unit == KiB ]] || broken "what is there is not fetched again: $size $unit"
then_empty "$laptop/tmp"
[[ $(on_ls log --json | wc -l) == "$records" ]] || broken "nothing of it is recorded"

given "the commands of devjournal-recovery(7), on the laptop"
source "$repository/Tests/scenarios/documents.bash"
{
    echo 'set -euo pipefail'
    document_blocks 'run by files_from_bucket.sh' "$repository/tools/man/devjournal-recovery.7.md" |
        sed -E "s|https://HOST|$S3_ENDPOINT|; s|=ID |=\$ID |; s|=SECRET|=\$SECRET|; s|--kit KIT|--kit kit.age --passphrase-file passphrase|; s|PATH|src/final.txt|; s|FOLDER|src|; s|NAME|final|"
} >"$laptop/commands" && chmod 0644 "$laptop/commands"
(($(wc -l <"$laptop/commands") == 7)) || broken "the page's block: $(cat "$laptop/commands")"
when on_the_laptop bash commands
then_exits 0
cmp -s "$laptop/file" "ws/snapshots/dev@$third/src/final.txt" || broken "the file: $(cat "$laptop/file")"
cmp -s "$laptop/some/src/final.txt" "$laptop/file" || broken "the folder"
list_tree.py "$laptop/all" >is.list
then_same is.list was.list

given "LS itself, with its configuration"
when on_ls cat --from-mirror "$second:src/plan.txt"
then_exits 0
[[ $(tail -n 1 out) == 'plan 2' ]] || broken "$(cat out)"
[[ $(on_ls log --json | wc -l) == "$records" ]] || broken "nothing of it is recorded"

given "what fails"
when on_laptop cat "$first:no/such"
then_exits 7
then_one_error 'has no no/such'
echo wrong >"$laptop/wrong" && chmod 600 "$laptop/wrong" && chown nobody "$laptop/wrong"
when on_laptop ls latest --passphrase-file wrong
then_exits 8
then_empty "$laptop/tmp"
when devjournal ls latest --kit kit.age
then_exits 64
