#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# jobs/train.sbatch on a real Slurm: a job that is stopped in any way ends with the files of an undisturbed run, and one that
# cannot continue is not started again. Runs to be struck are stopped as soon as they have a checkpoint, so that none ends too
# early.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-test.sh"

"$make_data" write data.h5 /train u8 160,8,8 bytes
"$make_data" write data.h5 /valid u8 120,8,8 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 70, activation: tanh}], decoder: [dense: {units: 70, activation: silu}]}
objective: {beta: 1.5, warmup: 7}
train: {epochs: 0, steps: 4000, batch: 16, microbatch: 4, optimizer: adamw, weight_decay: 0.05, rate: 1e-3, clip: 5}
eval: {every: 500}
log: {every: 100}
checkpoint: {every: 100, keep: 2}
samples: {every: 1000, count: 4}
Y

# submit NAME [sbatch option...] [-- elbow option...]: the run NAME, by default on two nodes with one rank each.
jobs=$here/../../jobs
submit() {
    local name=$1 options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1") && shift; done
    ids[$name]=$(sx sbatch --parsable -J "$name" -o "$name.log" -N 2 --ntasks-per-node=1 -t 10 "${options[@]}" \
        "$jobs/train.sbatch" run.yaml --run-dir "$name" "${@:2}")
}

# asked NAME: the script has heard the signal.
asked() {
    has "$1" "asking the run to stop"
    release_asked "$1"
}

# ended NAME [RESTARTS]: ended without an error, after this number of restarts (by default one), with the files of the undisturbed
# run.
ended() {
    becomes "$1" COMPLETED || return
    [ "$(field "$1" Restarts)" = "${2:-1}" ] || fail "$1: $(field "$1" Restarts) restarts, expected ${2:-1}"
    [ "$1" = alone ] || has "$1" "^resuming from" 1
    same_run "$1" whole "$1"
}

# ends_with NAME EXIT-CODE TEXT: without another start.
ends_with() {
    becomes "$1" FAILED
    [ "$(field "$1" ExitCode)" = "$2:0" ] || fail "$1: exit code $(field "$1" ExitCode), expected $2:0"
    [ "$(field "$1" Restarts)" = 0 ] || fail "$1 was started again"
    has "$1" "$3" 1
}

# crashed NAME: as Open MPI 4.1 does in one of 70 starts under srun with TCP, in MPI_Init. Nothing of ours is at work then.
# shellcheck disable=SC2317 # called by wait_for
crashed() { settled "$1" && [ "$(field "$1" JobState)" = FAILED ] && grep -q 'Segmentation fault' "$1.log"; }
# shellcheck disable=SC2317 # called by wait_for
begun_or_crashed() { has_two_checkpoints "$1" || crashed "$1"; }

run 0 1 undisturbed "$elbow" train run.yaml --run-dir whole
slurm netns

# All of them at once.
submit alone
submit requeue
submit cancel
submit stay
submit limit -t 1 --signal=B:USR1@50
submit killed
ELBOW_MAX_RESTARTS=0 submit cap
for _ in 1 2 3; do
    ELBOW_LAUNCHER="srun --mpi=pmix --kill-on-bad-exit=1" submit usr1
    wait_for 60 begun_or_crashed usr1
    if has_two_checkpoints usr1; then break; fi
done
hold usr1 requeue cancel stay limit killed cap

# The job's end is known to the run: to elbow, which stops in time by itself, and to Slurm, which gives a signal earlier.
told=$(tr '\0' '\n' <"/proc/$(processes limit 0)/environ" | sed -n 's/^SLURM_JOB_END_TIME=//p')
[ "$told" = "$(date -d "$(field limit EndTime)" +%s)" ] || fail "limit: SLURM_JOB_END_TIME is '$told', not $(field limit EndTime)"

sx scancel --batch --signal=USR1 "${ids[usr1]}" "${ids[cap]}"
sx scancel --batch --signal=USR2 "${ids[stay]}"
sx scontrol requeue "${ids[requeue]}"
sx scancel "${ids[cancel]}"
# shellcheck disable=SC2046 # one word each
kill -KILL $(processes killed 1) || fail "killed: there is no rank one" # all of the run's on the second node
for name in usr1 cap stay; do asked $name; done

# Stopped for good, too often, or cancelled: the same command continues, here with other ranks.
ends_with stay 75 "is not queued again; submit the same command to continue"
ends_with cap 75 "which is the limit"
becomes cancel CANCELLED
submit stay -N 1 --ntasks-per-node=3
submit cap -N 2 --ntasks-per-node=2
submit cancel -N 1
asked limit

ended alone 0
ended requeue
ended killed
for name in cancel stay cap; do ended $name 0; done
becomes limit COMPLETED && same_run limit whole limit # in one more start, or in some
has limit "^resuming from" 1
if wait_for 100 settled usr1 && crashed usr1; then
    submit usr1
    ended usr1 0
else
    ended usr1
    has usr1 "start 2 on .* continues from step-" 1
fi

# The same command twice. The second job is refused, takes none of the first one's checkpoints for its own, and is not started
# again: so the run that is then stopped for good stays where it is.
twice=(--run-dir twice --set checkpoint.every=20 --set train.steps=100000000)
submit twice -- "${twice[@]}"
wait_for 60 has_two_checkpoints twice || fail "twice: no checkpoints"
submit second -- "${twice[@]}"
ends_with second 1 "another run is at work in it"
has second "the run did not start (see above)" 1
[ "$(field twice JobState)" = RUNNING ] || fail "twice: the first job is $(field twice JobState) beside the second"
sx scancel --batch --signal=USR2 "${ids[twice]}"
ends_with twice 75 "is not queued again"
[ -z "$(sx squeue -h -n twice,second)" ] || fail "twice: a job is still in the queue"

# A run that cannot continue is not started again: without its data, which shows before the ranks start; without the dataset in
# the file, which shows in the ranks; after an error of its own, after checkpoints. A start of a finished run does no harm. From a
# folder with a blank in its name, by a relative path.
submit nowhere -- --set data.file=nowhere.h5
submit absent -- --set data.train=/absent
submit failing -- --set train.rate=1e30 --set train.steps=100 --set checkpoint.every=1 --set train.on_nan=stop
mkdir "a copy" && cp -r "$jobs" "a copy/jobs"
jobs="a copy/jobs" submit alone
ends_with nowhere 2 "nowhere.h5: cannot be read"
ends_with absent 1 "the run did not start"
! grep -q mpirun nowhere.log || fail "nowhere: ranks were started: $(cat nowhere.log)"
ends_with failing 1 "ended with an error"
ended alone 0
has alone "already finished"

# A node is lost, without a word: Slurm starts the job again, on those that are left.
if [ "$mode" = netns ]; then
    submit lost
    hold lost
    "$here/hosts-down" node2
    ended lost
    has lost "start 2 on node\[1,3\]" 1
fi
finish
