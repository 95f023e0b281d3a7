#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow verify repeats steps of a run, on any number of ranks: it finds the same bits, or names the step and tensor that differ
# and quotes the receipt; it leaves the run unchanged, and nothing else behind.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"

"$make_data" write data.h5 /train u8 58,5,6 bytes
"$make_data" write data.h5 /valid u8 17,5,6 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 20, activation: tanh}], decoder: [dense: {units: 20, activation: silu}]}
objective: {beta: 1.5, warmup: 7}
train: {epochs: 3, batch: 16, microbatch: 4, optimizer: adamw, weight_decay: 0.05, rate: 0.01, schedule: cosine, average: 0.9}
eval: {every: 3}
log: {every: 2}
checkpoint: {every: 4, keep: 9, best: false}
Y
run 0 2 one "$elbow" train run.yaml --run-dir one
run 0 1 other "$elbow" train run.yaml --run-dir other --init one/checkpoints/step-00000012.h5

# tells STATUS PATTERN word...: on one rank, in one sentence.
tells() {
    run "$1" 1 tells "$elbow" "${@:3}"
    if [ "$(wc -l <tells.err)" != 1 ] || ! grep -qE -- "$2" tells.err; then fail "${*:3}: expected '$2': $(cat tells.err)"; fi
}

# The state of a run, which stays the same.
state() { (cd "$1" && find . -type f -printf '%p %s %T@ ' -exec sha256sum {} \; | sort); }
state one >before

for ranks in 1 2 3; do
    run 0 $ranks verify-$ranks "$elbow" verify one
    grep -q 'one: steps 9 to 12 have the same bits again: 1 checkpoint, 8 rows' verify-$ranks.out ||
        fail "verify on $ranks ranks: $(cat verify-$ranks.out)"
done
run 0 2 start "$elbow" verify one --from-start --set data.file="$PWD/data.h5"
grep -q 'one: steps 1 to 12 have the same bits again: 3 checkpoints, 20 rows' start.out || fail "from the start: $(cat start.out)"
run 0 2 json "$elbow" verify one --json
[ "$(cat json.out)" = '{"run": "one", "bits": "same", "from": 8, "to": 12, "checkpoints": 1, "rows": 8}' ] || fail "--json: $(cat json.out)"
run 0 1 middle "$elbow" verify one --from 4 --to 8
grep -q 'steps 5 to 8 have' middle.out || fail "in the middle: $(cat middle.out)"
run 0 1 init "$elbow" verify other --from-start --to 4 --init one/checkpoints/step-00000012.h5
state one | cmp -s before - || fail "verify has changed the run"
compgen -G "$TMPDIR/elbow-verify-*" >/dev/null && fail "verify left something in TMPDIR"

# A different start, and a checkpoint of another run: the rows show the step, the checkpoint shows the tensor.
wrong 1 'other: differs from its replay, first between step 1 and step 2; objective of step 2 \(train, metrics.csv\): .* there, .* now; model/encoder.0/weight\[0\] of the checkpoint of step 4.*the first of 8 of 8 tensors\); build, libraries and processor are those of the receipt' verify other --from-start
cp -r one mixed
cp other/checkpoints/step-00000008.h5 mixed/checkpoints/
tells 1 'mixed: differs from its replay, first at step 8; model/encoder.0/weight\[0\] of the checkpoint of step 8' verify mixed --to 8
sed -i 's/^build: elbow [^,]*,/build: elbow 0.0.1,/' mixed/receipt.txt
tells 1 "first at step 8; .*; the build changed from 'elbow 0.0.1,.* \(in the receipt\) to '" verify mixed --to 8
run 1 1 json "$elbow" verify mixed --to 8 --json
grep -qE '"bits": "differ", .*"equal_to": 7, "found_at": 8, "tensor": .*"checkpoint": 8, "place": "model/encoder.0/weight\[0\]", .*"origin": "other", "why": "' json.out ||
    fail "--json of another run's checkpoint: $(cat json.out)"
rm mixed/receipt.txt
tells 1 'the run has no receipt of its build and processor' verify mixed --to 8

# Runs that cannot be verified.
cp -r one single
rm single/checkpoints/step-0000000[48].h5
tells 1 'single: holds no checkpoint before that of step 12, .*--from-start repeats the whole run' verify single
tells 1 'data.h5.*Not a directory' verify data.h5
tells 2 '--from 5: one holds no checkpoint of that step \(it has: 4, 8, 12\)' verify one --from 5
tells 2 '--from 8 is not before the last checkpoint to compare, of step 4' verify one --from 8 --to 4
tells 2 '--from and --from-start exclude each other' verify one --from 4 --from-start
tells 2 '--init needs --from-start' verify one --init other
tells 2 '--set train.rate=1: a replay keeps all keys that decide the bits' verify one --set train.rate=1
wrong 1 'away.h5: .*No such file' verify one --set data.file=away.h5
"$make_data" write changed.h5 /train u8 58,5,6 bytes seed=3
"$make_data" write changed.h5 /valid u8 17,5,6 bytes seed=9
tells 1 'was trained on other rows than' verify one --set data.file=changed.h5
compgen -G "$TMPDIR/elbow-verify-*" >/dev/null && fail "verify left something in TMPDIR"
finish
