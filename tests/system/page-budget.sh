#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Pages that exceed data.memory: the start and train --check refuse them with the same sentence, doctor gives it as advice, and
# each value that it names makes the start succeed. Pages and their unpacking then stay within data.memory.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
"$make_data" write data.h5 /many u8 12800,64 bytes chunk=16
"$make_data" write data.h5 /valid u8 2000,64 bytes
cat >run.yaml <<'Y'
data: {file: data.h5, train: /many, valid: /valid, order: windows, access: stream, page_rows: 64, window_pages: 8}
model: {latent: 2, encoder: [dense: {units: 2}], decoder: [dense: {units: 2}]}
train: {epochs: 0, steps: 1, batch: 512, microbatch: 64}
checkpoint: {every: 0}
samples: {count: 0}
Y

# refused NAME RANKS SETTING...: sets sentence, without the name of the program.
refused() {
    local name=$1 ranks=$2 settings=() setting
    shift 2
    for setting in "$@"; do settings+=(--set "$setting"); done
    run 1 "$ranks" "$name" "$elbow" train run.yaml --run-dir "$name" "${settings[@]}"
    sentence=$(sed -n 's/^elbow: //p' "$name.err")
    [ "$(wc -l <<<"$sentence")" = 1 ] || fail "$name: no single sentence: $(cat "$name.err")"
    [ -e "$name/checkpoints" ] && fail "$name: the run has begun"
    run 1 "$ranks" "$name.check" "$elbow" train run.yaml --run-dir "$name" "${settings[@]}" --check
    grep -qxF "elbow: $sentence" "$name.check.err" || fail "$name: --check says: $(cat "$name.check.err")"
    run 0 "$ranks" "$name.doctor" "$elbow" doctor run.yaml --run-dir "$name" "${settings[@]}"
    tr -s ' \n' ' ' <"$name.doctor.out" | grep -qF "memory: This run would be refused: $sentence." ||
        fail "$name: doctor says: $(cat "$name.doctor.out" "$name.doctor.err")"
    grep -q '^data  *data.h5' "$name.doctor.out" || fail "$name: doctor says nothing else"
}

# followed NAME RANKS KEYS SETTING...: exactly these keys are named, and each named value is tried by itself.
followed() {
    local name=$1 ranks=$2 keys=$3 settings=() advised=() setting advice
    shift 3
    for setting in "$@"; do settings+=(--set "$setting"); done
    refused "$name" "$ranks" "$@"
    [ "$(grep -oE 'data\.[a-z_]+: [0-9]+[a-zA-Z]*( or|\))' <<<"${sentence#*; }" | sed 's/:.*//' | paste -sd' ')" = "$keys" ] ||
        fail "$name: not the cures $keys: $sentence"
    mapfile -t advised < <(grep -oE 'data\.[a-z_]+: [0-9]+[a-zA-Z]*' <<<"${sentence#*; }" | sed 's/: /=/')
    for advice in "${advised[@]}"; do
        run 0 "$ranks" "$name.$advice" "$elbow" train run.yaml --run-dir "$name.$advice" "${settings[@]}" --set "$advice"
        run 0 "$ranks" "$name.$advice.check" "$elbow" train run.yaml --run-dir other "${settings[@]}" --set "$advice" --check
    done
}
followed all 1 "data.memory data.window_pages data.page_rows" data.memory=800kB
followed ranks 2 "data.memory data.window_pages data.page_rows" data.memory=1300kB
followed pages 1 "data.memory data.page_rows" data.memory=800kB data.window_pages=1 data.page_rows=320
followed none 1 "data.memory" data.memory=1kB

# In a job with an unknown number of ranks, and on more nodes, --check refuses nothing that the start would accept.
SLURM_JOB_ID=1 run 0 1 job "$elbow" train run.yaml --set data.memory=800kB --check
SLURM_JOB_ID=1 SLURM_NTASKS=8 SLURM_JOB_NUM_NODES=8 run 0 1 nodes "$elbow" train run.yaml --set data.memory=800kB --check
SLURM_JOB_ID=1 SLURM_NTASKS=8 SLURM_JOB_NUM_NODES=1 run 1 1 node "$elbow" train run.yaml --set data.memory=800kB --check

# Validation rows need memory in addition to data.memory, and the start reports the amount.
run 0 1 beside "$elbow" train run.yaml --run-dir beside --set data.memory=2MB
grep -q '^data: .* a node needs up to 2.0 MB for them and for unpacking (data.memory: 2.0 MB)' beside.out || fail "$(grep '^data' beside.out)"
grep -q '^validation: all rows, 128.0 kB, are in the memory of each node (in addition to data.memory: 2.0 MB)$' beside.out ||
    fail "$(grep '^validation' beside.out)"

# A resume keeps its pages and windows: memory alone can be changed.
run 75 1 first "$elbow" train run.yaml --run-dir first --set data.memory=2MB --set train.steps=3 --set run.stop_after=1
run 1 1 again "$elbow" train run.yaml --run-dir first --resume --set data.memory=800kB --set train.steps=3
grep -qE '; set data\.memory: [0-9]+kB or more, or take more nodes$' again.err || fail "$(cat again.err)"
finish
