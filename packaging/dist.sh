#!/usr/bin/env bash
# webstr-VERSION.tar.gz of the committed sources, in which `make` needs no network: the crates that the
# library is built from are in vendor/, and .cargo/config.toml names them. All crates of Cargo.lock would
# be 225 MB, most of it for tests, benchmarks and Windows. Cargo wants them all to exist, so of the others
# there is the manifest alone: the tests in Rust need the network and no .cargo/config.toml.
#
# usage: dist.sh DIRECTORY    (the environment may name CARGO)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
name=webstr-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
out=$1/$name.tar.gz
if [ -n "$(git status --porcelain)" ]; then
    echo "dist: what is not committed is not in the archive" >&2
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/$name

mkdir -p "$1" "$tree/.cargo"
git archive HEAD | tar -x -C "$tree"
(
    cd "$tree"
    $cargo vendor --quiet --locked --versioned-dirs vendor
    cat >.cargo/config.toml <<'END'
[source.crates-io]
replace-with = "vendor"

[source.vendor]
directory = "vendor"
END
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
            sed 's/"files":{[^}]*}/"files":{}/' "$crate/.cargo-checksum.json" \
                >"$scratch/bare/.cargo-checksum.json"
            rm -r "$crate"
            mv "$scratch/bare" "$crate"
        fi
    done
)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
tar --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u+rwX,go+rX,go-w -C "$scratch" -c "$name" | gzip -9n >"$out.new"
mv "$out.new" "$out"
echo "$out: $(wc -c <"$out") bytes"
