#!/usr/bin/env bash
# webstr-VERSION.tar.gz of the committed sources, in which `make` needs no network (see vendor.sh).
#
# usage: dist.sh DIRECTORY    (the environment may name CARGO)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
name=webstr-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
out=$1/$name.tar.gz
if [ -n "$(git status --porcelain)" ]; then
    echo "dist: what is not committed is not in the archive" >&2
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/$name

mkdir -p "$1" "$tree"
git archive HEAD | tar -x -C "$tree"
packaging/vendor.sh "$tree"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
tar --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u+rwX,go+rX,go-w -C "$scratch" -c "$name" | gzip -9n >"$out.new"
mv "$out.new" "$out"
echo "$out: $(wc -c <"$out") bytes"
