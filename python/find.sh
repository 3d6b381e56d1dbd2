#!/usr/bin/env bash
# Where an interpreter of this name is: on PATH, or the newest of its series that pyenv has.
#
#     python/find.sh PYTHON
set -euo pipefail
series=${1#python}
for found in "$(command -v "$1" || true)" \
    "$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/$series*/bin/$1" 2>/dev/null |
        sort -V | tail -n 1)"; do
    # A shim of pyenv is there for versions that are not selected, too.
    if [[ $found ]] && "$found" -c '' 2>/dev/null; then
        echo "$found"
        exit
    fi
done
exit 1
