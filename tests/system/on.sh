#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tools/check --on: it is skipped with the reason if it cannot run, and no mount and no process stays if it is killed. (This test
# does not create the other Debian.)
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# A tree with only the scripts, and stubs of the programs that they look for.
mkdir -p tree bin
cp -r "$source_directory/tools" tree/tools
stub() {
    { echo '#!/bin/sh' && echo "$2"; } >"bin/$1"
    chmod +x "bin/$1"
}
check() { PATH=$work/bin:$PATH bash tree/tools/check "$@" >said 2>&1; }
skipped() { # REASON check-argument...
    local reason=$1
    shift
    check "$@" || fail "$*: status $?: $(cat said)"
    grep -qx "skipped: trixie: $reason" said || fail "$*: $(cat said)"
    [ "$(tail -n 1 said)" = '0 passed, 0 failed, 1 skipped' ] || fail "$*: ends with $(tail -n 1 said)"
}
stub id 'echo 1000'
skipped 'only root can make a chroot' --on trixie
if check --require --on trixie; then fail "--require: a skip is no failure"; fi
stub id 'echo 0'
stub debootstrap 'echo "E: no such suite"; exit 1'
# shellcheck disable=SC2016 # for the stubs
stub setpriv 'shift 2; exec "$@"'
stub git 'exit 0'
stub unshare 'exit 1'
skipped 'this machine does not allow namespaces' --on trixie
# shellcheck disable=SC2016 # for the stub
stub unshare 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"'
if check --on trixie; then fail "a failing debootstrap: status 0"; fi
grep -q 'E: no such suite' said || fail "a failing debootstrap: $(cat said)"
[ ! -e tree/build/chroot-trixie ] || fail "a failing debootstrap: something is taken for a system"
for wrong in '--on' '--on ../etc' '--in somewhere' '--on trixie --cluster' '--off'; do
    # shellcheck disable=SC2086 # words
    if check $wrong || [ "$(wc -l <said)" != 1 ]; then fail "$wrong: $(cat said)"; fi
done
rm bin/*

# Killed by a signal that cannot be caught. The system is a shell and its dependencies.
# shellcheck source=tools/lib/on.sh
obstacle=$(. "$source_directory/tools/lib/on.sh" && on_obstacle)
case $obstacle in '' | 'debootstrap is not'*) ;; *)
    echo "skip: killing it was not tried: $obstacle"
    [ "$failures" = 0 ] || exit 1
    exit 77
    ;;
esac
mkdir -p system/{proc,sys,dev}
for program in sh sleep; do
    path=$(command -v "$program")
    mkdir -p "system$(dirname "$path")"
    cp "$path" "system$path"
    ldd "$path" | grep -oE '/[^ ]+' | while read -r library; do
        mkdir -p "system$(dirname "$library")"
        cp -L "$library" "system$library"
    done
done
# shellcheck disable=SC2016 # for the inner shell
on_log=$work/log bash -c '. "$1/tools/lib/on.sh" && apart "$1/tools/lib/in-chroot" "$2/system" sh -c "echo ready && sleep 77777"' - "$source_directory" "$work" &
killed=$!
for ((i = 0; i < 3000; i++)); do
    grep -q ready log 2>/dev/null && break
    sleep 0.02
done
grep -q ready log || fail "nothing runs in the chroot: $(cat log)"
inside() { # processes whose root is the system
    local process
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root" 2>/dev/null)" = "$work/system" ] && echo "${process#/proc/}"
    done
}
[ -n "$(inside)" ] || fail "no process has the chroot for its root"
kill -KILL "$killed"
wait "$killed" 2>/dev/null
for ((i = 0; i < 3000; i++)); do
    [ -z "$(inside)" ] && break
    sleep 0.02
done
[ -z "$(inside)" ] || fail "killed: processes stay in the chroot: $(inside)"
! grep "$work/system" /proc/mounts || fail "killed: mounts stay"
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
