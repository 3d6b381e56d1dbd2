# Of the scripts beside it that build for other machines: Rust's standard library for them. It comes from the toolchain at hand or, on Debian, is built from the source of Debian's own
# toolchain, which is unpacked below build/ and leaves the machine as it is. What cannot be had is said and skipped.
# shellcheck shell=bash

debian=$PWD/build/debian-rust
. tests/checks.sh

# Unpacks Debian's toolchain with the source of its standard library, whether or not it is installed too.
unpack_debian_rust() {
    [ -e "$debian/ready" ] && return
    command -v apt-get dpkg-deb >/dev/null || return
    rm -rf "$debian"
    mkdir -p "$debian"/{lists/partial,archives/partial,tree} || return
    local package packages options=(
        -qq -o Dir::State::lists="$debian/lists" -o Dir::Cache::archives="$debian/archives"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Sandbox::User=
    )
    apt-get "${options[@]}" update || return
    # By name, because apt reinstalls no dependencies.
    mapfile -t packages < <(apt-cache "${options[@]}" depends --recurse --important rustc-web |
        grep -E '^libstd-rust-web')
    apt-get "${options[@]}" install --yes --no-install-recommends --reinstall --download-only \
        rustc-web rust-web-src "${packages[@]}" || return
    for package in "$debian"/archives/*.deb; do
        dpkg-deb --extract "$package" "$debian/tree" || return
    done
    rm -r "$debian"/{archives,lists}
    [ -x "$debian/tree/usr/bin/rustc" ] && [ -d "$debian/tree/usr/lib/rustlib" ] && touch "$debian/ready"
}

# have_std NAME TARGET: whether with_std can give TARGET's standard library; if not, NAME counts as skipped.
have_std() {
    [ -d "$(rustc --print target-libdir --target "$2")" ] || unpack_debian_rust || {
        skip "$1" "no Rust standard library for $2 (rustup target add $2), and Debian's packages rustc-web and rust-web-src cannot be unpacked"
        return 1
    }
}

# with_std TARGET CRATES COMMAND...: runs cargo or make with a toolchain that has TARGET's standard
# library, or builds these crates of it.
with_std() {
    local target=$1 crates=$2
    shift 2
    if [ -d "$(rustc --print target-libdir --target "$target")" ]; then
        "$@"
    else
        RUSTC=$debian/tree/usr/bin/rustc LD_LIBRARY_PATH=$debian/tree/usr/lib/$(uname -m)-linux-gnu \
            RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=$crates "$@"
    fi
}
