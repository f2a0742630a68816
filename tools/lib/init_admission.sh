# shellcheck shell=bash disable=SC2154 # options, configuration and the line's words are read before
# How LS lets a workstation in: its author key into the journal, its ssh key into authorized_keys, for one command only.
# Sourced by init_LS.sh.

print_ls_line() {
    has_journal || return 0
    local log root recipients key
    # Warnings are for a person: a workstation whose clock was wrong leaves some for ever.
    log=$({ as_devjournal verify --json || (($? == 4)); } | jq -r .log)
    # Not always the one that opened the journal: it may have been replaced.
    root=$(as_user cat -- "$LS_ROOT/keys/root.fingerprint")
    recipients=$(as_devjournal log --json | jq -rn '[inputs | .. | objects | select(.type? == "recipient.set")] | last | .data.recipients | join(",")')
    key=$(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)
    say "this server's root fingerprint: $root"
    say "its ssh host key: $(fingerprint "$key")"
    printf 'devjournal-ls1 %s %s %s %s %s\n' "$DATASET" "$log" "$root" "$recipients" "$key"
}

# admit_workstation LINE
admit_workstation() {
    has_journal || fail 7 "there is no journal in $journal to pair with" "init_LS.sh, without --pair, first"
    [[ -z ${SSH_CONNECTION:-} || $yes == yes ]] || say "mind: this terminal came over ssh; compare the fingerprints on WS's own screen"
    read_ws_line "$1"
    local line enrolled older kid other
    line="restrict,command=\"$bin/devjournal serve ssh --config $config --author $author\" $ssh_key $workstation"
    enrolled=$(as_devjournal key list --json)
    older=$(jq -r --arg name "$workstation" --arg kid "$author" \
        'select(.role == "author" and .name == $name and .retired == null and .kid != $kid) | .kid' <<<"$enrolled")
    other=$(grep -F " $ssh_key " "$authorized" | grep -vF " --config $config --author " || true)
    [[ -z $other ]] || fail 6 "that ssh key is let in for another data set already" "rm WS_STATE/ssh/id_ed25519* on WS, then init_WS.sh"
    other=$(grep -F " $ssh_key " "$authorized" | grep -v " $workstation\$" || true)
    [[ -z $other ]] || fail 6 "that ssh key is ${other##* }'s" "a workstation has a key of its own"
    [[ -z $older || $replace == yes ]] || fail 6 "there is a workstation $workstation with other keys" \
        "if it was rebuilt: --replace retires the keys it had"
    if [[ -z $older ]] && jq -es --arg kid "$author" 'any(.[]; .kid == $kid and .retired == null)' <<<"$enrolled" >/dev/null &&
        grep -qxF "$line" "$authorized"; then
        say "$workstation is paired already"
        return
    fi
    say "workstation $workstation, data set $DATASET"
    say "its author key: $author"
    say "its ssh key: $(fingerprint "$ssh_key")"
    [[ $dry_run == yes ]] || confirm "are these the fingerprints on $workstation's screen?"
    # The journal refuses what it cannot prove before anybody is let in.
    jq -es --arg kid "$author" 'any(.[]; .kid == $kid)' <<<"$enrolled" >/dev/null ||
        change "enrol $workstation's key $author" as_devjournal_quietly key enrol "$request" --name "$workstation"
    for kid in $older; do
        change "retire $workstation's key $kid" as_devjournal_quietly key retire "$kid" --reason "$workstation was rebuilt"
    done
    authorize "$line"
}

# authorize LINE: in place of the one that this workstation had.
authorize() {
    local kept
    kept=$(grep -v "^restrict,command=\"$bin/devjournal serve ssh --config $config --author [0-9a-f]*\" .* $workstation\$" "$authorized" || true)
    ensure_file "$authorized" root:root 0644 "$kept"$'\n'"$1"
}
