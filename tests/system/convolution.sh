#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Convolutional models: the same bits on any number of ranks and after a resume, every subcommand on their checkpoints, and the
# errors for layers and data that do not fit.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /bits u8 60,9,7 bits
"$make_data" write data.h5 /bits-valid u8 21,9,7 bits seed=9
"$make_data" write data.h5 /colour u8 52,12,8,3 bytes
"$make_data" write data.h5 /colour-valid u8 17,12,8,3 bytes seed=9
"$make_data" write data.h5 /flat u8 40,63 bits

# Odd sizes, output padding, a conv2d as the output layer; M = 7, the last microbatch is short.
cat >odd.yaml <<'Y'
data: {file: data.h5, train: /bits, valid: /bits-valid}
model:
  latent: 3
  output_bias: data
  encoder:
    - conv2d: {filters: 5, kernel: 3, stride: 2, padding: 1, activation: silu}
    - conv2d: {filters: 18, kernel: 2, activation: tanh}
    - dense: {units: 11}
  decoder:
    - dense: {units: 40, activation: tanh}
    - conv_transpose2d: {filters: 17, kernel: 3, stride: 2, padding: 1, activation: softplus}
    - conv2d: {filters: 1, kernel: 3, padding: 1, activation: none}
train: {epochs: 3, batch: 27, microbatch: 4, rate: 1.0e-2, clip: 1.0}
log: {every: 1}
samples: {every: 4, count: 6}
checkpoint: {every: 2, keep: 9}
Y

# Colour, a Gaussian with a learned variance, more channels than a vector has elements.
cat >colour.yaml <<'Y'
data: {file: data.h5, train: /colour, valid: /colour-valid}
model:
  latent: 4
  likelihood: gaussian
  learn_variance: true
  output_bias: data
  encoder:
    - conv2d: {filters: 20, kernel: 4, stride: 2, padding: 1}
    - dense: {units: 19}
  decoder:
    - dense: {units: 120}
    - conv_transpose2d: {filters: 20, kernel: 4, stride: 2, padding: 1}
    - conv_transpose2d: {filters: 3, kernel: 4, stride: 2, padding: 1, activation: none}
train: {epochs: 3, batch: 26, microbatch: 2, optimizer: adamw, weight_decay: 0.1, rate: 5.0e-3}
log: {every: 1}
samples: {every: 3, count: 5}
Y

# Layers without tensors, at both ends of both networks, and the others of the table.
cat >layers.yaml <<'Y'
data: {file: data.h5, train: /colour, valid: /colour-valid}
model:
  latent: 5
  likelihood: gaussian
  encoder:
    - pool: {size: 2, kind: mean}
    - conv2d: {filters: 17, kernel: 3, padding: 1, activation: none}
    - layer_norm: {activation: gelu}
    - residual: [conv2d: {filters: 12, kernel: 3, stride: 2, padding: 1}, layer_norm]
    - pool: {size: 2, stride: 1}
    - gated: {units: 21}
    - layer_norm: {}
  decoder:
    - gated: {units: 36}
    - upsample: {factor: 2}
    - residual: [conv2d: {filters: 4, kernel: 3, padding: 1}, dropout: 0.2]
    - conv2d: {filters: 9, kernel: 3, padding: 1, activation: elu}
    - layer_norm: {activation: hard_tanh}
    - upsample: {factor: 2}
    - conv2d: {filters: 3, kernel: 3, padding: 1, activation: none}
train: {epochs: 3, batch: 26, microbatch: 2, rate: 5.0e-3}
log: {every: 1}
samples: {every: 3, count: 5}
Y
for name in odd colour layers; do
    for variant in 1 2 3 4 "3:[0,1,0]"; do
        nodes=()
        [ "${variant%%:*}" = "$variant" ] || nodes=(--set "run.nodes=${variant#*:}" --set run.bucket=1)
        run 0 "${variant%%:*}" "$name.$variant" "$elbow" train "$name.yaml" --run-dir "$name.$variant" "${nodes[@]}" ||
            continue
        [ "$variant" = 1 ] || same_run "$name" "$name.1" "$name.$variant"
    done
done

# A resume on another number of ranks.
run 75 2 half "$elbow" train odd.yaml --run-dir half --set run.stop_after=3
run 0 3 rest "$elbow" train --resume odd.yaml --run-dir half
last=$(basename "$(find odd.1/checkpoints -name 'step-*' | sort | tail -n 1)")
same_file "a resumed run" "odd.1/checkpoints/$last" "half/checkpoints/$last"

run 0 2 eval "$elbow" eval colour.1 --json --importance 5
grep -q '"log_likelihood"' eval.out || fail "eval prints no log_likelihood"
run 0 1 encode "$elbow" encode odd.1 --data data.h5:/bits-valid -o z.h5
run 0 1 sample "$elbow" sample colour.1 -o samples.png -n 4
run 0 1 reconstruct "$elbow" reconstruct odd.1 -o pairs.png -n 4
run 0 1 info "$elbow" info odd.1
grep -q 'decoder.head/weight  *3 x 3 x 17 x 1' info.out || fail "info does not show the output layer's weights"

# misfit TEXT --set...: status 2 and one line that contains the text.
misfit() {
    local text=$1
    shift
    run 2 2 misfit "$elbow" train odd.yaml --run-dir misfit "$@" || return
    grep -qE "$text" misfit.err || { fail "no word of '$text':"; cat misfit.err; }
}
misfit 'model.encoder.0: a conv2d needs samples with a height and a width; for flat rows of images, or rows with further axes of length 1, set data.shape: .height, width, channels.' --set data.train=/flat --set data.valid=
misfit 'model.decoder.1: the 41 values before this conv_transpose2d cannot become 5 x 4 x channels' \
    --set model.decoder.0.dense.units=41
misfit 'model.decoder.2: the last conv2d is the output layer and must give 9 x 7 x 1 .* but gives 9 x 7 x 2' \
    --set model.decoder.2.conv2d.filters=2
misfit 'model.encoder.0: a conv1d needs series, and the samples are images of 9 x 7 x 1 .*; data.layout: series declares' \
    --set 'model.encoder=[conv1d: {filters: 2, kernel: 3}]'
misfit 'model.encoder.0: a conv3d needs volumes; if samples are volumes, set data.layout: volume' \
    --set 'model.encoder=[conv3d: {filters: 2, kernel: 3}]' --set data.train=/flat --set data.valid=
misfit 'the output layer, which has no activation' --set model.decoder.2.conv2d.activation=relu
run 0 1 flat "$elbow" train odd.yaml --run-dir flat --set data.train=/flat --set data.valid= --set data.shape=[9,7] \
    --set train.epochs=1
finish
