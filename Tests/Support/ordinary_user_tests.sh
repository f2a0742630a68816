#!/usr/bin/env bash
# ordinary_user_tests.sh [TARGET…]
#
# Runs the tests of the application targets, or those named, from the debug build that is there, as a user who may do
# nothing: they need no root, no Btrfs, no file of this repository, and seconds. A target whose tests are skipped, or that
# has none, fails. Run by root it takes the user nobody, by anybody else that user.
#
# Exit status: 0 all ran and passed · 1 not so · 2 it could not run
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/../../tools/lib/build_needs.sh"
if [[ ${1:-} == --help ]]; then sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0; fi
# shellcheck disable=SC2086 # words on purpose
(($#)) || set -- $application_targets

find_swift || exit 2
cd "$repository"
tests=$(as_owner swift build --show-bin-path)/devjournalPackageTests.xctest
[[ -x $tests ]] || { echo "ordinary_user_tests.sh: error: swift build --build-tests comes first" >&2 && exit 2; }
# In memory where that can be: what these tests look at is not the disk, and they sync a lot.
memory=/dev/shm
[[ $(stat -f -c %T $memory 2>/dev/null) == tmpfs && -w $memory ]] || memory=${TMPDIR:-/tmp}
work=$(mktemp -d) scratch=$(mktemp -d -p "$memory")
trap 'rm -rf -- "$work" "$scratch"' EXIT
as_user=()
if ((EUID == 0)); then
    as_user=(runuser -u nobody --)
    chown nobody "$scratch"
    chmod 755 "$work"
fi
install -m 755 "$tests" "$work/tests"
cd "$work"

failed=0
for target; do
    began=$EPOCHREALTIME status=0
    "${as_user[@]}" env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 HOME="$scratch" TMPDIR="$scratch" \
        timeout --kill-after=5 120 "$work/tests" --testing-library swift-testing --filter "^${target}Tests\\." >"$work/log" 2>&1 || status=$?
    count=$(sed -nE 's/^.* Test run with ([0-9]+) tests? in .* passed after .*/\1/p' "$work/log")
    skipped=$(grep -cE ' (Test|Suite) .* skipped' "$work/log") || true
    took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", b - a }')
    if ((status == 0 && ${count:-0} > 0 && skipped == 0)); then
        echo "${target}Tests: $count tests passed in $took"
    else
        failed=1
        grep -E '✘| skipped' "$work/log" || tail -n 20 "$work/log"
        echo "FAILED: ${target}Tests as $("${as_user[@]}" id -un): exit status $status, ${count:-none} passed, $skipped skipped, $took"
    fi
done
exit "$failed"
