#!/usr/bin/env bash
# Makes a source tree build offline: the crates that the library is built from go into its vendor/, and its
# .cargo/config.toml names them. All crates of Cargo.lock would be 225 MB, most of it for tests, benchmarks and
# Windows. Cargo wants them all to exist, so of the others there is the manifest alone: the tests in Rust need
# the network and no .cargo/config.toml.
#
# usage: vendor.sh TREE    (the environment may name CARGO)
set -euo pipefail
shopt -s inherit_errexit
cd "$1"
cargo=${CARGO:-cargo}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

$cargo vendor --quiet --locked --versioned-dirs vendor
mkdir -p .cargo
cat >.cargo/config.toml <<'END_OF_CONFIG'
[source.crates-io]
replace-with = "vendor"

[source.vendor]
directory = "vendor"
END_OF_CONFIG
for target in x86_64 aarch64; do
    $cargo tree --quiet --locked --edges normal,build --prefix none --format '{p}' \
        --target "$target-unknown-linux-gnu"
done | awk '{ print $1 "-" substr($2, 2) }' >"$scratch/needed"
for crate in vendor/*/; do
    crate=${crate%/}
    if ! grep -qxF "${crate#vendor/}" "$scratch/needed"; then
        mkdir -p "$scratch/bare/src"
        touch "$scratch/bare/src/lib.rs"
        cp "$crate/Cargo.toml" "$scratch/bare"
        sed 's/"files":{[^}]*}/"files":{}/' "$crate/.cargo-checksum.json" >"$scratch/bare/.cargo-checksum.json"
        rm -r "$crate"
        mv "$scratch/bare" "$crate"
    fi
done
