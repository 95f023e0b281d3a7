#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The packages that tools/lib/setup.sh installs, on machines made of stubs: dpkg-query knows the packages of `installed`,
# apt-cache those of `known`, apt-get records the packages to install; `user` and `sudo` set the caller.
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

mkdir bin
stub() {
    { echo '#!/bin/sh' && cat; } >"bin/$1"
    chmod +x "bin/$1"
}
stub dpkg-query <<'S'
for package in "$@"; do :; done
grep -qxF "$package" installed && printf installed
S
# Like the real one: a word for packages that it knows by name only, and nothing for others; in the user's language.
stub apt-cache <<'S'
case $LC_ALL in C) none='(none)' candidate=Candidate ;; *) none='(keine)' candidate=Installationskandidat ;; esac
if grep -qxF "$2" known; then echo "$2:" && echo "  $candidate: 1.0"; fi
if grep -qxF "$2" named; then echo "$2:" && echo "  $candidate: $none"; fi
S
stub apt-get <<'S'
case "$*" in *' update') cp later known ;; esac
while [ $# -gt 0 ] && [ "$1" != --no-install-recommends ]; do shift; done
[ $# = 0 ] && exit 0
shift
echo "$@" >asked
for package in "$@"; do
    grep -qxF "$package" known || { echo "E: Unable to locate package $package"; exit 100; }
done
S
stub id <<'S'
cat user
S
stub sudo <<'S'
[ -e sudo-allowed ] || exit 1
shift
exec "$@"
S

# machine INSTALLED KNOWN: lists with commas. As root; the update of apt-get makes the packages known.
machine() {
    rm -f asked sudo-allowed
    echo 0 >user
    tr ',' '\n' <<<"$1" >installed
    tr ',' '\n' <<<"$2" >later
    echo nothing-yet >known
    echo ghost >named
}
# install ENTRY...: in the user's language.
language=C
install() {
    TMPDIR=$work LC_ALL=$language PATH=$work/bin:$PATH bash -c '. "$1"; shift; "$@"' - "$source_directory/tools/lib/setup.sh" "${command:-install_missing}" "$@" >said 2>&1
}
# asks PACKAGES ENTRY...: apt-get is asked for exactly these.
asks() {
    local wanted=$1
    shift
    install "$@" || fail "$*: status $?: $(cat said)"
    [ "$(cat asked 2>/dev/null)" = "$wanted" ] || fail "$*: asked for '$(cat asked 2>/dev/null)', not '$wanted'"
}

machine a,b c,d
asks '' a b 'x|a' '?no-such'
asks 'c d' a c d
machine none b,d
asks 'b d' 'a|b' '?c|d' # the first available one, also if it is not the first of the list
machine none a,b
asks 'a' 'a|b'
machine b a,b
asks '' 'a|b'
machine none clang,rt,omp,clang-1,rt-1
asks 'clang rt omp' '?clang-1+rt-1+omp-1|clang+rt+omp' # one version of all, or none
machine clang-1 clang,rt,omp,clang-1,rt-1,omp-1
asks 'clang-1 rt-1 omp-1' '?clang-1+rt-1+omp-1|clang+rt+omp'
machine clang,rt,omp clang-1,rt-1,omp-1
asks '' '?clang-1+rt-1+omp-1|clang+rt+omp'
machine none a
asks 'a' '?b|c' a '?ghost' # neither is available: left out
asks 'a' '?b|c' a
language=de_DE.UTF-8
asks 'a' '?ghost|a'
language=C

# apt-get names a required package that is not available.
machine none a
if install a 'x|y'; then fail "a package that cannot be had: status 0"; fi
grep -q 'Unable to locate package x' said || fail "a package that cannot be had: $(cat said)"

# An ordinary user: sudo if it asks for no password, else the names.
machine none a,c
echo 1000 >user
asks '' a 'b|c' '?d'
grep -qx 'packages are missing: sudo apt-get install a b' said || fail "message to an ordinary user: $(cat said)"
cp later known
asks '' a 'b|c' '?d'
grep -qx 'packages are missing: sudo apt-get install a c' said || fail "message to an ordinary user: $(cat said)"
: >sudo-allowed
asks 'a c' a 'b|c' '?d'

# The lists themselves, on an empty machine: Debian 12 and similar systems, and Debian 13.
everything=$(PATH=$work/bin:$PATH bash -c '. "$1"; install_missing() { printf "%s\n" "$@"; }; install_for_check' - "$source_directory/tools/lib/setup.sh" |
    grep -oE '[^|+?]+' | sort -u | paste -sd,)
machine none "$everything"
command=install_for_check install || fail "the list of tools/check: $(cat said)"
for package in clang-14 libclang-rt-14-dev libomp-14-dev clang-format-14 libhdf5-openmpi-dev; do
    grep -qw -- "$package" asked || fail "the list of tools/check has no $package"
done
machine none "$(tr ',' '\n' <<<"$everything" | grep -v -- -14 | paste -sd,)"
command=install_for_check install || fail "the list of tools/check: $(cat said)"
for package in clang libclang-rt-dev libomp-dev libhdf5-openmpi-dev; do
    grep -qw -- "$package" asked || fail "the list of tools/check, without clang 14, has no $package"
done
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
