#!/usr/bin/env bash
# Windows on x86-64, from here: the libraries by mingw-w64 and for MSVC, and what links them under wine.
#
#   windows.sh
#
# For MSVC the libraries are made and looked into; nothing is linked, for which there is no Windows SDK here.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."

root=$PWD
work=$PWD/build/windows
. tests/platforms/cross.sh
run=$root/tests/platforms/wine.sh
gnu=x86_64-w64-mingw32
export WINEPATH=$work/prefix/bin
# Wine's Windows is not below build/: it has a link to the root, which cargo would follow when it looks for changed
# sources.
scratch=$(mktemp -d)
export WINEPREFIX=$scratch/wine
end_of_wine() {
    /usr/lib/wine/wineserver64 -k || true
    rm -rf "$scratch"
}
trap 'end_of_wine 2>/dev/null' EXIT

# mingw TARGET NAME=VALUE...: make for Windows.
mingw() {
    with_std x86_64-pc-windows-gnu core env CARGO_BUILD_TARGET=x86_64-pc-windows-gnu make --no-print-directory --silent \
        CC="$gnu-gcc-posix" NM="$gnu-nm" AR="$gnu-ar" OBJCOPY="$gnu-objcopy" WINDRES="$gnu-windres" \
        DLLTOOL="$gnu-dlltool" OBJDUMP="$gnu-objdump" "$@"
}

libraries() {
    rm -rf "$work/prefix"
    mingw install PREFIX="$work/prefix" LIBDIR="$work/prefix/lib" BINDIR="$work/prefix/bin" \
        INCLUDEDIR="$work/prefix/include" DESTDIR=
}

harness() {
    make --no-print-directory --silent -C c_tests QUICK=1 STANDARDS="c++17 c++20" PLATFORM=windows PREFIX="$work/prefix" \
        BUILD="$work/c_tests" CC="$gnu-gcc-posix" CXX="$gnu-g++-posix" CLANGXX=none LDFLAGS=-static RUN="$run" \
        shared="$work/prefix/lib/libwebstr.dll.a" link_shared="$work/prefix/lib/libwebstr.dll.a" check
}

# Programs of somebody else.
by_cmake() {
    local program answer
    rm -rf "$work/cmake"
    if ! { cmake -S tests/install/consumer -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix" \
        -DCMAKE_TOOLCHAIN_FILE="$root/tests/install/mingw.cmake" && cmake --build "$work/cmake"; } >"$work/cmake.log" 2>&1; then
        cat "$work/cmake.log"
        return 1
    fi
    for program in {c,cpp}_webstr{,_static}; do
        answer=$("$run" "$work/cmake/$program" | tr -d '\r')
        echo "$program: $answer"
        [ "$answer" = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo= "caf\u00e9\n"' ] || return
        case $program in
        *static) ! loads_webstr "$program" ;;
        *) loads_webstr "$program" ;;
        esac || return
    done
}
loads_webstr() {
    "$gnu-objdump" -p "$work/cmake/$1.exe" | grep 'DLL Name: webstr.dll' >/dev/null
}

for_mingw() {
    local tool
    for tool in "$gnu-gcc-posix" "$gnu-g++-posix" "$run"; do
        if ! "$tool" --version >/dev/null 2>&1; then
            skip mingw-w64 "no ${tool##*/} that runs (on Debian: apt-get install g++-mingw-w64-x86-64 wine64)"
            return
        fi
    done
    have_std mingw-w64 x86_64-pc-windows-gnu || return 0
    step "mingw-w64: the libraries" libraries || return
    step "mingw-w64: what they export and import" env NM="$gnu-nm" OBJDUMP="$gnu-objdump" tests/install/check_pe.sh \
        "$work/prefix" src/symbols.txt build/lib/x86_64-pc-windows-gnu/unstripped.o \
        "$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" || true
    step "mingw-w64: the C and C++ harness" harness || true
    if command -v cmake >/dev/null; then
        step "mingw-w64: CMake" by_cmake || true
    else
        skip "mingw-w64: CMake" "no cmake (on Debian: apt-get install cmake)"
    fi
}

for_msvc() {
    local libraries=build/lib/x86_64-pc-windows-msvc
    if ! llvm-lib-19 -help >/dev/null 2>&1; then
        skip MSVC "no llvm-lib-19 (on Debian: apt-get install llvm-19)"
        return
    fi
    have_std MSVC x86_64-pc-windows-msvc || return 0
    step "MSVC: the import and the static library" with_std x86_64-pc-windows-msvc core make --no-print-directory --silent \
        CARGO_BUILD_TARGET=x86_64-pc-windows-msvc LLVM_AR=llvm-ar-19 LLVM_LIB=llvm-lib-19 \
        "$libraries"/webstr{,_static}.lib || return
    step "MSVC: what is in them" env NM=llvm-nm-19 tests/install/check_msvc.sh "$libraries" src/symbols.txt
}

# As the Microsoft compiler reads them, as far as clang knows: its dialect, another standard library.
headers() {
    local standard flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I include)
    echo '#include <webstr.h>' | clang --target=x86_64-pc-windows-msvc -ffreestanding -std=c99 "${flags[@]}" -x c - || return
    for standard in c++17 c++20 c++2b; do
        echo '#include <webstr.hpp>' | clang++ -fms-extensions -fms-compatibility -fms-compatibility-version=19.30 \
            -stdlib=libc++ "-std=$standard" "${flags[@]}" -x c++ - || return
    done
}

for_mingw || true
for_msvc || true
if clang --version >/dev/null 2>&1 && echo '#include <string>' | clang++ -stdlib=libc++ -fsyntax-only -x c++ - 2>/dev/null; then
    step "MSVC: the headers, read by clang" headers || true
else
    skip "MSVC: the headers" "no clang with libc++ (on Debian: apt-get install clang libc++-dev)"
fi
closing_line
