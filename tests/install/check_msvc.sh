#!/usr/bin/env bash
# What the libraries for the Microsoft compiler define and want.
#
# usage: check_msvc.sh DIRECTORY SYMBOLS    (the environment may name NM, an llvm-nm)
#
# DIRECTORY holds webstr.lib, the import library, and webstr_static.lib.
set -euo pipefail
shopt -s inherit_errexit

symbols=$(sort "$2")
nm=${NM:-llvm-nm}
import=$1/webstr.lib static=$1/webstr_static.lib

# shellcheck source=tests/checks.sh
. "$(dirname "$0")/../checks.sh"

imports=$("$nm" -g --defined-only "$import" | awk 'NF == 3 { print $3 }' | sort)
check "functions of webstr.lib" "$symbols" "$(grep -vE '^_' <<<"$imports" | grep -v NULL_THUNK)"
check "the same, to call without a step between" "$symbols" "$(sed -n 's/^__imp_//p' <<<"$imports")"
# Constants are named by their value there, in every object, and the linker keeps one of each.
check "global symbols of webstr_static.lib" "$symbols" \
    "$("$nm" -g --defined-only "$static" | awk 'NF == 3 && $3 !~ /^__(real|xmm|ymm|zmm)@[0-9a-f]+$/ { print $3 }' | sort)"
check "what webstr_static.lib wants from elsewhere, beyond the compiler's libraries" __imp_GetEnvironmentVariableA \
    "$("$nm" -u "$static" | awk 'NF == 2 { print $2 }' | sort -u |
        { grep -vxE '_fltused|strlen|memcpy|memmove|memset|memcmp|__chkstk' || true; })"
check "no code in webstr_static.lib panics or unwinds" "" "$(panicking "$static")"

closing_line
