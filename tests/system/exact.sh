#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same bits on any number of ranks, on any arrangement of nodes, and with or without prefetching: all files of a run except
# its times. Each case is a configuration; each of its variants is a number of ranks, or ranks:nodes for pretended nodes; +on or
# +off after either sets prefetching.
set -u
kept=$(cd "$(dirname "$0")/../data/sources" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-exact.sh"

# M = 7; the last batch of an epoch is one microbatch: fewer than ranks.
same seven "$all" <<'Y'
data: {file: data.h5, train: /bits, valid: /bits-valid}
model: {latent: 3, encoder: [dense: {units: 17, activation: relu}], decoder: [dense: {units: 13, activation: relu}]}
train: {epochs: 3, batch: 28, microbatch: 4, rate: 1.0e-2}
log: {every: 2}
samples: {every: 4, count: 6}
checkpoint: {every: 2, keep: 9}
Y

# M = 13; the last microbatch is short; all options of an optimiser; several blocks of 4096 parameters.
same thirteen "1 1+on 2+off 3 3:[0,1,0]+on 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid, binarize: sample}
model:
  latent: 3
  encoder: [dense: {units: 101, activation: tanh}, dense: {units: 97, activation: silu}, dense: {units: 1, activation: tanh}]
  decoder: [dense: {units: 3, activation: silu}, dense: {units: 99, activation: softplus}, dense: {units: 89, activation: tanh}]
objective: {beta: 2.0, warmup: 5, free_bits: 0.05}
train: {epochs: 3, batch: 39, microbatch: 3, optimizer: adamw, weight_decay: 0.1, clip: 0.5, rate: 5.0e-3, schedule: cosine, rate_warmup: 3, rate_final: 0.1}
eval: {every: 2}
log: {every: 1}
checkpoint: {every: 4}
samples: {every: 3, count: 5}
Y

# M = 16; a Gaussian with a learned variance; momentum; steps of the rate; more blocks than ranks.
same sixteen "1 2 3:[0,1,0] 4 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /wide}
model:
  latent: 7
  likelihood: gaussian
  learn_variance: true
  output_bias: data
  encoder: [dense: {units: 60, activation: softplus}]
  decoder: [dense: {units: 60, activation: sigmoid}]
train: {epochs: 2, batch: 64, microbatch: 4, optimizer: sgd, momentum: 0.9, rate: 1.0e-4, clip: 100, schedule: step, step_every: 2, step_factor: 0.5}
log: {every: 3}
samples: {every: 2, count: 4}
Y

# M = 7; an optimal variance, to which the short microbatch contributes; its place in the arena has an owner.
same optimal "1 2+off 3+on 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 70, activation: silu}], decoder: [dense: {units: 70, activation: silu}]}
train: {epochs: 3, batch: 50, microbatch: 8, rate: 1.0e-2}
log: {every: 2}
checkpoint: {every: 2, keep: 9}
samples: {every: 4, count: 6}
Y

# Bytes with noise, drawn again in each epoch.
same noisy "1 1+on 3+on 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid, dequantize: true}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, output_bias: data, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4, rate: 1.0e-3}
samples: {every: 4, count: 4}
Y

# A variance from the decoder for each value, and a trained variance for each value.
same predicted "1 3+on 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid}
model: {latent: 3, likelihood: {gaussian: {variance: predicted, floor: 1.0e-3}}, output_bias: data, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 2, batch: 40, microbatch: 8, rate: 3.0e-3}
log: {every: 2}
samples: {every: 4, count: 6}
Y
same per-value "1 3 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /wide}
model: {latent: 3, likelihood: {gaussian: {variance: per_value}}, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 2, batch: 40, microbatch: 8, rate: 3.0e-3}
log: {every: 2}
samples: {every: 4, count: 6}
Y

# Values that are not images; a batch larger than the dataset; free bits alone.
same flat "1 2 4 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid}
model: {latent: 3, likelihood: gaussian, variance: 0.3, encoder: [dense: {units: 9, activation: leaky_relu}, dense: {units: 5, activation: none}], decoder: [dense: {units: 9, activation: sigmoid}]}
objective: {free_bits: 0.5}
train: {epochs: 4, batch: 200, microbatch: 16, optimizer: adam, weight_decay: 0.01}
samples: {every: 3, count: 5}
Y

# Statistics per column, learned over blocks that ranks share, two per node; and a transform that learns nothing.
same each "1 2 4 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /long, valid: /normal-valid, transform: standardize_each}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 0, steps: 6, batch: 64, microbatch: 16}
checkpoint: {every: 3, keep: 9}
samples: {every: 3, count: 5}
Y

same log1p "1 3" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid, factor: 1, offset: 0, transform: log1p}
model: {latent: 3, likelihood: gaussian, output_bias: data, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4, rate: 1.0e-3, clip: 100}
checkpoint: {every: 3, keep: 9}
samples: {every: 3, count: 4}
Y

