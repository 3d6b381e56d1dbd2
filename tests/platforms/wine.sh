#!/bin/sh
# Runs a program for Windows, with a Windows of its own below build/:
#
#   wine.sh PROGRAM [ARGUMENT]...
set -eu
export WINEPREFIX="${0%/*}/../../build/windows/wine" WINEDEBUG=-all
WINEPREFIX=$(realpath -m "$WINEPREFIX")
wine=$(command -v wine64 || command -v wine || echo /usr/lib/wine/wine64)
[ "$1" != --version ] || exec "$wine" --version
# The compiler has added the suffix.
program=${1%.exe}.exe
shift
exec "$wine" "$program" "$@"
