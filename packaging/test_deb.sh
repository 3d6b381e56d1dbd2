#!/usr/bin/env bash
# The packages that deb.sh has left in DIRECTORY: lintian; then debian/tests with the packages installed in a clean
# system of this Debian release, made from the mirror that apt is set up with; then what is left after their removal.
#
# usage: test_deb.sh DIRECTORY    (as root)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
# shellcheck source=tests/checks.sh
. tests/checks.sh
cd "$1"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
for tool in autopkgtest lintian mmdebstrap; do
    if [[ $(id -u) != 0 ]] || ! command -v "$tool" >/dev/null; then
        skip "the packages" "root and $tool are needed (on Debian: apt-get install $tool)"
        closing_line
        exit
    fi
done

# Nobody has asked Debian to take the packages: there is no bug report to close.
step "lintian has no error and no warning" lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs ./*.changes

rm -rf chroot
trap 'rm -rf chroot' EXIT
# autopkgtest needs dpkg-dev and apt's lists.
# shellcheck disable=SC2016 # apt's fields
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    mmdebstrap --quiet --variant=apt --include=dpkg-dev --skip=cleanup/apt \
        "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" chroot -

packages=(libwebstr0_*.deb libwebstr-dev_*.deb python3-webstr_*.deb)
step "debian/tests in a clean system" autopkgtest --quiet "${packages[@]}" ./*.dsc -- chroot "$PWD/chroot"

names=("${packages[@]%%_*}")
chroot chroot dpkg --purge "${names[@]}"
check "nothing is left behind" "" "$(find chroot -xdev -iname '*webstr*')"
closing_line
