#!/usr/bin/env bash
# The crate as `cargo package` packs it: it is small, and builds, tests and documents itself alone.
#
# usage: test_package.sh TARGET    (cargo's target directory, whose dependencies it takes; the environment may name CARGO)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
# shellcheck source=tests/checks.sh
. tests/checks.sh
cargo=${CARGO:-cargo}
target=$(realpath -m "$1")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
crate=$target/package/webstr-$version.crate
scratch=$(mktemp -d) # apart from the workspace
trap 'rm -rf "$scratch"' EXIT

small() {
    local size
    size=$(wc -c <"$crate")
    echo "${crate##*/}: $size bytes"
    [[ $size -le 262144 ]]
}
alone() { # NAME COMMAND...
    step "$1" env -C "$scratch/webstr-$version" CARGO_TARGET_DIR="$target" RUSTDOCFLAGS="-D warnings" "${@:2}" || :
}

step "cargo package" "$cargo" package --quiet --locked --allow-dirty --no-verify --package webstr --target-dir "$target"
step "at most 256 KiB" small || :
tar -xzf "$crate" -C "$scratch"
alone "the C library" "$cargo" rustc --quiet --locked --release --lib --features capi --crate-type cdylib,staticlib
alone "no_std" "$cargo" check --quiet --locked --no-default-features
alone "documentation" "$cargo" doc --quiet --no-deps --locked
alone "tests" "$cargo" test --quiet --locked
closing_line
