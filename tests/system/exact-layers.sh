#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Like exact.sh, for layers, draws and the state that is kept beside the weights.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-exact.sh"

# Several draws per sample, over which trained numbers beside the networks sum; dropout and conditions in the decoder.
same drawn "1 3+on 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: 0.2, weights: /weights, condition: {five: /five}}
model:
  latent: 3
  likelihood: {gaussian: {variance: learned}}
  condition: {prior: true, dropout: 0.2}
  encoder: [dense: {units: 9}]
  decoder: [dense: {units: 13, activation: silu}, dropout: 0.2, dense: {units: 9}]
objective: {draws: 3, penalty: [dip: {of: latents}]}
train: {epochs: 2, batch: 40, microbatch: 8}
log: {every: 1}
Y

# Importance-weighted draws, scored again for the numbers beside the networks, including those of a prior.
same weighed "1 3+on 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid, weights: /weights}
model: {latent: 3, prior: {mixture: {components: 4}}, likelihood: {student_t: {scale: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
objective: {bound: {importance: {gradient: dreg}}, draws: 5}
train: {epochs: 2, batch: 40, microbatch: 8}
log: {every: 1}
checkpoint: {every: 3, keep: 9}
Y
run 75 3 weighed.part "$elbow" train weighed.yaml --run-dir weighed.part --set run.stop_after=3
run 0 2 weighed.rest "$elbow" train weighed.yaml --run-dir weighed.part --resume
same_run "weighed, resumed" weighed.1 weighed.part

# Series and volumes, through all layers with places; blocks of several samples.
same time "1 2 3 4 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /series, layout: series, channels: first}
model:
  latent: 3
  likelihood: gaussian
  output_bias: data
  encoder: [conv1d: {filters: 17, kernel: 5, stride: 2, padding: 2, activation: silu}, layer_norm: {}, residual: [conv1d: {filters: 17, kernel: 3, padding: 1}, dropout: 0.1], pool: {}, conv1d: {filters: 3, kernel: 3}, dense: {units: 9}]
  decoder: [dense: {units: 40}, conv_transpose1d: {filters: 9, kernel: 4, stride: 2, padding: 1}, layer_norm: {}, upsample: {}, conv1d: {filters: 2, kernel: 3, padding: 1, activation: none}]
train: {epochs: 2, batch: 23, microbatch: 5}
checkpoint: {every: 1, keep: 9}
samples: {every: 2, count: 6}
Y
same volume "1 3" <<'Y'
data: {file: data.h5, train: /volumes, layout: volume}
model:
  latent: 3
  likelihood: gaussian
  encoder: [conv3d: {filters: 4, kernel: 2, stride: 2}, dense: {units: 9}]
  decoder: [dense: {units: 60}, conv_transpose3d: {filters: 5, kernel: 3, padding: 1}, upsample: {}, conv3d: {filters: 1, kernel: 3, padding: 1, activation: none}]
train: {epochs: 2, batch: 23, microbatch: 5}
samples: {every: 2, count: 6}
Y

run 75 3 time.part "$elbow" train time.yaml --run-dir time.part --set run.stop_after=1
run 0 2 time.rest "$elbow" train time.yaml --run-dir time.part --resume
same_run "time, resumed" time.1 time.part

# Averaged weights beside the trained ones: evaluations and pictures use the averages, training does not.
same averaged "1 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /wide, valid: 0.2}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 0, steps: 8, batch: 40, microbatch: 8, rate: 3.0e-3, average: 0.7, second_moment: 1, optimizer: {rmsprop: {momentum: 0.5}}}
eval: {every: 4}
checkpoint: {every: 4}
samples: {every: 4, count: 4}
Y
run 75 3 averaged.part "$elbow" train averaged.yaml --run-dir averaged.part --set run.stop_after=4
run 0 2 averaged.rest "$elbow" train averaged.yaml --run-dir averaged.part --resume
same_run "averaged, resumed" averaged.1 averaged.part
run 0 1 raw "$elbow" train averaged.yaml --run-dir raw --set train.average=0
diff -q <(grep ',train,' averaged.1/kl.csv) <(grep ',train,' raw/kl.csv) >/dev/null || fail "averages change training"
run 0 2 averaged.eval "$elbow" eval averaged.1 --json
run 0 1 averaged.raw "$elbow" eval averaged.1 --json --raw-weights
for pair in averaged.1:averaged.eval raw:averaged.raw; do
    elbo=$(table_column "${pair%:*}/metrics.csv" elbo | tail -n 1)
    grep -qF "\"elbo\": $elbo," "${pair#*:}.out" || fail "$pair: $elbo is not in $(cat "${pair#*:}.out")"
done

# Layers of all kinds for flat values, some of which draw random numbers.
same layers "1 3+on 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid}
model:
  latent: 3
  encoder: [dense: {units: 19}, residual: {layers: [dense: {units: 11}, dropout: 0.3, layer_norm: {activation: gelu}]}, gated: {units: 17}]
  decoder: [residual: [gated: {units: 13}, residual: [dense: {units: 13}]], dropout: {rate: 0.1}, dense: {units: 11, activation: elu}]
train: {epochs: 2, batch: 24, microbatch: 4}
checkpoint: {every: 5}
samples: {every: 5, count: 4}
Y
run 75 3 layers.part "$elbow" train layers.yaml --run-dir layers.part --set run.stop_after=5
run 0 2 layers.rest "$elbow" train layers.yaml --run-dir layers.part --resume --set train.threads=2
same_run "layers, resumed" layers.1 layers.part

# A model in front of the data: its latents are drawn again in each epoch, from rows that it binarises; pictures go back through
# it. Behind it, a classifier with few labels.
"$make_data" write data.h5 /kinds i64 116 labels
"$make_data" write data.h5 /kinds-valid i64 19 labels seed=9
same front 1 <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid, binarize: sample}
model: {latent: 5, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 1, batch: 24, microbatch: 4}
Y
same through "1 3+on 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid, through: front.1, labels: /kinds, valid_labels: /kinds-valid, labelled: 20}
model: {latent: 3, classifier: [dense: {units: 7}], likelihood: {gaussian: {variance: per_value}}, output_bias: data, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4}
checkpoint: {every: 5}
samples: {every: 5, count: 4}
Y
run 75 3 through.part "$elbow" train through.yaml --run-dir through.part --set run.stop_after=5
run 0 2 through.rest "$elbow" train through.yaml --run-dir through.part --resume
same_run "through, resumed" through.1 through.part
for ranks in 1 3; do
    run 0 $ranks through.sample "$elbow" sample through.1 -n 5 --draw -o "through.$ranks.h5"
    run 0 $ranks through.reconstruct "$elbow" reconstruct through.1 -n 5 -o "again.$ranks.h5"
    run 0 $ranks through.encode "$elbow" encode through.1 -o "codes.$ranks.h5"
    run 0 $ranks "through.$ranks.eval" "$elbow" eval through.1 --json --confusion "taken.$ranks.h5"
done
for name in through again codes taken; do same_file "$name" $name.1.h5 $name.3.h5; done
same_file "figures of a classifier" through.1.eval.out through.3.eval.out
grep -q '"accuracy": .*"confusion": ' through.1.eval.out || fail "no accuracy: $(cat through.1.eval.out)"
run 0 1 front.reconstruct "$elbow" reconstruct front.1 -n 5 -o front.h5
cmp -s <(h5dump -y -d /originals front.h5 | tail -n +3) <(h5dump -y -d /originals again.1.h5 | tail -n +3) ||
    fail "the originals are not those that the model in front of the data sees"
# A resume is refused with other weights in front, or with none.
run 0 1 other "$elbow" train front.yaml --run-dir other --set train.epochs=2
run 1 2 differs "$elbow" train through.yaml --run-dir through.part --resume --set data.through=other --set train.epochs=3
grep -q 'was trained on the latents of another model than other/checkpoints/step-00000010.h5 (the hashes' differs.err ||
    fail "another model: $(cat differs.err)"
mv front.1 elsewhere
run 1 1 gone "$elbow" eval through.1
grep -q '^elbow: data.through: front.1/checkpoints/step-00000005.h5: No such file' gone.err || fail "gone: $(cat gone.err)"

# Pseudo-inputs, whose gradient comes from the sum of their heads' gradients; the last batch has fewer microbatches than ranks.
same vamp "1 2+on 3 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /bits, valid: /bits-valid}
model: {latent: 3, prior: {vamp: {components: 9}}, encoder: [dense: {units: 70}, dense: {units: 70}], decoder: [dense: {units: 60}]}
objective: {draws: 2}
train: {epochs: 2, batch: 28, microbatch: 4, rate: 1.0e-2, clip: 1, average: 0.9}
run: {overlap: 2, bucket: 1000, audit: 3}
log: {every: 2}
checkpoint: {every: 2, keep: 9}
samples: {every: 4, count: 6}
Y
run 75 3 vamp.part "$elbow" train vamp.yaml --run-dir vamp.part --set run.stop_after=2
run 0 2 vamp.rest "$elbow" train vamp.yaml --run-dir vamp.part --resume
same_run "pseudo-inputs, resumed" vamp.1 vamp.part
finish
