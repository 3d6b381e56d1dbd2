#!/usr/bin/env bash
# The C harness on x86-64 CPUs older than this one, as qemu plays them: an instruction that the CPU lacks ends
# the test, and a backend that it lacks must not be chosen.
#
#   tests/platforms/old_cpus.sh PROGRAM
set -euo pipefail
shopt -s inherit_errexit

program=$1
passed=0
failed=0
skipped=0

# on CPU BACKEND...: the harness passes with these backends, the last of them the default, and says
# that it skips the others.
on() {
    local cpu=$1 backend expected output ok cases
    shift
    output=$(qemu-x86_64 -cpu "$cpu" "$program" --quick 2>&1) || echo "$output"
    cases=$(sed -n 's/^backend scalar: \([1-9][0-9]*\) of.*/\1/p' <<<"$output")
    for backend in scalar sse2 avx2 avx512; do
        expected="skipped (not on this machine)"
        [[ " $* " != *" $backend "* ]] || expected="$cases of $cases cases passed"
        ok=0
        if [[ $output == *"default backend: ${!#}"* && $output == *"backend $backend: $expected"* &&
            $output == *" 0 failed"* ]]; then
            ok=1
        fi
        echo "$cpu: $(grep "backend $backend: .*\(passed\|not on\)" <<<"$output")"
        passed=$((passed + ok))
        failed=$((failed + 1 - ok))
    done
}

if [[ $(uname -m) != x86_64 ]]; then
    echo "old CPUs skipped: not an x86-64 machine"
    skipped=1
elif ! command -v qemu-x86_64 >/dev/null; then
    echo "old CPUs skipped: qemu-x86_64 is missing (on Debian: apt-get install qemu-user)"
    skipped=1
else
    on core2duo,-ssse3 scalar sse2 # nothing above SSE3, as the first x86-64 CPUs
    on core2duo scalar sse2
    on Nehalem scalar sse2
    on Haswell scalar sse2 avx2
    on Haswell,-bmi2 scalar sse2
    on Haswell,-popcnt scalar sse2
fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
