#!/usr/bin/env bash
# Whether the installed libraries keep the promises of the documents.
#
# usage: check_library.sh PREFIX SYMBOLS OBJECT    (the environment may name NM, READELF, STRIP, RUSTC)
#
# OBJECT is the object in the static library before `make` strips it.
set -euo pipefail
shopt -s inherit_errexit

prefix=$1
symbols=$(sort "$2")
so=$prefix/lib/libwebstr.so
archive=$prefix/lib/libwebstr.a
unstripped=$3
nm=${NM:-nm} readelf=${READELF:-readelf} strip=${STRIP:-strip}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# shellcheck source=tests/checks.sh
. "$(dirname "$0")/../checks.sh"
none_of() { grep -E "$1" || true; }

check "soname" "[libwebstr.so.0]" "$("$readelf" -d "$so" | awk '/SONAME/ { print $NF }')"
check "libraries needed at run time" "[libc.so.6]" \
    "$("$readelf" -d "$so" | awk '/NEEDED/ { print $NF }')"
check "no text relocation, no executable stack" "" \
    "$({ "$readelf" -d "$so"; "$readelf" -lW "$so" | grep GNU_STACK; } | none_of 'TEXTREL|RWE')"
check "functions of libwebstr.so" "$symbols" \
    "$("$nm" -D --defined-only "$so" | awk '{ print $3 }' | sort)"
check "global symbols of libwebstr.a" "$symbols" \
    "$("$nm" -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort)"
check "functions of the header" "$symbols" \
    "$(sed -nE 's/^[a-z].*[ *]([a-z0-9_]+)\(.*/\1/p' "$prefix/include/webstr.h" | sort)"
check "what libwebstr.a wants from elsewhere, beyond the C library" "" \
    "$("$nm" -u "$archive" | awk 'NF == 2 { print $2 }' | sort -u |
        { grep -vxE 'getenv|strlen|memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_' || true; })"

check "no code in libwebstr.so panics or unwinds" "" "$(panicking "$so")"
check "no code in libwebstr.a panics or unwinds" "" "$(panicking "$unstripped")"
control=$(dirname "$0")/panics.rs
# As Cargo.toml and Makefile build the two.
"${RUSTC:-rustc}" --edition 2024 --crate-type cdylib -C panic=abort -C opt-level=2 -C lto=fat -C codegen-units=1 \
    "--emit=link=$scratch/cdylib,obj=$scratch/object" "$control"
for file in cdylib object; do
    check "control: a panic in the $file is seen" yes "$([[ $(panicking "$scratch/$file") == *panic* ]] && echo yes || echo no)"
done

# A misuse that a debug assertion notices: built with them, the library ends the program and does not hang.
host=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')
checked=build/cargo_checked/$host/release/libwebstr.so
CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_PANIC=abort \
    "${CARGO:-cargo}" rustc --quiet --locked --release --lib --features capi --crate-type cdylib \
    --target "$host" --target-dir build/cargo_checked -- --cfg cargo_c
"${CC:-cc}" -I"$prefix/include" -x c -o "$scratch/misuse" - -x none "$checked" \
    <<<'#include <webstr.h>
int main(void) { return sec_websocket_key_valid((void *)0, SEC_WEBSOCKET_KEY_LEN); }'
status=0
cp "$checked" "$scratch/libwebstr.so.0"
LD_LIBRARY_PATH=$scratch timeout 10 "$scratch/misuse" 2>/dev/null || status=$?
check "a failed debug assertion ends by SIGABRT" 134 "$status"

cp "$so" "$scratch/libwebstr.so"
"$strip" "$scratch/libwebstr.so"
size=$(wc -c <"$scratch/libwebstr.so")
echo "libwebstr.so, stripped: $size bytes"
check "at most 232 KiB stripped" yes "$([ "$size" -le 237568 ] && echo yes || echo no)"

closing_line
