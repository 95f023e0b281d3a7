#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The job scripts without Slurm, on one rank: the run directory, with any options of `elbow train`; errors before a rank starts;
# signals; the start that wrote a checkpoint; a second sweep. Tests that need Slurm are in tests/cluster.
set -u
jobs=$(cd "$(dirname "$0")/../../jobs" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-jobs.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
cat >tiny.yaml <<'Y'
data: {synthetic: 64, shape: [4, 4]}
model: {latent: 2, encoder: [dense: {units: 8}], decoder: [dense: {units: 8}]}
train: {epochs: 1, batch: 16, microbatch: 8}
samples: {count: 0}
Y
# The launchers of this test are in its folder, whose name may have blanks.
export ELBOW=$elbow ELBOW_LAUNCHER=env PATH=$work:$PATH
unset SLURM_JOB_ID SLURM_JOB_NAME SLURM_ARRAY_TASK_ID SLURM_ARRAY_JOB_ID SLURM_RESTART_COUNT
mkdir "a folder" && cp tiny.yaml "a folder"

# The value of each option that has one is skipped, for any position of the configuration.
"$elbow" train --help >help
mapfile -t options < <(sed -n 's/^  \(-., \|    \)\(--[a-z-]*\) [A-Z].*/\2/p' help)
[ ${#options[@]} -ge 4 ] || fail "elbow train --help has ${#options[@]} options with a word: ${options[*]}"
cat >ask <<'A'
jobs=$1
shift
. "$jobs/lib.sh"
run_directory "$@"
A
cp tiny.yaml other.yaml
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

# With an option that has a value: a run, a sweep.
run 0 1 train bash "$jobs/train.sbatch" "a folder/tiny.yaml" --trace "a trace.json"
[ -s "a trace.json" ] || fail "train.sbatch: no trace"
SLURM_RESTART_COUNT=1 run 0 1 again bash "$jobs/train.sbatch" "a folder/tiny.yaml" --trace "a trace.json"
grep -q 'runs/tiny is finished' train.out || fail "train.sbatch does not say that the run is finished"
run 0 1 sweep bash "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 --trace sweep.json
[ -s sweep.json ] || fail "sweep.sbatch: no trace"

# Each job has its own folder for Open MPI and leaves none behind.
cat >telling-launcher <<'L'
#!/usr/bin/env bash
[ -d "$TMPDIR" ] && [ "$TMPDIR:$TMPDIR" = "$OMPI_MCA_orte_tmpdir_base:$PRTE_MCA_prte_tmpdir_base" ] || exit 9
echo "$TMPDIR" >>bases
: >"$TMPDIR/left"
"$@"
L
chmod +x telling-launcher
for job in 7 8; do
    SLURM_JOB_ID=$job ELBOW_LAUNCHER=telling-launcher run 0 1 job-$job bash "$jobs/train.sbatch" tiny.yaml --run-dir "job-$job"
done
[ "$(sed 's/.*\///; s/-[0-9]*$//' bases | tr '\n' ' ')" = "elbow-job-7 elbow-job-8 " ] || fail "two jobs have as folders of Open MPI $(tr '\n' ' ' <bases)"
while read -r base; do [ ! -e "$base" ] || fail "$base is left"; done <bases

# A trace that cannot be written: the run is finished nevertheless.
cat >narrow-launcher <<'L'
#!/usr/bin/env bash
"$@" &
until [ -s full/metrics.csv ]; do sleep 0.02; done
prlimit --pid "$!" --fsize=200000
wait "$!"
L
chmod +x narrow-launcher
ELBOW_LAUNCHER=narrow-launcher run 3 1 full bash "$jobs/train.sbatch" tiny.yaml --run-dir full --trace full.json --set train.epochs=2000 \
    --set log.every=1000 --set checkpoint.every=4000
grep -q 'full is finished, but some output could not be written' full.out || fail "full: $(tail -n 1 full.out)"

# A signal while site.sh still loads modules: the run is asked to stop as soon as it handles signals.
cp -r "$jobs" early-jobs
echo ': >loading; until [ -e asked ]; do sleep 0.02; done' >>early-jobs/site.sh
bash early-jobs/train.sbatch tiny.yaml --run-dir early --set train.epochs=100000 >early.out 2>&1 &
early=$!
until [ -e loading ]; do sleep 0.02; done
kill -USR2 $early
: >asked
wait $early
[ $? = 75 ] || fail "early: $(tail -n 2 early.out)"
grep -q 'asked to stop for good (SIGUSR2) and is not queued again' early.out || fail "early: $(tail -n 2 early.out)"

# A launcher that receives SIGUSR1 after its ranks have ended: the script's message about it appears in no file of results.
cat >late-launcher <<'L'
#!/usr/bin/env bash
trap '' USR1
"$@"
status=$?
if [ "$2" = eval ]; then kill -USR1 "$PPID" && sleep 1; fi
exit $status
L
chmod +x late-launcher
ELBOW_LAUNCHER=late-launcher run 0 1 late bash "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 --run-dir late
cat late.out late.err | grep -q 'SIGUSR1: asking' || fail "late: the signal was not heard"
cmp -s <("$elbow" eval late/seed=1 --json) late/seed=1/eval.json || fail "late: eval.json differs from the output of eval: $(head -n 3 late/seed=1/eval.json)"

# Errors end the job before a rank starts, in one sentence, in any position.
cat >noting-launcher <<'L'
#!/usr/bin/env bash
echo "$@" >>launched
exit 1
L
chmod +x noting-launcher
refused() { # NAME SENTENCE script argument...
    local name=$1 sentence=$2 script=$3
    shift 3
    ELBOW_LAUNCHER=noting-launcher run 2 1 "$name" bash "$jobs/$script.sbatch" "$@"
    [ ! -e launched ] || { fail "$name: ranks were started: $(cat launched)"; rm launched; }
    [ "$(wc -l <"$name.err")" = 1 ] || fail "$name: not one sentence: $(cat "$name.err")"
    grep -q -- "$sentence" "$name.err" || fail "$name: does not say '$sentence': $(cat "$name.err")"
}
refused key 'did you mean train.epochs?' train tiny.yaml --run-dir bad --set train.epohcs=3
refused value "train.epochs" train tiny.yaml --run-dir bad --set train.epochs=many
refused flag 'did you mean --run-dir?' train tiny.yaml --run-dri bad
refused word 'the value is missing' train tiny.yaml --run-dir
refused steps 'expected FILE or FILE:FIRST-LAST' train tiny.yaml --run-dir bad --trace t.json:0-0
refused config 'absent.yaml' train absent.yaml --run-dir bad
refused data 'absent.h5: cannot be read.* looked for in' train tiny.yaml --run-dir bad --set data.synthetic=0 --set data.shape=[] \
    --set data.file=absent.h5
refused init 'absent: cannot be read' train tiny.yaml --run-dir bad --init absent
refused overwrite 'to start a new one, give another --run-dir' train tiny.yaml --overwrite
refused over-key 'did you mean objective.beta?' sweep tiny.yaml --run-dir bad --over objective.betta=1,4
refused over-value 'seed' sweep tiny.yaml --run-dir bad --over seed=a,b
refused over-form 'expected KEY=VALUE,VALUE' sweep tiny.yaml --run-dir bad --over seed
refused over-twice 'seed=1 is given twice' sweep tiny.yaml --run-dir bad --over seed=1,1
refused sweep-key 'did you mean train.epochs?' sweep tiny.yaml --run-dir bad --over seed=1,2 --set train.epohcs=3
refused sweep-flag 'unknown flag' sweep tiny.yaml --run-dir bad --over seed=1,2 --force-it
refused sweep-word 'unexpected argument' sweep tiny.yaml two.yaml --run-dir bad --over seed=1,2
refused equals-run-dir 'did you mean train.epochs?' sweep tiny.yaml --run-dir=bad --over=seed=1,2 --set=train.epohcs=3
refused equals-importance 'expected a whole number' sweep tiny.yaml --run-dir=bad --over=seed=1,2 --importance=many
refused importance 'expected a whole number' sweep tiny.yaml --run-dir bad --over seed=1,2 --importance many
if [ -x "$build/elbow-scaling" ]; then
    refused scaling-key 'did you mean train.batch?' scaling tiny.yaml -o bad --set train.bacth=8
    refused scaling-word 'two.yaml: unexpected argument' scaling tiny.yaml two.yaml -o bad
    refused scaling-flag '--repeets: unknown option' scaling tiny.yaml -o bad --repeets 2
    refused scaling-equals 'did you mean train.batch?' scaling tiny.yaml --output=bad --set=train.bacth=8
    refused scaling-equals-flag '--outpt: unknown option' scaling tiny.yaml --outpt=bad
    refused scaling-short '-o=bad: unknown option' scaling tiny.yaml -o=bad
    refused scaling-data 'absent.h5: cannot be read' scaling tiny.yaml -o bad --set data.synthetic=0 --set data.shape=[] --set data.file=absent.h5
fi
[ ! -e bad ] || fail "something was made before a mistake was found: $(ls -a bad)"

# --option=word has the effect of --option word: the places of a sweep and of an experiment, and their contents.
run 0 1 equals bash "$jobs/sweep.sbatch" tiny.yaml --over=seed=1,2 --run-dir=equals --importance=3 --set=log.every=3
[ "$(cd equals && echo *)" = "seed=1 sweep.csv sweep.txt sweep.yaml" ] || fail "equals: $(ls equals)"
grep -q '"effective_samples"' equals/seed=1/eval.json || fail "equals: --importance=3 is not heard: $(cat equals/seed=1/eval.json)"
if [ -x "$build/elbow-scaling" ]; then
    run 0 1 equals-scaling env ELBOW_LAUNCHER=mpirun SLURM_NTASKS_PER_NODE=1 bash "$jobs/scaling.sbatch" tiny.yaml --output=equal \
        --nodes=1 --mode=strong --repeats=1 --warm-up=0 --rounds=1 "--launcher-options=--oversubscribe --bind-to none"
    { [ -s equal/scaling.csv ] && [ ! -e scaling ]; } || fail "equals-scaling: $(ls equal scaling)"

    # A table that belongs to no experiment stays.
    mkdir thesis && echo mine >thesis/scaling.csv
    run 2 1 thesis env ELBOW_LAUNCHER=mpirun bash "$jobs/scaling.sbatch" tiny.yaml -o thesis
    grep -q 'thesis/scaling.csv: exists, but there is no experiment' thesis.err || fail "thesis: $(cat thesis.err)"
    [ "$(cat thesis/*)" = mine ] || fail "a foreign scaling.csv is changed: $(ls thesis)"
fi

# A sweep finds its configuration after any option of `elbow train`, too.
rm -r runs/tiny-sweep
for option in "${options[@]}"; do
    case $option in
    --set) word=log.every=3 ;;
    --run-dir) word=found ;;
    *) word=other.yaml ;;
    esac
    ELBOW_LAUNCHER=noting-launcher run 1 1 found bash "$jobs/sweep.sbatch" --over seed=1 "$option" "$word" tiny.yaml
    grep -q ' train tiny.yaml ' launched 2>found.launched || fail "with $option a sweep starts $(cat launched): $(cat found.err)"
    rm -rf launched runs/tiny-sweep
