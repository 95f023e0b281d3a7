#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A linear Gaussian VAE is probabilistic PCA, whose largest log-likelihood is known in closed form (Tipping and Bishop
# 1999): elbow-test-ppca computes it in double precision from the data alone. The posterior of that model is Gaussian,
# and diagonal in a rotation of z, so that the ELBO can reach the log-likelihood and must not exceed it. One misplaced
# factor of 2, 2 pi or the number of values anywhere between file and figure makes the two differ.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
exact=$build/elbow-test-ppca shapes=$build/elbow-shapes
[ -x "$exact" ] || skip "elbow-test-ppca is not built"
[ -x "$shapes" ] || skip "elbow-shapes is not built"
limit=$((150 * patience))

mean() { "$make_data" print "$1" "$2" | awk '{ sum += $1 } END { printf "%.17g\n", sum / NR }'; }

# reaches NAME DATASET LATENT EPOCHS: training comes within one nat of the exact value and not above it.
reaches() {
    local name=$1 dataset=$2 latent=$3 epochs=$4 best elbo bound error
    # The cosine removes the noise of the large rate at the end; a third of the rate needs twice the steps for the same gap.
    cat >"$name.yaml" <<Y
data: {file: $name.h5, train: $dataset, valid: $dataset}
model: {latent: $latent, likelihood: gaussian, learn_variance: true, variance: 0.05, output_bias: data, encoder: [], decoder: []}
train: {epochs: $epochs, batch: 256, microbatch: 128, optimizer: adam, rate: 1.0e-2, schedule: cosine}
eval: {every: 1000}
checkpoint: {every: 0, best: false}
samples: {every: 0, count: 4}
Y
    best=$("$exact" "$name.h5" "$dataset" "$latent") || { fail "$name: no exact value"; return; }
    run 0 2 "$name.train" "$elbow" train "$name.yaml" --run-dir "$name" || return
    run 0 2 "$name.eval" "$elbow" eval "$name" --json || return
    run 0 2 "$name.encode" "$elbow" encode "$name" --data "$name.h5" -o "$name.rows.h5" --importance 20 || return
    elbo=$(value "$name.eval.out" elbo)
    bound=$(mean "$name.rows.h5" /log_likelihood)
    # The ELBO has one z for each row. Its rows differ from their log-likelihoods, which 20 samples estimate well enough
    # here, by that draw alone. A mean of four standard errors has a probability of 1 in 16,000, and the draws are keyed.
    error=$(paste -d ' ' <("$make_data" print "$name.rows.h5" /elbo) \
        <("$make_data" print "$name.rows.h5" /log_likelihood) | awk '{ d = $1 - $2; s += d; q += d * d }
        END { printf "%.17g", sqrt((q / NR - s * s / NR / NR) / NR) }')
    holds "$error > 0 && $error < 0.25" || fail "$name: a sampling error of $error is useless for a test"
    holds "$elbo >= $best - 1" || fail "$name: the trained ELBO is $elbo, more than 1 nat below the exact $best"
    holds "$elbo <= $best + 4 * $error" || fail "$name: the ELBO is $elbo (+- $error), above the exact $best"
    holds "$bound <= $best + 4 * $error" || fail "$name: 20 samples tell $bound (+- $error), above the exact $best"
    holds "$bound >= $elbo - 4 * $error" || fail "$name: 20 samples tell $bound, less than the ELBO, $elbo"
}

# The exact value in a case with a second formula: sigma covers one of two dimensions, so any Gaussian fits, and log L / N = -(ln
# 2 pi + 1 + ln |S| / 2) with S the covariance.
"$make_data" write plane.h5 /rows f64 500,2 normal
plane=$("$make_data" print plane.h5 /rows | awk -F, '{ x += $1; y += $2; xx += $1 * $1; xy += $1 * $2; yy += $2 * $2 }
    END { x /= NR; y /= NR; det = (xx / NR - x * x) * (yy / NR - y * y) - (xy / NR - x * y) ^ 2
          printf "%.12f", -(log(2 * atan2(0, -1)) + 1 + log(det) / 2) }')
holds "($plane - $("$exact" plane.h5 /rows 1)) ^ 2 < 1e-16" || fail "the exact value of a plane is not $plane"

"$make_data" write numbers.h5 /rows f32 2000,11 normal
reaches numbers /rows 2 250
"$shapes" -o shapes.h5 -n 3000 -t 1 --size 32 >shapes.out 2>&1 || fail "elbow-shapes: $(cat shapes.out)"
reaches shapes /train/images 10 400
finish
