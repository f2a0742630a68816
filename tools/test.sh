#!/usr/bin/env bash
# test.sh [--only PATTERN] [--repeat N]
#
# Installs what the tests need and runs all of them: format and shell lint, debug build, unit tests (those of the
# application targets as an ordinary user, those of random months on Btrfs by themselves) and a short run of the fuzzing
# targets; release build, and with that binary, which is the one that people run: a bucket in a network that lies, crashes,
# power cuts and full disks, the benches with tiny sizes, the quickstart's story (also with a bucket) and the scenarios on
# real Btrfs; the Python verifier's tests. What this machine cannot do is named as NOT RUN; with CI=true in the environment
# that is a failure. --only runs the steps whose name matches the glob PATTERN. --repeat runs each of them N times, also
# after a failure, to find what fails now and then. With a pattern like "unit tests: SUITE" only the tests of that suite
# run (its type's name, `swift test list`), from the debug build that is there.
#
# A step that fails shows first the lines that say what failed, then its last ones; its whole log is kept, and named.
#
# The last line is `N passed, M failed`. Exit status: 0 nothing failed · 1 something did · 2 nothing could run (no Swift,
# no way to install packages) · 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/lib/build_needs.sh"
source "$repository/Tests/Support/loop_btrfs.sh"
cd "$repository"

only='*' repeat=1
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --only) only=${2:?--only needs a pattern} && shift ;;
        --repeat)
            repeat=${2:?--repeat needs a number} && shift
            [[ $repeat =~ ^[1-9][0-9]{0,5}$ ]] || { echo "test.sh: error: --repeat takes a number from 1 on" >&2 && exit 64; }
            ;;
        *) echo "test.sh: error: unknown argument $1" >&2 && exit 64 ;;
    esac
    shift
done

find_swift || exit 2
install_packages "${build_packages[@]}" "${story_packages[@]}" "${fault_packages[@]}" "${bench_packages[@]}" "${s3_packages[@]}" "${c2sp_packages[@]}" "${host_packages[@]}" shellcheck || exit 2
python=$(python_with_cryptography) || { echo "test.sh: error: python3 lacks the cryptography package" >&2 && exit 2; }
logs=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null || true; [[ -e $logs/keep ]] || rm -rf -- "$logs"' EXIT

