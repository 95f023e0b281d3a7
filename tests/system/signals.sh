#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A signal or a time limit stops a run with a checkpoint, at any moment, and the resumed run ends with the files of an undisturbed
# one. A sudden end reports the lost work and leaves no partial file.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-jobs.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
limit=$((200 * patience)) # only to catch a hang; a busy machine may be slow

"$make_data" write data.h5 /train u8 58,5,6 bytes
"$make_data" write data.h5 /valid u8 9000,5,6 bytes seed=9

# Steps of a millisecond or two, without an end; most of the time goes into evaluations.
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 300, activation: tanh}], decoder: [dense: {units: 300, activation: silu}]}
objective: {beta: 1.5, warmup: 7}
train: {epochs: 1000000, batch: 16, microbatch: 4, optimizer: adamw, weight_decay: 0.05, rate: 1e-3, clip: 5}
eval: {every: 17}
log: {every: 10}
checkpoint: {every: 100, best: false}
samples: {every: 40, count: 6}
Y

# shellcheck disable=SC2317 # here and below: called by eventually
is_training() { # DIRECTORY EVALUATIONS
    [ "$(grep -c 'valid elbo' "$1/log.txt" 2>/dev/null)" -ge "$2" ]
}
more_evaluations() { # DIRECTORY: more than before
    local before
    before=$(grep -c 'valid elbo' "$1/log.txt" 2>/dev/null)
    eventually is_training "$1" $((${before:-0} + 3))
}

# stopped LOG REASON: ended by itself with a checkpoint of the step that it names.
stopped() {
    local step
    ends 75 "$1"
    said "$1" "stopped after step [1-9][0-9]* $2"
    step=$(sed -n 's/^elbow: stopped after step \([0-9]*\) .*/\1/p' "$1.err")
    [ -s "$(printf 'run/checkpoints/step-%08d.h5' "$step")" ] || fail "$1: no checkpoint of step $step"
    [ "$(grep -c '^elbow: stopped' "$1.err")" = 1 ] || fail "$1: reported more than once"
    [ "$(grep '^elbow: stopped' "$1.err")" = "$(tail -n 1 run/log.txt)" ] || fail "$1: the log ends with $(tail -n 1 run/log.txt)"
}

# One run, stopped repeatedly. At the start: while MPI starts, on one rank of three, and on one rank alone.
start 3 begin run
eventually has_processes run 1
kill -USR1 "$(processes run | head -n 1)"
stopped begin "because of a signal"
start 1 alone run --resume
eventually has_processes run 1
kill -USR2 "$(processes run)"
stopped alone "because of a signal"
for delay in 0.05 0.1 0.15 0.2 0.25 0.3; do # at any state of the ranks
    start 2 begin-$delay run --resume
    eventually has_processes run 2
    sleep $delay
    to_launcher USR1
    stopped begin-$delay "because of a signal"
done
# During the work: at mpirun, at any one rank, both signals at all ranks repeatedly; during steps and evaluations.
start 3 launcher run --resume
more_evaluations run
to_launcher USR1
stopped launcher "because of a signal"
for rank in 0 1 3; do
    start 4 rank-$rank run --resume
    more_evaluations run
    kill -USR2 "$(processes run $rank)"
    stopped rank-$rank "because of a signal"
done
start 3 often run --resume
more_evaluations run
for i in 1 2 3 4; do
    # shellcheck disable=SC2046 # one word each; some may have ended
    kill -USR$((i % 2 + 1)) $(processes run) 2>/dev/null
done
stopped often "because of a signal"
# The time limit, and the end of the job; neither of them by accident at the first step.
for seconds in 3 12 48; do # longer if a busy machine reaches the limit before the run begins
    before=$(grep -c 'valid elbo' run/log.txt)
    start 2 limit run --resume --set run.time_limit=${seconds}s
    stopped limit "because run.time_limit ($seconds s) is near"
    is_training run $((before + 2)) && break
done
is_training run $((before + 2)) || fail "limit: stopped long before the limit"
for seconds in 4 16 64; do # longer if a busy machine passes the end before the run begins
    SLURM_JOB_END_TIME=$(($(date +%s) + seconds)) start 3 job run --resume --set run.time_limit=1:00:00
    eventually grep -qs "^resuming from" job.out
    grep -q "it is ignored" job.err || break
    kill -USR1 "$(processes run 0)"
    stopped job "because of a signal"
done
stopped job "because the end of the job is near"
SLURM_JOB_END_TIME=1000 start 1 past run --resume
more_evaluations run
kill -USR1 "$(processes run)"
stopped past "because of a signal"
said past "warning: SLURM_JOB_END_TIME is '1000'"

