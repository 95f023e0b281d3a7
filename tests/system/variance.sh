#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The variance of a Gaussian: an optimal variance is the residual of the previous step and comes from the checkpoint, never from
# the evaluated data; a start far below the residual is reported.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /x f32 133,11 normal
"$make_data" write data.h5 /other f32 40,11 normal seed=9

cat >optimal.yaml <<'Y'
data: {file: data.h5, train: /x, valid: /other}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 0, steps: 40, batch: 32, microbatch: 8, rate: 1.0e-2}
log: {every: 1}
samples: {count: 0}
Y

# near WHAT A B: equal up to a float's rounding of the logarithm.
near() { awk -v a="$2" -v b="$3" 'BEGIN { exit !(a > 0 && b > 0 && a / b < 1 + 1e-5 && b / a < 1 + 1e-5) }' || fail "$1: $2 and $3"; }

run 0 2 optimal "$elbow" train optimal.yaml --run-dir optimal
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $at["split"] == "train" { print $at["variance"], $at["residual"] }' \
    optimal/metrics.csv >steps
[ "$(wc -l <steps)" = 40 ] || fail "there are $(wc -l <steps) rows of training"
before=""
while read -r variance residual; do
    [ -z "$before" ] || near "a step's variance and the residual before" "$variance" "$before"
    before=$residual
done <steps
# The first variance is the data's: that of all values about their mean.
deviation=$("$elbow" train optimal.yaml --run-dir learned --set model.likelihood.gaussian.variance=learned --set train.steps=1 2>/dev/null >/dev/null
    table_column learned/metrics.csv variance | head -n 1)
near "where optimal and learned start" "$(head -n 1 steps | cut -d' ' -f1)" "$deviation"
awk -v v="$deviation" 'BEGIN { exit !(v > 0.05 && v < 5 && v != 1) }' || fail "the data have a variance of $deviation"

# eval uses the variance that training left, for any data.
for data in /x /other; do
    run 0 1 eval "$elbow" eval optimal --data "data.h5:$data" --json
    near "variance of eval on $data" "$(value eval.out variance)" "$before"
    run 0 3 eval3 "$elbow" eval optimal --data "data.h5:$data" --json
    same_file "eval on $data" eval.out eval3.out
    # For a Gaussian: the squares over twice the variance, and R^2.
    awk -v d="$(value eval.out deviance)" -v r="$(value eval.out residual)" -v v="$(value eval.out variance)" \
        'BEGIN { w = 11 * r / (2 * v); exit !(d > 0 && d / w < 1 + 1e-6 && w / d < 1 + 1e-6) }' || fail "deviance: $(cat eval.out)"
    awk -v e="$(value eval.out explained_deviance)" 'BEGIN { exit !(e > -1 && e < 1) }' || fail "explained: $(cat eval.out)"
    run 0 2 words "$elbow" eval optimal --data "data.h5:$data"
    grep -qE '^residual +[0-9.e-]+$' words.out || fail "eval does not tell the residual: $(cat words.out)"
done
grep -qE 'valid elbo .*, variance [0-9.e-]+, residual [0-9.e-]+, ' optimal.out || fail "the log has no variance: $(grep valid optimal.out)"

# A start that is far too low is reported once; other starts are not.
sets=(--set model.likelihood.gaussian.variance=learned --set train.steps=3 --set train.on_nan=skip)
run 0 1 low "$elbow" train optimal.yaml --run-dir low "${sets[@]}" --set model.likelihood.gaussian.start=1e-5
[ "$(grep -c 'the variance starts at 1e-05, far below the mean square residual of the first step' low.err)" = 1 ] || fail "no warning: $(cat low.err)"
run 0 1 near "$elbow" train optimal.yaml --run-dir near "${sets[@]}" --set model.likelihood.gaussian.start=0.1
grep -q 'far below' near.err && fail "a warning of a start of 0.1: $(cat near.err)"
run 0 1 old "$elbow" train optimal.yaml --run-dir old --set model.likelihood=gaussian --set model.learn_variance=true \
    --set model.variance=1e-5 --set train.steps=2 --set train.on_nan=skip
grep -q 'replace model.learn_variance by model.likelihood: {gaussian: {variance: learned}}' old.err || fail "no cure: $(cat old.err)"
grep -q 'the variance starts at 1e-05' old.err || fail "no warning of model.variance: $(cat old.err)"

