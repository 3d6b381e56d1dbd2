#!/usr/bin/env bash
# Tests CPython with webstr in its json: every release of versions.txt, every backend, the kinds of build
# that distributions and core developers make. No release of 3.12 is pinned there: its patch is tested on a tree of one's own, by --src.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$here")
out=$repo/build/cpython/test

# --- What is built ----------------------------------------------------------

# A release, and one in another kind of build, see configure_options.
names=(
    3.11 3.13 3.14 3.15
    3.14-debug 3.13-freethreaded 3.14-freethreaded 3.15-optimized 3.15-shared 3.15-clang 3.15-sanitizers
)
ci_names=(3.13 3.15 3.14-debug)
release_of() { awk -v series="${1%%-*}" '$1 ~ "^" series "[.]" { print $1 }' "$here/versions.txt"; }

# Of CPython's tests beside test_json: those whose code, or the library code
# that they test, calls json.dump or json.dumps (logging.config, sysconfig),
# or whose data is kept in json (test_plistlib, test_tomllib, test_zoneinfo).
modules=(test_logging test_plistlib test_sysconfig test_tomllib test_zoneinfo)

usage() {
    cat <<USAGE
usage: test.sh [--ci] [NAME…]
       test.sh --src TREE [CONFIGURE-OPTION…]

Builds CPython with webstr and tests it, all below build/cpython/test.
NAME is one of (without any, all of them are done):
  ${names[*]}

  --ci        without NAME, only ${ci_names[*]}; built with -O1 (also CI=true)
  --src TREE  a source tree of one's own instead (it is copied), configured
              with the given options; the way to test 3.12, of which no
              release is pinned in versions.txt
  -h, --help  show this text

WEBSTR_PREFIX is as for apply.sh.
USAGE
}

die() {
    printf 'test.sh: %s\n' "$1" >&2
    exit 1
}

optimize="-O3 -DNDEBUG"
src=
options=()
chosen=()
if [[ ${CI-} == true ]]; then
    set -- --ci "$@"
