#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Limits on address space (ulimit -v) of every size end in a run or in a sentence: none hangs, none crashes in a library. OpenBLAS has one
# thread, whatever the environment says.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
(ulimit -v 4000000 && "$elbow" --version) >version 2>&1 || skip "this build does not start with 4 GB of address space"
ulimit -c 0

# The watch over the start of OpenBLAS takes the timer of a profiler only where there is a limit.
ASAN_OPTIONS=$loose LD_PRELOAD=$build/elbow-test-profiler.so "$elbow" --version >/dev/null 2>profiler ||
    fail "--version with a profiler: exit status $?"
[ "$(sort -u profiler)" = "profiler: the timer is mine, the signal is mine" ] || fail "a profiler loses its timer: $(cat profiler)"

"$make_data" write data.h5 /good u8 100,16,16 bits chunk=10 deflate=3 || fail "no data"
cat >good.yaml <<'Y'
data: {file: data.h5, train: /good}
model: {latent: 4, encoder: [dense: {units: 300}], decoder: [dense: {units: 300}]}
train: {epochs: 1, batch: 50, microbatch: 25}
Y

# limited KILOBYTES WHAT word...: the exit status is 0, or the program says why in one line.
limited() {
    local kilobytes=$1 what=$2 status lines
    shift 2
    (ulimit -v "$kilobytes" && exec timeout -k 5 $limit "$@") >out 2>err </dev/null
    status=$?
    # Before main: the dynamic linker, and OpenBLAS without any thread at all.
    grep -qE 'error while loading shared libraries|blas_thread_init' err && return
    lines=$(grep -vcE '^elbow: warning: ' err)
    if [ $status = 0 ] || [ $status = 3 ]; then [ "$lines" = 0 ] && return; fi
    if [ $status = 1 ] && [ "$lines" = 1 ] && grep -qE '^elbow(-import)?: .*memory' err; then return; fi
    fail "ulimit -v $kilobytes, $what: exit status $status: $(head -c 400 err)"
}

printf '1,2\n3,4\n' >x.csv
for kilobytes in 75000 100000 200000 320000 480000 520000 620000 900000 2000000; do
    for threads in '' 64; do
        if [ -n "$threads" ]; then export OPENBLAS_NUM_THREADS=$threads; else unset OPENBLAS_NUM_THREADS; fi
        rm -rf run
        limited $kilobytes "OPENBLAS_NUM_THREADS=$threads" "$elbow" train good.yaml --run-dir run
    done
    rm -rf run x.h5
    limited $kilobytes "two threads" "$elbow" train good.yaml --run-dir run --set train.threads=2
    limited $kilobytes "elbow-import" "$build/elbow-import" x.csv -o x.h5
done
[ -e run/checkpoints ] || fail "no run with 2 GB of address space"
[ -e x.h5 ] || fail "nothing imported with 2 GB of address space"

# What the environment says is seen in the report, and does not count; children see it, too.
for threads in 64 3; do
    OPENBLAS_NUM_THREADS=$threads "$elbow" doctor >out 2>&1
    grep -q "OPENBLAS_NUM_THREADS $threads" out || fail "the doctor does not see OPENBLAS_NUM_THREADS=$threads"
    grep -qE '^BLAS .*, 1 thread$' out || fail "OPENBLAS_NUM_THREADS=$threads: $(grep ^BLAS out)"
done
unset OPENBLAS_NUM_THREADS
"$elbow" doctor >out 2>&1
grep -q "OPENBLAS_NUM_THREADS not set" out || fail "the doctor sees an OPENBLAS_NUM_THREADS that nobody set"
finish
