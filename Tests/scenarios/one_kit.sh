#!/usr/bin/env bash
# One recovery kit for several data sets: each is added to the kit that is there, kits from before are joined, every
# command takes its own data set's section and keeps the others, and what does not fit is refused with nothing written.
without_btrfs=1
source "$(dirname "$(readlink -f "$0")")/given_when_then.bash"

a_data_set() { # NAME: its configuration, in NAME.conf
    sed -e "s|^DATASET=.*|DATASET=$1|" -e "s|^LS_ROOT=.*|LS_ROOT=$work/ls/$1|" ls.conf >"$1.conf"
}
on() { DEVJOURNAL_CONFIG=$1.conf devjournal "${@:2}"; } # NAME COMMAND…
kits() { on "$1" log --type kit.made --json | grep -c '"type":"kit.made"' || true; }
then_kits() { # NAME COUNT
    (($(kits "$1") == $2)) || broken "$1 must have $2 events kit.made, has $(kits "$1")"
}
then_verified() { # KIT PASSPHRASE NAME…
    local name
    for name in "${@:3}"; do
        when on "$name" kit verify --passphrase-file "$2" "$1"
        then_exits 0
        then_prints "root fingerprint: $(cat "ls/$name/keys/root.fingerprint")"
        then_absent "ls/$name/keys/kit-unverified"
    done
}

given "dev and its kit, and a data set notes that is to come"
a_journal
for name in dev notes photos; do a_data_set "$name"; done
(umask 077 && printf 'not the passphrase\n' >wrong && printf 'of the photos\n' >passphrase.photos)
sha256sum kit.age >kit.before
init_notes=(devjournal init --config notes.conf --kit both.age --kit-from)

when "${init_notes[@]}" kit.age --passphrase-file wrong
then_exits 8
then_one_error "passphrase does not open"
when "${init_notes[@]}" none.age --passphrase-file passphrase
then_exits 7
when "${init_notes[@]}" ls.conf --passphrase-file passphrase
then_exits 8
when setsid -w "${init_notes[@]}" kit.age
then_exits 64
then_one_error "no terminal to ask"
when devjournal init --config notes.conf --kit kit.age --kit-from kit.age --passphrase-file passphrase
then_exits 6
then_one_error "kit.age is there already"
sed 's|^LS_ROOT=.*|LS_ROOT='"$work"'/ls/other|' dev.conf >other.conf
when devjournal init --config other.conf --kit both.age --kit-from kit.age --passphrase-file passphrase
then_exits 6
then_one_error "has data set dev already"
then_hint "rebuild --from-mirror"
then_absent both.age
then_absent ls/notes
then_absent ls/other

given "notes, added to the kit"
when "${init_notes[@]}" kit.age --passphrase-file passphrase
then_exits 0
grep -q "also in the kit: data set dev" err || broken "it must name the others"
sha256sum -c --quiet kit.before || broken "the old kit must be as it was"
then_present ls/notes/keys/kit-unverified
when on notes kit verify --passphrase-file passphrase kit.age
then_exits 6
then_one_error "no section of data set notes, only of dev"
then_present ls/notes/keys/kit-unverified
then_kits notes 1
then_kits dev 1
then_verified both.age passphrase dev notes
then_kits notes 1
then_kits dev 2 # it did not know of that one
then_verified both.age passphrase dev
then_kits dev 2

given "photos, with a kit of its own, and two age keys from before"
mkdir -p ls/photos/keys
(umask 077 && { age-keygen && age-keygen; } >ls/photos/keys/ls_photos_backup.key 2>keygen.out)
then_age_keys() { # COUNT
    (($(grep -c ^AGE-SECRET-KEY-1 ls/photos/keys/ls_photos_backup.key) == $1)) || broken "photos must have $1 age keys"
}
when devjournal init --config photos.conf --kit photos.age --passphrase-file passphrase.photos
then_exits 0
join=(kit make --from both.age --from photos.age)
when on notes "${join[@]}" --passphrase-file passphrase.photos --passphrase-file passphrase all.age
then_exits 8
then_one_error "both.age: the passphrase does not open"
when on notes "${join[@]}" --passphrase-file passphrase all.age
then_exits 8
then_one_error "photos.age: the passphrase does not open"
when on notes "${join[@]}" --passphrase-file passphrase --passphrase-file passphrase.photos --passphrase-file wrong all.age
then_exits 64
when on notes kit make --passphrase-file passphrase all.age
then_exits 64
when on notes kit make --from photos.age --passphrase-file passphrase.photos all.age
then_exits 6
then_one_error "no section of data set notes, only of photos"
then_absent all.age
when on notes "${join[@]}" --passphrase-file passphrase --passphrase-file passphrase.photos photos.age
then_exits 6
then_one_error "photos.age is there already"
when on notes "${join[@]}" --passphrase-file passphrase --passphrase-file passphrase.photos all.age
then_exits 0
then_present ls/notes/keys/kit-unverified
then_verified all.age passphrase dev notes photos
for name in dev notes photos; do on "$name" verify >verdict || broken "$name: $(cat verdict)"; done

