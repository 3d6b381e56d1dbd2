#!/usr/bin/env bash
# Tests the package on each of the interpreters given: a fresh virtual environment below
# build/python, `pip install ./python` or a wheel of the directory given, the tests.
#
#     python/test.sh [--wheels DIRECTORY] PYTHON...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${here%/*}/build/python
export PIP_DISABLE_PIP_VERSION_CHECK=1
wheels=
if [[ ${1-} == --wheels ]]; then
    wheels=$2
    shift 2
fi

passed=0 failed=0 skipped=0

test_one() {
    local python=$1 venv=$build/${wheels:+wheel-}venv-$2
    rm -rf "$venv"
    "$python" -m venv "$venv" || return
    "$venv/bin/pip" install --quiet --requirement "$here/tests/requirements.txt" || return
    if [[ $wheels ]]; then
        "$venv/bin/pip" install --quiet --no-index --find-links "$wheels" --only-binary :all: webstr || return
    else
        CFLAGS="${CFLAGS--O3} -Wall -Wextra -Wno-missing-field-initializers -Werror" \
            "$venv/bin/pip" install --quiet --no-build-isolation "$here" || return
    fi
    (cd "$here/tests" && "$venv/bin/python" -m pytest -p no:cacheprovider -q -rs .) || return
}

while read -r id python <&3; do
    if [[ $id == - ]]; then
        echo "webstr: $python is skipped: neither on PATH nor in pyenv"
        skipped=$((skipped + 1))
        continue
    fi
    printf '\n--- Python %s (%s)\n' "$id" "$python"
    if test_one "$python" "$id"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done 3< <("$here/find.sh" "$@")
echo
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