fi
while (($#)); do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --ci)
        names=("${ci_names[@]}")
        optimize="-O1 -DNDEBUG"
        ;;
    --src)
        (($# > 1)) || die "--src needs a folder"
        src=$(cd "$2" 2>/dev/null && pwd -P) || die "$2: no such folder"
        [[ -f $src/Include/patchlevel.h ]] || die "$src: not a CPython source tree"
        shift 2
        options=("$@")
        break
        ;;
    -*) usage >&2; exit 2 ;;
    *)
        [[ $(release_of "$1") ]] || die "$1: not one of ${names[*]}"
        chosen+=("$1")
        ;;
    esac
    shift
done
if [[ $src ]]; then
    names=("own-${src##*/}")
elif ((${#chosen[@]})); then
    names=("${chosen[@]}")
fi

for tool in "${CC:-cc}:gcc" make:make nm:binutils awk:gawk tar:tar; do
    command -v "${tool%:*}" >/dev/null || die "${tool%:*} is not installed, e.g. apt-get install ${tool#*:}"
done

# Nothing that make or python hand down may reach the builds.
unset MAKEFLAGS MFLAGS MAKELEVEL VERSION PYTHONHOME PYTHONPATH WEBSTR_BACKEND
jobs=$(getconf _NPROCESSORS_ONLN)
mkdir -p "$out/logs"
if command -v flock >/dev/null; then
    exec 9>"$out/lock"
    flock -n 9 || die "another test.sh is at work in $out"
fi

# --- Steps ------------------------------------------------------------------

# shellcheck source=tests/checks.sh
. "$repo/tests/checks.sh"

try() {  # try NAME COMMAND…: one test; sets result and log
    log=$out/logs/${1//[ \/:,]/-}.log
    logged "$log" "$@"
}

prepare() {  # prepare VERSION: a patched source tree, in which nothing is built
    local from=$src tree=$out/src-$1
    # Also a _webstr of an interrupted run.
    rm -rf "$tree" "$out/_webstr-$1"
    mkdir "$tree"
    if [[ ! $from ]]; then
        "$here/fetch.sh" "$1" "${out%/*}"
        from=${out%/*}/Python-$1
    fi
    (cd "$from" && tar -cf - --exclude=./.git .) | tar -xf - -C "$tree"
    if [[ -f $tree/Makefile ]]; then
        make -C "$tree" distclean
    fi
    "$here/apply.sh" -R "$tree"
    cp -a "$tree" "$tree.before"
    "$here/apply.sh" "$tree"
    "$here/apply.sh" -R "$tree"
    diff -r "$tree.before" "$tree"
    rm -rf "$tree.before"
    "$here/apply.sh" "$tree"
}

build() {  # build VERSION TREE OPTION…: out of the source tree
    local sources=$out/src-$1 tree=$2
    shift 2
    rm -rf "$tree"
    mkdir "$tree"
    cd "$tree"
    "$sources/configure" "$@"
    make -j"$jobs"
    ./python -c 'import json.encoder; assert json.encoder.c_make_encoder'
}

symbols_of_json() {  # symbols_of_json [NM-OPTION]
    local module
    module=$(./python -I -c 'import _json, sys; print(getattr(_json, "__file__", sys.executable))')
    nm "$@" "$module"
}

# The library is inside, and not visible from outside: the module exports Py and _Py symbols alone. So does `make smelly`
# ask of all modules, of which _tkinter fails where Tcl and Tk export more.
has_webstr() {
    [[ $(symbols_of_json) == *escape_json_ucs1* ]]
    symbols_of_json -D --defined-only | awk '
        { print; names[NR] = $NF }
        END { for (i in names) if (names[i] !~ /^(_?Py|_init$|_fini$)/) exit 1; exit NR == 0 }'
}

# Without the library, what is built of the patched tree is CPython's own.
stock_again() {  # stock_again VERSION
    local lib=$out/src-$1/Modules/_webstr
    find . -name '_json*.o' -delete -o -name '_json*.so' -delete
    mv "$lib" "$out/_webstr-$1"
    # shellcheck disable=SC2064  # the paths of now
    trap "mv '$out/_webstr-$1' '$lib'" EXIT
    make -j"$jobs"
    [[ $(symbols_of_json) != *escape_json_ucs1* ]]
    ./python -m test test_json
}

# Prints the backends that this CPU has, by its own word; fails if the library lacks one of them.
backends() {  # backends VERSION
    local lib=$out/src-$1/Modules/_webstr backend used
    "${CC:-cc}" -x c -I "$lib" -I "$here/../c_tests" -o "$out/backend" - -x none "$lib/libwebstr.ar" <<'C'
#include <stdio.h>
#include "cpu.h"
#include "webstr.h"
int main(int argc, char **argv) { return argc != 2 || !cpu_has(argv[1]) || puts(webstr_backend()) < 0; }
C
    for backend in scalar sse2 avx2 avx512 neon; do
        if used=$(WEBSTR_BACKEND=$backend "$out/backend" "$backend"); then
            printf '%s\n' "$backend"
            [[ $used == "$backend" ]]
        fi
    done
}

# _json alone with ASan and UBSan, in this interpreter, whose str then come from malloc(). The library is not
# instrumented: its own tests see what it reads and writes.
sanitized() {  # sanitized SOURCES
    local folder=$PWD/sanitized flags=("-fsanitize=address,undefined" -fno-sanitize-recover=undefined) tests suffix
    suffix=$(./python -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
    mkdir -p "$folder"
    "${CC:-cc}" -shared -fPIC -O1 -g -w "${flags[@]}" -DPy_BUILD_CORE_MODULE -DHAVE_WEBSTR \
        -I. -I"$1/Include" -I"$1/Include/internal" -I"$1/Modules" -o "$folder/_json$suffix" \
        "$1/Modules/_json.c" "$1/Modules/_webstr/libwebstr.ar" -Wl,--exclude-libs,ALL
    export PYTHONPATH=$folder PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0
    LD_PRELOAD="$("${CC:-cc}" -print-file-name=libasan.so) $("${CC:-cc}" -print-file-name=libubsan.so)"
    export LD_PRELOAD
    ./python -c 'import _json; print(_json.__file__); assert "sanitized" in _json.__file__'
    tests=(length_of_all_kinds sizes_around_a_kilobyte str_subclass writer_becomes_wider kilobyte_in_a_wider_document growth)
    ./python "$here/test_encoder.py" "${tests[@]/#/EncoderTest.test_}"
}

# References that a round of tests does not give back; for a debug build. Left out are tests that
# take long and only compare strings.
leaks() {
    ./python -m test -R 3:3 --ignore test_every_character --ignore test_each_character_at_each_place \
        --ignore test_random_strings "$@"
}

# --- The matrix -------------------------------------------------------------

# configure_options NAME: one a line. The profile of the optimized build is that of json's own tests, as that of all
# tests takes half an hour.
configure_options() {
    case $1 in
    *-debug) printf '%s\n' --with-pydebug OPT=-O1 ;;
    *-freethreaded) printf '%s\n' --disable-gil "OPT=$optimize" ;;
    *-optimized) printf '%s\n' --enable-optimizations --with-lto "PROFILE_TASK=-m test test_json test_logging" ;;
    *-shared) printf '%s\n' --enable-shared "OPT=$optimize" ;;
    *-clang) printf '%s\n' CC=clang "OPT=$optimize" ;;
    *-sanitizers) printf '%s\n' --with-address-sanitizer --with-undefined-behavior-sanitizer OPT=-O1 ;;
    *) printf '%s\n' "OPT=$optimize" ;;
    esac
}

# The whole interpreter with ASan and UBSan: every str from malloc(), an error ends the run. Leaks at exit are
# CPython's own.
set_sanitizers() {
    export PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
}

test_tree() {  # test_tree NAME VERSION CONFIGURE-OPTION…
    local name=$1 version=$2 tree=$out/$1 backend tried=("")
    shift 2
    export LD_LIBRARY_PATH=$tree  # for --enable-shared
    unset PYTHONMALLOC ASAN_OPTIONS UBSAN_OPTIONS
    [[ $name != *-sanitizers ]] || set_sanitizers
    try "$name: configure and make" build "$version" "$tree" "$@"
    [[ $result == passed ]] || return 0
    cd "$tree"
    try "$name: webstr in _json, hidden" has_webstr
    if [[ $name != 3.*-* ]]; then
        try "$name: backends of this CPU" backends "$version"
        [[ $result == passed ]] || return 0
        mapfile -t tried <"$log"
    fi
    for backend in "${tried[@]}"; do
        if [[ $backend ]]; then
            export WEBSTR_BACKEND=$backend
        fi
        try "$name: test_encoder.py${backend:+, $backend}" ./python "$here/test_encoder.py"
        try "$name: test_json${backend:+, $backend}" ./python -m test test_json
        unset WEBSTR_BACKEND
    done
    [[ $name != *-sanitizers ]] || return 0
    try "$name: ${modules[*]}" ./python -m test -j"$jobs" "${modules[@]}"
    if [[ $(./python -c 'import sys; print(hasattr(sys, "gettotalrefcount"))') == True ]]; then
        # Not test_tool: what it calls runs in processes of their own.
        try "$name: reference leaks, test_json" leaks --ignore 'test.test_json.test_tool.*' test_json
        try "$name: reference leaks, test_encoder.py" leaks --testdir "$here" test_encoder
    fi
    if [[ $name == 3.15 && $("${CC:-cc}" -print-file-name=libasan.so) == /* ]]; then
        try "$name: _json with ASan and UBSan" sanitized "$out/src-$version"
    elif [[ $name == 3.15 ]]; then
        skip "$name: _json with ASan and UBSan" "${CC:-cc} has no libasan.so"
    fi
    if [[ ${tried[0]} ]]; then
        try "$name: stock without the library" stock_again "$version"
    fi
}

declare -A prepared=()
for name in "${names[@]}"; do
    version=$name
    configure=("${options[@]}")
    if [[ ! $src ]]; then
        version=$(release_of "$name")
        mapfile -t configure < <(configure_options "$name")
    fi
    if [[ ! ${prepared[$version]-} ]]; then
        try "$version: apply, take out, apply" prepare "$version"
        if ((${#prepared[@]} == 0)) && [[ $result == passed ]]; then
            try "$version: apply.sh, errors at each step" \
                env WEBSTR_PREFIX="${WEBSTR_PREFIX:-$repo/build/stage}" "$here/test_apply.sh" "$out/src-$version" "$out/apply"
            result=passed
        fi
        prepared[$version]=$result
    fi
    [[ ${prepared[$version]} == passed ]] || continue
    if [[ $name == *-clang ]] && ! command -v clang >/dev/null; then
        skip "$name" "clang is missing"
        continue
    fi
    test_tree "$name" "$version" "${configure[@]}"
done

closing_line