done

# One sweep per directory: another sweep would replace its table. The same sweep resumes, and a sweep with more values keeps all
# rows.
rows() { cut -d, -f2 "grown/sweep.csv" | tail -n +2 | paste -sd ' '; }
run 0 1 grown-1 bash "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2 --run-dir grown
[ "$(rows)" = 1 ] || fail "grown: rows of $(rows), expected 1"
cp grown/sweep.csv grown.csv
refused other-keys 'grown holds another sweep (its run seed=1 is not in this one): name another --run-dir' \
    sweep tiny.yaml --over objective.beta=1,4 --run-dir grown
refused other-settings "grown holds a sweep with other settings ('epochs: 1' there, 'epochs: 2' here)" \
    sweep tiny.yaml --over seed=1,2,3 --run-dir grown --set=train.epochs=2
refused other-start "'' there, 'init: other.yaml' here" sweep tiny.yaml --over seed=1,2,3 --run-dir grown --init other.yaml
refused other-values 'grown holds another sweep' sweep tiny.yaml --over seed=2,3 --run-dir grown
same_file "the table of a refused sweep" grown.csv grown/sweep.csv
SLURM_ARRAY_JOB_ID=5 SLURM_ARRAY_TASK_ID=2 run 0 1 grown-2 bash "$jobs/sweep.sbatch" tiny.yaml --over seed=1,2,3 --run-dir grown --set log.every=7
[ "$(rows)" = "1 3" ] || fail "grown: rows of $(rows), expected 1 3"
refused fewer-values 'grown holds another sweep' sweep tiny.yaml --over seed=1,2 --run-dir grown
rm grown/sweep.txt # as version 0.1 left it
refused old-table 'grown holds another sweep (its run seed=1 ' sweep tiny.yaml --over seed=2,3 --run-dir grown
[ "$(find grown -name '.elbow*' | wc -l)" = 0 ] || fail "left behind: $(ls -a grown)"

