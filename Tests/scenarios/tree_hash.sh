#!/usr/bin/env bash
# A tree with every kind of object comes back equal through a full artifact and an increment, and its hash says so.
# A single difference in it says so too.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# every_kind DIR: what make_source_tree.py leaves out.
every_kind() {
    python3 - "$1" <<'END'
import os, socket, stat, struct, sys
os.chdir(sys.argv[1])
os.mkdir("kinds")
os.chdir("kinds")
os.mknod("char", 0o620 | stat.S_IFCHR, os.makedev(5, 300))
os.mknod("block", 0o660 | stat.S_IFBLK, os.makedev(259, 70_000))
os.mkfifo("fifo", 0o604)
socket.socket(socket.AF_UNIX).bind("socket")
open("able", "w").write("may bind low ports\n")
os.chmod("able", 0o755)
os.setxattr("able", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))
os.symlink("char", "link")
os.setxattr("link", "trusted.note", b"of a link", follow_symlinks=False)
os.link("link", "link too", follow_symlinks=False)
os.link("fifo", "fifo too")
os.symlink(b"\xff" * 2000, "long link")
open(b"\x01\xfe\\ \n", "wb").close()
open("large", "wb").write(os.urandom(3 << 20))
os.setxattr("large", "user.large", os.urandom(3000))
os.utime("large", ns=(0, -1_500_000_000))
os.utime("fifo", ns=(0, 4_000_000_000_123_456_789))
for level in range(14):
    os.mkdir("d" * 255)
    os.chdir("d" * 255)
open("deep", "w").write("nearly as deep as a stream can name it\n")
END
}

given "a snapshot of every kind of object, and a second one with edits of each"
a_household
every_kind ws/code
a_month "$first" 1
(cd ws/code/kinds && rm char fifo && mv able unable && python3 -c 'import os; os.setxattr("large", "user.new", b"1")' && touch -d @7.000000001 block &&
    chmod 4711 unable && chown 5:6 socket && ln block block.too && printf x | dd of=large bs=1 seek=9 conv=notrunc status=none)
a_month "$second" 2

when restore_backup_LS.sh --config ls.conf latest
then_exits 0
for month in "$first" "$second"; do
    then_equal_trees "$received/dev@$month" "ws/snapshots/dev@$month"
    recorded=$(on_ls log --json | jq -r --arg month "dev@$month" \
        'select(.event.type? == "artifact.sealed" and .event.data.label == $month) | .event.data.tree')
    here=$(devjournal tree "$received/dev@$month")
    listed=$({ echo devjournal/tree/v2 && list_tree.py "ws/snapshots/dev@$month"; } | sha256sum)
    [[ $here == "$recorded" && ${listed%% *} == "$recorded" ]] ||
        broken "the hash of $month: recorded ${recorded:-nothing}, received $here, by list_tree.py ${listed%% *}"
done
printf 'then  the hashes recorded, received and computed by list_tree.py are the same\n'

given "a third month: new below the top directory, which itself stays as it is"
touch -r ws/code top
echo new >ws/code/kinds/new
touch -r top ws/code
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
when restore_backup_LS.sh --config ls.conf latest
then_exits 0
then_equal_trees "$received/dev@$third" "ws/snapshots/dev@$third"

# differs COMMAND: run inside a writable copy of what was received.
differs() {
    btrfs -q subvolume snapshot "$received/dev@$second" ls/copy >copy.out
    (cd ls/copy && eval "$1")
    [[ $(devjournal tree ls/copy) != "$recorded" ]] || broken "not seen: $1"
    btrfs -q subvolume delete ls/copy >copy.out
    printf 'then  it is another hash after: %s\n' "$1"
}
differs "rm kinds/socket && touch -r '$received/dev@$second/kinds' kinds"
differs "printf z | dd of=kinds/large bs=1 seek=1M conv=notrunc status=none && touch -r '$received/dev@$second/kinds/large' kinds/large"
differs "touch -d @7.000000002 kinds/block"
differs "python3 -c 'import os; os.setxattr(\"kinds/large\", \"user.new\", b\"2\")'"
then_journal sound
