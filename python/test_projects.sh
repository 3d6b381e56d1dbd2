#!/usr/bin/env bash
# Runs the tests of projects that use json, with the stock json and with patch_json(): each test must have the same
# outcome. Those of websockets have accept() and websocket_mask() in the place of its own functions, too: its sdist
# has the tests of these two, and lacks what its other tests import. The sdists and what they need come from the
# package index, below build/projects.
#
#     python/test_projects.sh [PYTHON]
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")"
here=$PWD
python=${1:-python3}
out=$(cd .. && pwd)/build/projects
export PIP_DISABLE_PIP_VERSION_CHECK=1

# project: version, the least number of tests that pass, what the tests need, the tests
projects=(
    "jsonschema 4.23.0|100|typing_extensions|jsonschema/tests"
    "flask 3.0.3|100|blinker==1.9.0 werkzeug==3.0.6 jinja2==3.1.6|tests"
    "websockets 15.0.1|12||tests/test_utils.py"
)

mkdir -p "$out"
rm -rf "$out/venv"
"$python" -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet pytest==8.4.2 setuptools==80.9.0
CFLAGS="-O3 -DNDEBUG" "$out/venv/bin/pip" install --quiet --no-build-isolation "$here"

# A pytest plugin of this name replaces the functions of websockets.
cat >"$out/webstr_in_websockets.py" <<'END'
import webstr
import websockets.speedups
import websockets.utils

websockets.utils.accept_key = webstr.accept
for module in websockets.utils, websockets.speedups:
    module.apply_mask = lambda data, mask: webstr.websocket_mask(data, mask)
END

# outcomes NAME OPTION…: a line for each test.
outcomes() {
    local name=$1
    shift
    # Its exit status says that some test failed, as one does in the stock run, too.
    PYTHONHASHSEED=1 PYTHONPATH=$out "$out/venv/bin/python" "$@" -m pytest -p no:cacheprovider -q -rA --tb=no --no-header \
        -W ignore --override-ini addopts= "${plugin[@]}" "${tests[@]}" >"$out/$name.log" 2>&1 || true
    sed -nE 's/^(PASSED|FAILED|ERROR|XFAIL|XPASS) ([^ ]+).*/\1 \2/p' "$out/$name.log" | sort >"$out/$name.outcomes"
}

passed=0 failed=0
for project in "${projects[@]}"; do
    IFS='|' read -r name least needs tests <<<"$project"
    read -r name version <<<"$name"
    read -ra needs <<<"$needs"
    read -ra tests <<<"$tests"
    "$out/venv/bin/pip" download --quiet --no-deps --no-binary "$name" --dest "$out" "$name==$version"
    rm -rf "$out/$name-$version"
    tar -xf "$out/$name-$version.tar.gz" -C "$out"
    "$out/venv/bin/pip" install --quiet "${needs[@]}" "$name==$version"
    cd "$out/$name-$version"
    plugin=()
    outcomes "$name-stock"
    [[ $name != websockets ]] || plugin=(-p webstr_in_websockets)
    outcomes "$name-webstr" -m webstr
    count=$(grep -c ^PASSED "$out/$name-stock.outcomes" || true)
    if ((count >= least)) && diff "$out/$name-stock.outcomes" "$out/$name-webstr.outcomes"; then
        echo "$name $version: the same outcomes, $count tests passed"
        passed=$((passed + 1))
    else
        tail -n 20 "$out/$name-webstr.log"
        echo "$name $version: FAILED, $count tests passed with the stock json"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
((failed == 0))
