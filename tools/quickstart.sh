#!/usr/bin/env bash
# quickstart.sh [--keep DIR]
#
# Shows the whole idea at work on this machine: three months of backups, a wiped server, and everything back from the
# recovery kit and the bucket alone. On a fresh Debian 12, as root or through sudo, it installs what is missing, builds
# a release binary and plays the story on Btrfs file systems in image files, which it takes away again. No account, no
# second machine, and no network but the package registry.
#
# With --keep DIR (new or empty) it leaves there: bucket, ls (LS's tree), kit.age, passphrase, source (the tree that was
# backed up) and dev.conf, with which `devjournal --help` commands can be tried. The keys in it are real: root only.
#
# Exit status: 0 every check ran and passed · 1 a check failed · 2 it could not run (no Swift, no root, no Btrfs) ·
# 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/build_needs.sh"

story=()
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --keep)
            [[ -n ${2:-} ]] || { echo "quickstart.sh: error: --keep needs a directory" >&2 && exit 64; }
            story=(--keep "$(realpath -m -- "$2")") && shift
            ;;
        *) echo "quickstart.sh: error: unknown argument $1" >&2 && exit 64 ;;
    esac
    shift
done

if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    echo "quickstart.sh: error: root is needed, for packages and for Btrfs; there is no sudo here" >&2
    exit 2
fi
find_swift || exit 2
install_packages "${build_packages[@]}" "${story_packages[@]}"

echo "Building devjournal (release)."
cd "$repository"
build=(swift build -c release --static-swift-stdlib --product devjournal)
as_owner "${build[@]}"
binaries=$(as_owner "${build[@]}" --show-bin-path)
as_root env PATH="$binaries:$PATH" "$repository/tools/quickstart_story.sh" "${story[@]}"
