#!/bin/sh
# Runs a program for Windows, in the Windows that WINEPREFIX names:
#
#   wine.sh PROGRAM [ARGUMENT]...
set -eu
export WINEDEBUG=-all
wine=$(command -v wine64 || command -v wine || echo /usr/lib/wine/wine64)
[ "$1" != --version ] || exec "$wine" --version
# The compiler has added the suffix.
program=${1%.exe}.exe
shift
exec "$wine" "$program" "$@"
