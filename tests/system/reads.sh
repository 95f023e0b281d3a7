#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Rows that are read while a run trains (data.access: stream): late reads change nothing and are reported; reads that
# fail once are tried again; rows that stay unreadable end the run on all ranks with one sentence, and the last checkpoint
# leads to the same end.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
[ -f "$build/elbow-test-reads.so" ] || skip "elbow-test-reads.so is not built"

"$make_data" write data.h5 /train u8 600,40 bytes chunk=10 deflate=1
"$make_data" write part1.h5 /train u8 300,40 bytes chunk=10
"$make_data" write part2.h5 /train u8 300,40 bytes chunk=10 seed=2
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, order: windows, window_pages: 2, page_rows: 10, access: stream, binarize: sample}
model: {latent: 2, encoder: [dense: {units: 8}], decoder: [dense: {units: 8}]}
train: {epochs: 12, batch: 60, microbatch: 20}
checkpoint: {every: 10, keep: 20}
log: {every: 20}
samples: {count: 0}
Y
early=checkpoints/step-00000010.h5 last=checkpoints/step-00000120.h5
# train STATUS LOG READS argument...: on three ranks, whose reads are disturbed.
train() {
    local status=$1 log=$2 reads=$3
    shift 3
    ELBOW_TEST_READS=$reads ASAN_OPTIONS=$loose run "$status" 3 "$log" env "LD_PRELOAD=$build/elbow-test-reads.so" \
        "$elbow" train run.yaml --run-dir "$log" "$@"
}
# told LOG PATTERN: in one sentence.
told() {
    [ "$(grep "^elbow: " "$1.err" | grep -vc warning)" = 1 ] || fail "$1: not one sentence: $(cat "$1.err")"
    grep -Eq "^elbow: .*$2" "$1.err" || fail "$1: expected '$2': $(cat "$1.err")"
}
run 0 1 plain "$elbow" train run.yaml --run-dir plain --set data.access=resident
train 0 late 1:data.h5:late/$early:1:late --trace late.json
same_file "late reads" plain/$last late/$last
head -n 1 late/metrics.csv | grep -q ',late_pages' || fail "metrics.csv does not count late pages"
# Whether the step had to wait for a page that came late is up to the machine; then the trace has it.
if awk -F, 'NR > 1 { late += $NF } END { exit !late }' late/metrics.csv; then
    grep -q '"name": "late pages"' late.json || fail "the trace has no late pages"
fi
grep -q '"name": "read"' late.json || fail "the trace has no reader"

train 0 once 2:data.h5:once/$early:1:eio
same_file "a read that fails once" plain/$last once/$last
train 1 fails 2:data.h5:fails/$early:1000000:eio
told fails 'data.h5: rows [0-9]+ to [0-9]+ of dataset /train cannot be read \(HDF5: Input/output error\); step [0-9]+ was not made'
[ -e fails/$last ] && fail "a run whose rows could not be read has come to its end"
run 0 2 again "$elbow" train run.yaml --run-dir fails --resume
same_file "resumed after a fault" plain/$last fails/$last

cp data.h5 whole.h5
train 1 cut 0:data.h5:cut/$early:1:cut
told cut 'data.h5: had [0-9]+ bytes when it was opened, and has [0-9]+ bytes now'
cp -p whole.h5 data.h5
run 0 3 mended "$elbow" train run.yaml --run-dir cut --resume
same_file "resumed after a cut" plain/$last cut/$last

# Files of a list are opened again and again.
list=(--set 'data.train=["part1.h5:/train","part2.h5:/train"]')
run 0 1 parts "$elbow" train run.yaml --run-dir parts "${list[@]}" --set data.access=resident
cp -p part2.h5 kept.h5
train 1 gone 1:part2.h5:gone/$early:1:remove "${list[@]}"
told gone 'part2.h5: No such file'
cp -p kept.h5 part2.h5
run 0 2 back "$elbow" train run.yaml --run-dir gone --resume "${list[@]}"
same_file "resumed after a file came back" parts/$last gone/$last
finish
