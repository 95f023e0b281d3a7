#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Files that a start must leave unchanged, repair or keep: the link to the best checkpoint, checkpoints beyond the resumed one,
# the end of the schedule, a former run after an error.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 40,5,6 bytes
"$make_data" write data.h5 /valid u8 12,5,6 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 2, encoder: [dense: {units: 20, activation: tanh}], decoder: [dense: {units: 20, activation: relu}]}
train: {epochs: 4, batch: 8, microbatch: 4, rate: 0.01, schedule: cosine}
eval: {every: 5}
log: {every: 4}
checkpoint: {every: 5, keep: 1, best: true}
samples: {every: 10, count: 4}
Y
train() { # STATUS LOG DIRECTORY argument...
    local expected=$1 log=$2 directory=$3
    shift 3
    run "$expected" 2 "$log" "$elbow" train run.yaml --run-dir "$directory" "$@"
}
last=checkpoints/step-00000020.h5

train 0 whole whole
[ -e whole/checkpoints/best.h5 ] || fail "best.h5 is not there"

# A schedule ends with the epochs of the first start, even if that start was to take only some steps.
train 0 short short --set train.steps=7
train 0 short-on short --resume
# It wrote a row and evaluated at its own end, and its checkpoints record this; the parameters are the same.
for directory in whole short; do
    run 0 1 eval-$directory "$elbow" eval $directory/$last --json
done
same_file "a short first start" eval-whole.out eval-short.out

# A kill between a checkpoint and its link: the next start makes the link again.
train 75 link link --set run.stop_after=10
best=$(readlink link/checkpoints/best.h5)
ln -sf step-99999999.h5 link/checkpoints/best.h5
train 0 link-on link --resume --set run.stop_after=11 --set train.steps=11
if [ "$(readlink link/checkpoints/best.h5)" != "$best" ] && [ ! -e link/checkpoints/best.h5 ]; then
    fail "best.h5 points to nothing after a resume: $(readlink link/checkpoints/best.h5), was $best"
fi

# The same at the end of a run, when the next start has nothing else to do.
best=$(readlink whole/checkpoints/best.h5)
cp -r whole end && ln -sf step-00000015.h5 end/checkpoints/best.h5
train 0 end-on end --resume
[ "$(readlink end/checkpoints/best.h5)" = "$best" ] || fail "best.h5 of a finished run is not mended"

# A damaged newer checkpoint must not count as the newest: the one just written has to stay.
train 75 damaged damaged --set run.stop_after=10 --set checkpoint.best=false
cp damaged/checkpoints/step-00000010.h5 damaged/checkpoints/step-00000015.h5
printf x >>damaged/checkpoints/step-00000015.h5
train 75 damaged-on damaged --resume=auto --set run.stop_after=12 --set checkpoint.best=false
[ -e damaged/checkpoints/step-00000012.h5 ] || fail "the checkpoint just written was pruned: $(ls damaged/checkpoints)"
[ -e damaged/checkpoints/step-00000015.h5.damaged ] || fail "the damaged checkpoint was not set aside"
train 0 damaged-end damaged --resume=auto
same_file "after a damaged checkpoint" whole/checkpoints/step-00000020.h5 "damaged/$last"

# A sound checkpoint under the name of another step is skipped, with a warning that names it.
train 75 foreign foreign --set run.stop_after=10
cp foreign/checkpoints/step-00000010.h5 foreign/checkpoints/step-00000015.h5
train 0 foreign-on foreign --resume
grep -q "step-00000015.h5: holds step 10, .*passed over" foreign-on.err || fail "a renamed checkpoint is taken for a newer one"
same_file "after a renamed checkpoint" whole/checkpoints/step-00000020.h5 "foreign/$last"

# --overwrite moves a former run only after the configuration and the data have been checked; a slash does not name another run.
train 1 mistake whole/ --overwrite --set data.file=nowhere.h5
[ -e "whole/$last" ] || fail "a run was moved aside for a start that failed"
[ ! -e whole.old-1 ] || fail "a failed start left whole.old-1"
train 0 again whole/ --overwrite --set train.epochs=1
[ -e "whole.old-1/$last" ] || fail "--overwrite with a slash behind the name did not move the former run"

# The status of every rank reports lost output.
if [ -e /dev/full ]; then
    # shellcheck disable=SC2016 # for the inner shell
    on 2 bash -c '"$0" eval short >/dev/full; echo "status $?" >&2' "$elbow" 2>full.err
    [ "$(grep -c '^status 1$' full.err)" = 2 ] || { fail "eval to a full device: not status 1 on both ranks"; cat full.err; }
fi
finish
