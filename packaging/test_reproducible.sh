#!/usr/bin/env bash
# Two source archives of the same commit are the same, and so are the libraries of two builds: one offline
# from the archive, without any crate at hand, and one with the registry's crates in another directory.
#
# usage: test_reproducible.sh SCRATCH    (the environment may name MAKE, CARGO)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
rm -rf "$1"
mkdir -p "$1/first" "$1/second"
scratch=$(cd "$1" && pwd)
unset MAKEFLAGS MFLAGS MAKELEVEL CARGO_TARGET_DIR RUSTFLAGS

# shellcheck source=tests/checks.sh
. tests/checks.sh
check_same() { # WHAT FILE FILE
    check "$1" "$(sha256sum <"$2")" "$(sha256sum <"$3")"
}

packaging/dist.sh "$scratch/first"
packaging/dist.sh "$scratch/second"
archive=$(cd "$scratch/first" && echo webstr-*.tar.gz)
check_same "$archive" "$scratch/first/$archive" "$scratch/second/$archive"

build() { # DIRECTORY CARGO_HOME [NAME=VALUE...]
    mkdir -p "$1" "$2"
    tar -xzf "$scratch/first/$archive" -C "$1" --strip-components=1
    (
        cd "$1"
        home=$2
        shift 2
        [ $# -gt 0 ] || rm -r .cargo vendor
        env CARGO_HOME="$home" "$@" "${MAKE:-make}" --silent CARGO="$cargo"
    )
}
build "$scratch/offline" "$scratch/no-crates" CARGO_NET_OFFLINE=true
build "$scratch/a/longer/path/with-the-registry" "$scratch/crates"
# The build writes the header too.
for file in build/lib/libwebstr.a "build/lib/$(cd "$scratch/offline/build/lib" && echo libwebstr.so.*)" include/webstr.h; do
    check_same "$file" "$scratch/offline/$file" "$scratch/a/longer/path/with-the-registry/$file"
done
check_same "include/webstr.h and the committed one" "$scratch/offline/include/webstr.h" include/webstr.h

closing_line
