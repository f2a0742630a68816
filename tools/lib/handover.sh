# shellcheck shell=bash disable=SC2154,SC2034 # what start.sh sets, and what is for the scripts that source this
# How WS hands artifacts to LS on another host. `devjournal month` knows what is to be done; rsync brings the bytes. Sourced,
# never run.

# begin_month OPTION… LABEL: leaves `artifact`, `files` to be handed over, and `follow` and `more` (yes|no); adds to
# `damaged`, the files that are not what they were.
damaged=0
begin_month() {
    local said word value
    artifact='' files=() follow=no more=no
    said=$(devjournal month begin "$@") || exit
    while read -r word value; do
        case $word in
            artifact) artifact=$value ;;
            file) files+=("$value") ;;
            follow) follow=$value ;;
            more) more=$value ;;
            damaged) damaged=$((damaged + value)) ;;
        esac
    done <<<"$said"
}

# end_month: what was said of damaged files is not lost among the rest.
end_month() {
    ((damaged == 0)) || fail 16 "the backup is made, and damaged files were found on this machine, which nothing has changed: $damaged" \
        "each was named above, with the command that brings it back; then look at the disk and the memory"
}

# send_files: each continues where it was cut off. Where LS has refused to receive one, rsync does not know why; LS does, and
# says it when it is to register it.
send_files() {
    local file status
    for file in "${files[@]}"; do
        status=0
        rsync --append-verify --timeout=60 -e "${ls_transport[*]@Q}" -- "$file" "$ls_address:${file##*/}" || status=$?
        ((status == 255)) || continue
        # ssh itself has failed, for which a delivery knows the reason.
        devjournal deliver >/dev/null || exit
        fail 11 "$LS_HOST cannot be reached, or the link broke; what was sealed waits here" "run it again: nothing is sent twice"
    done
}