# A plain autoencoder that selects its best checkpoint by recon; its encoder sees values that are corrupted again in each epoch,
# after a transform that learns.
same plain "1 2 3+on" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid}
model: {latent: 3, posterior: deterministic, input: {transform: standardize_each, corrupt: {salt_and_pepper: 0.3}}, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 2, batch: 50, microbatch: 8, rate: 1.0e-2}
log: {every: 2}
checkpoint: {every: 3, keep: 9}
samples: {every: 3, count: 6}
Y

# A mixture is fitted to the latents that all ranks encode.
for ranks in 1 3; do
    run 0 $ranks plain "$elbow" sample plain.1 -o "plain.$ranks.h5" --fit 3 -n 20
done
same_file "a mixture" plain.1.h5 plain.3.h5

# A run that is stopped and resumed on another number of ranks takes its learned statistics from its checkpoint.
for name in each log1p plain; do
    run 75 3 "$name.resumed" "$elbow" train $name.yaml --run-dir $name.resumed --set run.stop_after=3
    run 0 2 "$name.resumed" "$elbow" train $name.yaml --run-dir $name.resumed --resume
    same_run "$name, resumed" "$name.1" "$name.resumed"
done

# Channels first, of bytes in chunks.
same first "1 2 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /planes, valid: /planes-valid, channels: first}
model: {latent: 3, encoder: [conv2d: {filters: 4, kernel: 2, stride: 2, padding: 0}, dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4}
samples: {every: 4, count: 6}
Y

# Rows in several places: files of a list, their channels, some of their columns, axes in reverse order.
cp "$kept"/part-*.h5 "$kept"/matlab.mat .
model='{latent: 2, likelihood: gaussian, encoder: [dense: {units: 7}], decoder: [dense: {units: 5}]}'
train='{epochs: 2, batch: 24, microbatch: 4}'
same files "1 3 3:[0,1,1]" <<Y
data: {train: "part-*.h5:/x", valid: ["part-1.h5:/x", "part-2.h5:/x"], labels: /type}
model: $model
train: $train
Y
same channels "1 3" <<Y
data: {train: {channels: ["part-*.h5:/u", /v]}}
model: $model
train: $train
Y
same columns "1 3" <<Y
data: {train: "part-*.h5:/x", columns: [[0, 1], 4]}
model: $model
train: $train
Y
same transpose "1 3" <<Y
data: {train: "matlab.mat:/S", transpose: true}
model: $model
train: $train
Y

# Bytes as counts.
same counts "1 2 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid}
model: {latent: 3, likelihood: poisson, output_bias: data, encoder: [dense: {units: 9, activation: tanh}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4, rate: 1.0e-3, clip: 100}
samples: {every: 4, count: 4}
Y

# Sparse rows: the same bits as the same rows stored densely.
"$make_data" write dense.h5 /x f32 120,31 counts
"$build/elbow-test-csr" dense.h5 /x sparse.h5
for kind in dense sparse; do
    mv $kind.h5 cells.h5
    same $kind "1 3 3:[0,1,1]" <<'Y'
data: {file: cells.h5, train: /x, rows: [3, 110], valid: 0.2}
model: {latent: 3, likelihood: poisson, output_bias: data, encoder: [dense: {units: 9, activation: tanh}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4, rate: 1.0e-3, clip: 100}
samples: {every: 4, count: 4}
Y
    same $kind-each "1 3" <<'Y'
data: {file: cells.h5, train: /x, transform: standardize_each}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 0, steps: 3, batch: 24, microbatch: 4}
samples: {every: 3, count: 4}
Y
done
grep -q '^data: cells.h5:/x, 86 samples of 31 float32 from 0 to 7, sparse (' sparse.3.out || fail "not sparse: $(grep ^data: sparse.3.out)"
grep -q ', sparse (' dense.3.out && fail "sparse: $(grep ^data: dense.3.out)"
same_run "sparse and dense" dense.1 sparse.3
same_run "sparse and dense, of each column" dense-each.1 sparse-each.3

# Counts with extra zeros, whose means are shares of their row's total.
same zeros "1 3 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid}
model: {latent: 3, likelihood: {zero_inflated_negative_binomial: {size: total}}, output_bias: data, encoder: [dense: {units: 9, activation: tanh}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4, rate: 1.0e-3, clip: 100}
samples: {every: 4, count: 4}
Y

# Two outputs per value, initialised from the spread of the data; two trained numbers beside the networks.
same levels "1 3" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid}
model: {latent: 3, likelihood: {discretized_logistic: {scale: predicted}}, output_bias: data, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 1, batch: 24, microbatch: 4, rate: 1.0e-3}
Y
same tails "1 3" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid}
model: {latent: 3, likelihood: {student_t: {df: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 1, batch: 24, microbatch: 4, rate: 1.0e-3}
Y

# A linear model on greys made black and white; the bias starts at the mean.
same linear "1 3 4:[0,1,0,1]" <<'Y'
data: {file: data.h5, train: /unit, binarize: threshold, threshold: 0.4}
model: {latent: 2, output_bias: data, encoder: [], decoder: []}
train: {epochs: 2, batch: 20, microbatch: 5, rate: 1.0e-2}
objective: {warmup: 7}
log: {every: 4}
Y

# One row per microbatch, one unit, one dimension; unchanged grey values.
same single "1 2 4 3:[0,1,0]" <<'Y'
data: {file: data.h5, train: /unit}
model: {latent: 1, encoder: [dense: {units: 1, activation: relu}], decoder: [dense: {units: 1, activation: softplus}]}
train: {epochs: 1, batch: 7, microbatch: 1, momentum: 0.0, optimizer: sgd, rate: 1.0e-3}
log: {every: 5}
Y

# A share that is held back, by whole groups, from a part of the rows; weights, over which a learned variance sums.
same share "1 2 4 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /normal, rows: [7, 126], valid: 0.4, groups: /five, weights: /weights, labels: /five}
model: {latent: 3, likelihood: {gaussian: {variance: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
objective: {free_bits: 0.1}
train: {epochs: 2, batch: 20, microbatch: 4}
log: {every: 1}
Y

# A variance computed from the weights of a batch, which are all 0 in some batches.
same weighted "1 3+on 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid, weights: /few}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 0, steps: 25, batch: 3, microbatch: 1}
log: {every: 1}
Y
table_column weighted.1/metrics.csv objective | grep -qxE -- '-?0' || fail "no batch of weight 0"

# Windows of series in chunks, with the channels first.
same series "1 2 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /series, valid: 0.3, channels: first, series: {length: 8, step: 5}}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 20, microbatch: 4}
log: {every: 1}
samples: {every: 2, count: 6}
Y

# Noise instead of a file, in colour, evaluated nowhere.
same noise "1+on 1+off 2+on 3" <<'Y'
data: {synthetic: 75, shape: [3, 5, 3], binarize: sample}
model: {latent: 5, encoder: [dense: {units: 31}], decoder: [dense: {units: 31}]}
train: {epochs: 0, steps: 7, batch: 32, microbatch: 8, clip: 0.1}
Y

# A condition in every layer, with a prior of its own and dropout: classes, some unknown, and a number.
same condition "1 3" <<'Y'
data: {file: data.h5, train: /normal, valid: 0.2, condition: {batch: /batch, dose: /weights}}
model:
  latent: 3
  likelihood: {gaussian: {variance: optimal}}
  condition: {every_layer: true, prior: true, dropout: 0.2}
  encoder: [dense: {units: 17}, gated: {units: 9}]
  decoder: [dense: {units: 13}]
train: {epochs: 2, batch: 32, microbatch: 4, rate: 1.0e-2}
checkpoint: {every: 2, keep: 9}
samples: {every: 4, count: 8}
Y

# A run that is stopped and resumed elsewhere is the same run: the checkpoint holds the values of the previous step.
for case in optimal:3 predicted:4 condition:4; do # after an epoch, which ends with a checkpoint anyway
    name=${case%:*}
    run 75 3 "$name.part" "$elbow" train "$name.yaml" --run-dir "$name.part" --set run.stop_after="${case#*:}"
    run 0 2 "$name.rest" "$elbow" train "$name.yaml" --run-dir "$name.part" --resume --set train.threads=2
    same_run "$name, resumed" "$name.1" "$name.part"
done

# Likelihoods of columns: two with an optimal variance, numbers for each value, totals.
same mixed "1 3+on 4:[0,1,0,1]" <<'Y'
data: {synthetic: 93, shape: [14]}
model:
  latent: 3
  likelihood:
    - binomial: {columns: [0, 3], n: 3}
    - gaussian: {columns: [[4, 5], [9, 9]], variance: optimal}
    - gaussian: {columns: [[6, 8], [12, 13]], variance: optimal}
    - negative_binomial: {columns: [10, 11], size: total}
  output_bias: data
  encoder: [dense: {units: 19, activation: tanh}]
  decoder: [dense: {units: 19, activation: tanh}]
train: {epochs: 2, batch: 24, microbatch: 4, rate: 3.0e-3}
checkpoint: {every: 5}
samples: {every: 5, count: 4}
Y
run 75 3 mixed.part "$elbow" train mixed.yaml --run-dir mixed.part --set run.stop_after=5
run 0 2 mixed.rest "$elbow" train mixed.yaml --run-dir mixed.part --resume --set train.threads=2
same_run "mixed, resumed" mixed.1 mixed.part
[ -n "$(table_column mixed.1/metrics.csv variance_2 | tail -n 1)" ] || fail "metrics.csv has no variance_2"

# Dropped counts, in rows whose sizes the data give; missing counts do not change the shares of the others.
"$make_data" write data.h5 /few-counts u8 93,7 bits
"$make_data" write data.h5 /few-counts-known u8 93,7 bits seed=3
"$make_data" write data.h5 /sizes f64 93 values "values=$(for row in {1..93}; do echo $((3 + row % 5)).5; done | paste -sd,)"
same sizes "1 3+on 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /few-counts, valid: 0.3, size: /sizes, mask: /few-counts-known}
model: {latent: 3, likelihood: {zero_inflated_negative_binomial: {size: data}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4}
checkpoint: {every: 3}
samples: {every: 3, count: 4}
Y
run 75 3 sizes.part "$elbow" train sizes.yaml --run-dir sizes.part --set run.stop_after=3
run 0 2 sizes.rest "$elbow" train sizes.yaml --run-dir sizes.part --resume
same_run "sizes, resumed" sizes.1 sizes.part

# Missing values: the encoder sees their mask; completions of them.
"$make_data" write data.h5 /gaps f32 133,11 normal gaps=0.4
same gaps "1 3+on 3:[0,1,1]" <<'G'
data: {file: data.h5, train: /gaps, valid: 0.2, missing: nan, transform: standardize_each}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, output_bias: data, input: {mask: true}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 0, steps: 8, batch: 40, microbatch: 8}
checkpoint: {every: 4}
G
run 75 3 gaps.part "$elbow" train gaps.yaml --run-dir gaps.part --set run.stop_after=4
run 0 2 gaps.rest "$elbow" train gaps.yaml --run-dir gaps.part --resume
same_run "gaps, resumed" gaps.1 gaps.part
for ranks in 1 3; do
    run 0 $ranks gaps.filled.$ranks "$elbow" impute gaps.1 -o gaps.$ranks.h5 --data data.h5:/gaps --importance 20 --draws 3 --hide 0.3
    run 0 $ranks gaps.hidden.$ranks "$elbow" eval gaps.1 --hide 0.3 --importance 5 --json
done
same_file "gaps, filled" gaps.1.h5 gaps.3.h5
same_file "gaps, hidden" gaps.hidden.1.out gaps.hidden.3.out

# Rows that see each other, and a KL that uses the previous step, which is in the checkpoint; a full covariance.
same coupled "1 3 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid, weights: /weights}
model: {latent: 3, prior: {mixture: {components: 4}}, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
objective: {kl: {parts: {}}, penalty: [dip: {of: latents}]}
train: {epochs: 2, batch: 40, microbatch: 8, schedule: {pieces: [[1, 0.01], [1, 0.001]]}}
log: {every: 1}
Y
same back "1 3:[0,1,1]" <<'Y'
data: {file: data.h5, train: /normal, valid: /normal-valid}
model: {latent: 3, posterior: {full: {least_log_variance: -0.3}}, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
objective: {kl: {capacity: {weight: 10, from: 1, to: 3, steps: 5}}, penalty: [mmd: {weight: 10}]}
train: {epochs: 2, batch: 40, microbatch: 8}
log: {every: 3}
checkpoint: {every: 2, keep: 9}
Y
run 75 3 back.part "$elbow" train back.yaml --run-dir back.part --set run.stop_after=2
run 0 2 back.rest "$elbow" train back.yaml --run-dir back.part --resume
same_run "back, resumed" back.1 back.part
for ranks in 1 3; do
    run 0 $ranks back.codes.$ranks "$elbow" encode back.1 -o back.$ranks.h5
    run 0 $ranks back.parts.$ranks "$elbow" eval back.1 --kl-parts --json
done
same_file "back, encoded" back.1.h5 back.3.h5
same_file "back, parts of the KL" back.parts.1.out back.parts.3.out

# Classes that are summed out; some of the rows have a class.
same classes "1 2 3:[0,1,1]" <<'Y'
data: {train: "part-*.h5:/x", labels: /type, valid: ["part-1.h5:/x", "part-2.h5:/x"]}
model: {latent: 3, likelihood: gaussian, classifier: [dense: {units: 7}], encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 12, microbatch: 3}
checkpoint: {every: 2, keep: 9}
Y
run 75 3 classes.part "$elbow" train classes.yaml --run-dir classes.part --set run.stop_after=2
run 0 2 classes.rest "$elbow" train classes.yaml --run-dir classes.part --resume
same_run "classes, resumed" classes.1 classes.part

# The runs have the features that their settings request.
grep -q '^data: collated ahead of the step, by one more thread a rank$' seven.2+on.out || fail "no thread: $(cat seven.2+on.out)"
grep -q '^data: collated in the step (run.prefetch: off)$' seven.2+off.out || fail "a thread: $(cat seven.2+off.out)"

# Two runs with different seeds differ in every file: the comparison can fail.
run 0 2 other "$elbow" train seven.yaml --run-dir other --set seed=2
for file in kl.csv checkpoints/step-00000009.h5 samples/step-00000008.png samples/reconstruction-00000008.png; do
    [ -s "other/$file" ] || fail "the other seed's run has no $file"
    cmp -s "seven.1/$file" "other/$file" && fail "$file is the same with another seed"
done
diff -q <(columns seven.1/metrics.csv) <(columns other/metrics.csv) >/dev/null && fail "metrics.csv: as before"
finish
