#!/usr/bin/env bash
# PING_URL: a service outside hears how month, push and scrub begin and end, with the last lines; no run fails or waits long
# because of it, and its address, which is a secret, is said nowhere.
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

# A web server that writes down what it hears; with the file `deaf` it answers nothing, with `cross` it refuses.
cat >service.py <<'END'
import http.server, os, sys, time
class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        while os.path.exists("deaf"): time.sleep(0.1)
        with open("heard", "a") as file: file.write(self.path + "\n")
        with open("body", "wb") as file: file.write(body)
        self.send_response(404 if os.path.exists("cross") else 200)
        self.end_headers()
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
with open("port.new", "w") as file: file.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
END
python3 service.py &
service=$!
trap 'kill "$service"; clean_up' EXIT
until [[ -s port ]]; do sleep 0.05; done
secret=0123456789-secret
printf 'http://127.0.0.1:%s/%s/dev-{job}\n' "$(cat port)" "$secret" >address
chmod 600 address
then_heard() { # PATH…
    diff <(printf "/$secret/dev-%s\n" "$@") heard >diff.out || broken "heard: $(cat diff.out)"
    : >heard
    printf 'then  the service has heard %s\n' "$*"
}
then_secret() { ! grep -rF "$secret" out err "$ls_root/logs" ws/state/logs 2>/dev/null || broken "the address was said"; }
: >heard

given "a household that pings"
a_household
for conf in ls.conf ws.conf; do echo "PING_URL=$work/address" >>"$conf"; done
make_source_tree.py --megabytes 2 1 ws/code
when ws_dev_run_month.sh --config ws.conf "$third"
then_exits 0
then_heard month/start month
grep -q 'is safe on LS' body || broken "the last lines must come along: $(cat body)"
then_secret
when push_to_cloud.sh --config ls.conf
then_exits 0
then_heard push/start push
grep -q "the mirror's checkpoint covers" body || broken "the last lines must come along: $(cat body)"
then_secret
when on_ls scrub --all
then_exits 0
then_heard scrub/start scrub
when on_ls push --check
then_exits 0
when on_ls push --dry-run
then_exits 0
when on_ls push --journal
then_exits 0
when ws_dev_run_month.sh --dry-run --config ws.conf "$third"
then_exits 0
[[ ! -s heard ]] || broken "these runs are not a job's: $(cat heard)"

given "runs that fail"
a_flipped_bit "$(artifact "$third")"
when on_ls scrub --all
then_exits 1
then_heard scrub/start scrub/fail
grep -q 'error: ' body || broken "the error must come along: $(cat body)"
mv bucket bucket.away
when push_to_cloud.sh --config ls.conf
((status != 0)) || broken "there is no mirror"
then_heard push/start push/fail
grep -q 'error: ' body || broken "the error must come along: $(cat body)"
mv bucket.away bucket
when ws_dev_run_month.sh --config ws.conf 1999-01
((status != 0)) || broken "labels only grow"
then_heard month/start month/fail
then_secret

given "a service that refuses, one that answers nothing, none at all, and an address that cannot be one or is open to others"
touch cross
when on_ls push
then_exits 0
grep -q "warning: the ping 'start' was not taken: HTTP status 404" err || broken "it must be said"
then_secret
rm cross && : >heard
touch deaf
began=$SECONDS
when on_ls push
then_exits 0
((SECONDS - began < 40)) || broken "it waits too long for who only listens"
grep -q "warning: the ping 'success' was not taken" err || broken "it must be said"
then_secret
rm deaf
kill "$service"
wait "$service" || true
trap clean_up EXIT
when on_ls push
then_exits 0
grep -q "warning: the ping 'start' was not taken" err || broken "it must be said"
then_secret
echo "ftp://example.org/$secret" >address
when on_ls push
then_exits 0
grep -q 'warning: PING_URL is not an address' err || broken "it must be said"
then_secret
chmod 644 address
when on_ls push
then_exits 0
grep -q 'warning: nobody is pinged: ' err || broken "it must be said"
then_secret
when on_ls ping begin push
then_exits 64
