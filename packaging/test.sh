#!/usr/bin/env bash
# Tests what is made for others to install.
#
# usage: test.sh crate TARGET           the crate as `cargo package` packs it is small, and builds, tests and documents
#                                       itself alone; TARGET is cargo's target directory, whose dependencies it takes
#        test.sh reproducible SCRATCH   two source archives of one commit are the same, and so are the libraries of two
#                                       builds: one offline from the archive, without any crate at hand, and one with
#                                       the registry's crates in another directory
#        test.sh debian DIRECTORY       the packages that deb.sh has left there: lintian; debian/tests in a clean system
#                                       of this release; what is left after their removal (as root)
#
# The environment may name MAKE and CARGO.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
# shellcheck source=tests/checks.sh
. tests/checks.sh
cargo=${CARGO:-cargo}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

crate() { # TARGET
    local target scratch packed
    target=$(realpath -m "$1")
    packed=$target/package/webstr-$version.crate
    scratch=$(mktemp -d) # apart from the workspace
    # shellcheck disable=SC2064 # the path of now
    trap "rm -rf '$scratch'" EXIT
    alone() { # NAME COMMAND...
        step "$1" env -C "$scratch/webstr-$version" CARGO_TARGET_DIR="$target" RUSTDOCFLAGS="-D warnings" "${@:2}" || :
    }
    step "cargo package" "$cargo" package --quiet --locked --allow-dirty --no-verify --package webstr --target-dir "$target"
    step "$(wc -c <"$packed") bytes, at most 256 KiB" test "$(wc -c <"$packed")" -le 262144 || :
    tar -xzf "$packed" -C "$scratch"
    alone "the C library" "$cargo" rustc --quiet --locked --release --lib --all-features --crate-type cdylib,staticlib \
        -- --cfg cargo_c
    alone "no_std" "$cargo" check --quiet --locked --no-default-features
    alone "documentation" "$cargo" doc --quiet --no-deps --locked
    alone "tests" "$cargo" test --quiet --locked --all-features
    # Beside a crate that wants another release of the dependency than the lock file has.
    alone "the oldest dependency" "$cargo" update --quiet cpufeatures --precise 0.3.0
    alone "what is built with it" "$cargo" check --quiet --locked --all-features
}

reproducible() { # SCRATCH
    local scratch archive file
    scratch=$(realpath -m "$1")
    rm -rf "$scratch"
    mkdir -p "$scratch"
    unset MAKEFLAGS MFLAGS MAKELEVEL CARGO_TARGET_DIR RUSTFLAGS
    same() { check "$1" "$(sha256sum <"$2")" "$(sha256sum <"$3")"; } # NAME FILE FILE
    build() { # DIRECTORY CARGO_HOME [NAME=VALUE...]: offline with the archive's crates if that is said, else without
        mkdir -p "$1" "$2"
        tar -xzf "$scratch/first/$archive" -C "$1" --strip-components=1
        [[ ${3-} ]] || rm -r "$1"/{.cargo,vendor}
        env -C "$1" CARGO_HOME="$2" "${@:3}" "${MAKE:-make}" --silent CARGO="$cargo"
    }
    packaging/dist.sh "$scratch/first"
    packaging/dist.sh "$scratch/second"
    archive=webstr-$version.tar.gz
    same "$archive" "$scratch"/{first,second}/"$archive"
    build "$scratch/offline" "$scratch/no-crates" CARGO_NET_OFFLINE=true
    build "$scratch/a/longer/path" "$scratch/crates"
    # The build writes the header too.
    for file in build/lib/libwebstr.a "build/lib/libwebstr.so.$version" include/webstr.h; do
        same "$file" "$scratch"/{offline,a/longer/path}/"$file"
    done
    same "include/webstr.h and the committed one" "$scratch/offline/include/webstr.h" include/webstr.h
}

debian() { # DIRECTORY
    local packages tool
    cd "$1"
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
    for tool in autopkgtest lintian mmdebstrap; do
        if [[ $(id -u) != 0 ]] || ! command -v "$tool" >/dev/null; then
            skip "the packages" "root and $tool are needed (on Debian: apt-get install $tool)"
            return
        fi
    done
    # Nobody has asked Debian to take the packages: there is no bug report to close.
    step "lintian has no error and no warning" lintian --allow-root --fail-on error,warning \
        --suppress-tags initial-upload-closes-no-bugs ./*.changes || :
    rm -rf chroot
    trap 'rm -rf chroot' EXIT
    # From the mirror that apt is set up with. autopkgtest needs dpkg-dev and apt's lists.
    # shellcheck disable=SC2016 # apt's fields
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        mmdebstrap --quiet --variant=apt --include=dpkg-dev --skip=cleanup/apt \
            "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" chroot -
    packages=(libwebstr0_*.deb libwebstr-dev_*.deb python3-webstr_*.deb)
    step "debian/tests in a clean system" autopkgtest --quiet "${packages[@]}" ./*.dsc -- chroot "$PWD/chroot" || :
    chroot chroot dpkg --purge "${packages[@]%%_*}"
    check "nothing is left behind" "" "$(find chroot -xdev -iname '*webstr*')"
}

case ${1-}:$# in
crate:2 | reproducible:2 | debian:2) "$@" ;;
*) sed -n '/^# usage/,/^#$/s/^# *//p' "$0" >&2; exit 2 ;;
esac
closing_line
