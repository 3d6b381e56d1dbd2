#!/usr/bin/env bash
# What packaging/debian says twice is the same: the version of Cargo.toml, the functions of src/symbols.txt.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
if ! head -n 1 packaging/debian/changelog | grep -qF "webstr ($version-"; then
    echo "The first entry of packaging/debian/changelog is not for $version of Cargo.toml: dch -v $version-1" >&2
    exit 1
fi
echo "ok: debian/changelog is for $version"
if ! diff src/symbols.txt <(sed -n 's/^ \(.*\)@Base .*/\1/p' packaging/debian/libwebstr0.symbols); then
    echo "packaging/debian/libwebstr0.symbols (>) has other functions than src/symbols.txt (<)" >&2
    exit 1
fi
echo "ok: debian/libwebstr0.symbols has the functions of src/symbols.txt"
echo "2 passed, 0 failed"
