#!/usr/bin/env bash
# The packages that deb.sh has left in DIRECTORY: lintian; then debian/tests with the packages installed in a clean
# system of this Debian release, made from the mirror that apt is set up with; then what is left after their removal.
#
# usage: test_deb.sh DIRECTORY    (as root)
set -euo pipefail
shopt -s inherit_errexit
cd "$1"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
for tool in autopkgtest lintian mmdebstrap; do
    if [[ $(id -u) != 0 ]] || ! command -v "$tool" >/dev/null; then
        echo "0 passed, 0 failed, 1 skipped: the packages' test needs root and $tool (on Debian: apt-get install $tool)"
        exit
    fi
done

# Nobody has asked Debian to take the packages: there is no bug report to close.
lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs ./*.changes
echo "ok: lintian has no error and no warning"

rm -rf chroot
trap 'rm -rf chroot' EXIT
# autopkgtest needs dpkg-dev and apt's lists.
# shellcheck disable=SC2016 # apt's fields
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    mmdebstrap --quiet --variant=apt --include=dpkg-dev --skip=cleanup/apt \
        "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" chroot -
echo "ok: a clean system of $(chroot chroot dpkg-query --show | wc -l) packages"

packages=(libwebstr0_*.deb libwebstr-dev_*.deb python3-webstr_*.deb)
autopkgtest --quiet "${packages[@]}" ./*.dsc -- chroot "$PWD/chroot"
echo "ok: debian/tests"

names=("${packages[@]%%_*}")
chroot chroot dpkg --purge "${names[@]}"
left=$(find chroot -xdev -iname '*webstr*')
[[ -z $left ]] || { printf 'left behind:\n%s\n' "$left"; exit 1; }
echo "ok: nothing is left behind"
echo "4 passed, 0 failed"
