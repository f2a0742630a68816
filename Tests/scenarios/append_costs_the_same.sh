#!/usr/bin/env bash
# An append does not read the records before it; where the cache does not fit, it does; and arguments mean the same
# however they are written.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# bytes_read: how much of the segments one append reads.
bytes_read() {
    strace -f -y -e trace=read,pread64 -o trace devjournal append --config ls.conf note text=traced >/dev/null
    grep -E 'journal/[0-9]+\.jsonl' trace | sed -n 's/.* = \([0-9]*\)$/\1/p' | awk '{ sum += $1 } END { print sum + 0 }'
}

given "a journal of 5,000 records"
a_journal
for number in {1..5000}; do printf '{"type":"x.load","data":{"number":%d}}\n' "$number"; done >events
on_ls append --batch <events >/dev/null
size=$(cat "$journal"/*.jsonl | wc -c)
when on_ls append note text=first
then_exits 0
few=$(bytes_read)
((few > 0 && few < 2000)) || broken "an append has read $few bytes of $size"
when on_ls rebuild --check
then_exits 0

given "the cache gone"
rm -r "$journal/cache"
many=$(bytes_read)
((many >= size)) || broken "without the cache only $many bytes of $size were read"
few=$(bytes_read)
((few > 0 && few < 2000)) || broken "the cache was not made again: $few bytes were read"

given "somebody killed between the record and its projections"
cp "$ls_root/manifests/state.env" state.before
on_ls append note text=unseen >/dev/null
cmp -s state.before "$ls_root/manifests/state.env" || broken "a note has changed state.env"
on_ls append snapshot.taken label=dev@2025-01 uuid=00000000-0000-4000-8000-000000000001 path=/dev@2025-01 >/dev/null
! cmp -s state.before "$ls_root/manifests/state.env" || broken "state.env does not know of the snapshot"
cp state.before "$ls_root/manifests/state.env"
when on_ls append note text=next
then_exits 0
when on_ls rebuild --check
then_exits 0

given "arguments written in more than one way"
same_data() { # ARGUMENT…: with the plain arguments' reader, and with the command line's whole parser
    on_ls append "$@" --json >one.json 2>one.err || broken "append $*: $(cat one.err)"
    devjournal append --config=ls.conf "$@" --json >two.json 2>two.err || broken "append --config= $*: $(cat two.err)"
    for receipt in one two; do
        on_ls show "$(jq .seq $receipt.json)" --json | jq -S '{type: .event.type, data: .event.data}' >$receipt.event
    done
    cmp -s one.event two.event || broken "append $*: $(diff one.event two.event)"
}
same_data note text=plain
same_data note text='a = b' more:='{"list":[1,2]}'
same_data x.my.event
same_data note 'text=--not an option'
echo '{"from":"a file"}' >data.json
same_data x.data --data data.json extra=1
same_data note text=said --as workstation
for arguments in 'note text=1 --id' 'note text=1 --id x' 'note' 'note text=1 --expect-seq many' 'note text=1 --as nobody' \
    'note text=1 --unknown' 'note text=1 text=2' 'artifact.uploaded' 'Note text=1' '--json'; do
    # shellcheck disable=SC2086 # words
    for form in '--config ls.conf' '--config=ls.conf'; do
        code=0
        devjournal append $form $arguments >said 2>&1 || code=$?
        echo "$code $(cat said)" >"$([[ $form == *=* ]] && echo whole || echo plain).said"
    done
    cmp -s plain.said whole.said || broken "append $arguments: $(diff plain.said whole.said)"
    [[ $(cat plain.said) != 0* ]] || broken "append $arguments was taken"
done
when on_ls verify
then_exits 0
