#!/usr/bin/env bash
# The systemd units: systemd finds nothing to say against them, their exposure is what it is said to be, and what they run
# works with no more than they leave it: no right of root's, nothing to write but LS and the mirror, no other user's /home, and
# none of the system calls that they filter.
# shellcheck disable=SC2094 # a file here, and a word for one on the host
source "$(dirname "$(readlink -f "$0")")/unit_limits.bash"
source "$(dirname "$(readlink -f "$0")")/two_hosts.bash"

dropin=/etc/systemd/system/devjournal-push@dev.service.d/paths.conf

# then_exposed UNIT INSTANCE TENTHS: at most so much of ten.
then_exposed() {
    local unit=/etc/systemd/system/devjournal-$1@$2.service
    on_ls cp "/etc/systemd/system/devjournal-$1@.service" "$unit"
    on_ls systemd-analyze security --offline=true --no-pager --threshold="$3" "$unit" >out 2>err ||
        broken "devjournal-$1: $(tail -n 1 out), not at most $3 tenths"
    on_ls rm "$unit"
    printf 'then  devjournal-%s: %s\n' "$1" "$(tail -n 1 out)"
}

# confined UNIT USER PLACES COMMAND…: runs it as the unit would: as USER, without capabilities and without a way to new ones,
# everything read-only but PLACES, /home empty, a /tmp of its own; then looks at the system calls that it made.
confined() {
    when on_ls unshare --mount /usr/local/bin/confine "${@:2}"
    local unit=$1
    then_calls_allowed "$unit" "$hosts/ls/root/run/trace/calls"
}

given "LS, installed"
a_host ls
on_ls sh -c 'cat >/usr/local/bin/confine && chmod 755 /usr/local/bin/confine' <<'END'
#!/bin/bash -e
user=$1 places=$2
shift 2
rm -rf /run/trace && mkdir /run/trace && chmod 777 /run/trace
for place in $places /run/trace; do mount --bind "$place" "$place"; done
mount -t tmpfs -o mode=0755,ro tmpfs /home
mount -t tmpfs -o mode=1777 tmpfs /tmp
while read -r place; do
    [[ " $places /run/trace /tmp " == *" $place "* || $place == /proc* || $place == /dev* || $place == /sys* ]] ||
        mount -o remount,bind,ro "$place" 2>/dev/null || true
done < <(findmnt -rno TARGET)
exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    strace -f -qq -o /run/trace/calls -- "$@"
END
given_passphrase
when init_LS --first --passphrase-file /root/passphrase --kit /root/recovery-kit.age --mirror file:///mnt/bucket --dry-run
then_exits 0
grep -q 'would write .*devjournal-push@dev.service.d/paths.conf' err || broken "the drop-in is not announced"
when init_LS --first --passphrase-file /root/passphrase --kit /root/recovery-kit.age --mirror file:///mnt/bucket
then_exits 0
on_ls cat "$dropin" >dropin.text
grep -qx 'ReadWritePaths="-/srv/btrfs-backups/dev"' dropin.text || broken "LS_ROOT must be writable: $(cat dropin.text)"
grep -qx 'ReadWritePaths="-/mnt/bucket"' dropin.text || broken "the mirror must be writable: $(cat dropin.text)"
when init_LS
then_exits 0
grep -q 'nothing to change' err || broken "twice is once"

given "another mirror and the credentials in a home, by a later configuration"
on_ls chmod 0711 /root /home/chuck # for devjournal to pass through
on_ls sed -i 's|^MIRROR=.*|MIRROR=file:///home/chuck/100% mine|; s|^S3_CREDENTIALS=.*|S3_CREDENTIALS=/root/s3|' /etc/devjournal/dev.conf
on_ls sh -c 'mkdir "/home/chuck/100% mine" && touch /root/s3'
when init_LS
then_exits 0
on_ls cat "$dropin" >dropin.text
grep -qx 'BindPaths="-/home/chuck/100%% mine"' dropin.text || broken "a place in /home must be bound: $(cat dropin.text)"
grep -qx 'BindReadOnlyPaths="-/root/s3"' dropin.text || broken "the credentials must be bound: $(cat dropin.text)"
on_ls sed -i 's|^MIRROR=.*|MIRROR=file:///mnt/bucket|; s|^S3_CREDENTIALS=.*|S3_CREDENTIALS=|' /etc/devjournal/dev.conf
when init_LS
then_exits 0

