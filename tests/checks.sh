# shellcheck shell=bash
# The checks of a test script: it sources this file, calls `check` and `skip`, and ends with `closing_line`.

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
