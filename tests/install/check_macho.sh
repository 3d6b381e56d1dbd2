#!/usr/bin/env bash
# Whether the libraries installed for macOS are what the README promises to whoever links them.
#
# usage: check_macho.sh PREFIX SYMBOLS VERSION    (the environment may name NM, OTOOL)
set -euo pipefail

prefix=$1
symbols=$(sed 's/^/_/' "$2" | sort)
version=$3
dylib=$prefix/lib/libwebstr.$version.dylib
archive=$prefix/lib/libwebstr.a
nm=${NM:-nm} otool=${OTOOL:-otool}

# shellcheck source=tests/checks.sh
. "$(dirname "$0")/../checks.sh"
# field COMMAND NAME: a field of the dylib's load command, or of each that is so called.
field() {
    awk -v command="$1" -v name="$2" '
        { $0 = " " $0 }
        $1 == "cmd" { in_it = $2 == command }
        in_it && index($0, " " name " ") { sub(".* " name " +", ""); sub(" \\(offset.*", ""); print }' <<<"$commands"
}
bytes() { # OFFSET COUNT: of the dylib, in hexadecimal
    od -An -v -tx1 -j "$1" -N "$2" "$dylib" | tr -d ' \n'
}

commands=$("$otool" -l "$dylib")
check "links" "libwebstr.$version.dylib libwebstr.${version%%.*}.dylib" \
    "$(readlink "$prefix/lib/libwebstr.${version%%.*}.dylib" "$prefix/lib/libwebstr.dylib" | xargs)"
check "install name" "@rpath/libwebstr.${version%%.*}.dylib" "$(field LC_ID_DYLIB name)"
check "versions" "$version $version" "$(field LC_ID_DYLIB "current version") $(field LC_ID_DYLIB "compatibility version")"
check "libraries needed at run time" /usr/lib/libSystem.B.dylib "$(field LC_LOAD_DYLIB name)"
check "oldest macOS" 11.0 "$(field LC_BUILD_VERSION minos)"
check "functions of libwebstr.dylib" "$symbols" "$("$nm" -gU "$dylib" | awk 'NF == 3 { print $3 }' | sort)"
check "global symbols of libwebstr.a" "$symbols" "$("$nm" -gU "$archive" | awk 'NF == 3 { print $3 }' | sort)"
check "what libwebstr.a wants from elsewhere, beyond the C library" "" \
    "$("$nm" -u "$archive" | awk 'NF && !/:$/ { print $NF }' | sort -u |
        { grep -vxE '_getenv|_strlen|_bzero|_memset_pattern16|_memcpy|_memmove|_memset|_memcmp|_bcmp' || true; })"
check "no code in libwebstr.a panics or unwinds" "" "$(panicking "$archive")"

# An Apple CPU of one's own starts no code that is not signed at all. In the signature the first blob is the code
# directory, whose flags have bit 1 if it is signed ad hoc.
if [[ $("$otool" -hv "$dylib") == *ARM64* ]]; then
    at=$(field LC_CODE_SIGNATURE dataoff)
    directory=$((at + 16#$(bytes $((at + 16)) 4)))
    check "signed" "fade0cc0 fade0c02" "$(bytes "$at" 4) $(bytes "$directory" 4)"
    check "signed ad hoc" 1 "$((16#$(bytes $((directory + 12)) 4) >> 1 & 1))"
fi

closing_line
