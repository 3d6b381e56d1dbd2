#!/usr/bin/env bash
# The C harness on x86-64 CPUs older than this one, as qemu plays them: an instruction that the CPU lacks ends
# the test, and a backend that it lacks must not be chosen.
#
#   c_tests/old_cpus.sh PROGRAM
set -euo pipefail

program=$1
passed=0
failed=0
skipped=0

# on CPU BEST: every backend that is asked for gives that one, or BEST where the CPU lacks it.
on() {
    local cpu=$1 best=$2 backend answer name rest
    for backend in scalar sse2 avx2 avx512; do
        # The program that runs itself again would leave qemu: its child mode stays, and answers on stdout.
        answer=$(WEBSTR_BACKEND=$backend qemu-x86_64 -cpu "$cpu" "$program" --child 1 --quick 2>/dev/null | tail -n 1) || true
        read -r name rest <<<"$answer"
        if [[ $backend == avx512 || ($backend == avx2 && $best != avx2) ]]; then
            [[ $name == "$best" ]] && ok=1 || ok=0
            rest="not on this CPU, $name is chosen"
        else
            [[ $name == "$backend" && $rest =~ ^[1-9][0-9]*\ 0\  ]] && ok=1 || ok=0
        fi
        echo "$cpu, $backend: ${answer:+$rest}"
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
    on core2duo,-ssse3 sse2 # nothing above SSE3, as the first x86-64 CPUs
    on core2duo sse2
    on Nehalem sse2
    on Haswell avx2
fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
