#!/usr/bin/env bash
# The Makefile itself: goals made side by side, paths that make cannot take, the list of its targets.
#
# usage: test_make.sh SCRATCH    (the environment may name MAKE, CC; `make` has built the libraries)
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "$0")/../.." && pwd)
make=${MAKE:-make}
rm -rf "$1"
mkdir -p "$1"
scratch=$(cd "$1" && pwd)
unset MAKEFLAGS MFLAGS MAKELEVEL PREFIX DESTDIR LIBDIR INCLUDEDIR PKGCONFIGDIR CMAKEDIR MANDIR CARGO_BUILD_TARGET

# shellcheck source=tests/checks.sh
. "$root/tests/checks.sh"

# A tree of its own with what cargo has built; cargo itself is not called.
copy() { # DIRECTORY
    mkdir -p "$1/build/cargo/release"
    tar -C "$root" --exclude=./build --exclude=./target --exclude=./.git -cf - . | tar -C "$1" -xf -
    cp "$root"/build/cargo/release/libwebstr.{a,so} "$1/build/cargo/release"
}
quiet() { "$make" --silent CARGO=no-cargo "$@" 2>&1 || echo "status $?"; }

# Goals that share the libraries, over and over as just built by cargo.
tree=$scratch/tree
copy "$tree"
side_by_side() { # ROUNDS FILES GOAL...: how many rounds failed, or left another archive than one make alone
    local rounds=$1 wrong=0 said file round
    local -a files
    read -ra files <<<"$2"
    shift 2
    for ((round = 0; round < rounds; round++)); do
        rm -rf "$tree"/build/{lib,stage,demo} "$scratch/installed"
        touch "$tree"/build/cargo/release/*
        said=$(quiet -C "$tree" -j4 "$@" | grep -E 'status|Error|No such' || true)
        for file in "${files[@]}"; do
            cmp -s "$file" "$root/build/lib/libwebstr.a" || said+=" $file differs"
        done
        [[ -z $said ]] || wrong=$((wrong + 1))
    done
    echo "$wrong of $rounds"
}
check "stage and all, side by side" "0 of 20" \
    "$(side_by_side 20 "$tree/build/lib/libwebstr.a $tree/build/stage/lib/libwebstr.a" stage all)"
check "all, stage and install, side by side" "0 of 10" \
    "$(side_by_side 10 "$tree/build/stage/lib/libwebstr.a $scratch/installed/lib/libwebstr.a" \
        all stage install "PREFIX=$scratch/installed")"
check "all and the demo's program, side by side" "0 of 4" \
    "$(side_by_side 4 "$tree/build/stage/lib/libwebstr.a" all build/demo/times "CC=${CC:-cc}")"

# A path that make cannot take: one line, and nothing is touched.
files() { (cd "$scratch" && find . -path ./tree -prune -o -print | sort | cksum); }
refused() { # WHAT PATH COMMAND...
    local what=$1 path=$2 before said
    shift 2
    before=$(files)
    said=$(quiet "$@")
    check "$what: one line that names it" "2 lines, status 2" \
        "$(wc -l <<<"$said") lines, $(tail -n 1 <<<"$said")"
    check "$what: why" yes "$([[ $said == *"webstr: "*"\"$path\": a path with a space"* ]] && echo yes || echo no)"
    check "$what: nothing is touched" "$before" "$(files)"
}
copy "$scratch/x y"
for goal in all install stage test help; do
    refused "make $goal in a directory with a space" "$scratch/x y" -C "$scratch/x y" "$goal" "PREFIX=$scratch/installed"
done
for path in "$scratch/p q" "$scratch/r " "$scratch/it's" "$scratch/a|b"; do
    refused "DESTDIR=$path" "$path" -C "$tree" install "DESTDIR=$path"
    refused "PREFIX=$path" "$path" -C "$tree" install "PREFIX=$path"
done

# All but the parts of other targets.
check "make help names every target" \
    "$(sed -n 's/^\.PHONY: //p' "$root"/{Makefile,mk/*.mk} | grep -vxE 'libraries|fuzz-tools' | sort | xargs)" \
    "$(quiet -C "$tree" help | awk '{ print $2 }' | sort | xargs)"

closing_line
