#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A damaged file that crashes the HDF5 library causes one sentence, on every rank, of every command that reads data.
set -u
damaged=$(cd "$(dirname "$0")/../damaged" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"
cp "$damaged/crash.h5" crash.h5

# A rank without a trial of its own crashes (or hangs); otherwise this library can read the file.
sets=(--set data.file=crash.h5 --set data.train=/train --set data.labels=)
SLURM_LOCALID=1 timeout -k 5 $limit "$elbow" train good.yaml --run-dir run "${sets[@]}" >1.out 2>1.err </dev/null
status=$?
rm -rf run
[ $status -ge 124 ] || skip "the HDF5 library does not crash on tests/damaged/crash.h5 (exit status $status)"

sentence='crash.h5:/train: the HDF5 library crashes reading it \(signal (SEGV|BUS|ABRT)\): the file is damaged'
with 1 "$sentence" data.file=crash.h5 data.train=/train data.labels=
with 1 "$sentence" data.valid=crash.h5:/train
wrong 1 "$sentence" train good.yaml --run-dir good --resume --set data.valid=crash.h5:/train
wrong 1 "$sentence" bench good.yaml "${sets[@]}"
wrong 1 "$sentence" eval good --data crash.h5:/train
wrong 1 "$sentence" encode good --data crash.h5:/train -o x.h5
wrong 1 "$sentence" reconstruct good --data crash.h5:/train -o x.png
[ ! -e run ] || fail "a run directory was made"
find . -name 'core*' | grep . && fail "a core file was left"
nothing_left

# Sound files work, and errors without a crash are still reported.
wrong 1 'none.h5: No such file' eval good --data none.h5:/train
run 0 3 sound "$elbow" eval good --data data.h5:/good
finish
