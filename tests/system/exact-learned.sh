#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Statistics that a run learns from all rows at its start: one pass over the rows, and the same bits for any place of the rows and
# any number of ranks.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-exact.sh"
"$make_data" write data.h5 /unit-mask u8 90,6,6 bits seed=4 chunk=13
write_many

# Learning at the start reads all rows once, and the log reports this; without a learned transform the start inspects 256 of the
# 800 pages, three times, or six times with log1p.
declare -A plain
for ranks in 1 3; do plain[$ranks]=$(bytes_read $ranks 1 plain --set model.likelihood=gaussian); done
grep -q 'reading all' plain.1.1.out && fail "a pass for nothing: $(grep 'reading all' plain.1.1.out)"
# learns NAME RANKS PASSES SPARED ARGUMENT...: with a learned transform, no pages are inspected beforehand.
learns() {
    local name=$1 ranks=$2 passes=$3 spared=$4 learned
    learned=$(bytes_read "$ranks" 1 "$name" --set model.likelihood=gaussian "${@:5}")
    [ "$(grep -c 'data: reading all 12800 rows for' "$name.$ranks.1.out")" = "$passes" ] ||
        fail "$name, $passes passes: $(grep 'reading all' "$name.$ranks.1.out")"
    holds "($learned - ${plain[$ranks]}) / 819200 + $spared <= 1.1 * $passes" ||
        fail "$name: $ranks ranks read $learned bytes, ${plain[$ranks]} without it, in $passes passes over 819200"
}
bias=(--set model.output_bias=data)
learns start 3 1 0 "${bias[@]}"
learns log1p-bias 1 1 -0.96 --set data.transform=log1p "${bias[@]}"
for transform in minmax standardize standardize_each; do
    learns $transform 3 1 0.96 --set data.transform=$transform
    learns $transform-bias 1 1 0.96 --set data.transform=$transform "${bias[@]}"
done
learns input 1 1 0.96 --set model.input.transform=standardize
learns both 3 1 0.96 --set data.transform=log1p --set model.input.transform=standardize "${bias[@]}"
grep -qx 'data: reading all 12800 rows for data.transform: standardize_each and model.output_bias: data' standardize_each-bias.1.1.out ||
    fail "$(grep 'reading all' standardize_each-bias.1.1.out)"
# A threshold for values that are unknown until the transform is learned.
learns threshold 3 2 0.96 --set data.transform=standardize --set model.likelihood=bernoulli --set data.binarize=threshold "${bias[@]}"
grep -q 'data.transform: standardize and model.output_bias: data: pass 2 of 2$' threshold.3.1.out ||
    fail "$(grep 'reading all' threshold.3.1.out)"
# A large byte after small ones: the scaling of bytes differs from the one that the first page suggests.
"$make_data" write data.h5 /guess u8 600,2 values chunk=10 \
    "values=$(for value in {0..1199}; do echo $((value == 1100 ? 200 : value % 2)); done | paste -sd,)"
places guess "1:resident 2:stream 3:shard" <<'Y'
data: {file: data.h5, train: /guess, order: windows, page_rows: 10, window_pages: 2, transform: log1p}
model: {latent: 2, likelihood: gaussian, input: {transform: standardize}, encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {epochs: 1, batch: 60, microbatch: 10}
log: {every: 1}
Y
[ "$(grep -c 'reading all 600 rows for model.input.transform: standardize' guess.2:stream.out)" = 2 ] ||
    fail "$(grep 'reading all' guess.2:stream.out)"
grep -q 'pass 2 of 2$' guess.2:stream.out || fail "$(grep 'reading all' guess.2:stream.out)"

# All learned statistics have the same bits in all places.
learned_in() {
    places "$1" "1:resident 2:stream 3:shard" <<Y
data: {file: data.h5, train: $2, valid: 0.2, order: windows, page_rows: 16, window_pages: 2${4:-}}
model: {latent: 2, output_bias: data, likelihood: $3, encoder: [dense: {units: 3}], decoder: [dense: {units: 3}]${5:-}}
train: {epochs: 1, batch: 256, microbatch: 32}
log: {every: 5}
Y
}
learned_in many-none /many '{gaussian: {variance: optimal}}'
learned_in many-minmax /many bernoulli ', transform: minmax'
learned_in many-noise /many '{gaussian: {variance: optimal}}' ', transform: standardize_each, dequantize: true'
learned_in many-log1p /many '{gaussian: {variance: optimal}}' ', transform: log1p, dequantize: true' \
    ', input: {transform: standardize_each}'
learned_in many-above /many bernoulli ', transform: standardize, binarize: threshold'
learned_in masked-each /unit gaussian ', transform: standardize_each, mask: /unit-mask'

# The error for a value that is not an integer is the same in all places, whichever rank finds the value.
"$make_data" write data.h5 /halves f32 300,2 values "values=$(awk 'BEGIN {
    for (v = 0; v < 600; ++v) printf "%s%s", v ? "," : "", v % 5 + (v % 401 == 400 ? 0.5 : 0) }')" chunk=1
cat >halves.yaml <<'Y'
data: {file: data.h5, train: /halves, order: windows, page_rows: 1, window_pages: 2, dequantize: true, transform: standardize}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {epochs: 1, batch: 12, microbatch: 4}
Y
for variant in 3:resident 2:stream; do
    run 1 "${variant%%:*}" halves.$variant "$elbow" train halves.yaml --run-dir halves.$variant --set data.access=${variant#*:}
    [ "$(grep -c 'data.h5:/halves: row 200 holds 0.5 (at index 0) as stored, but data.dequantize' halves.$variant.err)" = 1 ] ||
        fail "$(cat halves.$variant.err)"
done
finish
