#!/usr/bin/env bash
# build.sh DIR: the manual pages, from the Markdown next to this script, into DIR/man1, DIR/man5 and DIR/man7.
#
# Needs lowdown (Debian: apt-get install lowdown). Exit status: 0 built · 2 failed, or there is no lowdown · 64 usage
set -euo pipefail

[[ $# == 1 && $1 != -* ]] || { echo "build.sh: error: usage: build.sh DIR" >&2 && exit 64; }
command -v lowdown >/dev/null || { echo "build.sh: error: lowdown is not installed: apt-get install lowdown" >&2 && exit 2; }

for page in "$(dirname "$(readlink -f "$0")")"/*.[1-9].md; do
    name=$(basename "$page" .md) # such as devjournal-guide.7
    section=${name##*.}
    mkdir -p "$1/man$section"
    # The first line is the page's name, which .TH has; lowdown's font for code is one that a terminal lacks.
    tail -n +3 "$page" |
        lowdown -s -Tman --out-no-smarty --parse-no-intraemph --nroff-nolinks \
            -M title="${name%.*}" -M section="$section" -M source=devjournal -M shiftheadinglevelby=-1 |
        sed 's/\\fC/\\fB/g; s/\\f(C[BR]/\\fB/g; s/^\.EX$/.RS 4\n.EX/; s/^\.EE$/.EE\n.RE/' >"$1/man$section/$name"
done
