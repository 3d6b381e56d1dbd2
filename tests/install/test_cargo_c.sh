#!/usr/bin/env bash
# Whether `cargo cinstall` puts the same library in place as `make install`: files, header, pkg-config's answers,
# soname and symbols.
#
# usage: test_cargo_c.sh PREFIX SCRATCH    (the environment may name CARGO, CC, PKG_CONFIG; cargo-c is on PATH)
#
# PREFIX is where `make` has installed it. Only the manual pages and CMake's files are left to `make install`.
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "$0")/../.." && pwd)
made=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
scratch=$(cd "$2" && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH

# shellcheck source=tests/checks.sh
. "$root/tests/checks.sh"

cargo_made=$scratch/installed
"${CARGO:-cargo}" cinstall --locked --release --manifest-path "$root/Cargo.toml" \
    --target-dir "$scratch/target" --prefix "$cargo_made" --libdir "$cargo_made/lib"

# Each file, and for a link the file that it leads to: cargo-c links libwebstr.so to that at once.
files() {
    (cd "$1" && find . \( -type f -o -type l \) -not -path '*/cmake/*' -not -path '*/man/*' -printf '%P\n' | sort |
        while read -r file; do echo "$file $(basename "$(readlink -f "$file")")"; done)
}
check "files and links" "$(files "$made")" "$(files "$cargo_made")"
for header in webstr.h webstr.hpp; do
    check "$header" "" "$(diff "$made/include/$header" "$cargo_made/include/$header" 2>&1 || true)"
done

of_pkg_config() { # PREFIX QUERY
    local prefix=$1
    PKG_CONFIG_PATH=$prefix/lib/pkgconfig "${PKG_CONFIG:-pkg-config}" "$2" webstr 2>&1 |
        sed "s|$prefix|PREFIX|g; s|/lib/pkgconfig/\.\./\.\.||g; s| *$||"
}
for query in --modversion --cflags --libs --print-requires-private; do
    check "pkg-config $query" "$(of_pkg_config "$made" "$query")" "$(of_pkg_config "$cargo_made" "$query")"
done

dynamic() { readelf -d "$1/lib/libwebstr.so.$version" | awk '/SONAME|NEEDED/ { print $NF }'; }
exported() { nm -D --defined-only "$1/lib/libwebstr.so.$version" | awk '{ print $3 }' | sort; }
check "soname, and libraries needed at run time" "$(dynamic "$made")" "$(dynamic "$cargo_made")"
check "functions of libwebstr.so" "$(exported "$made")" "$(exported "$cargo_made")"
# Rust's own symbols are global in cargo's archive; make's keeps the documented ones alone.
check "functions of libwebstr.a" "$(sort "$root/src/symbols.txt")" \
    "$(nm -g --defined-only "$cargo_made/lib/libwebstr.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u |
        grep -xF -f "$root/src/symbols.txt" | sort)"

read -ra flags <<<"$(PKG_CONFIG_PATH=$cargo_made/lib/pkgconfig "${PKG_CONFIG:-pkg-config}" --cflags --libs webstr)"
"${CC:-cc}" -o "$scratch/accept" "$root/examples/accept.c" "${flags[@]}"
"${CC:-cc}" -o "$scratch/static" "$root/examples/accept.c" -I"$cargo_made/include" "$cargo_made/lib/libwebstr.a"
check "a program that links it" s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \
    "$(LD_LIBRARY_PATH=$cargo_made/lib "$scratch/accept" dGhlIHNhbXBsZSBub25jZQ== 2>&1)"
check "a program that links it statically" s3pPLMBiTxaQ9kYGzzhZRbK+xOo= "$("$scratch/static" dGhlIHNhbXBsZSBub25jZQ== 2>&1)"

closing_line
