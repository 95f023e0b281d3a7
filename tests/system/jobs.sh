#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The job scripts where there is no Slurm, on one rank: which word of a command line is the configuration, whatever options
# `elbow train` has; and a signal that comes while a sweep writes a file. tests/cluster has what takes a Slurm.
set -u
jobs=$(cd "$(dirname "$0")/../../jobs" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
cat >tiny.yaml <<'Y'
data: {synthetic: 64, shape: [4, 4]}
model: {latent: 2, encoder: [dense: {units: 8}], decoder: [dense: {units: 8}]}
train: {epochs: 1, batch: 16, microbatch: 8}
samples: {count: 0}
Y
export ELBOW=$elbow ELBOW_LAUNCHER=env
unset SLURM_JOB_ID SLURM_JOB_NAME SLURM_ARRAY_TASK_ID SLURM_ARRAY_JOB_ID SLURM_RESTART_COUNT
mkdir "a folder" && cp tiny.yaml "a folder"

# Every option that wants a word has it skipped, wherever the configuration stands.
"$elbow" train --help >help
mapfile -t options < <(sed -n 's/^  \(-., \|    \)\(--[a-z-]*\) [A-Z].*/\2/p' help)
[ ${#options[@]} -ge 4 ] || fail "elbow train --help has ${#options[@]} options with a word: ${options[*]}"
cat >ask <<'A'
jobs=$1
shift
. "$jobs/lib.sh"
run_directory "$@"
A
for option in "${options[@]}"; do
    case $option in
    --set) word=seed=3 expected=runs/tiny ;;
    --run-dir) word="runs/my own" expected=$word ;;
    *) word=other.yaml expected=runs/tiny ;;
    esac
    for found in "$(bash ask "$jobs" "a folder/tiny.yaml" "$option" "$word" 2>&1)" \
        "$(bash ask "$jobs" "$option" "$word" "a folder/tiny.yaml" 2>&1)"; do
        [ "$found" = "$expected" ] || fail "with $option the run directory is '$found', expected '$expected'"
    done
done

# With an option that wants a word: a run, a sweep.
run 0 1 train bash "$jobs/train.sbatch" "a folder/tiny.yaml" --trace "a trace.json"
[ -s "a trace.json" ] || fail "train.sbatch: no trace"
SLURM_RESTART_COUNT=1 run 0 1 again bash "$jobs/train.sbatch" "a folder/tiny.yaml" --trace "a trace.json"
grep -q 'runs/tiny is finished' train.out || fail "train.sbatch does not say that the run is finished"
run 0 1 sweep bash "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 --trace sweep.json
[ -s sweep.json ] || fail "sweep.sbatch: no trace"

# Each job has a folder of its own for Open MPI, and leaves none.
cat >telling-launcher <<'L'
#!/usr/bin/env bash
[ -d "$TMPDIR" ] && [ "$TMPDIR:$TMPDIR" = "$OMPI_MCA_orte_tmpdir_base:$PRTE_MCA_prte_tmpdir_base" ] || exit 9
echo "$TMPDIR" >>bases
: >"$TMPDIR/left"
"$@"
L
chmod +x telling-launcher
for job in 7 8; do
    SLURM_JOB_ID=$job ELBOW_LAUNCHER=$work/telling-launcher run 0 1 job-$job bash "$jobs/train.sbatch" tiny.yaml --run-dir "job-$job"
done
[ "$(sed 's/.*\///; s/-[0-9]*$//' bases | tr '\n' ' ')" = "elbow-job-7 elbow-job-8 " ] || fail "two jobs have as folders of Open MPI $(tr '\n' ' ' <bases)"
while read -r base; do [ ! -e "$base" ] || fail "$base is left"; done <bases

# A trace that finds no room: the run is finished all the same.
cat >narrow-launcher <<'L'
#!/usr/bin/env bash
"$@" &
until [ -s full/metrics.csv ]; do sleep 0.02; done
prlimit --pid "$!" --fsize=200000
wait "$!"
L
chmod +x narrow-launcher
ELBOW_LAUNCHER=$work/narrow-launcher run 3 1 full bash "$jobs/train.sbatch" tiny.yaml --run-dir full --trace full.json --set train.epochs=2000 \
    --set log.every=1000 --set checkpoint.every=4000
grep -q 'full is finished, but some output could not be written' full.out || fail "full: $(tail -n 1 full.out)"

# A signal that comes while site.sh still loads modules: the run is asked to stop as soon as it can hear.
cp -r "$jobs" early-jobs
echo ': >loading; until [ -e asked ]; do sleep 0.02; done' >>early-jobs/site.sh
bash early-jobs/train.sbatch tiny.yaml --run-dir early --set train.epochs=100000 >early.out 2>&1 &
early=$!
until [ -e loading ]; do sleep 0.02; done
kill -USR2 $early
: >asked
wait $early
[ $? = 75 ] || fail "early: $(tail -n 2 early.out)"
grep -q 'stopped for good' early.out || fail "early: $(tail -n 2 early.out)"

# A launcher that hears SIGUSR1 when its ranks have ended: what the script says of that gets into no file of results.
cat >late-launcher <<'L'
#!/usr/bin/env bash
trap '' USR1
"$@"
status=$?
if [ "$2" = eval ]; then kill -USR1 "$PPID" && sleep 1; fi
exit $status
L
chmod +x late-launcher
ELBOW_LAUNCHER=$work/late-launcher run 0 1 late bash "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 --run-dir late
cat late.out late.err | grep -q 'SIGUSR1: asking' || fail "late: the signal was not heard"
cmp -s <("$elbow" eval late/seed=1 --json) late/seed=1/eval.json || fail "late: eval.json is not what eval says: $(head -n 3 late/seed=1/eval.json)"
finish
