#!/usr/bin/env bash
# Puts webstr into a CPython source tree, or takes it out again. With the tools of any POSIX system, and a bash from 3.2
# on, which is macOS's: there an empty array counts as unset.
set -euo pipefail
shopt -s inherit_errexit 2>/dev/null || : # since bash 4.4

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$here")

usage() {
    cat <<USAGE
usage: apply.sh [-R] TREE

Makes the json module of the CPython source tree TREE use webstr: patches it
for its series and puts the library into TREE/Modules/_webstr. Then build
CPython as ever. Where it is applied already, only files of the library that
have changed are renewed. After an error TREE is as it was.

  -R   take everything out again
  -h   show this text

WEBSTR_PREFIX=DIR takes the library from DIR/include and DIR/lib; without it
the library is built from this repository (make stage).
USAGE
}

die() {
    printf 'apply.sh: %s\n' "$1" >&2
    exit 1
}

reverse=
while getopts Rh option; do
    case $option in
    R) reverse=yes ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
if (($# != 1)); then
    usage >&2
    exit 2
fi

# --- The tree and its series ------------------------------------------------

tree=$(cd "$1" 2>/dev/null && pwd -P) || die "$1: no such folder"
for file in Include/patchlevel.h Modules/_json.c Makefile.pre.in; do
    [[ -f $tree/$file ]] || die "$tree: not a CPython source tree: $file is missing"
done

define() {  # define NAME: the value of a #define in patchlevel.h
    local directive name value rest
    while read -r directive name value rest; do
        if [[ $directive == '#define' && $name == "$1" ]]; then
            printf '%s\n' "$value"
            return
        fi
    done <"$tree/Include/patchlevel.h"
    die "$tree/Include/patchlevel.h does not define $1"
}
series=$(define PY_MAJOR_VERSION).$(define PY_MINOR_VERSION)

# Of a series without a patch it says what of the newest patch fits.
patch_file=$here/$series.patch
known=$series
if [[ ! -f $patch_file ]]; then
    patches=("$here"/*.patch)
    patch_file=${patches[${#patches[@]} - 1]}
    known=${patch_file##*/}
    known=${known%.patch}
fi

# --- Patching, on copies ----------------------------------------------------

# The files that the patch names are patched as copies, which replace the
# originals only once every hunk has succeeded.

lib=Modules/_webstr
work=
trap 'rm -rf "$work"' EXIT
work=$(mktemp -d) || die "no folder for temporary files"

files=()
while read -r mark name _; do
    if [[ $mark == '+++' ]]; then
        files+=("${name#b/}")
    fi
done <"$patch_file"

if patch -F0 -v >/dev/null 2>&1; then
    # No fuzz: with so little context a hunk could land anywhere. POSIX knows neither -F nor -f; busybox has neither.
    run_patch() { patch -p1 -F0 -f "$@" -i "$patch_file"; }
elif command -v git >/dev/null; then
    # git must not take the copies for part of a repository around them.
    export GIT_CEILING_DIRECTORIES=${work%/*}
    run_patch() { git -c core.autocrlf=false apply -p1 --whitespace=nowarn "$@" "$patch_file"; }
else
    die "neither git nor a patch that knows -F is installed; install one, e.g. apt-get install patch"
fi

try() {  # try DIR [-R]: patches copies of the files in $work/DIR; fails as patch does
    local dir=$work/$1 file
    shift
    for file in "${files[@]}"; do
        [[ -f $tree/$file ]] || die "$tree: $file is missing"
        if ! { mkdir -p "$(dirname "$dir/$file")" && cp -p "$tree/$file" "$dir/$file"; }; then
            die "$tree: $file cannot be copied to $dir"
        fi
    done
    (cd "$dir" && run_patch "$@") >"$dir.log" 2>&1
}

# failed_hunks: from what patch or git said, file and line of each hunk that does not fit, and the hunk.
failed_hunks() {
    awk '
        FNR == NR && /^[Pp]atching file / { file = $3 }                                         # patch
        FNR == NR && /^Hunk #[0-9]+ (FAILED|failed)/ { sub("#", "", $2); failed[file, $2 + 0] = 1 }
        FNR == NR && /^error: patch failed: / { split($4, at, ":"); failed[at[1], "-" at[2]] = 1 } # git
        FNR == NR { next }
        /^\+\+\+ / { file = $2; sub("^b/", "", file); number = 0 }
        /^@@ / { split($2, at, ","); show = (file, ++number) in failed || (file, at[1]) in failed
                 if (show) print "hunk " number " of " file ":" }
        /^[-+ @]/ && show && !/^(---|\+\+\+) / { print "    " $0 }
    ' "$work/new.log" "$patch_file"
}

if try old -R; then
    applied=yes
elif try new; then
    applied=
elif [[ $known == "$series" ]]; then
    failed_hunks >&2
    die "$tree: $series.patch does not fit: look at the hunks above; nothing was changed"
else
    failed_hunks >&2
    die "$tree: no patch for CPython $series; of $known.patch, the newest, the hunks above do not fit; \
make a $series.patch of it"
fi
if [[ $known != "$series" ]]; then
    die "$tree: no patch for CPython $series, but $known.patch fits: copy it to $series.patch, and test the result (test.sh --src)"
fi

# --- The library ------------------------------------------------------------

if [[ ! $reverse ]]; then
    if [[ ${WEBSTR_PREFIX-} ]]; then
        prefix=$WEBSTR_PREFIX
    else
        command -v make >/dev/null || die "make is not installed (or set WEBSTR_PREFIX), e.g. apt-get install make"
        make -C "$repo" stage >&2 || die "the library could not be built (make stage)"
        prefix=$repo/build/stage
    fi
    sources=("$prefix/lib/libwebstr.a" "$prefix/include/webstr.h" "$here"/webstr{_json.h,_str.h,.mk})
    for file in "${sources[@]}"; do
        [[ -f $file ]] || die "$file is missing: is webstr installed in $prefix?"
    done
fi

# --- Changing the tree ------------------------------------------------------

# All that is written goes into a folder of its own within the tree, so that a
# full disk shows there. Then every file takes its place by a rename; the one
# that was there is kept until all have, and comes back after an error.

fresh=$tree/Modules/.webstr.$$
changed=()
new_lib=

# A signal only takes note: bash calls its trap after the command at hand has ended. Without one bash would undo while
# that command still runs, and a second signal would end what undoes.
stopped=
trap 'stopped=130' INT
trap 'stopped=143' TERM
trap 'stopped=129' HUP

undo() {
    local file
    set +e
    trap '' INT TERM HUP
    for file in ${changed[@]+"${changed[@]}"}; do
        if [[ ! -e $fresh/old/$file ]]; then
            rm -f "$tree/$file"
        elif ! [[ $tree/$file -ef $fresh/old/$file ]] && ! mv -f "$fresh/old/$file" "$tree/$file"; then
            echo "apply.sh: $tree/$file could not be put back; it is $fresh/old/$file" >&2
            return
        fi
    done
    if [[ $new_lib ]]; then
        rmdir "$tree/$lib" 2>/dev/null
    fi
    rm -rf "$fresh"
}

trap 'undo; rm -rf "$work"' EXIT

write() {  # write SOURCE FILE [CP-OPTION]: FILE of the tree is to become a copy of SOURCE
    mkdir -p "$(dirname "$fresh/new/$2")"
    cp ${3+"$3"} "$1" "$fresh/new/$2"
    [[ ! $stopped ]] || exit "$stopped"
}

publish() {  # publish FILE…: each becomes what was written for it, or goes if nothing was
    local file
    if [[ ! -d $tree/$lib ]]; then
        new_lib=yes
        mkdir "$tree/$lib"
    fi
    for file; do
        if [[ -e $tree/$file ]]; then
            mkdir -p "$(dirname "$fresh/old/$file")"
            ln "$tree/$file" "$fresh/old/$file" 2>/dev/null || cp -p "$tree/$file" "$fresh/old/$file"
        fi
        changed+=("$file")
        if [[ -e $fresh/new/$file ]]; then
            mv -f "$fresh/new/$file" "$tree/$file"
        else
            rm -f "$tree/$file"
        fi
        [[ ! $stopped ]] || exit "$stopped"
    done
    changed=() new_lib=
}

installed=(libwebstr.ar webstr.h webstr_json.h webstr_str.h webstr.mk)
installed=("${installed[@]/#/$lib/}")

# --- Taking it out ----------------------------------------------------------

if [[ $reverse ]]; then
    if [[ ! $applied && ! -d $tree/$lib ]]; then
        echo "$tree: webstr is not applied, nothing to do"
        exit 0
    fi
    if [[ ! $applied ]]; then
        files=()
    fi
    for file in ${files[@]+"${files[@]}"}; do
        write "$work/old/$file" "$file" -p
    done
    publish ${files[@]+"${files[@]}"} "${installed[@]}"
    if ! rmdir "$tree/$lib" 2>/dev/null; then
        echo "apply.sh: $tree/$lib holds files that are not webstr's; they are left there" >&2
    fi
    echo "$tree: webstr is taken out"
    exit 0
fi

# --- Putting it in ----------------------------------------------------------

# A file that is up to date keeps its time stamp, so that nothing is rebuilt.
renewed=()
for ((i = 0; i < ${#installed[@]}; i++)); do
    if ! cmp -s "${sources[i]}" "$tree/${installed[i]}"; then
        write "${sources[i]}" "${installed[i]}"
        renewed+=("${installed[i]}")
    fi
done
if [[ $applied ]]; then
    files=()
fi
for file in ${files[@]+"${files[@]}"}; do
    write "$work/new/$file" "$file" -p
done
publish ${files[@]+"${files[@]}"} ${renewed[@]+"${renewed[@]}"}

if [[ ! $applied ]]; then
    echo "$tree: webstr is applied ($series.patch)"
elif ((${#renewed[@]})); then
    echo "$tree: webstr was applied already; renewed: ${renewed[*]##*/}"
else
    echo "$tree: webstr is applied already, nothing to do"
fi
