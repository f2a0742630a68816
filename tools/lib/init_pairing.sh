# shellcheck shell=bash disable=SC2034 # what is read from a line is for what sources this
# The two lines by which WS and LS come to know each other: one pasted on WS, one pasted on LS. No word of them is
# secret, every word is checked, and what they vouch for is shown as fingerprints to be compared. Sourced.
#
#   devjournal-ls1 DATASET LOG ROOT RECIPIENT[,RECIPIENT] ssh-ed25519 HOSTKEY
#   devjournal-ws1 DATASET HOSTNAME ssh-ed25519 KEY REQUEST
#
# LS's line comes first: WS's request to be enrolled is signed for one journal, which LS's line names.

dataset_word='[a-z][a-z0-9_-]{0,31}'
host_word='[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?'
log_word='[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
root_word='[0-9a-f]{32}'
recipient_word='age1[02-9ac-hj-np-z]{58}'
ssh_key_words='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}'
request_word="devjournal-enrol-v1:$log_word:[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{86}=="

# read_ls_line LINE: leaves `log`, `root`, `recipients` (separated by spaces) and `host_key`.
read_ls_line() {
    [[ $1 =~ ^devjournal-ls1\ ($dataset_word)\ ($log_word)\ ($root_word)\ ($recipient_word(,$recipient_word)*)\ ($ssh_key_words)$ ]] ||
        fail 64 "this is not a line of LS" "init_LS.sh prints it on LS: devjournal-ls1 …, seven words"
    log=${BASH_REMATCH[2]} root=${BASH_REMATCH[3]} recipients=${BASH_REMATCH[4]//,/ } host_key=${BASH_REMATCH[6]}
    same_dataset "${BASH_REMATCH[1]}"
}

# read_ws_line LINE: leaves `workstation`, `ssh_key`, `request` and `author`, the author key's id.
read_ws_line() {
    [[ $1 =~ ^devjournal-ws1\ ($dataset_word)\ ($host_word)\ ($ssh_key_words)\ ($request_word)$ ]] ||
        fail 64 "this is not a line of WS" "init_WS.sh prints it on WS: devjournal-ws1 …, six words"
    workstation=${BASH_REMATCH[2]} ssh_key=${BASH_REMATCH[4]} request=${BASH_REMATCH[5]}
    same_dataset "${BASH_REMATCH[1]}"
    author=$(author_of_request "$request")
}

same_dataset() {
    [[ $1 == "${DATASET:?}" ]] || fail 6 "the line is for data set $1, not $DATASET" "--dataset $1"
}

# fingerprint KEY: as `ssh-keygen -l` shows it on the machine the key is from. A line is looked at before anything is
# installed, and the words above leave no other key than one of ed25519.
fingerprint() {
    local key=${1#* } hash
    hash=$(base64 -d <<<"${key%% *}" | sha256sum)
    hash=$(sed 's/ .*//; s/../\\x&/g' <<<"$hash")
    # shellcheck disable=SC2059 # bytes, as the format says them
    printf 'SHA256:%s\n' "$(printf "$hash" | base64 | tr -d =)"
}

# author_of_request REQUEST: the key's id (journal-format.md, section 7.1).
author_of_request() {
    local key=${1#*:*:}
    { printf 'devjournal/key/v1\ned25519\nauthor\n' && base64 -d <<<"${key%%:*}"; } | sha256sum | cut -c 1-32
}
