#!/usr/bin/env bash
# The tests on other machines than this one, by qemu's user-mode emulation, and i686 by itself on an
# x86-64 CPU:
#
#   emulated.sh [aarch64|i686|s390x]...
#
# aarch64 has the NEON backend and ARMv8's SHA-1 instructions, i686 a 32-bit size_t, s390x the other
# byte order. Each needs its cross compiler, and the first and the last need qemu. Rust's standard
# library for it comes from the toolchain at hand or, on Debian, is built from the source of Debian's
# own toolchain, which is unpacked below build/ and leaves the machine as it is. What cannot be had is
# said and skipped.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."

work=$PWD/build/emulated
. tests/platforms/cross.sh

# run_machine NAME RUST-TARGET GNU-TRIPLE RUN: RUN is the command that runs its programs.
run_machine() {
    local name=$1 target=$2 gnu=$3 run=$4 tool
    for tool in "$gnu-gcc" "${run%% *}"; do
        if ! "$tool" --version >/dev/null 2>&1; then
            skip "$name" "no $tool that runs (on Debian: apt-get install g++-$gnu qemu-user)"
            return
        fi
    done
    have_std "$name" "$target" || return 0

    local cargo_name=${target//-/_}
    cargo_name=${cargo_name^^}
    export "CARGO_TARGET_${cargo_name}_LINKER=$gnu-gcc" "CARGO_TARGET_${cargo_name}_RUNNER=$run"
    export CARGO_BUILD_TARGET=$target CARGO_TARGET_DIR=$work/target
    export CARGO_PROFILE_TEST_DEBUG=0 # nobody looks for a symbol, and the standard library is built, too

    step "$name: the Rust tests" with_std "$target" std,test \
        cargo test --locked --lib
    step "$name: the libraries" with_std "$target" core make --no-print-directory install \
        PREFIX="$work/$name" LIBDIR="$work/$name/lib" INCLUDEDIR="$work/$name/include" DESTDIR= \
        OBJCOPY="$gnu-objcopy" AR="$gnu-ar" &&
        step "$name: the C and C++ harness" make --no-print-directory -C c_tests QUICK=1 STANDARDS=c++20 \
            PREFIX="$work/$name" BUILD="$work/$name/c_tests" CC="$gnu-gcc" CXX="$gnu-g++" CLANGXX=none RUN="$run" check
}

[ $# -gt 0 ] || set -- aarch64 i686 s390x
for name; do
    case $name in
    aarch64) machine=(aarch64-unknown-linux-gnu aarch64-linux-gnu "qemu-aarch64 -L /usr/aarch64-linux-gnu") ;;
    i686)
        loader=/usr/i686-linux-gnu/lib/ld-linux.so.2
        machine=(i686-unknown-linux-gnu i686-linux-gnu "$loader --library-path ${loader%/*}")
        ;;
    s390x) machine=(s390x-unknown-linux-gnu s390x-linux-gnu "qemu-s390x -L /usr/s390x-linux-gnu") ;;
    *)
        echo "emulated: unknown machine: $name" >&2
        exit 2
        ;;
    esac
    run_machine "$name" "${machine[@]}" || true
done
closing_line
