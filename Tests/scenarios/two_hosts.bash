# shellcheck shell=bash disable=SC2034 # the scenarios that source it read what is set here
# WS and LS as two hosts, for scenarios over ssh. Sourced in place of given_when_then.bash, which it brings along.
#
# A host is this machine's root directory under an overlay in memory, with its own processes, network and name: its own
# users, /etc, /usr/local, /var and /run, and a Btrfs of its own for /home and /srv. A cable joins the two; the bucket is
# a directory that LS mounts. A host ends with its first process, and that ends with the scenario, however it ends.
#
#   a_host ws|ls      on_ws, on_ls COMMAND…       as that host's root
#   host_ends ws|ls   link_down, link_up          the cable

source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/given_when_then.bash"
hosts=$work/hosts
ssh_port=22
declare -A process=() holder=() # of each host: its first process, and the one that ends with the scenario
built=$(readlink -f "$(command -v devjournal)")
mkdir -p "$hosts" bucket

end_hosts() {
    local name
    for name in "${!process[@]}"; do host_ends "$name"; done
}
clean_up_hosts() {
    local exit_status=$?
    trap - EXIT
    end_hosts
    cd / && unmount_all && rm -rf --one-file-system -- "$work"
    exit "$exit_status"
}
trap clean_up_hosts EXIT

