#!/usr/bin/env bash
# Runs a Linux program for x86-64 on a machine that Bochs emulates: an Ice Lake, which has the AVX-512 and SHA
# instructions of the backend avx512.
#
#   tests/platforms/avx512.sh PROGRAM [ARGUMENT…]    passes output and exit status through (124: out of time)
#
# WEBSTR_BACKEND   reaches the program
# SECONDS_AT_MOST  for a run, 600 unless set; the machine starts in about 30 s and runs about 70 million
#                  instructions a second
#
# The C harness (build/c_tests/plain/c_static --quick avx512) fails here in the handshake and in 16 emoji or more of
# escape_json_ascii_ucs4, and nowhere else. So does that of release 0.1, which passes on a real CPU: Bochs seems to be
# wrong there, and nobody has found the instruction yet.
#
# Debian's packages of Bochs and of a kernel are taken apart below build/avx512; nothing is installed.
set -euo pipefail
build=$(realpath "$(dirname "$0")/../..")/build/avx512
root=$build/root
packages=(bochs bochs-term busybox-static cpio isolinux syslinux-common xorriso)

fetch() {
    local apt=(apt-get -qq -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Dir::Cache::archives="$build/packages")
    [[ ! -e $build/ready ]] || return 0
    rm -rf "$build"
    mkdir -p "$build/packages/partial" "$root"
    # A package that is installed already is fetched as well, libraries only if they are missing.
    "${apt[@]}" --yes --download-only --reinstall --no-install-recommends install "${packages[@]}" &&
        (cd "$build/packages" && "${apt[@]}" download \
            "$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p')") || return 1
    for package in "$build"/packages/*.deb; do
        dpkg -x "$package" "$root"
    done
    rm -r "$build/packages"
    touch "$build/ready"
}

# What starts on the emulated machine: the program's output goes to the second serial port, and then its status.
init() {
    cat <<END
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc none /proc
\$b mount -t devtmpfs none /dev
\$b mount -t tmpfs none /tmp
(
    \$b stty raw -echo 115200
    ${WEBSTR_BACKEND+export WEBSTR_BACKEND=$WEBSTR_BACKEND}
    $(printf '%q ' /program "$@")
    \$b printf '\nstatus %d\n' \$?
) </dev/ttyS1 >/dev/ttyS1 2>&1
\$b poweroff -f
END
}

# The options keep the kernel from finding that Bochs does not count the sizes of XSAVES and of protection keys.
kernel_options="quiet panic=-1 nokaslr nopcid nopku noxsaves clearcpuid=pku,xsaves,xsavec,cet,ibt,shstk,user_shstk,smap,fsrm,erms ibt=off idle=halt tsc_early_khz=50000 lsm="

machine() {
    cat <<END
cpu: model=corei7_icelake_u, ips=10000000
memory: host=512, guest=512
romimage: file=$root/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=$root/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=$run/cd.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$run/console
com2: enabled=1, mode=file, dev=$run/output
clock: sync=none
log: $run/log
panic: action=fatal
display_library: term
END
}

emulate() {
    local program=$1 libraries=$root/usr/lib/x86_64-linux-gnu bochs
    shift
    run=$(mktemp -d "$build/run.XXXXXX")
    mkdir -p "$run"/{files/{bin,proc,dev,tmp},cd}
    cp "$root/bin/busybox" "$run/files/bin/"
    strip -o "$run/files/program" "$program" 2>/dev/null || cp "$program" "$run/files/program"
    { ldd "$program" 2>/dev/null || true; } | sed -n 's|^[^/]*\(/[^ ]*\) (.*|\1|p' |
        xargs -r cp -L --parents -t "$run/files"
    init "$@" >"$run/files/init"
    chmod +x "$run/files/init"
    (cd "$run/files" && find . | "$root/bin/cpio" --quiet -o -H newc -R 0:0 | gzip -1 >../cd/initrd)
    cp "$root"/boot/vmlinuz-* "$run/cd/vmlinuz"
    cp "$root/usr/lib/ISOLINUX/isolinux.bin" "$root/usr/lib/syslinux/modules/bios/ldlinux.c32" "$run/cd/"
    printf 'default vmlinuz initrd=initrd console=ttyS0 %s\n' "$kernel_options" >"$run/cd/isolinux.cfg"
    LD_LIBRARY_PATH=$libraries "$root/usr/bin/xorriso" -as mkisofs -quiet -o "$run/cd.iso" -b isolinux.bin \
        -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table "$run/cd" 2>"$run/log" ||
        { cat "$run/log"; return 1; }
    machine >"$run/machine"
    echo c >"$run/debugger" # Debian's Bochs has its debugger built in: continue
    bochs="$root/usr/bin/bochs-bin -q -f $run/machine -rc $run/debugger"
    touch "$run/output"
    TERM=xterm LD_LIBRARY_PATH=$libraries LTDL_LIBRARY_PATH=$libraries/bochs/plugins BXSHARE=$root/usr/share/bochs \
        timeout "${SECONDS_AT_MOST:-600}" script -qec "$bochs" "$run/screen" >/dev/null 2>&1 </dev/null &
    tail -q -c +1 -f --pid=$! "$run/output" | sed '/^status [0-9]*$/d'
    status=$(sed -n '$s/^status //p' "$run/output")
    if [[ -z $status ]]; then
        echo "tests/platforms/avx512.sh: the program did not end; the machine's files are left in $run" >&2
        return 124
    fi
    rm -r "$run"
    return "$status"
}

[[ $# != 0 ]] || { sed -n 's/^# \{0,1\}//p' "$0" | sed -n 1,10p; exit 2; }
fetch || { echo "avx512 skipped: Debian's packages of Bochs and Linux cannot be had"; exit 77; }
emulate "$@"
