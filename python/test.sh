#!/usr/bin/env bash
# Tests the package on each of the interpreters given: a fresh virtual environment below
# build/python, `pip install ./python`, the tests.
#
#     python/test.sh PYTHON...
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
build=$(cd .. && pwd)/build/python
export PIP_DISABLE_PIP_VERSION_CHECK=1

passed=0 failed=0 skipped=0 seen=' '

# Where an interpreter of this name is: on PATH, or the newest of its series that pyenv has.
find_python() {
    local found series=${1#python}
    for found in "$(command -v "$1" || true)" \
        "$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/$series*/bin/$1" 2>/dev/null |
            sort -V | tail -n 1)"; do
        # A shim of pyenv is there for versions that are not selected, too.
        if [[ $found ]] && "$found" -c '' 2>/dev/null; then
            echo "$found"
            return
        fi
    done
    return 1
}

test_one() {
    local python=$1 name=$2 venv=$build/venv-$2
    rm -rf "$venv"
    "$python" -m venv "$venv" || return
    "$venv/bin/pip" install --quiet --requirement tests/requirements.txt || return
    CFLAGS="${CFLAGS--O3} -Wall -Wextra -Wno-missing-field-initializers -Werror" \
        "$venv/bin/pip" install --quiet --no-build-isolation "$here" || return
    (cd tests && "$venv/bin/python" -m pytest -p no:cacheprovider -q -rs .) || return
}

for name in "$@"; do
    if ! python=$(find_python "$name"); then
        echo "webstr: $name is skipped: neither on PATH nor in pyenv"
        skipped=$((skipped + 1))
        continue
    fi
    id=$("$python" -c 'import sys, sysconfig
print(sys.version.split()[0] + (sysconfig.get_config_var("ABIFLAGS") or ""))')
    if [[ $seen == *" $id "* ]]; then
        continue
    fi
    seen+="$id "
    printf '\n--- Python %s (%s)\n' "$id" "$python"
    if test_one "$python" "$id"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
