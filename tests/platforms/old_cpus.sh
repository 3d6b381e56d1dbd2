#!/usr/bin/env bash
# The C harness on x86-64 CPUs older than this one, as qemu plays them: an instruction that the CPU lacks ends
# the test, and a backend that it lacks must not be chosen.
#
#   tests/platforms/old_cpus.sh PROGRAM
set -euo pipefail
shopt -s inherit_errexit

program=$1
# shellcheck source=tests/checks.sh
. "$(dirname "$0")/../checks.sh"

# on CPU BACKEND...: the harness passes with these backends, the last of them the default, and says
# that it skips the others.
on() {
    local cpu=$1 backend expected output cases
    shift
    output=$(qemu-x86_64 -cpu "$cpu" "$program" --quick 2>&1) || echo "$output"
    cases=$(sed -n 's/^backend scalar: \([1-9][0-9]*\) of.*/\1/p' <<<"$output")
    for backend in scalar sse2 avx2 avx512; do
        expected="skipped (not on this machine)"
        [[ " $* " != *" $backend "* ]] || expected="$cases of $cases cases passed"
        check "$cpu: $backend" "backend $backend: $expected" \
            "$(grep -o "^backend $backend: .*\(passed\|not on this machine)\)" <<<"$output" || true)"
    done
    check "$cpu: the default" "default backend: ${!#}" "$(grep -o '^default backend: [a-z0-9]*' <<<"$output" || true)"
    check "$cpu: failures" "0 failed" "$(sed -nE 's/^[0-9]+ passed, ([0-9]+ failed).*/\1/p' <<<"$output")"
}

if [[ $(uname -m) != x86_64 ]]; then
    skip "old CPUs" "not an x86-64 machine"
elif ! command -v qemu-x86_64 >/dev/null; then
    skip "old CPUs" "qemu-x86_64 is missing (on Debian: apt-get install qemu-user)"
else
    on core2duo,-ssse3 scalar sse2 # nothing above SSE3, as the first x86-64 CPUs
    on core2duo scalar sse2
    on Nehalem scalar sse2
    on Haswell scalar sse2 avx2
    on Haswell,-bmi2 scalar sse2
    on Haswell,-popcnt scalar sse2
fi
closing_line