# A sweep.csv that was not made by a sweep stays, whatever its contents.
mkdir mine
foreign() { # NAME
    ln -f mine/sweep.csv foreign.csv && cp foreign.csv foreign.before
    refused "foreign-$1" "mine/sweep.csv: is not the table of a sweep" sweep tiny.yaml --over seed=1,2 --run-dir mine
    { [ "$(ls -A mine)" = sweep.csv ] && [ mine/sweep.csv -ef foreign.csv ] && cmp -s mine/sweep.csv foreign.before; } ||
        fail "foreign-$1: is changed: $(ls -lA mine)"
}
printf 'my,own,table\n1,2,3\n' >mine/sweep.csv
foreign table
printf 'task,hours\n1,2\n' >mine/sweep.csv
foreign tasks
: >mine/sweep.csv
foreign empty
rm mine/sweep.csv && ln -s ../nothing mine/sweep.csv
refused foreign-link "mine/sweep.csv: is not the table of a sweep" sweep tiny.yaml --over seed=1,2 --run-dir mine
{ [ "$(ls -A mine)" = sweep.csv ] && [ -L mine/sweep.csv ]; } || fail "foreign-link: is changed: $(ls -lA mine)"

# A job that finds another job at work in its run directory: the files that the other job writes meanwhile are not its own, so it
# ends and is not queued again. The launcher returns when the other job's next checkpoint exists.
cat >beaten-launcher <<'L'
#!/usr/bin/env bash
before=$(ls taken/checkpoints)
"$@"
status=$?
for _ in {1..1000}; do
    [ "$(ls taken/checkpoints)" = "$before" ] || break
    sleep 0.02
