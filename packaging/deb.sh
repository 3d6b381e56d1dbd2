#!/usr/bin/env bash
# The Debian packages of the committed sources, in DIRECTORY: packaging/debian becomes the debian/ of the source
# archive, and dpkg-buildpackage builds it, offline. The tools are Debian's own, whatever else is on PATH.
#
# usage: deb.sh DIRECTORY    (the environment may name CARGO, for the source archive)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
rm -rf "${1:?}"
mkdir -p "$1"
packaging/dist.sh "$1"
cd "$1"
tree=webstr-$version
mv "$tree.tar.gz" "webstr_$version.orig.tar.gz"
tar -xzf "webstr_$version.orig.tar.gz"
cp -r "$tree/packaging/debian" "$tree"
cd "$tree"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
if ! dpkg-checkbuilddeps; then
    echo "deb: as root, apt-get build-dep $PWD" >&2
    exit 1
fi
env -u CARGO -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET -u RUSTFLAGS -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
    dpkg-buildpackage --no-sign
