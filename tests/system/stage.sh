#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# data.stage: each node reads its own copy, with the same bits, and no copy stays; an error is one sentence on all ranks. Files
# that other processes have locked can be read, in any environment.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /bits u8 120,7,5 bits
"$make_data" write other.h5 /bits-valid u8 21,7,5 bits seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /bits, valid: "other.h5:/bits-valid"}
model: {latent: 3, encoder: [dense: {units: 17}], decoder: [dense: {units: 13}]}
train: {epochs: 3, batch: 28, microbatch: 4, rate: 1.0e-2}
log: {every: 2}
samples: {every: 4, count: 6}
checkpoint: {every: 4, keep: 9}
Y
mkdir local second

empty() { [ -z "$(ls -A "$1")" ] || fail "$2: $1 holds $(ls -A "$1")"; }

# The same files, checkpoints included, as without staging.
run 0 1 plain "$elbow" train run.yaml --run-dir plain
run 0 3 staged "$elbow" train run.yaml --run-dir staged --set data.stage=local --set 'run.nodes=[0,1,0]'
same_run "staged" plain staged
empty local "after a run"
size=$(($(stat -c %s data.h5) + $(stat -c %s other.h5)))
grep -Eq '^data: .* staged in local of 2 nodes in [0-9.]+ s$' staged.out || fail "no report: $(cat staged.out)"
grep -Eq '^staged: .* in local, in [0-9.]+ s$' staged/receipt.txt || fail "the receipt: $(cat staged/receipt.txt)"
[ "$size" -gt 0 ] || fail "no data"

# One copy per node and file, and no other read of the rows: the copies are opened, and one rank reads the originals.
if command -v strace >/dev/null; then
    ASAN_OPTIONS=$loose timeout $limit strace -f -qq -e trace=openat -o trace "$elbow" train run.yaml --run-dir traced --set data.stage=local \
        --set train.epochs=1 >/dev/null 2>&1
    grep -q 'local/elbow-stage-[0-9a-f]*-0.h5.*O_RDONLY' trace || fail "no copy was read"
    [ "$(grep -c 'O_EXCL' <(grep 'local/elbow-stage' trace))" = 2 ] || fail "not one copy of each of two files"
fi

# A resume may stage elsewhere, or not at all.
run 75 2 begun "$elbow" train run.yaml --run-dir begun --set data.stage=local --set run.stop_after=5
run 75 2 begun-2 "$elbow" train run.yaml --run-dir begun --resume --set data.stage=second --set run.stop_after=9
run 0 1 begun-3 "$elbow" train run.yaml --run-dir begun --resume
same_file "resumed" plain/checkpoints/best.h5 begun/checkpoints/best.h5
empty local "after a stop"
empty second "after a resume"

# An error is one sentence, and no run directory is made.
wrong() {
    local sentence=$1
    shift
    run 1 3 wrong "$elbow" train run.yaml --run-dir wrong --set 'run.nodes=[0,1,0]' "$@"
    [ "$(grep -c '^elbow: ' wrong.err)" = 1 ] || fail "not one sentence: $(cat wrong.err)"
    grep -Eq "^elbow: .*$sentence" wrong.err || fail "expected '$sentence': $(cat wrong.err)"
    [ ! -e wrong ] || fail "a run directory was made"
    empty local "after '$sentence'"
}
wrong 'nowhere: cannot be used for data.stage: No such file' --set data.stage=nowhere
wrong 'run.yaml/elbow-stage-.* cannot be made \(data.stage\): Not a directory' --set data.stage=run.yaml
wrong 'data.h5:/none: dataset not found|/none' --set data.stage=local --set data.train=/none
mkdir tiny
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    "$make_data" write large.h5 /bits u8 4000,7,5 bits
    # shellcheck disable=SC2016 # for the inner shell
    unshare -m bash -c 'mount -t tmpfs -o size=64k none tiny && shift && "$0" train run.yaml --run-dir full \
        --set data.stage=tiny --set data.file=large.h5' "$elbow" x >full.out 2>full.err
    status=$?
    [ $status = 1 ] || fail "no room: exit status $status"
    grep -q '^elbow: .*data.stage: tiny has space for .*, but large.h5 needs .*; set another directory$' full.err ||
        fail "no room: $(cat full.err)"
fi

# Reading takes no lock: another process may hold one.
if command -v flock >/dev/null; then
    for wish in TRUE BEST_EFFORT FALSE; do
        HDF5_USE_FILE_LOCKING=$wish timeout $limit flock -x data.h5 "$elbow" info data.h5 >info.out 2>&1 ||
            fail "HDF5_USE_FILE_LOCKING=$wish: $(cat info.out)"
        HDF5_USE_FILE_LOCKING=$wish timeout $limit flock -x data.h5 "$elbow" train run.yaml --run-dir "locked-$wish" \
            --set train.epochs=1 >locked.out 2>&1 || fail "HDF5_USE_FILE_LOCKING=$wish: $(tail -n 3 locked.out)"
    done
fi
finish
