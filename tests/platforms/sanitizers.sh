#!/usr/bin/env bash
# The library itself built with a sanitizer (nightly Rust, no std) under C programs:
#
#   tests/platforms/sanitizers.sh ROOT BUILD
#
# ThreadSanitizer: 16 threads that meet at the first call, and the choice of a backend in it.
# MemorySanitizer: the C harness, which sees a decision that rests on a byte never written.
# AddressSanitizer: the Rust tests.
# The first two have a control, a fault made on purpose within the library, that they must report.
set -euo pipefail
shopt -s inherit_errexit

root=$1
build=$2
triple=$(rustc -vV | sed -n 's/^host: //p')
cargo=${CARGO:-cargo}
# shellcheck source=tests/checks.sh
. "$root/tests/checks.sh"

clean() { # NAME COMMAND...
    logged "$build/$(tr -c 'a-z0-9\n' - <<<"$1").log" "$@"
}

# The command fails, and its report contains the words.
reports() { # WORDS COMMAND...
    local words=$1 report
    shift
    if report=$("$@" 2>&1); then
        return 1
    fi
    echo "$report"
    [[ $report == *"$words"* ]]
}

# library SANITIZER: prints the static library. `core` comes without the sanitizer, as rustup ships it: what of
# it is inlined into the kernels is instrumented with them. The kinds differ in flags, not in ABI.
library() {
    (
        cd "$root" &&
        RUSTFLAGS="-Zsanitizer=$1 -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR=$build \
            "$cargo" +nightly rustc --quiet --locked --release --lib --features capi \
            --crate-type staticlib --target "$triple" -- --cfg cargo_c >&2
    ) && cp "$build/$triple/release/libwebstr.a" "$build/libwebstr_$1.a" || return
    echo "$build/libwebstr_$1.a"
}

sources=("$root"/c_tests/{test_webstr,test_accept,test_escape,test_escape_into,test_utf8,test_mask,harness,platform_posix}.c)
flags=(-std=c11 -g -O1 -Wall -Wextra -Wpedantic -Werror -I"$root/include" -I"$root/c_tests" "-Wl,--gc-sections" -pthread)
mkdir -p "$build"

thread() {
    local backend archive
    archive=$(library thread)
    "${CC:-cc}" "${flags[@]}" -fsanitize=thread "$root/tests/platforms/first_use.c" "$archive" -o "$build/first_use_tsan"
    for backend in '' scalar sse2 avx2 avx512 neon; do
        if [[ -n $backend ]] && ! "$build/first_use_tsan" has "$backend"; then
            skip "thread: first use, WEBSTR_BACKEND=$backend" "not on this machine"
            continue
        fi
        WEBSTR_BACKEND=$backend clean "thread: first use, WEBSTR_BACKEND=$backend" "$build/first_use_tsan"
    done
    clean "thread: control, a race within the library" reports 'data race' "$build/first_use_tsan" race
    clean "thread: control, a build that fails takes no older library" no_older_library
}

no_older_library() {
    ! cargo=false library thread
}

memory() {
    local archive
    archive=$(library memory)
    clang "${flags[@]}" -fsanitize=memory "$root/tests/platforms/first_use.c" "$archive" -o "$build/first_use_msan"
    clang "${flags[@]}" -fsanitize=memory "${sources[@]}" "$archive" -o "$build/test_webstr_msan"
    clean "memory: the C harness without UTF-8, every backend" "$build/test_webstr_msan" --quick
    clean "memory: control, a source that was never written" reports 'use-of-uninitialized-value' \
        "$build/first_use_msan" uninit
}

address() {
    (
        cd "$root"
        RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$build \
            "$cargo" +nightly test --quiet --locked --lib --target "$triple"
    )
}

if ! "$cargo" +nightly --version >/dev/null 2>&1; then
    skip "thread, memory, address" "no nightly toolchain (rustup toolchain install nightly)"
else
    thread
    if clang -fsanitize=memory -xc -o "$build/has_msan" - <<<'int main(void) { return 0; }' 2>/dev/null; then
        memory
    else
        skip memory "clang or its run time is missing (on Debian: apt-get install clang libclang-rt-dev)"
    fi
    clean "address: the Rust tests" address
fi
closing_line