# a_host NAME: a clean machine, with sshd running on LS.
a_host() {
    local name=$1 root=$hosts/$1/root place device
    mkdir -p "$hosts/$name"
    mount -t tmpfs -o size=2G,mode=0755 "host-$name" "$hosts/$name"
    mkdir "$hosts/$name/upper" "$hosts/$name/work" "$root"
    mount -t overlay -o "lowerdir=/,upperdir=$hosts/$name/upper,workdir=$hosts/$name/work" "host-$name" "$root"
    for place in tmp run root; do mount -t tmpfs -o mode=0755 "$place" "$root/$place"; done
    chmod 1777 "$root/tmp"
    chmod 0700 "$root/root" # and so is chuck's home, as Debian 12 makes them
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    # One Btrfs with a subvolume for /home and one for /srv, as an installation of Debian has it.
    truncate -s 512M "$hosts/$name/disk"
    mkfs.btrfs -q "$hosts/$name/disk" >/dev/null
    device=$(losetup --find --show "$hosts/$name/disk")
    mount "$device" "$root/mnt"
    losetup -d "$device"
    for place in home srv; do
        btrfs -q subvolume create "$root/mnt/@$place"
        mount -o "subvol=@$place" "$device" "$root/$place"
    done
    umount "$root/mnt"
    mkdir "$root/mnt/built"
    [[ $name != ls ]] || { mkdir "$root/mnt/bucket" && mount --bind bucket "$root/mnt/bucket"; }
    mount --bind "$(dirname "$built")" "$root/mnt/built"
    # Where the repository is a mount of its own, the overlay shows what is below it.
    mkdir -p "$root$repository" && mount --bind "$repository" "$root$repository"
    start_host "$name"
    "on_$name" bash -e <<'END'
rm -rf /etc/devjournal /etc/sudoers.d/devjournal* /etc/ssh/ssh_host_* /usr/local/bin/{devjournal,init_,ls_,ws_,LS_}* /usr/local/lib/devjournal /usr/local/libexec
rm -f /etc/systemd/system/devjournal-* /etc/systemd/system/*/devjournal-*
userdel -f devjournal 2>/dev/null || true
userdel -f chuck 2>/dev/null || true
rm -rf /var/lib/devjournal
useradd --uid 4321 --create-home --key HOME_MODE=0700 --skel /nonexistent --shell /bin/bash chuck
printf '127.0.0.1 localhost\n10.77.0.1 ws\n10.77.0.2 ls\n' >/etc/hosts
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
END
    "on_$name" sh -c 'echo "chuck ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/chuck && chmod 440 /etc/sudoers.d/chuck'
    [[ $name != ls ]] || on_ls sh -c "mkdir -p /run/sshd && exec /usr/sbin/sshd -p $ssh_port"
}

start_host() {
    local name=$1 root=$hosts/$1/root
    # shellcheck disable=SC2016 # the host's shell expands it
    setpriv --pdeathsig KILL -- unshare --fork --kill-child --pid --mount --net --uts -- bash -ec '
        mount -t proc proc "$1/proc"
        hostname "$2"
        ip link set lo up
        exec chroot "$1" /bin/sh -c "echo up >/run/host && exec sleep infinity"' host "$root" "$name" &
    holder[$name]=$!
    until [[ -s $root/run/host ]]; do kill -0 "${holder[$name]}" && sleep 0.01; done
    process[$name]=$(cat "/proc/${holder[$name]}/task/${holder[$name]}/children")
    process[$name]=${process[$name]// /}
    [[ -z ${process[ws]:-} || -z ${process[ls]:-} ]] || plug_in
}


plug_in() {
    ip link add name "ws$$" type veth peer name "ls$$"
    ip link set "ws$$" netns "${process[ws]}" name eth0
    ip link set "ls$$" netns "${process[ls]}" name eth0
    on_ws ip address add 10.77.0.1/24 dev eth0
    on_ls ip address add 10.77.0.2/24 dev eth0
    link_up
}
link_up() { on_ws ip link set eth0 up && on_ls ip link set eth0 up; }
link_down() { on_ws ip link set eth0 down; }

host_ends() {
    local name=$1 place
    kill -9 "${holder[$name]}" 2>/dev/null || true
    wait "${holder[$name]}" 2>/dev/null || true
    unset "process[$name]" "holder[$name]"
    # Lazily where a loop device is still being let go.
    for place in "$hosts/$name/root" "$hosts/$name"; do umount -R "$place" 2>/dev/null || umount -R -l "$place"; done
}

on_host() {
    local name=$1
    shift
    nsenter --target "${process[$name]}" --mount --net --uts --pid --root --wd -- env -i TERM=dumb HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
on_ws() { on_host ws "$@"; }
on_ls() { on_host ls "$@"; }
as_server() { on_ls runuser -u devjournal -- "$@"; }

# --- by the guide in README.md and the manual pages ---

source "$repository/Tests/scenarios/documents.bash"

# by_the_guide HOST COMMAND [NAME=VALUE…]: runs a command of the guide, word for word, but for its names in capitals and
# other words that are an example's; as chuck, who may use sudo, on a terminal on which somebody answers `yes`.
by_the_guide() {
    local host=$1 command=$2 name
    guide_commands | grep -xF -- "$command" >guide.found || broken "this is not in the guide: $command"
    printf 'guide %s: %s\n' "$host" "$command"
    for name in "${@:3}"; do command=${command//"${name%%=*}"/"${name#*=}"}; done
    command=${command//.build\/release\/devjournal//mnt/built/devjournal}
    status=0
    on_host "$host" runuser -u chuck -- script -qec "cd $repository && $command" /dev/null <<<yes >out 2>err || status=$?
    tr -d '\r' <out >err && mv err out # a terminal has one stream
    ((status == 0)) || broken "exit status $status"
}
# copied_kit KIT: a copy of it in chuck's home, made the way he would, at /home/chuck/copy.age.
copied_kit() { on_ls runuser -u chuck -- sudo cp "$1" /home/chuck/copy.age; }
pairing_line() { grep -a "^devjournal-$1" out; }

# --- both installed and paired ---

given_passphrase() { on_ls sh -c 'umask 077 && echo correct horse battery staple >/root/passphrase'; }
init_LS() { on_ls "$repository/tools/init_LS.sh" --binary /mnt/built/devjournal "$@"; }
init_WS() { on_ws "$repository/tools/init_WS.sh" --binary /mnt/built/devjournal "$@"; }

# installed_and_paired: leaves `ls_line` and `ws_line`.
installed_and_paired() {
    local names=(PASSPHRASE=/root/passphrase KIT=/root/recovery-kit.age MIRROR=file:///mnt/bucket)
    given_passphrase
    by_the_guide ls "sudo tools/init_LS.sh --binary .build/release/devjournal --first --passphrase-file PASSPHRASE --kit KIT --mirror MIRROR" "${names[@]}"
    ls_line=$(pairing_line ls1)
    by_the_guide ws "sudo tools/init_WS.sh --binary .build/release/devjournal --ls HOST --pair 'LINE'" HOST=ls LINE="$ls_line"
    ws_line=$(pairing_line ws1)
    by_the_guide ls "sudo init_LS.sh --pair 'LINE'" LINE="$ws_line"
    by_the_guide ws "sudo init_WS.sh"
}

# --- what is on the hosts, seen from outside ---

ls_root=$hosts/ls/root/srv/btrfs-backups/dev
journal=$ls_root/journal
received=$ls_root/restore/worktree_receive
replica=$hosts/ws/root/var/lib/devjournal/dev/replica
ws_code=$hosts/ws/root/home/chuck/code
ls_code=$hosts/ls/root/home/chuck/code

events() { cat "$journal"/*.jsonl | grep -c "\"type\":\"$1\"" || true; }
month() { date -d "$(date +%Y-%m-15) -$1 month" +%Y-%m; } # so many months ago

# then_chain TYPE…: those of the manifest, in its order.
then_chain() {
    local types
    types=$(awk -F '\t' 'NR > 1 { print $3 }' "$ls_root/manifests/snapshots_v2.tsv" | xargs)
    [[ $types == "$*" ]] || broken "the chain must be $*, is $types"
    printf 'then  the chain is %s\n' "$*"
}

# then_journals: both verifiers find LS's journal and WS's replica sound, and the replica is the journal or begins it.
then_journals() {
    local place root
    root=$(cat "$ls_root/keys/root.fingerprint")
    for place in "$journal" "$replica"; do
        devjournal verify --journal "$place" --root "$root" >verdict 2>&1 || broken "$place: $(cat verdict)"
        "$(python_with_cryptography)" "$repository/tools/verify_journal.py" "$place" --root "$root" >verdict 2>&1 || broken "$place: $(cat verdict)"
    done
    cat "$replica"/*.jsonl >replica.lines
    cat "$journal"/*.jsonl | head -c "$(stat -c %s replica.lines)" | cmp -s - replica.lines || broken "the replica is not the journal"
    printf 'then  both verifiers find journal and replica sound\n'
}

# then_followed MONTH: LS's copies are equal to what WS has.
then_followed() {
    then_copied "$ls_code" "$ws_code"
    then_equal_trees "$hosts/ws/root/home/.devjournal/dev/dev@$1" "$received/dev@$1"
}

then_mode() { # HOST PATH OWNER:GROUP MODE
    local found
    found=$(on_host "$1" stat -c '%U:%G %a' "$2") || broken "$2 is not on $1"
    [[ $found == "$3 $4" ]] || broken "$2 on $1 must be $3 $4, is $found"
}

# everything_on HOST: a line for each thing that an installation could touch; of what is not a directory, with its size and
# the time it was last changed. The scripts' own logs of what they changed are left out.
everything_on() {
    on_host "$1" sh -c 'find /etc /home /root /srv /usr/local /var/lib/[d]evjournal* /mnt/bucket -xdev \
        -not -path "*/logs/*_init_*.log" -printf "%p %y %m %U %G %l" \( -type d -o -printf " %s %C@" \) -printf "\n" 2>/dev/null | sort'
}
