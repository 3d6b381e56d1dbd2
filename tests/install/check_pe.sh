#!/usr/bin/env bash
# Whether the libraries installed for Windows are what the README promises to whoever links them.
#
# usage: check_pe.sh PREFIX SYMBOLS OBJECT VERSION    (the environment may name NM, OBJDUMP)
#
# OBJECT is the object in the static library before `make` strips it.
set -euo pipefail
shopt -s inherit_errexit

prefix=$1
symbols=$(sort "$2")
unstripped=$3
version=$4
dll=$prefix/bin/webstr.dll
nm=${NM:-nm} objdump=${OBJDUMP:-objdump}

# shellcheck source=tests/checks.sh
. "$(dirname "$0")/../checks.sh"

headers=$("$objdump" -p "$dll")
check "functions of webstr.dll" "$symbols" \
    "$(awk '/Ordinal\/Name Pointer/ { table = 1; next } table && !NF { exit } table { print $NF }' <<<"$headers" | sort)"
check "libraries that webstr.dll loads" KERNEL32.dll "$(sed -n 's/.*DLL Name: //p' <<<"$headers")"
check "functions that webstr.dll imports" GetEnvironmentVariableA \
    "$(awk '/DLL Name/ { table = 1 } table && !NF { exit } table && $2 ~ /^[0-9]+$/ { print $3 }' <<<"$headers")"
check "addresses at random, data that is no code" "DYNAMIC_BASE HIGH_ENTROPY_VA NX_COMPAT " \
    "$(grep -oE 'HIGH_ENTROPY_VA|DYNAMIC_BASE|NX_COMPAT' <<<"$headers" | sort | tr '\n' ' ')"
# In UTF-16, as all texts of a resource.
check "the version in webstr.dll's properties" "FileVersion $version ProductVersion $version" \
    "$(tr -d '\0' <"$dll" | grep -aoE "(FileVersion|ProductVersion)$version" | sed "s/$version/ &/" | sort | xargs)"

check "functions of libwebstr.dll.a" "$symbols" \
    "$("$nm" -g --defined-only "$prefix/lib/libwebstr.dll.a" | awk '$2 == "T" { print $3 }' | sort)"
check "global symbols of libwebstr.a" "$symbols" \
    "$("$nm" -g --defined-only "$prefix/lib/libwebstr.a" | awk 'NF == 3 { print $3 }' | sort)"
check "what libwebstr.a wants from elsewhere, beyond the C library and the compiler's" GetEnvironmentVariableA \
    "$("$nm" -u "$prefix/lib/libwebstr.a" | awk 'NF == 2 { print $2 }' | sort -u |
        { grep -vxE 'strlen|memcpy|memmove|memset|memcmp|___chkstk_ms' || true; })"
check "no code in libwebstr.a panics or unwinds" "" "$(panicking "$unstripped")"
echo "webstr.dll: $(wc -c <"$dll") bytes"

closing_line
