#!/usr/bin/env bash
# `make install` as a distribution and its users see it: what it puts where, and programs that link it
# in every documented way.
#
# usage: test_install.sh SCRATCH    (the environment may name MAKE, CC, CXX, CMAKE, PKG_CONFIG)
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$1"
mkdir -p "$1"
scratch=$(cd "$1" && pwd)
cc=${CC:-cc} cxx=${CXX:-c++} cmake=${CMAKE:-cmake} pkg_config=${PKG_CONFIG:-pkg-config}
consumer=$root/tests/install/consumer
warnings='-Wall -Wextra -Wpedantic -Werror'
answer='s3pPLMBiTxaQ9kYGzzhZRbK+xOo= "caf\u00e9\n"'
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
mapfile -t functions <"$root/src/symbols.txt"
# Neither the make that runs this nor the user's environment has a say in where things go.
unset MAKEFLAGS MFLAGS MAKELEVEL PREFIX DESTDIR LIBDIR INCLUDEDIR PKGCONFIGDIR CMAKEDIR MANDIR
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH

# shellcheck source=tests/checks.sh
. "$root/tests/checks.sh"
have() { command -v "${1%% *}" >/dev/null; }
# A program's or a command's output, or what it said and how it ended.
try() { "$@" 2>&1 || echo "status $?"; }
install_with() { "${MAKE:-make}" --silent -C "$root" "$@"; }
# Every file below a directory with its type, mode and content, and nothing that a mere touch changes.
tree() {
    (cd "$1" && find . -printf '%P %y %#m %l\n' | sort &&
        find . -type f -print0 | sort -z | xargs -0r sha256sum)
}
files() { # LIBDIR INCLUDEDIR MANDIR: all that must be there
    { cat <<END
$2/webstr.h f 0644
$2/webstr.hpp f 0644
$1/cmake/webstr/webstr-config-version.cmake f 0644
$1/cmake/webstr/webstr-config.cmake f 0644
$1/libwebstr.a f 0644
$1/libwebstr.so l 0777 libwebstr.so.${version%%.*}
$1/libwebstr.so.${version%%.*} l 0777 libwebstr.so.$version
$1/libwebstr.so.$version f 0755
$1/pkgconfig/webstr.pc f 0644
END
      printf "$3/man3/%s.3 f 0644\n" webstr escape_json "${functions[@]}"; } |
        LC_ALL=C sort -u
}
symbols() { "${NM:-nm}" -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort; }
files_in() { (cd "$1" && find . ! -type d -printf '%P %y %#m %l\n' | sed 's/ $//' | LC_ALL=C sort); }

# What a program prints, and the webstr that it loads.
shared_answer=$answer$'\n'libwebstr.so.${version%%.*}
outcome() { # PROGRAM [LIBDIR]
    LD_LIBRARY_PATH=${2:-} try "$1"
    "${READELF:-readelf}" -d "$1" | sed -n 's/.*NEEDED.*\[\(libwebstr.*\)\]/\1/p'
}
compile() { # LANGUAGE PROGRAM FLAG...
    local language=$1 program=$2
    shift 2
    # Compilers are given as commands with options; the rest is split on purpose.
    # shellcheck disable=SC2086
    case $language in
    c) $cc -std=c99 $warnings -o "$program" "$consumer/main.c" "$@" ;;
    c++) $cxx -std=c++17 $warnings -o "$program" "$consumer/main.cpp" "$@" ;;
    esac
}
languages=c
if have "$cxx"; then
    languages='c c++'
else
    skip "C++ programs" "'$cxx' not found; install a C++ compiler"
fi

by_pkg_config() { # WHERE LIBDIR
    local language
    if ! have "$pkg_config"; then
        skip "$1: pkg-config" "'$pkg_config' not found; install the package pkg-config"
        return
    fi
    export PKG_CONFIG_PATH=$2/pkgconfig
    check "$1: pkg-config --modversion" "$version" "$($pkg_config --modversion webstr)"
    for language in $languages; do
        # shellcheck disable=SC2046
        compile "$language" "$scratch/program" $($pkg_config --cflags --libs webstr)
        check "$1: $language, pkg-config" "$shared_answer" "$(outcome "$scratch/program" "$2")"
        if echo 'int main(void) { return 0; }' | $cc -static -x c -o "$scratch/program" - 2>/dev/null; then
            # shellcheck disable=SC2046
            compile "$language" "$scratch/program" -static $($pkg_config --static --cflags --libs webstr)
            check "$1: $language, pkg-config --static" "$answer" "$(outcome "$scratch/program")"
        else
            skip "$1: $language, pkg-config --static" "there is no static C library; install it"
        fi
    done
    unset PKG_CONFIG_PATH
}
# The projects want a C++ compiler.
has_cmake() { have "$cmake" && [ "$languages" != c ]; }
by_cmake() { # WHERE CMAKE_ARGUMENT...
    local where=$1 program build
    shift
    if ! has_cmake; then
        skip "$where: CMake" "'$cmake' or '$cxx' not found; install the packages cmake and g++"
    else
        build="$scratch/a project/build"
        rm -rf "$build"
        if ! { CC=$cc CXX=$cxx $cmake -S "$consumer" -B "$build" "$@" &&
            $cmake --build "$build" --parallel 2; } >"$scratch/cmake.log" 2>&1; then
            cat "$scratch/cmake.log"
        fi
        for program in c cpp; do
            check "$where: CMake, $program, shared" "$shared_answer" "$(outcome "$build/${program}_webstr")"
            check "$where: CMake, $program, static" "$answer" "$(outcome "$build/${program}_webstr_static")"
        done
    fi
}