# The end is that of an undisturbed run.
last=$(sed -n 's/^elbow: stopped after step \([0-9]*\) .*/\1/p' past.err)
last=$((last + 25))
echo "stopped 16 times in $last steps"
run 0 2 end "$elbow" train run.yaml --run-dir run --resume --set train.steps="$last"
run 0 1 whole "$elbow" train run.yaml --run-dir whole --set train.steps="$last"
name=$(printf 'checkpoints/step-%08d.h5' "$last")
same_file "stopped often" "whole/$name" "run/$name"
same_file "stopped often" whole/kl.csv run/kl.csv
same_metrics "stopped often" whole/metrics.csv run/metrics.csv
[ "$(ls whole/samples)" = "$(ls run/samples)" ] || fail "other pictures than an undisturbed run"
for file in whole/samples/*; do
    same_file "stopped often" "$file" "run/samples/${file##*/}"
done

# A finished run that is started again reports this, at any signal.
before=$(find run -type f ! -name log.txt -exec cksum {} + | sort)
for resume in --resume --resume=auto; do
    run 0 2 again "$elbow" train run.yaml --run-dir run $resume --set train.steps="$last"
    said again "already finished"
done
start 2 struck run --resume=auto --set train.steps="$last"
eventually has_processes run 1
kill -USR1 "$(processes run | head -n 1)"
ends 0 struck
said struck "already finished"
[ "$before" = "$(find run -type f ! -name log.txt -exec cksum {} + | sort)" ] || fail "a finished run changed"

# Sudden ends: rank zero reports the lost work, once, and existing files are complete. The log has the sentence; the screen has it
# without a launcher, or with one that still forwards the output of its ranks while it ends them.
ended=0
lines_of_ends() { grep -c '^elbow: ended by SIG[A-Z]* after step [1-9][0-9]*: the steps after the checkpoint of step [1-9]' "$1/log.txt"; }
killed() { # LOG DIRECTORY: one more end than before
    ended=$((ended + 1))
    [ "$(lines_of_ends "$2")" = $ended ] || fail "$1: $2/log.txt reports $(lines_of_ends "$2") ends, expected $ended: $(tail -n 3 "$2/log.txt")"
    [ "$(grep -c '^elbow: ended by' "$2/log.txt")" = $ended ] || fail "$1: $2/log.txt has another sentence: $(grep 'ended by' "$2/log.txt")"
    [ "$(grep -c '^elbow: ended by' "$1.err")" -le 1 ] || fail "$1: reported more than once: $(cat "$1.err")"
}
# shellcheck disable=SC2317
has_checkpoint() { # DIRECTORY
    [ -n "$(ls "$1/checkpoints" 2>/dev/null)" ]
}
no_parts() { # DIRECTORY
    [ -z "$(find "$1" -name '.elbow-*')" ]
}
start 1 term term
eventually has_checkpoint term
more_evaluations term
kill -TERM "$(processes term)"
ends 143 term
killed term term
[ "$(grep '^elbow: ended by SIGTERM' term.err)" = "$(grep '^elbow: ended by SIGTERM' term/log.txt)" ] || fail "the screen says other than the log: $(cat term.err)"
for signal in INT TERM INT TERM; do
    start 3 launcher-$signal term --resume
    more_evaluations term
    to_launcher $signal
    wait "$job" # mpirun's status means nothing then
    killed launcher-$signal term
done
for rank in 0 2; do
    start 3 rank-term-$rank term --resume
    more_evaluations term
    kill -TERM "$(processes term $rank)"
    wait "$job"
    killed rank-term-$rank term
done
for name in checkpoints/.elbow-0123456789abcdef-best.h5 samples/.elbow-0123456789abcdef-step-00000040.png .elbow-0123456789abcdef-metrics.csv; do
    touch "term/$name" # an interrupted write
done
last=$(awk -F, '$3 == "train" { last = $1 } END { print last + 10 }' term/metrics.csv)
run 0 2 term-end "$elbow" train run.yaml --run-dir term --resume --set train.steps="$last"
no_parts term || fail "partial files of a killed run are still there: $(find term -name '.elbow-*')"
run 0 1 term-whole "$elbow" train run.yaml --run-dir term-whole --set train.steps="$last"
name=$(printf 'checkpoints/step-%08d.h5' "$last")
same_file "killed often" "term-whole/$name" "term/$name"
same_metrics "killed often" term-whole/metrics.csv term/metrics.csv

# Work without a checkpoint of its own ends with a sentence and without partial files.
for signal in USR1 TERM; do
    rm -f eval.err # a line of the previous run would look like one of this run
    "$elbow" eval whole --importance 100000 >eval.out 2>eval.err &
    job=$!
    eventually grep -qs '^data: ' eval.err # it is at work, for minutes
    kill -$signal $job
    wait $job 2>/dev/null
    [ $? = $((128 + $(kill -l $signal))) ] || fail "eval survived SIG$signal"
    said eval "elbow: ended by SIG$signal: elbow eval was not finished"
done
finish