given "a person who is asked for one passphrase after the other"
cat >typed.py <<'PY'
import os, pty, sys
answers = [b"correct horse battery staple\n", b"of the photos\n"]
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    seen += piece
    if seen.endswith(b".age: ") and answers:
        os.write(terminal, answers.pop(0))
        seen += b"(answered) "
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY
when python3 typed.py devjournal kit make --config notes.conf --from both.age --from photos.age asked.age
then_exits 0
then_prints "passphrase of both.age: .answered"
then_prints "passphrase of photos.age: .answered"
! grep -q "staple" out || broken "a passphrase must not be shown"
then_verified asked.age passphrase photos

given "an age key that photos has got since then"
age-keygen 2>>keygen.out >>ls/photos/keys/ls_photos_backup.key
when on photos kit verify --passphrase-file passphrase asked.age
then_exits 6
then_one_error "lacks this server's age key"
then_hint "kit make"
when on photos kit make --from all.age --passphrase-file passphrase three.age
then_exits 0
then_verified three.age passphrase dev notes photos
mv three.age all.age

given "a kit under another passphrase"
(umask 077 && printf 'entirely another one\n' >passphrase.other)
when on photos kit make --from all.age --passphrase-file passphrase --new-passphrase-file wrong.short other.age
then_exits 7
when on photos kit make --from all.age --passphrase-file passphrase --new-passphrase-file passphrase.other other.age
then_exits 0
then_verified other.age passphrase.other dev notes photos
when on photos kit verify --passphrase-file passphrase other.age
then_exits 8

given "kits that contradict each other"
sed 's|^LS_ROOT=.*|LS_ROOT='"$work"'/ls/photos2|' photos.conf >photos2.conf
when devjournal init --config photos2.conf --kit photos2.age --passphrase-file passphrase
then_exits 0
when on notes kit make --from all.age --from photos2.age --passphrase-file passphrase never.age
then_exits 6
then_one_error "of data set photos are of two journals"
then_hint "leave out"
then_absent never.age

given "notes with a new key, dev with a new root"
when on notes key rotate --kit all.age --passphrase-file passphrase
then_exits 0
when on photos key rotate --kit both.age --passphrase-file passphrase
then_exits 6
then_one_error "no section of data set photos"
printf 'another passphrase\n' >passphrase.new && chmod 600 passphrase.new
when on dev key new-root --kit all.age --passphrase-file passphrase --new-passphrase-file passphrase.new --reason 'seen' new.age
then_exits 0
grep -q "also in the kit: data set photos" err || broken "it must name the others"
then_verified new.age passphrase.new dev notes photos
then_age_keys 3
when on dev kit verify --passphrase-file passphrase all.age
then_exits 6
then_one_error "root key was retired"
then_verified all.age passphrase notes
when on notes kit make --from new.age --from all.age --passphrase-file passphrase.new --passphrase-file passphrase never.age
then_exits 6
then_one_error "hold two roots"
then_hint "before the root was replaced"
then_absent never.age

given "all of them mirrored, and lost"
for name in dev notes photos; do
    on "$name" append note "text=of $name" >/dev/null
    on "$name" push >push.out 2>&1 || broken "push: $(cat push.out)"
done
mv ls lost
when on photos rebuild --from-mirror --kit both.age --passphrase-file passphrase
then_exits 6
then_one_error "no section of data set photos, only of dev, notes"
then_hint "another kit"
then_empty ls
for name in dev notes photos; do
    when on "$name" rebuild --from-mirror --kit new.age --passphrase-file passphrase.new
    then_exits 0
    on "$name" log >log.out
    grep -q "of $name" log.out || broken "$name must be back"
    on "$name" verify >verdict || broken "$name: $(cat verdict)"
    cmp -s "ls/$name/keys/ls_${name}_backup.pub" "lost/$name/keys/ls_${name}_backup.pub" || broken "the age key of $name must be back"
done
then_verified new.age passphrase.new dev notes photos
then_age_keys 3