# A run that diverges while all its numbers stay finite reports this once, the same on any number of ranks, with or without
# validation data; a run that learns does not.
cat >wide.yaml <<'Y'
data: {file: data.h5, train: /x, valid: /other, transform: standardize}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 32}, dense: {units: 32}],
    decoder: [dense: {units: 32}, dense: {units: 32}]}
train: {epochs: 9, batch: 32, microbatch: 8, rate: 2.0}
samples: {count: 0}
Y
diverging='warning: step [0-9]+: the mean square residual of the DATA, [0-9.e+]+, is [0-9.e+]+ times the variance of the data .*train.rate, .*train.clip'
for ranks in 1 3; do
    run 0 $ranks wide "$elbow" train wide.yaml --run-dir wide.$ranks
    [ "$(grep -cE "${diverging/DATA/validation data}" wide.err)" = 1 ] || fail "a run that diverges: $(cat wide.err)"
    grep -oE 'warning: step .*' wide.err >said.$ranks
done
same_file "what is said of a run that diverges" said.1 said.3
run 0 2 wide "$elbow" train wide.yaml --run-dir wide.alone --set data.valid=null
[ "$(grep -cE "${diverging/DATA/last batch}" wide.err)" = 1 ] || fail "a run that diverges without validation data: $(cat wide.err)"
# At its last step a single evaluation is enough.
run 0 1 short "$elbow" train wide.yaml --run-dir short --set train.epochs=1
grep -qE "${diverging/DATA/validation data}" short.err || fail "a short run that diverges: $(cat short.err)"
run 0 1 fair "$elbow" train wide.yaml --run-dir fair --set train.rate=0.003
! grep -q 'training diverges' fair.err || fail "a run that learns diverges: $(cat fair.err)"
# A run that has hardly begun to learn, from values of small variance, does not, either.
run 0 1 begun "$elbow" train wide.yaml --run-dir begun --set train.epochs=2 --set train.rate=1e-6 --set data.transform=none --set data.factor=0.01
! grep -q 'training diverges' begun.err || fail "a run that has hardly begun diverges: $(cat begun.err)"
# Validation data that are far from the training data are no fault of training.
"$make_data" write data.h5 /far f32 40,11 bytes seed=9
run 0 1 far "$elbow" train wide.yaml --run-dir far --set data.valid=/far --set train.rate=0.003
! grep -q 'training diverges' far.err || fail "validation data of another kind: $(cat far.err)"

# Parts have no common variance for a comparison.
sed 's/likelihood: {gaussian: .*}}, enc/likelihood: [gaussian: {columns: [0, 7], variance: optimal}, laplace: {columns: [8, 10]}], enc/' \
    wide.yaml >parts.yaml
run 0 1 parts "$elbow" train parts.yaml --run-dir parts --set train.rate=1
! grep -q 'training diverges' parts.err || fail "parts of a sample: $(cat parts.err)"

# Numbers of a likelihood are empty if it has none.
run 0 1 none "$elbow" train optimal.yaml --run-dir none --set model.likelihood=bernoulli --set data.binarize=threshold --set train.steps=2
[ -z "$(table_column none/metrics.csv variance | tr -d '\n')" ] || fail "a Bernoulli has a variance"

# Each wrong value is refused in one sentence.
wrong() {
    run 2 1 wrong "$elbow" config optimal.yaml --set "model.likelihood=$1"
    grep -qF "$2" wrong.err || fail "$1: $(cat wrong.err)"
}
wrong '{gaussian: {variance: best}}' "found 'best', expected a number above 0, optimal, learned, {learned: START}, per_value, predicted"
wrong '{gaussian: {variance: 0}}' "'0' is out of bounds, expected a number above 0"
wrong '{gaussian: {variance: optimal, floor: 0}}' "'0' is out of bounds, expected a number above 0"
wrong '{gaussian: {variance: learned, start: -1}}' "'-1' is out of bounds, expected a number above 0, or null"
wrong '{gaussian: {variance: learned, start: 1e-9}}' "model.likelihood.gaussian.start: 1e-09 is below the floor, 1e-06"
wrong '{gaussian: {variance: predicted, start: 1}}' "model.likelihood.gaussian.start: is for variance: learned"
wrong '{gaussian: {variance: 2, floor: 0.1}}' "model.likelihood.gaussian.floor: a variance that is given as a number has none"
finish
