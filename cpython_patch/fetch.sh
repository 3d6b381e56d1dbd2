#!/usr/bin/env bash
# Fetches a pinned CPython release, checks it and unpacks it.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

usage() {
    cat <<USAGE
usage: fetch.sh VERSION DIR

Puts the release archive of CPython VERSION into DIR and unpacks it there as
DIR/Python-VERSION. The archive comes from python.org or, where that is out of
reach on a Debian machine, from the package mirror that apt is set up with;
its SHA-256 must be the one in versions.txt. What is there already is kept.

  -h   show this text
USAGE
}

die() {
    printf 'fetch.sh: %s\n' "$1" >&2
    exit 1
}

if [[ ${1-} == -h ]]; then
    usage
    exit 0
elif (($# != 2)); then
    usage >&2
    exit 2
fi
version=$1

known=()
upstream=
while read -r name path debian sha256; do
    [[ $name && $name != '#'* ]] || continue
    known+=("$name")
    if [[ $name == "$version" ]]; then
        upstream=$path debian_path=$debian sum=$sha256
    fi
done <"$here/versions.txt"
[[ $upstream ]] || die "$version is not in versions.txt, which has: ${known[*]}"

mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
archive=$dir/${upstream##*/}
source=$dir/Python-$version

# --- The archive ------------------------------------------------------------

sha256_is() {  # sha256_is FILE SUM
    local tool=(sha256sum)
    command -v sha256sum >/dev/null || tool=(shasum -a 256)
    [[ $("${tool[@]}" <"$1") == "$2 "* ]]
}

download() {  # download URL FILE
    if command -v curl >/dev/null; then
        curl -fsSL --connect-timeout 10 --speed-time 30 --speed-limit 1000 -o "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -q --tries=1 --timeout=10 -O "$2" "$1"
    else
        die "neither curl nor wget is installed; install one, e.g. apt-get install curl"
    fi
}

# apt's own downloader knows the mirror, its proxy and its transport.
apt_download() {  # apt_download PATH FILE
    local helper=/usr/lib/apt/apt-helper base
    [[ -x $helper ]] || return 1
    # shellcheck disable=SC2016  # the variable is apt's
    for base in $(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | sort -u); do
        if "$helper" -qq download-file "${base%/}/pool/main/p/$1" "$2"; then
            return
        fi
    done
    return 1
}

unpacking=
partial=$archive.$$.part
trap 'rm -rf "$partial" "$unpacking"' EXIT

if [[ -f $archive ]] && sha256_is "$archive" "$sum"; then
    echo "$archive: is here already"
else
    if download "https://www.python.org/ftp/python/$upstream" "$partial"; then
        from=python.org
    elif apt_download "$debian_path" "$partial"; then
        from="the Debian mirror"
    else
        die "$version can be had neither from python.org nor from a Debian mirror \
(on Debian, run apt-get update); or put ${archive##*/} into $dir"
    fi
    sha256_is "$partial" "$sum" || die "the archive from $from has the wrong SHA-256, not $sum"
    mv -f "$partial" "$archive"
    echo "$archive: fetched from $from"
fi

# --- The source tree --------------------------------------------------------

if [[ -d $source ]]; then
    echo "$source: is here already"
    exit 0
fi
if [[ $archive == *.xz ]] && ! command -v xz >/dev/null; then
    die "xz is not installed, e.g. apt-get install xz-utils"
fi
unpacking=$(mktemp -d "$dir/.unpack.XXXXXX")
tar -xf "$archive" -C "$unpacking"
[[ -d $source ]] || mv "$unpacking/Python-$version" "$source"
echo "$source: unpacked"
