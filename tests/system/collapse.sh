#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A run whose decoder ignores the latents gets one warning with advice; a healthy run, or one that is still warming up, gets none.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 64,5,6 bytes
"$make_data" write data.h5 /valid u8 17,5,6 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 40}], decoder: [dense: {units: 40}]}
train: {epochs: 100, batch: 16, microbatch: 4, rate: 0.01}
eval: {every: 40}
checkpoint: {every: 0, best: false}
samples: {count: 0}
Y
warnings() { grep -c "elbow: warning: none of the 3 latent dimensions .*posterior collapse.*objective.warmup" "$1.err"; }

run 0 2 collapsed "$elbow" train run.yaml --run-dir collapsed --set objective.beta=100
[ "$(warnings collapsed)" = 1 ] || fail "a collapse causes $(warnings collapsed) warnings"
run 0 2 warming "$elbow" train run.yaml --run-dir warming --set objective.beta=100 --set objective.warmup=400
[ "$(warnings warming)" = 0 ] || fail "a warning of a collapse while beta still rises"
run 0 2 free "$elbow" train run.yaml --run-dir free --set objective.beta=100 --set objective.free_bits=0.05
[ "$(warnings free)" = 0 ] || fail "the advice does not help"
# A sampled KL has no share per dimension, so the means show the collapse.
run 0 1 sampled "$elbow" train run.yaml --run-dir sampled --set model.prior.mixture=2 --set train.optimizer=adamw --set train.weight_decay=90
grep -q 'warning: none of the 3 latent dimensions has a mean that varies .*posterior collapse' sampled.err ||
    fail "no warning of a collapse: $(cat sampled.err)"
grep -q '^model: the KL is estimated' sampled.out || fail "how the KL is found: $(cat sampled.out)"
run 0 1 sampled.eval "$elbow" eval sampled
grep -Eq '^kl +-?[0-9.]+ \+- [0-9.e-]+ estimated from one draw of z$' sampled.eval.out || fail "eval: $(cat sampled.eval.out)"
run 0 1 sampled.json "$elbow" eval sampled --json
grep -q '"kl_is": "sampled"' sampled.json.out || fail "eval --json: $(cat sampled.json.out)"
run 0 1 exact.json "$elbow" eval collapsed --json
grep -q '"kl_is": "exact"' exact.json.out || fail "eval --json: $(cat exact.json.out)"
finish