given "what systemd says of them"
instances=(devjournal-{month,push,scrub}@dev.{service,timer} devjournal-follow@dev.{path,service})
on_ls systemd-analyze verify "${instances[@]}" devjournal-notify@devjournal-push-dev.service >out 2>&1 || broken "systemd-analyze verify"
! grep -F devjournal out || broken "systemd-analyze verify must find nothing"
then_exposed push dev 20
then_exposed follow dev 20
then_exposed scrub dev 20
then_exposed notify devjournal-push-dev 20
then_exposed month dev 45

given "a push, confined"
confined push devjournal '/srv/btrfs-backups/dev /mnt/bucket' /usr/local/bin/push_to_cloud.sh --config /etc/devjournal/dev.conf
then_exits 0
then_present bucket/dev
when as_server devjournal push --check
then_exits 0
confined push devjournal /srv/btrfs-backups/dev /usr/local/bin/push_to_cloud.sh --config /etc/devjournal/dev.conf
as_server devjournal append note text=more >/dev/null
confined push devjournal /srv/btrfs-backups/dev /usr/local/bin/push_to_cloud.sh --config /etc/devjournal/dev.conf
((status != 0)) || broken "a mirror that is not named must not be writable"

given "the journal, which has grown, and is followed, confined"
watched=$(on_ls sed -n 's/^PathExists=\(.\)/\1/p' /etc/systemd/system/devjournal-follow@dev.path.d/paths.conf)
as_server devjournal append note text=more >/dev/null
on_ls test -e "$watched" || broken "an append must leave what the path unit looks for: $watched"
confined follow devjournal '/srv/btrfs-backups/dev /mnt/bucket' /usr/local/bin/devjournal push --journal --config /etc/devjournal/dev.conf
then_exits 0
! on_ls test -e "$watched" || broken "it must be gone again"
when as_server devjournal push --check
then_exits 0

given "a scrub, confined"
confined scrub devjournal /srv/btrfs-backups/dev /usr/local/bin/devjournal scrub --config /etc/devjournal/dev.conf
then_exits 0

given "a notice by a sendmail that hands the mail over itself, and by curl"
on_ls sh -c 'mkdir -p /run/told && chmod 777 /run/told && cat >/usr/local/bin/told.py' <<'END'
import http.server, socketserver, sys, threading
class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open("/run/told/web", "wb").write(self.path.encode() + b"\n" + body)
        self.send_response(200), self.end_headers()
class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        say, said = lambda text: self.wfile.write(text + b"\r\n"), b""
        say(b"220 here")
        while line := self.rfile.readline():
            said += line
            if line[:4].upper() == b"DATA":
                say(b"354 send it")
                while (line := self.rfile.readline()) not in (b".\r\n", b""): said += line
                open("/run/told/mail", "wb").write(said)
            if line[:4].upper() == b"QUIT": return say(b"221 bye")
            say(b"250 ok")
threading.Thread(target=socketserver.TCPServer(("127.0.0.1", 8025), Mail).serve_forever, daemon=True).start()
server = http.server.HTTPServer(("127.0.0.1", 8080), Web)
open("/run/told/ready", "w").close()
server.serve_forever()
END
on_ls sh -c 'exec setsid python3 /usr/local/bin/told.py >/run/told/log 2>&1 &'
until [[ -e $hosts/ls/root/run/told/ready ]]; do sleep 0.1; done
on_ls sh -c 'cat >/usr/local/bin/mail-me && chmod 755 /usr/local/bin/mail-me' <<'END'
#!/bin/sh
{ printf 'Subject: %s\n\n' "$1" && cat; } | curl -sS --url smtp://127.0.0.1:8025 --mail-from ls@example.org --mail-rcpt me@example.org --upload-file -
END
for way in mail web; do
    command=/usr/local/bin/mail-me
    [[ $way == mail ]] || command='curl -sS http://127.0.0.1:8080/notice --data-raw'
    on_ls sed -i '/^NOTIFY_CMD=/d' /etc/devjournal/dev.conf
    on_ls sed -i "\$aNOTIFY_CMD=$command" /etc/devjournal/dev.conf
    confined notify nobody '' /usr/local/libexec/devjournal-notify devjournal-push-dev
    then_exits 0
    grep -q 'devjournal-push@dev.service failed on ls' "$hosts/ls/root/run/told/$way" || broken "$way told nobody"
    printf 'then  %s told somebody\n' "$way"
done