passed=0 failed=0 not_run=() running=0
# shellcheck disable=SC2053 # a pattern on purpose
is_wanted() { [[ $1 == $only ]]; }
count_result() { if (($1 == 0)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }

# failures LOG: the lines that say what failed, with their numbers: swift-testing's, the compiler's, scenarios', Python's; and
# the unit tests that had begun and not ended, where they were cut off.
failures() {
    grep -anE '✘|: error: |^FAILED: |^BROKEN |^(ERROR|FAIL): |^[A-Za-z]*Error: |Fatal error|^SUMMARY: |SC[0-9]{4} ' "$1" | head -n 60 || true
    grep -aq 'Test run with .* after ' "$1" || awk '
        / Test .* started\.$/ && !/ Test case / { sub(/^.* Test /, ""); sub(/ started\.$/, ""); begun[$0] = FNR }
        / Test .* (passed|failed) after / { sub(/^.* Test /, ""); sub(/ (with .* )?(passed|failed) after .*/, ""); delete begun[$0] }
        END { for (test in begun) if (test !~ /^run/) print begun[test] ":begun and not ended: " test }' "$1" | sort -n | head -n 30
}

# run NAME SECONDS COMMAND…: its output is shown when it fails, what failed first.
run() {
    local name=$1 limit=$2 status=0 start=$SECONDS log
    shift 2
    log=$(mktemp -p "$logs")
    timeout --kill-after=20 "$limit" "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status == 0)); then
        printf 'PASS     %s (%d s)\n' "$name" $((SECONDS - start)) >"$log.told"
        [[ $name != durability:* && $name != *lying* ]] || sed 's/^/         | /' "$log" >>"$log.told" # its figures
        rm -f -- "$log"
    else
        failures "$log" >"$log.failures"
        {
            printf 'FAIL     %s (%d s, exit status %d%s)\n' "$name" $((SECONDS - start)) "$status" \
                "$( ((status != 124 && status != 137)) || echo ", its $limit s are over")"
            if [[ -s $log.failures ]]; then
                echo "         what failed:"
                sed 's/^/         > /' "$log.failures"
                echo "         the last lines:"
            fi
            tail -n 100 "$log" | sed 's/^/         | /'
            printf '         the whole log: %s\n' "$log"
        } >"$log.told"
        : >"$logs/keep"
    fi
    cat "$log.told"
    return "$status"
}
# each NAME SECONDS COMMAND…: runs it as often as --repeat says; fails where one of them did.
each() {
    local number failures=0 total=0 start
    ((repeat > 1)) || { run "$@" && return || return; }
    for ((number = 1; number <= repeat; number++)); do
        start=$SECONDS
        run "$1, $number of $repeat" "${@:2}" || failures=$((failures + 1))
        total=$((total + SECONDS - start))
    done
    printf '%s: %d of %d runs failed, %d s a run\n' "$1" "$failures" "$repeat" $((total / repeat))
    ((failures == 0))
}
# step NAME SECONDS COMMAND…: alone.
step() {
    is_wanted "$1" || return 0
    wait_for_all
    local status=0
    each "$@" || status=$?
    count_result "$status"
}
# step_beside NAME SECONDS COMMAND…: in parallel with others of its kind, `at_once` of them.
at_once=$(nproc)
step_beside() {
    is_wanted "$1" || return 0
    ((running < at_once)) || wait_for_one
    each "$@" &
    running=$((running + 1))
}
wait_for_one() {
    local status=0
    wait -n || status=$?
    running=$((running - 1))
    count_result "$status"
}
wait_for_all() { while ((running)); do wait_for_one; done; }
# wait_for PROCESS: a step that runs in parallel with others, and that nothing has waited for yet.
wait_for() {
    local status=0
    wait "$1" || status=$?
    running=$((running - 1))
    count_result "$status"
}
# cannot NAME WHY
cannot() {
    is_wanted "$1" || return 0
    not_run+=("$1")
    printf 'NOT RUN  %s: %s\n' "$1" "$2"
}

mapfile -t scripts < <(find .ci/run tools Tests -name '*.sh' -o -name '*.bash' -o -path .ci/run -o -path 'tools/system/*' ! -name '*.*' | sort)
export -f as_owner
export repository PATH
owner=(bash -c 'as_owner "$@"' as_owner)
# Long tests that wait for programs keep those from running that share the process.
random_months='ByChange|FilesOutOfStreams'

step "format lint" 300 "${owner[@]}" swift format lint --strict -r Sources Tests Package.swift
# shellcheck disable=SC2016 # for the shell that it starts
step "shellcheck" 300 bash -c 'printf "%s\0" "$@" | xargs -0 -n 12 -P "$(nproc)" shellcheck -x -P SCRIPTDIR' _ "${scripts[@]}"
step "debug build" 900 "${owner[@]}" swift build --build-tests
tests=$(as_owner swift build --show-bin-path)
binaries=$(as_owner swift build -c release --show-bin-path)
# By themselves, not by `swift test`, which would wait for the release build.
unit_tests=("${owner[@]}" "$tests/devjournalPackageTests.xctest" --testing-library swift-testing)

# What people run is built with optimizations, which have changed what a program did; so that binary is tested, and a debug
# build takes three times as long for it. Neither its build nor that of the fuzzing targets keeps two cores busy.
at_once=$(($(nproc) + 1))
step_beside "fuzzing" 1500 "${owner[@]}" tools/fuzz.sh all 3
case $only in
    "unit tests: "*) step_beside "$only" 900 "${unit_tests[@]}" --filter "${only#unit tests: }" ;;
    *) step_beside "unit tests" 1800 "${unit_tests[@]}" \
        --skip "^($(tr ' ' '|' <<<"$application_targets"))Tests\\." --skip "$random_months" ;;
esac
if is_wanted "release build"; then
    step_beside "release build" 1500 "${owner[@]}" swift build -c release --static-swift-stdlib --product devjournal
    wait_for $! # all that follows runs it
