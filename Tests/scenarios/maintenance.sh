#!/usr/bin/env bash
# devjournal-maintenance(7), run word for word: upgrade, a larger disk, another bucket, another passphrase, another machine,
# removal; a month in between shows each time that the backups continue.
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"
edit() { on_ws "$repository/Tests/Support/make_source_tree.py" --megabytes 1 "$1" /home/chuck/code; }
then_installed() { # HOST FILE…: as they are here
    local name
    for name in "${@:2}"; do
        cmp -s "$repository/tools/$name" "$hosts/$1/root/usr/local/bin/$name" || broken "$name on $1 is not the new one"
    done
    for name in "$hosts/$1/root/usr/local/lib/devjournal/"*; do
        cmp -s "$repository/tools/lib/${name##*/}" "$name" || broken "$name on $1 is not the new one"
    done
    cmp -s "$built" "$hosts/$1/root/usr/local/bin/devjournal" || broken "devjournal on $1 is not the new one"
}

given "two machines as they were before anything was installed, and with a month"
a_host ls
a_host ws
everything_on ls | grep -E '^/(usr/local|etc/(sudoers.d|systemd))' >ls.before
everything_on ws | grep -E '^/(usr/local|etc/(sudoers.d|systemd))' >ws.before
installed_and_paired
copied_kit /root/recovery-kit.age
edit 1
by_the_guide ws "ws_dev_run_month.sh 2026-01" 2026-01="$(month 2)"
by_the_guide ls "sudo push_to_cloud.sh"

given "the owner of the code, who looks at the journal on WS without sudo"
when on_ws runuser -u chuck -- devjournal log
then_exits 2
then_hint "^devjournal: hint: sudo devjournal log\$"

given "an older version on both, with its parts in bin, and its manifest"
for host in ls ws; do
    on_host "$host" sh -c 'cd /usr/local && echo >>bin/devjournal && echo "# older" |
        tee -a bin/push_to_cloud.sh bin/ws_dev_snapshot.sh bin/devjournal_conf.sh bin/init_steps.sh bin/ws_dev_handover.sh lib/devjournal/start.sh'
done >/dev/null
cp "$ls_root/manifests/snapshots_v2.tsv" manifest
on_ls sh -c 'echo older >/srv/btrfs-backups/dev/manifests/snapshots_v2.tsv'
by_the_guide ls "sudo tools/init_LS.sh --binary .build/release/devjournal"
by_the_guide ls "sudo devjournal rebuild"
by_the_guide ls "sudo devjournal verify"
by_the_guide ws "sudo tools/init_WS.sh --binary .build/release/devjournal"
then_installed ls push_to_cloud.sh
then_installed ws ws_dev_snapshot.sh
for host in ls ws; do
    when on_host "$host" find /usr/local/bin -name '*_conf.sh' -o -name init_steps.sh -o -name '*_handover.sh'
    [[ ! -s out ]] || broken "parts of the older version on $host: $(cat out)"
done
then_same manifest "$ls_root/manifests/snapshots_v2.tsv"

given "a larger disk for LS"
former=$(on_ls findmnt -nvo SOURCE /srv)
truncate -s 1G larger.disk
larger=$(losetup --find --show larger.disk)
by_the_guide ls "sudo btrfs device add DISK /srv" DISK="$larger"
losetup -d "$larger" # it stays until it is unmounted
by_the_guide ls "sudo btrfs device remove FORMER /srv" FORMER="$former"
by_the_guide ls "sudo devjournal scrub --all"
(($(on_ls df --output=size -B1 /srv | tail -n 1) > 600 << 20)) || broken "the disk is no larger"
edit 2
by_the_guide ws "ws_dev_run_month.sh 2026-01" 2026-01="$(month 1)"
then_chain full incr
then_followed "$(month 1)"

given "another bucket, and the kit that names it"
on_ls mkdir /mnt/other
by_the_guide ls "sudo sed -i 's|^MIRROR=.*|MIRROR=BUCKET|' /etc/devjournal/dev.conf" BUCKET=file:///mnt/other
by_the_guide ls "sudo init_LS.sh"
by_the_guide ls "sudo devjournal push --create"
by_the_guide ls "sudo devjournal push --check --deep"
names=(KIT=/root/recovery-kit.age PASSPHRASE=/root/passphrase COPY=/home/chuck/copy.age)
by_the_guide ls "sudo devjournal kit make --from KIT --passphrase-file PASSPHRASE FRESH" "${names[@]}" FRESH=/home/chuck/fresh.age
copied_kit /home/chuck/fresh.age
by_the_guide ls "sudo devjournal kit verify COPY --passphrase-file PASSPHRASE" "${names[@]}"
by_the_guide ls "sudo push_to_cloud.sh"
[[ $(on_ls find /mnt/other -name '*.send.zst.age' | wc -l) == 2 ]] || broken "the other bucket must have both artifacts"

given "another passphrase"
on_ls runuser -u chuck -- sh -c 'umask 077 && echo a second passphrase >/home/chuck/second'
names=(KIT=/home/chuck/fresh.age PASSPHRASE=/root/passphrase SECOND=/home/chuck/second COPY=/home/chuck/copy.age)
by_the_guide ls "sudo devjournal kit make --from KIT --passphrase-file PASSPHRASE --new-passphrase-file SECOND FRESH" "${names[@]}" FRESH=/home/chuck/fresher.age
copied_kit /home/chuck/fresher.age
by_the_guide ls "sudo devjournal kit verify COPY --passphrase-file SECOND" "${names[@]}"
when on_ls devjournal kit verify /home/chuck/copy.age --passphrase-file /root/passphrase
then_exits 8

given "LS and WS taken away: what is kept stays, and nothing else"
by_the_guide ls "sudo push_to_cloud.sh"
find "$ls_root" -type f -not -path '*/logs/*' -exec sha256sum {} + | sort >kept
when on_ls init_LS.sh --remove --dry-run
then_exits 0
when on_ls test -x /usr/local/bin/push_to_cloud.sh
then_exits 0
by_the_guide ls "sudo init_LS.sh --remove"
by_the_guide ws "sudo init_WS.sh --remove"
for host in ls ws; do
    everything_on "$host" | grep -E '^/(usr/local|etc/(sudoers.d|systemd))' >"$host.after" || true
    # The places themselves have other times and sizes.
    diff <(cut -d ' ' -f 1-5 "$host.before") <(cut -d ' ' -f 1-5 "$host.after" | grep -v '^/usr/local/libexec ') >diff.out ||
        broken "on $host is left, or missing: $(cat diff.out)"
done
then_same kept <(find "$ls_root" -type f -not -path '*/logs/*' -exec sha256sum {} + | sort)
then_mode ls /etc/devjournal/dev.conf root:root 644
! on_ls grep -q serve /var/lib/devjournal/.ssh/authorized_keys || broken "LS still lets WS in"

given "both installed again, and paired: the month continues the chain"
when init_LS
then_exits 0
when init_WS
then_exits 0
when on_ls init_LS.sh --pair "$ws_line" --yes
then_exits 0
edit 3
by_the_guide ws "ws_dev_run_month.sh 2026-01" 2026-01="$(month 0)"
then_chain full incr incr
then_followed "$(month 0)"
then_journals
