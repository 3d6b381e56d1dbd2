#!/usr/bin/env bash
# The interpreters of these names, once each: a line "VERSION PATH", with "t" and the like after the version. Each is
# on PATH, or the newest of its series that pyenv has. "- NAME" stands for one that is neither.
#
#     python/find.sh PYTHON...
set -euo pipefail
identify='import sys, sysconfig
print(sys.version.split()[0] + (sysconfig.get_config_var("ABIFLAGS") or ""), sys.argv[1])'
for name in "$@"; do
    series=${name#python} line=
    for found in "$(command -v "$name" || true)" \
        "$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/$series*/bin/$name" 2>/dev/null |
            sort -V | tail -n 1)"; do
        # A shim of pyenv is there for versions that are not selected, too.
        if [[ $found ]] && line=$("$found" -c "$identify" "$found" 2>/dev/null); then
            break
        fi
    done
    echo "${line:-- $name}"
done | awk '!seen[$1 == "-" ? $0 : $1]++'
