# shellcheck shell=bash
# The checks of a test script: it sources this file, calls `check`, `step`, `logged` and `skip`, and ends with
# `closing_line`.

passed=0 failed=0 skipped=0

check() { # NAME EXPECTED ACTUAL
    if [[ $2 == "$3" ]]; then
        passed=$((passed + 1))
        echo "ok: $1"
    else
        failed=$((failed + 1))
        printf 'FAILED: %s, expected (<) and actual (>):\n' "$1"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || true
    fi
}

# The command's output is shown as it comes. False if the command fails.
step() { # NAME COMMAND...
    echo "=== $1"
    if "${@:2}"; then
        passed=$((passed + 1))
        echo "ok: $1"
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        return 1
    fi
}

# The command runs in a subshell, which ends at the first error. Its output goes to a file, of which the end is shown
# if it fails, and the closing lines of test runners if not. Sets result to passed or failed. Not to be called as a
# condition, where bash goes on after errors.
# shellcheck disable=SC2034 # result is for the caller
logged() { # FILE NAME COMMAND...
    local file=$1 name=$2 start=$SECONDS status
    shift 2
    set +e
    (set -e; "$@") >"$file" 2>&1 </dev/null 9>&-
    status=$?
    set -e
    if [[ $status == 0 ]]; then
        passed=$((passed + 1)) result=passed
        echo "ok: $name, $((SECONDS - start)) s"
        sed -nE 's/^([0-9]+ (passed|comparisons)|test result|Total tests|OK|Ran [0-9]+ tests)/    &/p' "$file"
    else
        failed=$((failed + 1)) result=failed
        tail -n 40 "$file" | sed 's/^/    /'
        echo "FAILED: $name, status $status"
    fi
}

skip() { # NAME WHY
    skipped=$((skipped + 1))
    echo "skipped: $1: $2"
}

# Prints the counts; false if a check failed.
closing_line() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [[ $failed == 0 ]]
}

# The functions in a library or an object that panic or unwind. A file without local symbols cannot tell.
panicking() { # FILE    (nm names the program)
    "${nm:-nm}" "$1" | awk '
        / t / { local = 1 }
        /panic|unwind|unwrap_failed|expect_failed|personality/ { print $NF }
        END { if (!local) print "no local symbols" }'
}
