#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Orders by segments and windows: the same bits on any number of ranks and nodes, and after a resume in the middle of an
# epoch; other bits than those of the full order; the messages about them.
set -u
kept=$(cd "$(dirname "$0")/../data/sources" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-exact.sh"
cp "$kept"/part-*.h5 .

# M = 13, the last microbatch is short; the last batch of an epoch has 38 rows of 39. Chunks of 17 rows: 7 pages, fewer
# than microbatches.
same segments "1+off 2+on 3:[0,1,0] 4:[0,1,0,1]+on" <<'Y'
data: {file: data.h5, train: /bytes, valid: /bytes-valid, binarize: sample, order: segments}
model: {latent: 3, encoder: [dense: {units: 19, activation: tanh}], decoder: [dense: {units: 19, activation: tanh}]}
train: {epochs: 3, batch: 39, microbatch: 3, rate: 5.0e-3}
log: {every: 1}
checkpoint: {every: 2, keep: 9}
samples: {every: 3, count: 5}
Y

# M = 7, b does not divide B; the last batch has 2 of its 7 microbatches: ranks 2 and 3 of 4 have none.
same windows "1 2+on 3+off 4 4:[0,1,0,1]+on" <<'Y'
data: {file: data.h5, train: /normal, valid: 0.1, labels: /five, weights: /weights, order: windows, page_rows: 5, window_pages: 2}
model: {latent: 3, likelihood: {gaussian: {variance: optimal}}, encoder: [dense: {units: 19}], decoder: [dense: {units: 19}]}
train: {epochs: 3, batch: 53, microbatch: 8, rate: 1.0e-2}
log: {every: 1}
checkpoint: {every: 2, keep: 9}
samples: {every: 4, count: 6}
Y

# A selection of rows from a list of files; windows of series with the channels first.
same files "1 3:[0,1,1]" <<'Y'
data: {train: "part-*.h5:/x", rows: [2, 40], order: windows, page_rows: 3, window_pages: 1}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 7}], decoder: [dense: {units: 5}]}
train: {epochs: 2, batch: 12, microbatch: 2}
log: {every: 1}
Y
same series "1 3" <<'Y'
data: {file: data.h5, train: /series, valid: 0.3, channels: first, series: {length: 8, step: 5}, order: windows, window_pages: 1}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 20, microbatch: 4}
log: {every: 1}
Y

# Stopped in the middle of an epoch and resumed elsewhere, from a copy with other chunks: pages stay as the first start fixed
# them. The place of the rows is not part of a checkpoint.
"$make_data" write other.h5 /bytes u8 116,4,3,3 bytes
"$make_data" write other.h5 /bytes-valid u8 19,4,3,3 bytes seed=9
for case in segments:other.h5 windows:data.h5; do
    name=${case%:*}
    run 75 4 "$name.part" "$elbow" train "$name.yaml" --run-dir "$name.part" --set run.stop_after=4 --set data.memory=1GB
    run 0 3 "$name.rest" "$elbow" train "$name.yaml" --run-dir "$name.part" --resume --set "data.file=${case#*:}" \
        --set data.access=resident --set train.threads=2
    # The configuration in it then names another file.
    [ "$name" = windows ] && same_run "$name, resumed" windows.1 windows.part
done
same_metrics "segments, resumed" segments.1+off/metrics.csv segments.part/metrics.csv

# The full order is a different order, and so are windows of other sizes.
run 0 1 full "$elbow" train windows.yaml --run-dir full --set data.order=full --set data.page_rows=0 --set data.window_pages=8
run 0 1 larger "$elbow" train windows.yaml --run-dir larger --set data.window_pages=3
for other in full larger; do
    cmp -s <(table_column windows.1/metrics.csv elbo) <(table_column $other/metrics.csv elbo) && fail "$other: the order of windows.1"
done
run 2 1 refused "$elbow" train windows.yaml --run-dir windows.part --resume --set data.page_rows=6
grep -q "data.page_rows: the checkpoint was made with 5, now it is 6" refused.err || fail "$(cat refused.err)"

# The messages. Rows with five labels in turn count as mixed; rows sorted by label do not.
grep -qx "data: order: windows: 27 pages of up to 5 rows are dealt to 7 segments, again in each epoch, and cut into windows; up to 10 samples, 8.33 % of the set, are shuffled together" windows.1.out ||
    fail "$(grep 'data: order' windows.1.out)"
grep -qx "data: order: segments: 7 pages of up to 17 rows are dealt to 13 segments, once; up to 9 samples, 7.76 % of the set, are shuffled together" segments.1+off.out ||
    fail "$(grep 'data: order' segments.1+off.out)"
grep -q "rows of one label seem" windows.1.out && fail "a warning: $(grep 'rows of one label' windows.1.out)"
"$make_data" write data.h5 /sorted i64 133 values "values=$(for row in {0..132}; do echo $((row / 27)); done | paste -sd,)"
run 0 1 sorted "$elbow" train windows.yaml --run-dir sorted --set train.epochs=0 --set train.steps=1 --set data.labels=/sorted
grep -q "warning: data.h5:/normal: rows of one label seem to be stored together: the samples that are shuffled together (up to 10) have 2.. different labels on average, and would have 4.. if rows were stored in random order; set data.window_pages larger (other bits), or store the rows shuffled" sorted.out sorted.err ||
    fail "no warning: $(cat sorted.err)"
run 0 1 info "$elbow" info windows.1
grep -qx "order       windows of pages of up to 5 rows (data.order), 2 pages a window" info.out || fail "info: $(grep ^order info.out)"
run 0 1 settled "$elbow" info segments.1+off
grep -qx "order       segments of pages of up to 17 rows (data.order)" settled.out || fail "info: $(grep ^order settled.out)"
# More pages than a start inspects, and statistics of all rows: a resume, which does not inspect all of them, keeps the
# statistics.
"$make_data" write many.h5 /x u8 400,6 bytes
cat >many.yaml <<'Y'
data: {file: many.h5, train: /x, order: windows, page_rows: 1, window_pages: 4, transform: standardize_each}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 5}], decoder: [dense: {units: 5}]}
train: {epochs: 2, batch: 40, microbatch: 10}
Y
run 0 1 many "$elbow" train many.yaml --run-dir many
run 75 2 many.part "$elbow" train many.yaml --run-dir many.part --set run.stop_after=13 --set data.access=stream
run 0 1 many.rest "$elbow" train many.yaml --run-dir many.part --resume --set data.access=resident
same_file "many pages, resumed" many/checkpoints/step-00000020.h5 many.part/checkpoints/step-00000020.h5

# Pages are those of the first start, whatever the chunks of a copy: a repeated run on a copy has the same bits.
run 0 2 verify "$elbow" verify segments.1+off --from-start --set data.file=other.h5
finish
