#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# jobs/sweep.sbatch and jobs/scaling.sbatch on a real Slurm whose nodes need no privilege: the table of four runs, one of
# which is struck meanwhile; the table and the plots of a scaling experiment on one node and two.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-test.sh"

"$make_data" write data.h5 /train u8 160,8,8 bytes
"$make_data" write data.h5 /valid u8 120,8,8 bytes seed=9
cat >tiny.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 20, activation: tanh}], decoder: [dense: {units: 20, activation: tanh}]}
train: {epochs: 0, steps: 2000, batch: 16, microbatch: 4, rate: 1e-3}
checkpoint: {every: 50}
Y
slurm plain
jobs=$here/../../jobs

# A sweep over two keys, each task on one rank. Task 1 gets a signal to stop, and continues by itself.
ids[sweep]=$(sx sbatch --parsable --array=0-3 -N 1 --ntasks-per-node=1 -t 5 -o "sweep.log" "$jobs/sweep.sbatch" tiny.yaml \
    --over seed=1,2 --over objective.beta=1,4 --importance 20)
struck=runs/tiny-sweep/seed=1,objective.beta=4
hold $struck
sx scancel --batch --signal=USR1 "${ids[sweep]}_1"
wait_for 30 grep -q 'SIGUSR1: asking' sweep.log || fail "task 1 does not hear the signal"
release_asked $struck
# shellcheck disable=SC2317 # called by wait_for
all_told() {
    hurry
    grep -q '4 of 4 runs are finished' sweep.log
}
wait_for 120 all_told || fail "the sweep does not end: $(sx squeue; tail -n 5 sweep.log)"
table=runs/tiny-sweep/sweep.csv
head -n 1 $table | grep -qx 'task,seed,objective.beta,samples,elbo,recon,kl,.*,active_units,.*log_likelihood,.*effective_samples,run' ||
    fail "the table's head: $(head -n 1 $table)"
[ "$(cut -d, -f1-4 $table | tail -n +2 | tr '\n' ' ')" = "0,1,1,120 1,1,4,120 2,2,1,120 3,2,4,120 " ] || fail "the table: $(cat $table)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    ($at["recon"] - $at["kl"] - $at["elbo"]) ^ 2 > 1e-20 || $at["log_likelihood"] < $at["elbo"] || $at["effective_samples"] < 1 { exit 1 }' \
    $table || fail "figures: $(cat $table)"
[ "$(cut -d, -f5 $table | sort -u | wc -l)" = 5 ] || fail "two runs have one ELBO: $(cat $table)"
[ "$(grep -c 'is queued again (restart 1 ' sweep.log)" = 1 ] || fail "not one task was queued again: $(grep 'queued again' sweep.log)"
run 0 1 third "$elbow" train tiny.yaml --run-dir third --set seed=1 --set objective.beta=4
same_file "task 1" third/checkpoints/step-00002000.h5 $struck/checkpoints/step-00002000.h5
cp $table table.csv
sx sbatch --parsable -W --array=0 -N 1 --ntasks-per-node=1 -o another.log "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 >another.id &&
    fail "another sweep takes the directory of the first one"
grep -q 'runs/tiny-sweep holds another sweep' another.log || fail "another: $(cat another.log)"
same_file "the table, after another sweep" table.csv $table
sx sbatch --parsable -W --array=4 -N 1 --ntasks-per-node=1 -o beyond.log "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 >beyond.id &&
    fail "a task beyond the combinations runs"
grep -q 'there are 2 combinations: sbatch --array=0-1' beyond.log || fail "beyond: $(cat beyond.log)"

# A scaling experiment, with figures that mean nothing here.
[ -x "$build/elbow-scaling" ] || { echo "skip: elbow-scaling is not built"; finish; }
ids[scaling]=$(sx sbatch --parsable -N 2 --ntasks-per-node=1 -t 5 -o scaling.log "$jobs/scaling.sbatch" tiny.yaml --repeats 1 \
    --warm-up 0 --rounds 1 --launcher-options "--oversubscribe --bind-to none")
becomes scaling COMPLETED
[ "$(cut -d, -f1-4 scaling/tiny/scaling.csv | tail -n +2 | tr '\n' ' ')" = \
    "measured,strong,1,1 measured,strong,2,2 measured,weak,1,1 measured,weak,2,2 " ] || fail "the table: $(cat scaling/tiny/scaling.csv)"
for mode in strong weak; do
    for kind in png svg; do [ -s scaling/tiny/$mode-speedup.$kind ] || fail "no plot: $(ls scaling/tiny)"; done
done
finish
