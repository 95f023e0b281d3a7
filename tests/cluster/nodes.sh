#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same bits on one host and on two and three with a network between them: even and uneven ranks, one on each, ranks dealt out
# round-robin, with a slow link, and for a run that is stopped and continues elsewhere.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-test.sh"

why=$(why_no_hosts)
[ -z "$why" ] || skip "$why"
"$here/hosts-up" h1 h2 h3 || { fail "the hosts do not come up"; finish; }

"$make_data" write data.h5 /train u8 116,6,6 bytes
"$make_data" write data.h5 /valid u8 19,6,6 bytes seed=9
# Thirteen microbatches a batch, the last one short; several blocks of parameters and messages to a host.
cat >dense.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model:
  latent: 3
  encoder: [dense: {units: 101, activation: tanh}, dense: {units: 97, activation: silu}]
  decoder: [dense: {units: 99, activation: softplus}, dense: {units: 89, activation: tanh}]
train: {epochs: 5, batch: 39, microbatch: 3, optimizer: adamw, weight_decay: 0.1, clip: 0.5, rate: 5.0e-3, schedule: cosine}
eval: {every: 2}
log: {every: 1}
checkpoint: {every: 3, keep: 9}
samples: {every: 3, count: 5}
run: {bucket: 8192}
Y
cat >conv.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model:
  latent: 3
  encoder: [conv2d: {filters: 8, kernel: 3, stride: 2, activation: relu}, dense: {units: 40, activation: relu}]
  decoder: [dense: {units: 40, activation: relu}, dense: {units: 60, activation: relu}]
train: {epochs: 4, batch: 32, microbatch: 4}
checkpoint: {every: 3, keep: 9}
Y

# hosts LIST OPTION... -- argument...: elbow train with these arguments, by mpirun on h1.
hosts() {
    local list=$1 options=()
    shift
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    timeout -k 5 90 "$here/hosts-exec" h1 mpirun --mca plm_rsh_agent "$here/hosts-rsh" --mca mpi_yield_when_idle 1 \
        --bind-to none --host "$list" "${options[@]}" "$elbow" train "$@"
}

# same NAME CONFIG HOSTS SAID OPTION...: as on one rank alone; it says on how many ranks and nodes.
same() {
    local name=$1 config=$2 list=$3 said=$4
    shift 4
    hosts "$list" "$@" -- "$config.yaml" --run-dir "$name" >"$name.out" 2>"$name.err" || { fail "$name: $(tail -n 3 "$name.err")"; return; }
    grep -q ": $said," "$name.out" || fail "$name: not on $said: $(grep '^elbow' "$name.out")"
    same_run "$name" "$config" "$name"
}

for config in dense conv; do run 0 1 $config "$elbow" train $config.yaml --run-dir $config; done
same pair dense h1:1,h2:1 "2 ranks on 2 nodes"
same three dense h1:1,h2:1,h3:1 "3 ranks on 3 nodes"
same uneven dense h1:2,h2:1 "3 ranks on 2 nodes"
same other dense h1:1,h3:3 "4 ranks on 2 nodes"
same dealt dense h1:2,h2:2 "4 ranks on 2 nodes" --map-by node
same dealt-uneven dense h1:2,h2:2,h3:1 "5 ranks on 3 nodes" --map-by node
same conv-dealt conv h1:2,h2:1,h3:1 "4 ranks on 3 nodes" --map-by node
"$here/hosts-shape" h2 20
same slow conv h1:1,h2:1 "2 ranks on 2 nodes"
"$here/hosts-shape" h2 off

# Stopped on three hosts, ended on two others.
hosts h1:1,h2:2,h3:1 --map-by node -- dense.yaml --run-dir moved --set run.stop_after=6 >moved.out 2>&1
grep -q 'stopped after step 6 ' moved.out || fail "moved: $(tail -n 3 moved.out)"
hosts h1:1,h3:1 -- dense.yaml --run-dir moved --resume=auto >moved.out 2>&1 || fail "moved: $(tail -n 3 moved.out)"
same_run moved dense moved
finish
