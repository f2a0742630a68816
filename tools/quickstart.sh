#!/usr/bin/env bash
# quickstart.sh [--keep DIR] [--remote s3://BUCKET[/PREFIX]]
#
# Shows the whole idea at work on this machine: three months of backups, a wiped server, and everything back from the
# recovery kit and the bucket alone. On a fresh Debian 12, as root or through sudo, it installs what is missing, builds
# a release binary and plays the story on Btrfs file systems in image files, which it removes again. It needs no account,
# no second machine, and no network but the package registry.
#
# With --keep DIR (new or empty) it keeps there: bucket, ls (LS's tree), kit.age, passphrase, source (the tree that was
# backed up) and dev.conf, with which `devjournal --help` commands can be tried. The keys in it are real: root only.
#
# With --remote the bucket is a real one, of Cloudflare R2 or any other store of S3's interface, and stock tools (rclone,
# else curl) fetch what they check. Needed in the environment: S3_ENDPOINT, such as
# https://ACCOUNT.r2.cloudflarestorage.com, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or S3_CREDENTIALS, a file of
# mode 0600 with both; S3_REGION, S3_STYLE, S3_CA_FILE and the other keys of a configuration as there. It uploads about 30 MB
# into a new folder below PREFIX, and deletes that folder at its end, unless --keep is given.
#
# Exit status: 0 every check ran and passed · 1 a check failed · 2 it could not run (no Swift, no root, no Btrfs) ·
# 64 usage
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/lib/build_needs.sh"
source "$repository/Tests/Support/stock_s3.bash"

story=() packages=("${build_packages[@]}" "${story_packages[@]}")
while (($#)); do
    case $1 in
        --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --keep)
            [[ -n ${2:-} ]] || { echo "quickstart.sh: error: --keep needs a directory" >&2 && exit 64; }
            story+=(--keep "$(realpath -m -- "$2")") && shift
            ;;
        --remote)
            why=$(cannot_use_remote "${2:-}") || { echo "quickstart.sh: error: $why" >&2 && exit 64; }
            story+=(--remote "$2") packages+=(curl) && shift
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
install_packages "${packages[@]}"

echo "Building devjournal (release)."
cd "$repository"
build=(swift build -c release --static-swift-stdlib --product devjournal)
as_owner "${build[@]}"
binaries=$(as_owner "${build[@]}" --show-bin-path)
kept=$(IFS=, && echo "${s3_settings[*]},AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY,AWS_SESSION_TOKEN")
if ((EUID == 0)); then root=(env); else root=(sudo "--preserve-env=$kept" -- env); fi
exec "${root[@]}" PATH="$binaries:$PATH" "$repository/Tests/Support/quickstart_story.sh" "${story[@]}"
