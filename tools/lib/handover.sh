# shellcheck shell=bash disable=SC2154 # what start.sh sets
# How WS hands an artifact to LS on another host. Sourced, never run.

# hand_over LABEL FILE: event, bytes, registration, and LS's word for it; each continues where it was cut off. The
# catalogue next to FILE goes with the request to register.
hand_over() {
    local label=$1 file=$2 name catalogue status=0
    name=$(basename "$file")
    if [[ $dry_run == yes ]]; then
        say "would send the artifact to $LS_HOST, to be registered there"
        return
    fi
    deliver || not_reached $? "$label"
    [[ -f $file ]] || fail 11 "$label was withdrawn on LS" "run it again: the month is taken and sealed again"
    run rsync --append-verify --timeout=60 -e "${ssh_options[*]@Q}" -- "$file" "$LS_USER@${LS_HOST/#*:*/[$LS_HOST]}:$name" ||
        status=$?
    # Where LS has refused to receive it, rsync does not know why; LS does.
    ((status != 255)) || link_broke "$label"
    status=0
    catalogue=${file%/*}/$label.catalogue.zst.age
    [[ -f $catalogue ]] || catalogue=/dev/null
    "${ls_ssh[@]}" register "$name" <"$catalogue" >/dev/null || status=$?
    case $status in
        0) ;;
        255) link_broke "$label" ;;
        11) fail 11 "LS has not taken $label: the link broke, or it is not time yet; it waits here" "run it again: nothing is sent twice" ;;
        *) exit "$status" ;; # LS has said why
    esac
    deliver || not_reached $? "$label"
    [[ -n $(known "$label" registered) ]] || fail 2 "LS has not confirmed $label" "run it again"
}

# hand_over_again: what LS has registered and lost since, as one does that was rebuilt from a bucket which lacked it, or
# has found damaged.
hand_over_again() {
    local file label registered plan condition
    for file in "$WS_STATE"/spool/*.send.zst.age; do
        [[ -f $file ]] || continue
        label=$(basename "$file")
        label=${label%%.*}
        registered=$(known "$label" registered)
        [[ ${registered##*/} == "${file##*/}" && -z $(known "$label" mirrored) ]] || continue
        plan=$("${ls_ssh[@]}" plan "$label") || return 0
        condition=$(jq -r '.steps[-1] | [.condition, .catalogue] | map(select(. != null and . != "ok"))[0] // "ok"' <<<"$plan")
        [[ $condition == missing || $condition == damaged ]] || continue
        say "LS's copy of $label, or its catalogue, is $condition"
        hand_over "$label" "$file"
    done
}

# link_broke LABEL: ssh ended with 255, for which a delivery knows the reason.
link_broke() {
    local status=11
    deliver || status=$?
    not_reached "$status" "$1"
}

# clear_spool: an artifact goes once LS's records say that it is safe elsewhere.
clear_spool() {
    local file label
    for file in "$WS_STATE"/spool/*.send.zst.age; do
        [[ -f $file ]] || continue
        label=$(basename "$file")
        label=${label%%.*}
        [[ -n $(known "$label" "$KEEP_SPOOL") ]] || continue
        rm -f -- "$file" "${file%/*}/$label.catalogue.zst.age"
        say "$label is $KEEP_SPOOL: its artifact left the spool"
    done
}
