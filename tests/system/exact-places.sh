#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The place of the rows during training changes no bit: all in memory, some in memory, or in files; on any number of ranks; also
# for validation data. Pages are read about once per epoch.
set -u
kept=$(cd "$(dirname "$0")/../data/sources" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-exact.sh"
cp "$kept"/part-*.h5 .
write_many
"$make_data" write data.h5 /unit-mask u8 90,6,6 bits seed=4 chunk=13
"$make_data" write data.h5 /late f32 300,2 values "values=$(for value in {0..599}; do echo $((value == 11 ? 7 : value % 2)); done | paste -sd,)" chunk=1
"$make_data" write flat.h5 /x u8 60,35 bits
"$build/elbow-test-csr" flat.h5 /x sparse.h5

# Learning needs every row: a transform, the bias of the output. Labels, weights and validation rows beside them.
places learned "1:resident 2:stream 3:shard" <<'Y'
data: {file: data.h5, train: /unit, valid: 0.2, transform: standardize, order: windows, page_rows: 5, window_pages: 2}
model: {latent: 3, likelihood: gaussian, output_bias: data, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 2, batch: 33, microbatch: 4, rate: 1.0e-2}
log: {every: 1}
checkpoint: {every: 3, keep: 9}
Y
# Bytes in packed chunks with the channels first, sorted into pages by themselves.
places bytes "2:resident 1:shard 3:shard" <<'Y'
data: {file: data.h5, train: /planes, valid: /planes-valid, channels: first, layout: image, order: segments}
model: {latent: 3, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 2, batch: 24, microbatch: 3}
log: {every: 1}
Y
# Missing values, given by a mask in chunks of its own.
places masked "1:resident 2:stream 1:shard" <<'Y'
data: {file: data.h5, train: /unit, mask: /unit-mask, valid: 0.2, order: windows, page_rows: 8, window_pages: 1}
model: {latent: 3, likelihood: {gaussian: {variance: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4}
log: {every: 1}
Y
# Sparse rows, whose memory grows with their entries.
places sparse "2:resident 1:stream 3:shard" <<'Y'
data: {file: sparse.h5, train: /x, valid: 0.2, order: windows, page_rows: 4, window_pages: 2}
model: {latent: 2, encoder: [dense: {units: 7}], decoder: [dense: {units: 5}]}
train: {epochs: 2, batch: 16, microbatch: 4}
log: {every: 1}
Y
# Files of a list; windows of series.
places files "2:resident 3:stream" <<'Y'
data: {train: "part-*.h5:/x", rows: [2, 40], order: windows, page_rows: 3, window_pages: 1}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 7}], decoder: [dense: {units: 5}]}
train: {epochs: 2, batch: 12, microbatch: 2}
log: {every: 1}
Y
places series "1:resident 2:stream" <<'Y'
data: {file: data.h5, train: /series, valid: 0.3, channels: first, series: {length: 8, step: 5}, order: windows, window_pages: 1}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 20, microbatch: 4}
log: {every: 1}
Y

# A resume may use another place; validation rows that exceed data.memory are read on demand.
run 75 2 moved "$elbow" train learned.yaml --run-dir moved --set data.access=stream --set run.stop_after=3
run 0 3 moved2 "$elbow" train learned.yaml --run-dir moved --resume --set data.access=resident --set data.memory=1kB
same_run "learned, resumed" learned.1:resident moved
grep -q "validation: .* are read from the files when they are used" moved2.out || fail "$(grep validation: moved2.out)"

# A value that the model cannot use, in a page that the start does not inspect: with rows in memory the start finds it, with rows
# in files the read finds it.
cat >late.yaml <<'Y'
data: {file: data.h5, train: /late, order: windows, page_rows: 1, window_pages: 2}
model: {latent: 2, encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {epochs: 1, batch: 12, microbatch: 4}
checkpoint: {every: 10}
Y
for access in resident stream; do
    run 1 3 late.$access "$elbow" train late.yaml --run-dir late.$access --set data.access=$access
    [ "$(grep -c "data.h5:/late: row 5 holds 7 (at index 1) after scaling" late.$access.err)" = 1 ] || fail "$(cat late.$access.err)"
done
[ -e late.resident/checkpoints ] && fail "late.resident has begun"
[ -e late.stream/checkpoints/step-00000010.h5 ] || fail "late.stream has no checkpoint"
grep -q "step 2[0-9] was not made" late.stream.err || fail "$(cat late.stream.err)"

# In a steady epoch all ranks together read the rows about once: 800 pages, 8 segments.
for ranks in 1 3; do
    few=$(bytes_read $ranks 1) many=$(bytes_read $ranks 4)
    holds "($many - $few) / (3 * 819200) <= 1.05 && ($many - $few) / (3 * 819200) >= 0.99" ||
        fail "$ranks ranks read $few bytes in one epoch and $many in four of 819200"
done

# Evaluations of rows outside memory: one rank reads each page; two ranks read a page at the border between them.
"$make_data" write data.h5 /many-valid u8 12800,64 bytes chunk=16 seed=2
for ranks in 1 3; do
    beside=(--set data.access=resident --set data.memory=1kB --set data.valid=/many-valid)
    few=$(bytes_read $ranks 1 valid "${beside[@]}") many=$(bytes_read $ranks 4 valid "${beside[@]}")
    holds "($many - $few) / (3 * 819200) <= 1.05 && ($many - $few) / (3 * 819200) >= 0.95" ||
        fail "$ranks ranks read $few bytes with one evaluation and $many with four of 819200"
done
finish
