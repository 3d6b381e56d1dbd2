#!/usr/bin/env bash
# Whether apply.sh leaves a tree as it was when something fails: each of its steps in turn, by an error and
# by a signal, and a disk that is full.
#
# usage: test_apply.sh TREE SCRATCH    TREE is a CPython source tree, which is only read.
#
# WEBSTR_PREFIX is as for apply.sh.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source=$(cd "$1" && pwd -P)
rm -rf "$2"
mkdir -p "$2"
scratch=$(cd "$2" && pwd -P)
tree=$scratch/tree
prefix=${WEBSTR_PREFIX:?names the folder of the installed webstr}

# shellcheck source=tests/checks.sh
. "$here/../tests/checks.sh"

# The files that apply.sh reads, without webstr; not every series has all that some patch names.
mkdir "$scratch/small"
mapfile -t files < <(sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$here"/*.patch | sort -u)
for file in Include/patchlevel.h Makefile.pre.in Modules/_json.c "${files[@]}"; do
    if [[ -f $source/$file ]]; then
        mkdir -p "$scratch/small/$(dirname "$file")"
        cp -p "$source/$file" "$scratch/small/$file"
    fi
done
"$here/apply.sh" -R "$scratch/small" >/dev/null

# An older webstr in a tree, of which some files are renewed.
cp -a "$scratch/small" "$scratch/plain"
cp -a "$scratch/small" "$scratch/older"
"$here/apply.sh" "$scratch/older" >/dev/null
echo "/* older */" >>"$scratch/older/Modules/_webstr/webstr.h"
echo "/* older */" >>"$scratch/older/Modules/_webstr/webstr_str.h"
cp -a "$scratch/small" "$scratch/applied"
"$here/apply.sh" "$scratch/applied" >/dev/null

# A series that has no patch yet, with the newest patch being that of the tree's own series.
series=$(awk '/^#define PY_(MAJOR|MINOR)_VERSION/ { printf "%s%s", dot, $3; dot = "." }' "$source/Include/patchlevel.h")
mkdir "$scratch/scripts"
cp "$here"/{apply.sh,webstr*,"$series.patch"} "$scratch/scripts"
cp -a "$scratch/small" "$scratch/newer"
sed -i -E 's/(#define PY_MINOR_VERSION).*/\1 99/' "$scratch/newer/Include/patchlevel.h"
says() { "$scratch/scripts/apply.sh" "$scratch/newer" 2>&1 || :; }
as_it_was() { diff -r -x patchlevel.h "$scratch/small" "$scratch/newer" && echo "as it was"; }
check "unknown series, all hunks fit" \
    "apply.sh: $scratch/newer: no patch for CPython 3.99, but $series.patch fits: copy it to 3.99.patch, and test the result (test.sh --src)" "$(says)"
check "unknown series, all hunks fit: nothing is changed" "as it was" "$(as_it_was)"
cp "$scratch/newer/Modules/_json.c" "$scratch/json.c"
sed -i -E 's/^(raise_errmsg|write_escaped_ascii)\(/&int other, /' "$scratch/newer/Modules/_json.c"
check "unknown series, a hunk that does not fit: named" "hunk N of Modules/_json.c:" "$(says | sed -n 's/^hunk [0-9]*/hunk N/p')"
mkdir "$scratch/nopatch"
for tool in awk bash cat chmod cp dirname git grep ln mkdir mktemp mv rm rmdir; do
    ln -s "$(command -v "$tool" || echo "/no/$tool")" "$scratch/nopatch/$tool"
done
if [[ -e $scratch/nopatch/git ]]; then
    check "the same, found by git" "hunk N of Modules/_json.c:" "$(PATH=$scratch/nopatch says | sed -n 's/^hunk [0-9]*/hunk N/p')"
else
    skip "the same, found by git" "git is missing"
fi
cp "$scratch/json.c" "$scratch/newer/Modules/_json.c"
check "unknown series, a hunk that does not fit: nothing is changed" "as it was" "$(as_it_was)"

# The tools of another system.
there_and_back() {
    rm -rf "$tree"
    cp -a "$scratch/plain" "$tree"
    "$here/apply.sh" "$tree" && diff -r "$scratch/applied" "$tree" &&
        "$here/apply.sh" -R "$tree" && diff -r "$scratch/plain" "$tree" && echo "as it was"
}
went="$tree: webstr is applied ($series.patch)
$tree: webstr is taken out
as it was"
sed -i -E 's/^(raise_errmsg|write_escaped_ascii)\(/&int other, /' "$scratch/newer/Modules/_json.c"
check "POSIXLY_CORRECT: put in, take out" "$went" "$(POSIXLY_CORRECT=1 there_and_back 2>&1)"
check "POSIXLY_CORRECT: a hunk that does not fit" "hunk N of Modules/_json.c:" \
    "$(POSIXLY_CORRECT=1 says | sed -n 's/^hunk [0-9]*/hunk N/p')"
if command -v busybox git >"$scratch/log"; then
    mkdir "$scratch/busybox"
    for tool in $(busybox --list); do
        ln -s "$(command -v busybox)" "$scratch/busybox/$tool"
    done
    for tool in bash git; do
        ln -sf "$(command -v "$tool")" "$scratch/busybox/$tool"
    done
    check "busybox: put in, take out" "$went" "$(PATH=$scratch/busybox there_and_back 2>&1)"
    check "busybox: a hunk that does not fit" "hunk N of Modules/_json.c:" \
        "$(PATH=$scratch/busybox says | sed -n 's/^hunk [0-9]*/hunk N/p')"
else
    skip "busybox: put in, take out" "busybox or git is missing"
    skip "busybox: a hunk that does not fit" "busybox or git is missing"
fi
cp "$scratch/json.c" "$scratch/newer/Modules/_json.c"

# Commands that work but for one call, which fails, or ends only after apply.sh got a signal.
mkdir "$scratch/bin"
for tool in cp ln mkdir mv; do
    cat >"$scratch/bin/$tool" <<END
#!/usr/bin/env bash
read -r calls <"$scratch/calls"
echo \$((calls + 1)) >"$scratch/calls"
if ((calls + 1 == FAIL_AT)); then
    [[ \$FAIL_BY == signal ]] || exit 1
    kill -TERM \$PPID
    sleep 0.02
fi
exec $(command -v "$tool") "\$@"
END
    chmod +x "$scratch/bin/$tool"
done

# each_step START END BY ARGUMENT...: "as it was" if a failure at any step leaves START, and success leaves END.
each_step() {
    local start=$1 end=$2 by=$3 at status want calls=0
    shift 3
    for ((at = 1; ; at++)); do
        rm -rf "$tree"
        cp -a "$start" "$tree"
        echo 0 >"$scratch/calls"
        status=0 want=$end
        FAIL_AT=$at FAIL_BY=$by PATH=$scratch/bin:$PATH "$here/apply.sh" "$@" "$tree" >"$scratch/log" 2>&1 || status=$?
        [[ $status == 0 ]] || want=$start
        # Is a command still at work?
        [[ $by == error ]] || sleep 0.05
        if ! diff -r "$want" "$tree" >"$scratch/diff"; then
            echo "call $at, status $status: $(cat "$scratch/diff" "$scratch/log")"
            return
        fi
        read -r calls <"$scratch/calls"
        ((calls >= at)) || break
    done
    # That many calls have failed.
    ((at > 5)) && echo "as it was"
}
for by in error signal; do
    check "put in, $by at each step" "as it was" "$(each_step "$scratch/plain" "$scratch/applied" "$by")"
    check "renew, $by at each step" "as it was" "$(each_step "$scratch/older" "$scratch/applied" "$by")"
    check "take out, $by at each step" "as it was" "$(each_step "$scratch/applied" "$scratch/plain" "$by" -R)"
done

# A small disk with less and less room. Runs in a user and mount name space of its own.
full_disk() { # START END ARGUMENT...
    local start=$1 end=$2 room status want full=0
    shift 2
    for room in 0 4 8 16 32 48 64 80 96 128 160 192 256 512 1024; do
        rm -rf "$scratch/disk/"*
        cp -a "$start" "$scratch/disk/tree"
        head -c $(($(df --output=avail -B1 "$scratch/disk" | tail -n 1) - room * 1024)) /dev/zero >"$scratch/disk/filler"
        status=0 want=$end
        "$here/apply.sh" "$@" "$scratch/disk/tree" >"$scratch/log" 2>&1 || status=$?
        [[ $status == 0 ]] || want=$start full=$((full + 1))
        if ! diff -r "$want" "$scratch/disk/tree" >"$scratch/diff"; then
            echo "$room KiB, status $status: $(cat "$scratch/diff" "$scratch/log")"
            return
        fi
    done
    ((full > 0 && status == 0)) && echo "as it was"
}
if unshare -rm mount -t tmpfs none "$scratch/bin" 2>/dev/null; then
    mkdir "$scratch/disk"
    export -f full_disk
    export scratch here WEBSTR_PREFIX=$prefix
    in_name_space() {
        # shellcheck disable=SC2016  # the inner shell's variables
        unshare -rm bash -c 'mount -t tmpfs -o size=4m none "$scratch/disk" && full_disk "$@"' - "$@"
    }
    check "put in, on a full disk" "as it was" "$(in_name_space "$scratch/plain" "$scratch/applied")"
    check "renew, on a full disk" "as it was" "$(in_name_space "$scratch/older" "$scratch/applied")"
    check "take out, on a full disk" "as it was" "$(in_name_space "$scratch/applied" "$scratch/plain" -R)"
else
    skip "a full disk" "no user name space in which a tmpfs can be mounted"
fi

closing_line
