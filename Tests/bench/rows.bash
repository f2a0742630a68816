# shellcheck shell=bash disable=SC2034 # what is set here is for the scripts that source it
# What the tests of the benches share: the bench with the `devjournal` on PATH, and a look at what it prints. Sourced.

bench=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../tools/bench.sh
DEVJOURNAL=$(command -v devjournal)
export DEVJOURNAL
work=$(mktemp -d "${TMPDIR:-/var/tmp}/devjournal-bench-test.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

broken() { echo "FAILED: $*" && cat "$work/table" && exit 1; }
exits() { # STATUS COMMAND…
    local status=0
    "${@:2}" >"$work/table" 2>&1 </dev/null || status=$?
    ((status == $1)) || broken "${*:2}: exit status $status, not $1"
}
