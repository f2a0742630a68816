#!/usr/bin/env bash
# fuzz.sh [TARGET|all] [SECONDS]
#
# Builds the fuzzing targets (Tests/fuzz/TARGET.swift) with libFuzzer and AddressSanitizer into .build-fuzz/ and runs
# one of them or all: first on the kept corpus (fixtures/fuzz/TARGET/), then on mutations of it for SECONDS each
# (default 60; 0: the corpus alone). New inputs are gathered in .build-fuzz/corpus/, which later runs start from.
#
# A crash, a hang of 10 s, 1 GiB of memory or a broken property stops that target; the input is named, and
# `.build-fuzz/TARGET FILE` shows it again. Once the fault is fixed, put the input into fixtures/fuzz/TARGET/.
#
# Exit status: 0 nothing found · 1 something was · 2 the build failed · 64 usage
set -euo pipefail
shopt -s globstar
source "$(dirname "$(readlink -f "$0")")/lib/build_needs.sh"
cd "$repository"

mapfile -t targets < <(find Tests/fuzz -maxdepth 1 -name '*.swift' -printf '%f\n' | sed 's/\.swift$//' | sort)
target=${1:-all} seconds=${2:-60}
[[ $target != --help ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0; }
if [[ ! $seconds =~ ^[0-9]+$ ]] || (($# > 2)); then
    echo "fuzz.sh: error: usage: fuzz.sh [TARGET|all] [SECONDS]" >&2
    exit 64
fi
if [[ $target != all ]]; then
    printf '%s\n' "${targets[@]}" | grep -qxF -- "$target" ||
        { echo "fuzz.sh: error: no target $target; there are: ${targets[*]}" >&2 && exit 64; }
    targets=("$target")
fi
find_swift || exit 2
out=.build-fuzz
mkdir -p "$out/corpus" "$out/found"

# libFuzzer brings the main function, which SwiftPM expects of us, so the few modules are compiled here, from the same
# sources and with the same language settings.
flags=(-package-name devjournal -swift-version 6 -parse-as-library -O -g -enable-testing "-sanitize=fuzzer,address"
    -enable-upcoming-feature ExistentialAny -I "$out" -I Sources/CSodium -I Sources/CCrypto -I Sources/CZstd)
strict=(-enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature NonisolatedNonsendingByDefault -strict-memory-safety -whole-module-optimization)
libraries=(-l:libsodium.a -l:libcrypto.a -l:libzstd.a -use-ld=lld -Xlinker --no-warnings)

is_newer() { # FILE SOURCE…: whether FILE is there and newer than its sources
    [[ -e $1 && -z $(find "${@:2}" -newer "$1" -print -quit) ]]
}

module() { # NAME SOURCE…
    local name=$1
    shift
    is_newer "$out/$name.o" Sources tools/fuzz.sh && return
    rm -f "$out/$name.o"
    swiftc "${flags[@]}" "${strict[@]}" -module-name "$name" -emit-module -emit-module-path "$out/$name.swiftmodule" \
        -c "$@" -o "$out/$name.o" || exit 2
}

build() {
    printf 'module CCRC32C { header "%s" export * }\n' "$PWD/Sources/CCRC32C/include/CCRC32C.h" >"$out/module.modulemap"
    clang -O -g -fsanitize=address -ISources/CCRC32C/include -c Sources/CCRC32C/CCRC32C.c -o "$out/CCRC32C.o" || exit 2
    module Sodium Sources/Sodium/*.swift
    module Digest Sources/Digest/*.swift
    module Cipher Sources/Cipher/*.swift
    module JournalFormat Sources/JournalFormat/**/*.swift
    module Backup Sources/Backup/**/*.swift
    module Age Sources/Age/*.swift
    module Zstd Sources/Zstd/*.swift
    module Catalogue Sources/Catalogue/*.swift
    module PlainTree Tests/Support/PlainTree/*.swift
    # Of Sealing only what inspects streams: the rest starts processes.
    module Sealing Sources/Sealing/{SendStream*,AttributeWalk,StreamCommand,StreamMapRecorder,StreamPathCheck,StreamTree,SubvolumeUUID}.swift
    local name
    for name in "${targets[@]}"; do
        is_newer "$out/$name" "Tests/fuzz/$name.swift" Tests/fuzz/shared "$out"/*.o && continue
        swiftc "${flags[@]}" -module-name "Fuzz$name" "Tests/fuzz/$name.swift" Tests/fuzz/shared/*.swift \
            "$out"/*.o "${libraries[@]}" -o "$out/$name" || exit 2
    done
}
build

found=0
for name in "${targets[@]}"; do
    options=(-timeout=10 -rss_limit_mb=1024 -max_len=8192 -artifact_prefix="$out/found/$name-" -print_final_stats=1)
    [[ ! -e Tests/fuzz/$name.dict ]] || options+=(-dict="Tests/fuzz/$name.dict")
    if ((seconds)); then options+=(-max_total_time="$seconds"); else options+=(-runs=0); fi
    mkdir -p "$out/corpus/$name"
    if SWIFT_BACKTRACE=enable=no "$out/$name" "${options[@]}" "$out/corpus/$name" "fixtures/fuzz/$name" \
        >"$out/$name.log" 2>&1; then
        awk -v name="$name" '/^stat::number_of_executed_units/ {runs = $2} /cov:/ {cov = $4}
            END {printf "ok     %-16s %s executions, %s edges\n", name, runs, cov}' "$out/$name.log"
    else
        found=1
        printf 'FOUND  %s\n' "$name"
        grep -E 'broken property|Fatal error|SUMMARY|Test unit written' "$out/$name.log" | sed 's/^/       | /' || true
    fi
done
exit "$found"
