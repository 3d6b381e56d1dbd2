#!/usr/bin/env bash
# Builds CPython twice, stock and with webstr; tests and times both.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
out=$(dirname "$here")/build/cpython
version=3.13.5
configure_args=(OPT="-O3 -DNDEBUG")

usage() {
    cat <<USAGE
usage: build.sh [--no-bench] [VERSION | --src DIR]

Builds CPython VERSION (default $version, see versions.txt) in two trees below
build/cpython, VERSION-stock and VERSION-webstr, runs test_json of both and
times string escaping in both. A re-run builds only what has changed.

  --src DIR    build this source tree instead; it is copied, never modified
  --no-bench   leave out the timing
  -h, --help   show this text

WEBSTR_PREFIX is as for apply.sh.
USAGE
}

die() {
    printf 'build.sh: %s\n' "$1" >&2
    exit 1
}

bench=yes
src=
while (($#)); do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --no-bench) bench= ;;
    --src)
        (($# > 1)) || die "--src needs a folder"
        src=$(cd "$2" 2>/dev/null && pwd -P) || die "$2: no such folder"
        shift
        ;;
    -*) usage >&2; exit 2 ;;
    *) version=$1 ;;
    esac
    shift
done

for tool in make nm:binutils awk:gawk tar:tar; do
    command -v "${tool%:*}" >/dev/null || die "${tool%:*} is not installed, e.g. apt-get install ${tool#*:}"
done

# `make cpython VERSION=…` hands its variables to every make below it through
# MAKEFLAGS, and VERSION is one of CPython's own.
unset MAKEFLAGS MFLAGS MAKELEVEL VERSION
unset PYTHONHOME PYTHONPATH

name=$version
if [[ $src ]]; then
    name=src-${src##*/}
fi
jobs=$(getconf _NPROCESSORS_ONLN)

mkdir -p "$out/logs"
if command -v flock >/dev/null; then
    # Held by the steps too, so that none outlives an interrupt unnoticed.
    exec 8>"$out/logs/$name.lock"
    flock -n 8 || die "another build.sh is building $name in $out"
fi

# shellcheck source=tests/checks.sh
. "${here%/*}/tests/checks.sh"

step() {  # step LOG WHAT COMMAND…
    logged "$out/logs/$1.log" "${@:2}"
    [[ $result == passed ]] || exit 1
}

# --- The sources ------------------------------------------------------------

if [[ ! $src ]]; then
    step "$name-fetch" "$name: fetch" "$here/fetch.sh" "$version" "$out"
    src=$out/Python-$version
fi
[[ -f $src/Include/patchlevel.h ]] || die "$src: not a CPython source tree"
series=$(awk '/^#define PY_(MAJOR|MINOR)_VERSION/ { printf "%s%s", dot, $3; dot = "." }' "$src/Include/patchlevel.h")

# Names all that a tree is made from; a tree with another stamp is made anew.
stamp_of() {  # stamp_of FLAVOUR
    printf '%s\n' "$src" "${configure_args[@]}" "${CC-}" "${CFLAGS-}" "${LDFLAGS-}"
    (cd "$src" && find . -path ./.git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum) | cksum
    if [[ $1 == webstr ]]; then
        cksum "$here/$series.patch"
    fi
}

copy_tree() {  # copy_tree TREE
    rm -rf "$1" "$1.new" && mkdir "$1.new" &&
        (cd "$src" && tar -cf - --exclude=./.git --exclude='./.webstr-*' .) | tar -xf - -C "$1.new" || return
    if [[ -f $1.new/Makefile ]]; then
        # What was built in the original does not belong in the copy.
        make -C "$1.new" distclean
    fi
}

[[ -f $here/$series.patch ]] || die "there is no patch for CPython $series yet"

make_tree() {  # make_tree FLAVOUR
    local tree=$out/$name-$1 stamp
    stamp=$(stamp_of "$1")
    if [[ ! -f $tree/.webstr-stamp || $(<"$tree/.webstr-stamp") != "$stamp" ]]; then
        step "$name-$1-copy" "$name-$1: copy" copy_tree "$tree"
        if [[ $1 == stock && -d $tree.new/Modules/_webstr ]]; then
            step "$name-stock-revert" "$name-stock: take webstr out" "$here/apply.sh" -R "$tree.new"
        fi
        printf '%s\n' "$stamp" >"$tree.new/.webstr-stamp"
        mv "$tree.new" "$tree"
    fi
}

# --- Build and test ---------------------------------------------------------

configure() { (cd "$1" && ./configure "${configure_args[@]}" && touch .webstr-configured); }
test_json() { (cd "$1" && ./python -m test test_json); }

# Whether _json of this tree contains webstr: no, yes, or visible from outside.
webstr_in() {  # webstr_in TREE
    local module symbols
    module=$("$1/python" -I -c 'import _json, sys; print(getattr(_json, "__file__", sys.executable))')
    symbols=$(nm "$module")
    [[ $symbols == *" escape_json_ucs1"* ]] || { echo no; return; }
    symbols=$(nm -D "$module")
    [[ $symbols == *" escape_json_ucs1"* || $symbols == *" sec_websocket_accept"* ]] || { echo yes; return; }
    echo visible
}

make_tree stock
make_tree webstr
step "$name-webstr-apply" "$name-webstr: apply webstr" "$here/apply.sh" "$out/$name-webstr"

for flavour in stock webstr; do
    tree=$out/$name-$flavour
    log=$name-$flavour
    if [[ ! -f $tree/.webstr-configured ]]; then
        step "$log-configure" "$log: configure" configure "$tree"
    fi
    step "$log-make" "$log: make" make -C "$tree" -j"$jobs"
    step "$log-test" "$log: test_json" test_json "$tree"
    found=$(webstr_in "$tree")
    case $flavour:$found in
    stock:no | webstr:yes) echo "    webstr in _json: $found" ;;
    *) die "$tree: webstr in _json: $found" ;;
    esac
done

# --- Timing -----------------------------------------------------------------

[[ $bench ]] || exit 0

"$out/$name-stock/python" -s "$here/../benches/dumps.py" --quick \
    --patched "$("$out/$name-webstr/python" -c 'import _json; print(_json.__file__)')"
