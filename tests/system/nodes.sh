#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two pretended nodes with different files of one name: one sentence, one status, and no rank waits forever.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

mkdir a b
cat >run.yaml <<'Y'
data: {file: data.h5, train: /x}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {epochs: 1, batch: 20, microbatch: 10}
run: {nodes: [0, 1]}
Y
for node in a b; do
    "$make_data" write $node/data.h5 /same f32 1500,4 normal
    "$make_data" write $node/data.h5 /twice f32 1500,4 unit
done
"$make_data" write a/data.h5 /x f32 50,4 normal
"$make_data" write b/data.h5 /x f32 40,4 normal
"$make_data" write a/data.h5 /rows f32 2000,4 normal
"$make_data" write b/data.h5 /rows f32 1500,4 normal
"$make_data" write a/data.h5 /labels u8 2000 labels
"$make_data" write b/data.h5 /labels u8 1500 labels
"$make_data" write a/data.h5 /valid f32 1500,4 unit
"$make_data" write b/data.h5 /valid u8 1500,4 bytes
"$make_data" write a/data.h5 /scaled f32 100,4 normal
"$make_data" write b/data.h5 /scaled f32 100,4 normal factor=3
"$make_data" write a/data.h5 /value f32 100,4 normal
"$make_data" write b/data.h5 /value f32 100,4 normal seed=2

# Each rank runs in the directory of its node. (Open MPI 5.0.7 crashes with two programs that have a --wdir each.)
cat >apart <<S
#!/bin/sh
if [ "\$OMPI_COMM_WORLD_RANK" = 0 ]; then cd "$work/a"; else cd "$work/b"; fi
exec "\$@"
S
chmod +x apart

differs() { # DATASET SENTENCE KEY=VALUE...
    local dataset=$1 sentence=$2 sets=() word status
    shift 2
    for word; do sets+=(--set "$word"); done
    set -- "$elbow" train "$work/run.yaml" --run-dir run "${sets[@]}"
    timeout -k 5 "$limit" mpirun --oversubscribe --bind-to none -n 2 "$work/apart" "$@" >out 2>err
    status=$?
    [ "$status" = 1 ] || fail "$dataset: exit status $status, expected 1: $(cat err)"
    [ "$(grep -c '^elbow: ' err)" = 1 ] || fail "$dataset: not one sentence: $(cat err)"
    grep -q "^elbow: data.h5:$dataset: the nodes have read different data: $sentence" err || fail "$dataset: $(cat err)"
    if [ -e a/run/checkpoints ] || [ -e b/run ]; then fail "$dataset: something was written"; fi
    rm -rf a/run b/run
}
differs /x "its shape, type or attributes differ"
differs /rows "its shape, type or attributes differ" data.train=/rows data.labels=/labels
differs /valid "its shape, type or attributes differ" data.train=/twice data.valid=/valid
differs /scaled "its shape, type or attributes differ" data.train=/scaled
differs /value "the first differences are in rows 0 to 1, as rank 0 counts them" data.train=/value
finish
