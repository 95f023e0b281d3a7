#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `elbow info` describes data in a child process: the process with MPI never opens them, and prints the child's text.
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
cp "$tests/data/sources/whole.h5" "$tests/damaged/links.h5" .
head -c 3000 whole.h5 >cut.h5

# A rank that is not the first of its node has no child: it describes the file itself.
for file in whole.h5 cut.h5 none.h5; do
    expected=1
    if [ $file = whole.h5 ]; then expected=0; fi
    SLURM_LOCALID=1 run $expected 1 itself "$elbow" info $file
    for ranks in 1 3; do
        run $expected $ranks child "$elbow" info $file
        same_file "$file on $ranks ranks" itself.out child.out
        diff <(grep '^elbow:' itself.err) <(grep '^elbow:' child.err) || fail "$file on $ranks ranks: another sentence"
    done
done
[ ! -s itself.out ] || fail "none.h5 was described"
run 0 1 whole "$elbow" info whole.h5
grep -q '^/S: float32 (80 x 4 x 3)' whole.out || fail "whole.h5 was not described"

# Without -f, strace follows only the first process.
if command -v strace >/dev/null && strace -qq -o silent true 2>/dev/null; then
    ASAN_OPTIONS=$loose run 0 1 traced strace -qq -e trace=open,openat -o opened "$elbow" info whole.h5
    grep -q libhdf5 opened || fail "strace saw nothing"
    grep whole.h5 opened && fail "the process with MPI opened whole.h5"
    SLURM_LOCALID=1 ASAN_OPTIONS=$loose run 0 1 traced strace -qq -e trace=open,openat -o opened "$elbow" info whole.h5
    grep -q whole.h5 opened || fail "without a child whole.h5 was not opened"
fi

# libhdf5 frees memory that it has not written: a crash is a matter of chance, but it can happen only in the child.
for _ in 1 2 3 4 5; do
    "$elbow" info links.h5 >links.out 2>links.err
    status=$?
    [ $status -le 1 ] || fail "info of links.h5: exit status $status: $(tail -n 3 links.err)"
done
finish