fi
at_once=$(nproc)
step_beside "python verifier" 300 "$python" Tests/format/test_verifier.py
step_beside "names" 60 "$python" Tests/format/check_names.py
step_beside "journal-format.md" 120 "$python" Tests/format/check_document.py
step_beside "words" 60 "$python" Tests/format/check_words.py
step_beside "unit tests as an ordinary user" 400 Tests/Support/ordinary_user_tests.sh
step_beside "bucket: S3 conformance" 400 "${owner[@]}" Tests/s3/with_seaweedfs.sh swift test --skip-build --filter ObjectStoreTests.Conformance
step_beside "imports" 120 "${owner[@]}" "$python" Tests/format/check_imports.py
step_beside "manual pages" 120 env PATH="$binaries:$PATH" "$python" Tests/format/check_pages.py

durability=(env PATH="$binaries:$PATH" PYTHONDONTWRITEBYTECODE=1 "$python")
step_beside "bucket: lying network" 400 env PATH="$binaries:$PATH" PYTHONDONTWRITEBYTECODE=1 Tests/s3/with_seaweedfs.sh "$python" Tests/s3/lying_network.py
step_beside "durability: crash matrix" 600 "${durability[@]}" Tests/durability/crash_matrix.py
step_beside "durability: outbox matrix" 300 "${durability[@]}" Tests/durability/outbox_matrix.py
step_beside "durability: many writers" 120 "${durability[@]}" Tests/durability/many_writers.py
step_beside "bench: journal rows" 300 env PATH="$binaries:$PATH" Tests/bench/journal_rows.sh
step_beside "bench: transfer rows" 180 env PATH="$binaries:$PATH" Tests/bench/transfer_rows.sh

# The rest needs root and real Btrfs; it works on file systems in image files, never on this machine's own.
root=(env)
((EUID == 0)) || root=(sudo -n env)
((EUID == 0)) || [[ ! -t 0 ]] || sudo -v || true # asks for the password now, where somebody can type it
root+=(PATH="$binaries:$PATH" ${CI:+CI="$CI"})
why=$("${root[@]}" bash -c 'source Tests/Support/loop_btrfs.sh && can_mount_btrfs' 2>&1) && why=
[[ -x $binaries/devjournal ]] || why="the release binary was not built"
real_btrfs() { # step|step_beside NAME SECONDS COMMAND…
    if [[ -n $why ]]; then cannot "$2" "$why"; else "$1" "$2" "$3" "${root[@]}" "${@:4}"; fi
}
story() { real_btrfs step_beside "story: $1" "${@:2}"; } # NAME SECONDS [NAME=VALUE…] COMMAND…
real_btrfs step_beside "random months" 400 "$tests/devjournalPackageTests.xctest" --testing-library swift-testing --filter "$random_months"
story "quickstart" 300 Tests/Support/quickstart_story.sh
remote=(Tests/Support/quickstart_story.sh --remote s3://story/of/a/test)
story "in a bucket" 120 STOCK_S3_TOOL=rclone Tests/s3/with_seaweedfs.sh "${remote[@]}"
story "in a bucket, with faults" 180 STOCK_S3_TOOL=curl PYTHONDONTWRITEBYTECODE=1 \
    Tests/s3/with_seaweedfs.sh "$python" Tests/s3/with_faults.py "${remote[@]}"
real_btrfs step_beside "bench: seal rows" 180 Tests/bench/seal_rows.sh
real_btrfs step_beside "bench: month rows" 300 Tests/bench/month_rows.sh
real_btrfs step_beside "bench: files rows" 180 Tests/bench/files_rows.sh
for test in full_disk power_cut; do
    real_btrfs step_beside "durability: ${test/_/ }" 180 PYTHONDONTWRITEBYTECODE=1 "$python" "Tests/durability/$test.py"
done
# A scenario waits now and then, for a disk, a lock or a timeout.
at_once=$(($(nproc) + 1))
for scenario in Tests/scenarios/*.sh; do
    name="scenario: $(basename "$scenario" .sh)"
    if grep -q '^without_btrfs=1' "$scenario"; then
        step_beside "$name" 600 env PATH="$binaries:$PATH" "$scenario"
    else
        real_btrfs step_beside "$name" 600 "$scenario"
    fi
done
wait_for_all

if ((${#not_run[@]})); then
    echo "${#not_run[@]} did NOT RUN on this machine:"
    printf '    %s\n' "${not_run[@]}"
    [[ ${CI:-} != true ]] || failed=$((failed + ${#not_run[@]}))
fi
echo "$passed passed, $failed failed"
((failed == 0))