install_with all

# A prefix that others use too; a umask that lets nobody else read.
prefix=$scratch/prefix
mkdir -p "$prefix"/{include,lib/cmake/other,lib/pkgconfig,share/man/man3}
touch "$prefix"/{include/web.h,lib/libweb.so.0,lib/cmake/other/other-config.cmake,share/man/man3/webstring.3}
foreign=$(files_in "$prefix")
before=$(tree "$prefix")
ldconfig="${LDCONFIG:-ldconfig} -X -C $scratch/ld.so.cache -f $scratch/ld.so.conf"
said=$(umask 077 && install_with install "PREFIX=$prefix" "LDCONFIG=$ldconfig")
first=$(tree "$prefix")
check "the files of a prefix" "$(files lib include share/man)" \
    "$(files_in "$prefix" | grep -vxF "$foreign")"
check "a prefix where the linker does not look is named" 1 "$(grep -cF -- "-Wl,-rpath,$prefix/lib" <<<"$said")"
if have "$ldconfig"; then
    echo "$prefix/lib" >"$scratch/ld.so.conf"
    check "where it looks, programs find the library" "" "$(install_with install "PREFIX=$prefix" "LDCONFIG=$ldconfig")"
else
    skip "the linker's cache" "'${ldconfig%% *}' not found"
fi
check "install again, without Rust or a compiler" "" \
    "$(install_with install "PREFIX=$prefix" DESTDIR=/ CARGO=no-cargo CC=no-cc)"
check "a path with a space is refused" "1, $first" \
    "$(install_with install "PREFIX=$prefix" "DESTDIR=$scratch/a b" 2>&1 | grep -c "webstr: .*$scratch/a b" || true), $(tree "$prefix")"
check "the files after that" "$first" "$(tree "$prefix")"
by_pkg_config prefix "$prefix/lib"

mv "$prefix" "$scratch/moved"
by_pkg_config "moved prefix" "$scratch/moved/lib"
by_cmake "moved prefix" "-DCMAKE_PREFIX_PATH=$scratch/moved"
if has_cmake; then
    IFS=. read -r major minor _ <<<"$version"
    for wanted in "$major.0.0:yes" "$version:yes" "$major.$((minor + 1)):no" "$((major + 1)).0:no"; do
        mkdir -p "$scratch/version"
        cat >"$scratch/version/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.10...3.30)
project(version NONE)
find_package(webstr ${wanted%:*} CONFIG)
file(WRITE found "\${webstr_FOUND}")
END
        (cd "$scratch/version" && rm -rf b &&
            $cmake -S . -B b "-DCMAKE_PREFIX_PATH=$scratch/moved" >/dev/null 2>&1)
        check "CMake: find_package(webstr ${wanted%:*})" "${wanted#*:}" \
            "$([ "$(cat "$scratch/version/found")" = 1 ] && echo yes || echo no)"
    done
fi
mv "$scratch/moved" "$prefix"

install_with uninstall "PREFIX=$prefix" >/dev/null
check "uninstall leaves what was there before" "$before" "$(tree "$prefix")"

# A package: staged, multiarch. The prefix itself must not come into being.
triple=$($cc -print-multiarch 2>/dev/null || true)
triple=${triple:-$(uname -m)-linux-gnu}
staged=$scratch/staged
stage() { install_with "$1" "DESTDIR=$staged" PREFIX=/webstr-test/usr "LIBDIR=/webstr-test/usr/lib/$triple"; }
check "a staged install says nothing" "" "$(stage install)"
usr=$staged/webstr-test/usr
check "the files of a staged multiarch install" "$(files "lib/$triple" include share/man)" "$(files_in "$usr")"
check "nothing beside it" "webstr-test usr" "$(ls "$staged") $(ls "$staged/webstr-test")"
check "nothing outside" no "$([ -e /webstr-test ] && echo yes || echo no)"
check "the staging directory is named in no file" "" "$(grep -rlF "$scratch" "$staged" || true)"
check "directories that anyone may enter" "0755" "$(find "$staged" -mindepth 1 -type d -printf '%#m\n' | sort -u)"
by_pkg_config multiarch "$usr/lib/$triple"
if [ -d "/usr/lib/$triple" ]; then
    by_cmake multiarch "-DCMAKE_PREFIX_PATH=$usr"
