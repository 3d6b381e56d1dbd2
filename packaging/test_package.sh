#!/usr/bin/env bash
# The crate as `cargo package` packs it: it is small, and builds, tests and documents itself alone.
#
# usage: test_package.sh TARGET    (cargo's target directory, whose dependencies it takes; the environment may name CARGO)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
target=$(realpath -m "$1")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
scratch=$(mktemp -d) # apart from the workspace
trap 'rm -rf "$scratch"' EXIT

passed=0 failed=0
check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok: $what"
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
    fi
}
small() {
    local size
    size=$(wc -c <"$crate")
    echo "${crate##*/}: $size bytes"
    [ "$size" -le 262144 ]
}
alone() { (cd "$scratch/webstr-$version" && "$@"); }

check "cargo package" "$cargo" package --quiet --locked --allow-dirty --no-verify --package webstr --target-dir "$target"
crate=$target/package/webstr-$version.crate
check "at most 256 KiB" small
tar -xzf "$crate" -C "$scratch"
export CARGO_TARGET_DIR=$target
check "the C library" alone "$cargo" rustc --quiet --locked --release --lib --all-features --crate-type cdylib,staticlib \
    -- --cfg cargo_c
check "no_std" alone "$cargo" check --quiet --locked --no-default-features
RUSTDOCFLAGS="-D warnings" check "documentation" alone "$cargo" doc --quiet --no-deps --locked
check "tests" alone "$cargo" test --quiet --locked --all-features
# Beside a crate that wants another release of the dependency than the lock file has.
check "the oldest dependency" alone "$cargo" update --quiet cpufeatures --precise 0.3.0
check "what is built with it" alone "$cargo" check --quiet --locked --all-features

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