done
exit $status
L
mkdir stubs
cat >stubs/scontrol <<'S'
#!/usr/bin/env bash
echo "$@" >>requeued
exit 1
S
chmod +x beaten-launcher stubs/scontrol
"$elbow" train tiny.yaml --run-dir taken --set train.epochs=10000000 --set checkpoint.every=20 >taken.log 2>&1 &
holder=$!
# shellcheck disable=SC2317 # called by eventually
has_checkpoint() { compgen -G 'taken/checkpoints/step-*.h5' >/dev/null; } # any checkpoint: the first ones are soon removed
eventually has_checkpoint
PATH=$work/stubs:$PATH SLURM_JOB_ID=9 SLURM_JOB_NAME=taken SLURM_JOB_END_TIME=9999999999 ELBOW_LAUNCHER=beaten-launcher \
    run 1 1 taken bash "$jobs/train.sbatch" tiny.yaml --run-dir taken --set train.epochs=10000000 --set checkpoint.every=20
kill -USR1 $holder
wait $holder
[ ! -e requeued ] || fail "a job that was refused is queued again"
grep -q 'another run is at work in it' taken.err || fail "taken: $(cat taken.err)"
grep -q 'the run did not start (see above)' taken.out || fail "taken: $(cat taken.out)"
! grep -q '^note: job 9' taken/receipt.txt || fail "the receipt has a start that was refused"

# A start that made progress is queued again; a start that did not is not, whatever else the directory contains.
cat >killing-launcher <<'L'
#!/usr/bin/env bash
"$@" &
for _ in {1..2000}; do
    [ ! -e "$UNTIL" ] || break
    sleep 0.02
done
kill -KILL $!
wait
L
chmod +x killing-launcher
long=(tiny.yaml --set train.epochs=10000000)
UNTIL=b=further/checkpoints/step-00000020.h5 ELBOW_LAUNCHER=killing-launcher \
    run 75 1 further bash "$jobs/train.sbatch" "${long[@]}" --run-dir b=further --set checkpoint.every=20
grep -q 'its newest checkpoint is from this start' further.out || fail "further: $(cat further.out)"
grep -qx "note: start 1, process [0-9]* on .*" b=further/receipt.txt || fail "further: $(cat b=further/receipt.txt)"
ln -sfn step-00000020.h5 b=further/checkpoints/best.h5 # a link that was made just now
UNTIL=again ELBOW_LAUNCHER=killing-launcher \
    run 1 1 stuck bash "$jobs/train.sbatch" "${long[@]}" --run-dir b=further --set checkpoint.every=1000000000 &
restarted=$!
# shellcheck disable=SC2317 # called by eventually
has_two_notes() { [ "$(grep -c '^note: ' b=further/receipt.txt)" = 2 ]; }
eventually has_two_notes
touch again
wait $restarted
grep -q 'no new checkpoint in b=further since this start' stuck.out || fail "stuck: $(cat stuck.out)"

# A note is one line, whatever its contents.
run 0 1 note "$elbow" train tiny.yaml --run-dir noted --note $'one\nend: x' --note two
[ "$(grep -A 1 '^note: ' noted/receipt.txt)" = $'note: one end: x\nnote: two\n'"$(grep '^end: ' noted/receipt.txt)" ] || fail "notes: $(cat noted/receipt.txt)"

# The page's command for a run shows the promised output.
# shellcheck disable=SC2016 # for the line
sed -nE 's/^(elbow info runs\/shapes .*[^ ])  +#.*/\1/p' "$jobs/README.md" | sed 's/runs\/shapes/noted/; s/^elbow/"$elbow"/' >line
[ -s line ] || fail "jobs/README.md has no line with elbow info"
# shellcheck source=/dev/null
. ./line >line.out || fail "elbow info: $(cat line)"
for word in step-00000004.h5 '^step  *4' '^best elbo'; do grep -q "$word" line.out || fail "$(cat line) does not show $word: $(cat line.out)"; done
finish
