# shellcheck shell=bash disable=SC2154 # repository is set by given_when_then.bash
# The blocks of commands in README.md and the manual pages. A block's lines are run by scenarios, one by one and word for
# word, unless a line before it says otherwise: <!-- run by NAME.sh -->, which runs the block as a whole, or <!-- illustration -->.

# document_blocks MARK FILE…: the lines of the blocks with that mark; of the mark `` those without one. A mark holds for
# the blocks that follow until the next text.
document_blocks() {
    local wanted=$1
    shift
    awk -v wanted="$wanted" '
        FNR == 1 { mark = "" }
        /^<!-- .* -->$/ { mark = substr($0, 6, length($0) - 9); next }
        /^    / { if (mark == wanted) print substr($0, 5); next }
        /[^ ]/ { mark = "" }' "$@"
}

# Commands are in the pages that are written by hand.
guide_pages=("$repository/README.md" "$repository"/tools/man/*.[57].md)

# guide_commands: one a line, without what a comment says of the place or of the command.
guide_commands() { document_blocks '' "${guide_pages[@]}" | sed -E 's/ {2,}# .*$//; /^#/d; /^$/d'; }