else # CMake looks there only where the system does.
    by_cmake multiarch "-Dwebstr_DIR=$usr/lib/$triple/cmake/webstr"
fi

for name in webstr escape_json "${functions[@]}"; do
    page=$usr/share/man/man3/$name.3
    target=$(sed -n 's/^\.so //p' "$page")
    [ -z "$target" ] || page=$usr/share/man/$target
    grep -qE "^\.Nm $name( ,)?\$" "$page" || echo "$name"
done >"$scratch/without_page"
check "a man page for every function" "" "$(cat "$scratch/without_page")"
pages=$(printf '%s ' "$usr"/share/man/man3/{webstr,escape_json,sec_websocket_accept}.3)
if have mandoc; then
    # shellcheck disable=SC2086
    check "mandoc -T lint" "" "$(mandoc -T lint -W warning $pages 2>&1 || true)"
else
    skip "mandoc -T lint" "install the package mandoc"
fi
if have man && have groff; then
    for page in $pages; do man --warnings -l -Tutf8 -Z "$page" 2>>"$scratch/man.log" >/dev/null; done
    check "man --warnings" "" "$(cat "$scratch/man.log")"
else
    skip "man --warnings" "install the packages man-db and groff"
fi

stage uninstall >/dev/null
check "uninstall of the staged files" "" "$(files_in "$staged")"

# Libraries outside of the prefix stand in the files as they are.
install_with install "DESTDIR=$scratch/apart" PREFIX=/opt/a LIBDIR=/srv/lib INCLUDEDIR=/srv/include
check "a LIBDIR outside of PREFIX" $'prefix=/opt/a\nlibdir=/srv/lib\nincludedir=/srv/include' \
    "$(head -n 3 "$scratch/apart/srv/lib/pkgconfig/webstr.pc")"

install_with install "DESTDIR=$scratch/system" PREFIX=/usr "LIBDIR=/usr/lib/$triple"
check "the system's own prefix" $'prefix=/usr\nlibdir=${prefix}/lib/'"$triple"$'\nincludedir=${prefix}/include' \
    "$(head -n 3 "$scratch/system/usr/lib/$triple/pkgconfig/webstr.pc")"

# Sources of a user whose configuration of cargo names another machine, place and profile.
sources=$scratch/sources
mkdir -p "$sources"
tar -C "$root" --exclude=./build --exclude=./target --exclude=./.git -cf - . | tar -C "$sources" -xf -
cat >>"$sources/.cargo/config.toml" <<'END'
[build]
target = "wasm32-unknown-unknown"
target-dir = "elsewhere"
[profile.release]
lto = "off"
panic = "unwind"
END
check "a cargo that builds nothing ends the build, and no file is made up" "status 2, no library" \
    "$(try "${MAKE:-make}" --silent -C "$sources" CARGO=true | tail -n 1), $(ls "$sources"/build/lib/lib* 2>/dev/null || echo no library)"
check "a build that takes no linker but the compiler's" "" "$(try "${MAKE:-make}" --silent -C "$sources" LD=ld.lld)"
check "its static library" "$(symbols "$root/build/lib/libwebstr.a")" "$(symbols "$sources/build/lib/libwebstr.a")"
rm -rf "$sources/build"

# The project of docs/c.md that takes them in, without a warning, installed and moved away from what it was built of.
block() { # LANGUAGE NUMBER: a program of the document
    awk -v fence="\`\`\`$1" -v number="$2" '/^```/ { on = $0 == fence && ++seen == number; next } on' "$root/docs/c.md"
}
if has_cmake; then
    project="$scratch/a project"
    rm -rf "$project"
    mkdir -p "$project"
    tar -C "$scratch" -czf "$project/webstr-$version.tar.gz" sources
    block cmake 2 >"$project/CMakeLists.txt"
    block c 1 >"$project/program.c"
    check "FetchContent, as documented" "" "$({ CC=$cc try "$cmake" -S "$project" -B "$project/build" &&
        try "$cmake" --build "$project/build" && try "$cmake" --install "$project/build" --prefix "$scratch/fetched"; } |
        grep -iE 'warning|error|status' || true)"
    check "FetchContent: the library for the linker" "$(symbols "$root/build/lib/libwebstr.a")" \
        "$(symbols "$project/build/_deps/webstr-build/libwebstr.a")"
    rm -rf "$project/build"
    for program in program program_shared; do
        check "FetchContent: $program as installed" "$(block text 1)" "$(try "$scratch/fetched/bin/$program")"
    done
fi
if ! have ninja; then
    skip "CMake with Ninja" "install the package ninja-build"
else
    by_cmake add_subdirectory -G Ninja "-DWEBSTR_SOURCES=$root"
    if has_cmake; then
        check "Ninja: nothing to do again" "ninja: no work to do." "$(ninja -C "$scratch/a project/build" | tail -n 1)"
    fi
fi

closing_line
