#!/usr/bin/env bash
# macOS, from here: the libraries for both CPUs, and the harness's C programs linked with them. Nothing of it can run
# here; on a Mac `make test` does.
#
#   macos.sh [aarch64|x86_64]...
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."

work=$PWD/build/macos
. tests/platforms/cross.sh
export ZIG_GLOBAL_CACHE_DIR=$work/zig ZIG_LOCAL_CACHE_DIR=$work/zig
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# libraries CPU: linked by LLVM, which takes all options of Apple's linker, and what libSystem.tbd says of the system.
libraries() {
    local linker
    linker=$(command -v ld64.lld-19)
    rm -rf "${work:?}/$1"
    with_std "$1-apple-darwin" core env CARGO_BUILD_TARGET="$1-apple-darwin" make --no-print-directory --silent install \
        PREFIX="$work/$1" LIBDIR="$work/$1/lib" INCLUDEDIR="$work/$1/include" DESTDIR= arch= \
        CC="clang --target=${1/aarch64/arm64}-apple-macos11 -mlinker-version=609 -fuse-ld=lld --ld-path=$linker -nostdlib -Ltests/platforms -lSystem" \
        AR=llvm-ar-19 RANLIB=llvm-ranlib-19
}

# programs CPU: by zig, which has the system's headers. The shared one is to load the library by its install name.
programs() {
    local compiler="$work/venv/bin/python -m ziglang cc -target $1-macos.11.0"
    make --no-print-directory --silent -C c_tests PREFIX="$work/$1" BUILD="$work/$1/c_tests" CC="$compiler" CXX=none \
        shared="$work/$1/lib/libwebstr.dylib" "$work/$1/c_tests"/plain/{c_static,c_shared,changing_source} &&
        llvm-otool-19 -L "$work/$1/c_tests/plain/c_shared" | grep -F '@rpath/libwebstr.0.dylib' &&
        ! llvm-otool-19 -L "$work/$1/c_tests/plain/c_static" | grep webstr.0
}

one() {
    local cpu=$1
    have_std "$cpu" "$cpu-apple-darwin" || return 0
    step "$cpu: the libraries" libraries "$cpu" || return
    step "$cpu: what is in them" env NM=llvm-nm-19 OTOOL=llvm-otool-19 tests/install/check_macho.sh \
        "$work/$cpu" src/symbols.txt "$version" || true
    step "$cpu: the harness's C programs link" programs "$cpu" || true
}

[ $# -gt 0 ] || set -- aarch64 x86_64
if ! { llvm-otool-19 --version && ld64.lld-19 --version && clang --version; } >/dev/null 2>&1; then
    skip "macOS" "no llvm-otool-19, ld64.lld-19 or clang (on Debian: apt-get install llvm-19 lld-19 clang)"
elif ! make --no-print-directory --silent build/macos/venv/ready; then
    skip "macOS" "the Python package ziglang cannot be had"
else
    for cpu; do
        one "$cpu" || true
    done
fi
closing_line
