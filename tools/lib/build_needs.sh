# shellcheck shell=bash disable=SC2034 # the package lists are for the scripts that source this
# What building, testing and the quickstart need of a machine: Debian packages, a Swift toolchain, root. Sourced.

# No locale says what is a letter or how a number is written.
export LC_ALL=C.UTF-8
unset LANGUAGE
repository=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
build_packages=(ca-certificates g++ git libc6-dev libcurl4 libcurl4-openssl-dev liblzo2-dev libsodium-dev libssl-dev libzstd-dev pkg-config
    zlib1g-dev)
story_packages=(age btrfs-progs jq mount python3 python3-cryptography util-linux zstd)
fault_packages=(e2fsprogs exfat-fuse exfatprogs faketime fuse3 libnbd-bin locales nbdkit strace)
host_packages=(curl iproute2 jq lowdown man-db openssh-client openssh-server rsync sudo systemd)
c2sp_packages=(golang-go golang-golang-x-mod-dev)
s3_packages=(curl python3-pip rclone)
bench_packages=(awscli borgbackup btrbk gcc gpg libc6-dev libsodium-dev openssl restic sqlite3)
swift_release=6.3.1

as_root() { if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi; }

# as_owner COMMAND…: as the owner of the repository, so that a build through sudo leaves nothing of root's in it.
as_owner() {
    local owner
    owner=$(stat -c %U "$repository")
    if ((EUID != 0)) || [[ $owner == root || $owner == UNKNOWN ]]; then "$@"; else
        runuser -u "$owner" -- env HOME="$(getent passwd "$owner" | cut -d: -f6)" PATH="$PATH" "$@"
    fi
}

# install_packages PACKAGE…: those that are missing.
install_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || { echo "Not a Debian system: these must be there: $*" >&2 && return; }
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    echo "Installing with apt: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y \
        --no-install-recommends "${missing[@]}" >/dev/null
}

# find_swift: puts a toolchain that is new enough on PATH, or says how to get one and returns 1.
find_swift() {
    local home version
    home=$(getent passwd "${SUDO_USER:-$(id -un)}" | cut -d: -f6)
    PATH=$PATH:/opt/swift/usr/bin:$home/.local/share/swiftly/bin
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p') || true
    [[ -n $version ]] && printf '6.3\n%s\n' "$version" | sort -CV && return 0
    explain_swift "${version:-none}"
    return 1
}

explain_swift() {
    local platform=debian12 archive
    [[ $(uname -m) == x86_64 ]] || platform=debian12-$(uname -m)
    archive=swift-$swift_release-RELEASE-$platform.tar.gz
    cat >&2 <<END
A Swift toolchain, 6.3 or later, is needed (found: $1). On Debian 12 these commands install one into /opt/swift:

    sudo apt-get install -y binutils-gold curl g++ git gnupg libcurl4-openssl-dev libedit-dev libncurses-dev \\
        libpython3-dev libsqlite3-dev libxml2-dev pkg-config tzdata unzip uuid-dev
    curl -fLO https://download.swift.org/swift-$swift_release-release/$platform/swift-$swift_release-RELEASE/$archive
    curl -fLO https://download.swift.org/swift-$swift_release-release/$platform/swift-$swift_release-RELEASE/$archive.sig
    curl -fsSL https://swift.org/keys/all-keys.asc | gpg --import
    gpg --verify $archive.sig $archive
    sudo mkdir -p /opt/swift && sudo tar -xzf $archive -C /opt/swift --strip-components=1

Then run this again.
END
}

# python_with_cryptography: an interpreter that can verify Ed25519 signatures.
python_with_cryptography() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import cryptography' 2>/dev/null; then echo "$python" && return; fi
    done
    return 1
}

# Their tests need neither root nor Btrfs, and run as an ordinary user (Tests/Support/ordinary_user_tests.sh).
# shellcheck disable=SC2034 # for those who source this
application_targets='Machines Artifacts Restoring Browsing Recovery Serving Months'
