# shellcheck shell=bash disable=SC2154,SC2034,SC2153 # options and configuration are read by what sources this
# The steps that are LS's alone: its user, LS_ROOT, the journal and its keys. Sourced by init_LS.sh.

settings_are_new=no
home=/var/lib/devjournal authorized=/var/lib/devjournal/.ssh/authorized_keys

# settings: from the configuration, or what would be written there.
settings() {
    if [[ -e $config ]]; then
        read_configuration "$config"
        [[ $DATASET == "$dataset" ]] || fail 6 "$config is of data set $DATASET" "its name must be $DATASET.conf"
        [[ -z $mirror || $(setting MIRROR) == "$mirror" ]] || fail 6 "$config names another mirror than $mirror" "edit it there"
    else
        [[ $dataset == dev || -n $code || $worktree == off ]] ||
            fail 64 "where is the working copy of $dataset?" "--code DIR, or --worktree off"
        one_line "$code$mirror$endpoint$credentials"
        read_proposed "DATASET=$dataset${code:+$'\n'CODE=$code}
WORKTREE=${worktree:-on}
MIRROR=$mirror
S3_ENDPOINT=$endpoint
S3_CREDENTIALS=$credentials"
        [[ -z $credentials || -f $credentials ]] || fail 7 "there are no credentials in $credentials"
    fi
    journal=$LS_ROOT/journal received=$LS_ROOT/restore/worktree_receive log_directory=$LS_ROOT/logs
}
# A journal that ends before its third record, which names the kit, is that of an init that was interrupted: nobody has
# used it yet. devjournal finishes it where its kit is still there. One that succeeds another has a record more.
is_unfinished() {
    local segment=$journal/000000000001.jsonl
    as_user test -f "$segment" -a -s "$segment" && (($(as_user grep -vc '"type":"journal.succeeds"' "$segment") < 3)) &&
        ! as_user grep -q '"type":"kit.made"' "$segment"
}
has_journal() { as_user test -s "$journal/000000000001.jsonl" && ! is_unfinished; }
# as_user COMMAND…: what lies in directories of the user devjournal is looked at as that user, whose links lead root
# nowhere. Without that user nobody is there to make any.
as_user() {
    if getent passwd devjournal >/dev/null; then (cd / && exec runuser -u devjournal -- "$@"); else "$@"; fi
}
# give OWNER MODE PATH…: by descriptors that no link leads to, and no file with a second name.
give() { "$bin/devjournal" places give --to "$(id -u "${1%:*}"):$(getent group "${1#*:}" | cut -d: -f 3)" --mode "$2" "${@:3}"; }

choose_mode() {
    if has_journal; then
        [[ -z $succeeds ]] || as_user sed -n 2p "$journal/000000000001.jsonl" | grep -q '"type":"journal.succeeds"' ||
            fail 6 "there is a journal in $journal already" "a journal can only succeed one that is lost"
        [[ $mode != recover ]] || fail 6 "there is a journal in $journal already" "move it away by hand if you do not need it"
        mode=there
        return
    fi
    if [[ -z $mode && -t 0 ]]; then
        read -rp "$program: is this the first installation, or was LS lost? [first/recover] " mode
        [[ $mode != recover ]] || read -erp "$program: the recovery kit's file: " kit_given
    fi
    case $mode in
        first)
            [[ -n $passphrase_file || -t 0 ]] ||
                fail 64 "nobody is there to see the kit's new passphrase, or to type the old one" "give it with --passphrase-file"
            [[ -z $kit_from || -r $kit_from ]] || fail 7 "there is no kit at $kit_from"
            [[ -z $kit || ! -e $kit ]] || fail 6 "$kit is there already" "name a new file: no kit is overwritten"
            ;;
        recover)
            [[ -z $kit_from ]] || fail 64 "--kit-from is for a first installation" "--recover KIT takes this data set's section of the kit"
            [[ -r $kit_given ]] || fail 7 "there is no kit at $kit_given"
            [[ -n $mirror || (-e $config && -n $(setting MIRROR)) ]] || fail 64 "which mirror is the journal in?" "--mirror URL"
            ;;
        *) fail 64 "a first installation, or a recovery?" "--first, or --recover KIT" ;;
    esac
    if [[ -n $succeeds ]]; then
        [[ -r $succeeds ]] || fail 7 "there are no lines in $succeeds"
        [[ $old_root =~ ^$root_word$ ]] || fail 64 "whose journal was it?" "--root FINGERPRINT: on WS, the second word of WS_STATE/replica.pin"
        [[ " ${carried[*]} " != *" --witness "* ]] || fail 64 "--witness goes with --recover" "$program --help"
    elif [[ -n $old_root$reason || ($mode == first && ${#carried[@]} -gt 0) ]]; then
        fail 64 "--root and --reason go with --succeeds, --head and --witness with --recover" "$program --help"
    fi
    [[ -z $passphrase_file || -r $passphrase_file ]] || fail 7 "cannot read the passphrase in $passphrase_file"
}

# check_places: a snapshot cannot cross file systems, a mount point or a link cannot be exchanged for another tree, and a
# working copy must be its user's.
check_places() {
    [[ $WORKTREE == on ]] || return 0
    local parent here_type there_type
    "$binary" places copy "$CODE" || exit
    here_type=$(file_system "$received") there_type=$(file_system "$CODE")
    [[ $here_type == btrfs\ * ]] || fail 6 "$received is on ${here_type% *}, not on Btrfs" \
        "mount Btrfs at $LS_ROOT, or keep artifacts only: WORKTREE=off"
    [[ $here_type == "$there_type" ]] || fail 6 "$received and $CODE are on two file systems, which a snapshot cannot cross" \
        "mount subvolumes of one Btrfs there, name another LS_ROOT or CODE in $config, or WORKTREE=off"
    parent=$(dirname "$CODE")
    [[ -d $parent ]] || fail 7 "there is no directory $parent for the working copy" \
        "make its user, with the same numbers as on WS: adduser --uid UID ${parent##*/}"
    [[ ! -e $CODE || $(stat -c %u:%g "$CODE") == "$(stat -c %u:%g "$parent")" ]] ||
        fail 6 "$CODE belongs to $(stat -c %U:%G "$CODE"), $parent to $(stat -c %U:%G "$parent")" "chown one of them"
}

ensure_user() {
    if ! getent passwd devjournal >/dev/null; then
        # A shell, because sshd runs forced commands with it; no password that could be typed, and none that is locked.
        change "make the user devjournal, home $home" useradd --system --user-group --home-dir "$home" --no-create-home \
            --shell /bin/sh --password '*' --comment "devjournal's server" devjournal
    elif [[ $(getent passwd devjournal | cut -d: -f 6,7) != "$home:/bin/sh" ]]; then
        fail 6 "there is a user devjournal with another home or shell than $home and /bin/sh" "usermod, or userdel it"
    fi
    # Root's, the home too, so that what runs as devjournal can let nobody in.
    ensure_directory "$home" root:root 0755
    ensure_directory "$home/.ssh" root:root 0755
    [[ -e $authorized ]] || ensure_file "$authorized" root:root 0644 "# workstations: init_LS.sh --pair adds them"
    is_as "$authorized" root:root 0644 2>/dev/null || [[ $dry_run == yes ]] || own "$authorized" root:root 0644
}

write_settings() {
    [[ ! -e $config ]] || return 0
    settings_are_new=yes
    ensure_file "$config" root:root 0644 "# devjournal on LS: literal KEY=value lines, as devjournal.conf(5) says.
DATASET=$DATASET
LS_ROOT=$LS_ROOT
CODE=$CODE
WORKTREE=$WORKTREE
MIRROR=$mirror
S3_ENDPOINT=$endpoint
S3_CREDENTIALS=$credentials
# NOTIFY_CMD=/usr/local/bin/notify-me"
}

# make_root: LS_ROOT is root's, and so is every directory in it that root works in or that holds directories only: what
# runs as devjournal writes in its own, and cannot put another directory, or a link, in the place of one. What an older
# tree lets it write is taken back first, so that nothing changes while the rest is looked at.
make_root() {
    local directory
    [[ -d ${LS_ROOT%/*} ]] || change "make the directory ${LS_ROOT%/*}" install -d -m 0755 "${LS_ROOT%/*}"
    [[ $dry_run == yes ]] || "$bin/devjournal" places owned "${LS_ROOT%/*}" || exit
    ensure_directory "$LS_ROOT" root:devjournal 0750
    ensure_directory "$LS_ROOT/artifacts" root:devjournal 0750
    for directory in artifacts/anchors artifacts/incr artifacts/withdrawn catalogues journal manifests; do
        ensure_directory "$LS_ROOT/$directory" devjournal:devjournal 0750
    done
    # Sticky: root's own logs in it are not devjournal's to replace.
    ensure_directory "$LS_ROOT/logs" root:devjournal 1770
    for directory in keys locks tmp; do ensure_directory "$LS_ROOT/$directory" devjournal:devjournal 0700; done
    ensure_directory "$LS_ROOT/restore" root:root 0700
    ensure_directory "$received" root:root 0700
    local key
    for key in "$LS_ROOT"/keys/*; do # an age key to be adopted
        [[ ! -f $key || -L $key || $(stat -c %U "$key") == devjournal ]] ||
            change "give $key to devjournal" give devjournal:devjournal 0600 "$key"
    done
}

# ensure_bucket: devjournal reads the bucket's credentials, and where it is a directory, writes there.
ensure_bucket() {
    local directory=$mirror file=$credentials
    [[ ! -e $config ]] || directory=$(setting MIRROR) file=$(setting S3_CREDENTIALS)
    [[ -z $file || ! -f $file ]] || is_as "$file" devjournal:devjournal 0600 ||
        change "give $file to devjournal, mode 0600" give devjournal:devjournal 0600 "$file"
    [[ ! -e $config ]] || file=$(setting PING_URL)
    [[ $file != /* || ! -f $file ]] || is_as "$file" devjournal:devjournal 0600 ||
        change "give $file to devjournal, mode 0600" give devjournal:devjournal 0600 "$file"
    [[ $directory == file:///* ]] || return 0
    directory=${directory#file://}
    [[ -d $directory ]] || fail 7 "there is no directory $directory for the mirror" "mount it; then run this again"
    [[ $(stat -c %U "$directory") != root || -n $(ls -A "$directory") ]] ||
        change "give the empty directory $directory to devjournal" give devjournal:devjournal 0700 "$directory"
    [[ $dry_run == yes ]] || runuser -u devjournal -- test -w "$directory" ||
        fail 6 "devjournal may not write to the mirror $directory" "chown -R devjournal: $directory"
}

as_devjournal() { (cd / && DEVJOURNAL_CONFIG=$config runuser -u devjournal -- "$bin/devjournal" "$@"); }

# open_journal: the work is done as devjournal, which may not read root's files: what it needs is lent to it in memory.
open_journal() {
    local made=$LS_ROOT/tmp/recovery-kit.age aside
    [[ $dry_run == yes ]] || rm -rf -- /run/devjournal-init.?????? # of an init that was killed
    if ! has_journal; then
        if [[ $dry_run == no ]]; then
            lent=$(mktemp -d /run/devjournal-init.XXXXXX)
            # Root's: devjournal reads there, and has no say about what root puts there.
            chown root:devjournal "$lent"
            chmod 0750 "$lent"
        fi
        if [[ $mode == first ]] && as_user test -e "$made" && is_unfinished; then
            change "finish the journal that an interrupted init began in $journal" first_journal
        elif [[ $mode == first ]]; then
            # Without a journal it is the kit of a root that nothing knows, and without its kit the journal has no root.
            aside=unused-$(date +%Y%m%dT%H%M%S)
            ! as_user test -e "$made" || change "put the kit of an interrupted init aside" as_user mv -T "$made" "$made.$aside"
            ! is_unfinished || change "put the journal of an interrupted init aside" new_journal_directory "$LS_ROOT/tmp/journal.$aside"
            change "open a new journal in $journal, kit $made" first_journal
        else
            change "bring the journal back from the mirror into $journal" recovered_journal
        fi
    elif ! as_user test -e "$LS_ROOT/manifests/snapshots_v2.tsv" -a -e "$LS_ROOT/manifests/state.env"; then
        change "write manifest and state, as the journal has them" as_devjournal_quietly rebuild
    fi
    [[ -z $kit || $made == "$kit" ]] || { [[ $dry_run == no || $mode != first ]] && ! as_user test -e "$made"; } || change "move the kit to $kit" move_kit "$made"
}
new_journal_directory() {
    mv -T -- "$journal" "$1" && install -d -o devjournal -g devjournal -m 0750 "$journal"
}
# no_journal STATUS: ends. A configuration of this run goes again where no journal came of it: perhaps the mirror it names
# was the wrong one.
no_journal() {
    [[ $settings_are_new == no ]] || as_user test -s "$journal/000000000001.jsonl" || rm -f -- "$config"
    exit "$1"
}
as_devjournal_quietly() { as_devjournal "$@" >/dev/null || exit; }
first_journal() {
    local init=(init --kit "$made") index
    [[ -z $kit_from ]] || { lend "$kit_from" kit && init+=(--kit-from "$lent/kit"); }
    [[ -z $passphrase_file ]] || { lend "$passphrase_file" passphrase && init+=(--passphrase-file "$lent/passphrase"); }
    if [[ -n $succeeds ]]; then
        lend "$succeeds" lines && init+=(--succeeds "$lent/lines" --root "$old_root")
        [[ -z $reason ]] || init+=(--reason "$reason")
        for ((index = 0; index < ${#carried[@]}; index += 2)); do
            lend "${carried[index + 1]}" heads && init+=(--head "$lent/heads")
        done
    fi
    as_devjournal "${init[@]}" >/dev/null || no_journal $?
}
recovered_journal() {
    local rebuild=(rebuild --from-mirror --kit "$lent/kit") index
    lend "$kit_given" kit
    [[ -z $mirror ]] || rebuild+=(--mirror "$mirror")
    [[ -z $passphrase_file ]] || { lend "$passphrase_file" passphrase && rebuild+=(--passphrase-file "$lent/passphrase"); }
    for ((index = 0; index < ${#carried[@]}; index += 2)); do
        lend "${carried[index + 1]}" "carried$index"
        rebuild+=("${carried[index]}" "$lent/carried$index")
    done
    as_devjournal "${rebuild[@]}" >/dev/null || no_journal $?
}
lend() { install -o devjournal -g devjournal -m 0600 -- "$1" "$lent/$2"; }
move_kit() {
    [[ ! -e $kit ]] || as_user cat -- "$1" | cmp -s -- - "$kit" || fail 6 "$kit is there already" "the new kit is $1: name a new file"
    rm -f -- "$kit.new"
    if ! (umask 077 && set -o noclobber && as_user cat -- "$1" >"$kit.new"); then
        rm -f -- "$kit.new"
        return 1
    fi
    sync -- "$kit.new" && mv -T -- "$kit.new" "$kit" && as_user rm -- "$1"
}

# install_server_units: the timers, and where there is a mirror what lets it follow the journal.
install_server_units() {
    local directory=$mirror
    [[ ! -e $config ]] || directory=$(setting MIRROR)
    confine_units devjournal-{push,follow,scrub}
    watch_journal
    install_units "devjournal-push@$DATASET.timer" "devjournal-scrub@$DATASET.timer" ${directory:+"devjournal-follow@$DATASET.path"}
}

ensure_host_key() {
    [[ -e /etc/ssh/ssh_host_ed25519_key.pub ]] || change "make sshd's host keys" ssh-keygen -q -A
}

# remove_server: closes the workstations' access first.
remove_server() {
    [[ -e $config ]] || fail 7 "there is no configuration $config" "--dataset NAME"
    local kept=''
    if grep -qs " --config $config --author " "$authorized"; then
        kept=$(grep -v "^restrict,.* --config $config --author " "$authorized" || true)
        ensure_file "$authorized" root:root 0644 "$kept"
    fi
    remove_program devjournal "devjournal-"{push,scrub}"@$DATASET.timer" "devjournal-follow@$DATASET.path"
    left+=("nothing: $config, $LS_ROOT, the working copy $CODE and the user devjournal stay; init_LS.sh finds them again")
}

what_is_left() {
    local of=''
    [[ $WORKTREE == on ]] || left+=("nothing: artifacts only, without a working copy (WORKTREE=off)")
    [[ $DATASET == dev ]] || of=" --config $config"
    ! as_user test -e "$LS_ROOT/keys/kit-unverified" ||
        left+=("copy the recovery kit to two places outside LS, then: sudo devjournal kit verify COPY$of")
    [[ $mode != first || -z $kit_from ]] || left+=("verify that copy for each other data set in it too, with --config /etc/devjournal/NAME.conf")
    [[ $mode != first || -z $passphrase_file ]] || left+=("move the passphrase, $passphrase_file, off this machine, to another place than the kit")
    [[ $mode != recover ]] ||
        left+=("restore: pull_from_cloud.sh$of latest; store_on_LS.sh$of /tmp/$DATASET-backup-cloud-pull; restore_backup_LS.sh$of latest; sudo devjournal fetch$of, for what is older")
    [[ -e $config && -z $(setting MIRROR) ]] && left+=("set MIRROR in $config: without it nothing leaves this house")
    [[ $DATASET == dev ]] || of=" --dataset $DATASET"
    grep -q "^restrict,.* --config $config " "$authorized" 2>/dev/null ||
        left+=("pair a workstation: there init_WS.sh$of --ls HOST --pair 'LINE', with the last line of this; then here init_LS.sh$of --pair 'LINE', with the last line of that")
}
