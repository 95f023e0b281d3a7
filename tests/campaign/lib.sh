# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the campaigns: numbers from a seed, a small training run that can be stopped at an exact call of rank zero, and
# the comparison with an undisturbed run. To be sourced with the build directory and the seed.
# A campaign repeats its choices from its seed; the progress of the ranks at each of them differs every time.

evidence=${TMPDIR:-/tmp} # for kept files; the tests' lib.sh sets another TMPDIR, which is removed at the end
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/draw.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/../system/lib.sh" "$1"

LAST=40 EVERY=5 # steps of the run; between evaluations, which are also where checkpoints are due
# Seconds after which a run is assumed to hang.
# shellcheck disable=SC2154 # patience: from there
PATIENCE=$((120 * patience))
# shellcheck disable=SC2154 # loose: from there
export ASAN_OPTIONS=$loose

# shellcheck disable=SC2034 # draw uses it
state=$2
draw 2 # small seeds have similar first numbers

# nap SECONDS: without a process of its own.
mkfifo silence
exec {silence}<>silence
nap() { read -rt "$1" -u "$silence" || true; }

# The shell reports each of its processes that a signal ends, at any time: these lines are removed from its output.
exec {errors}>&2 2>noise

# Files that killed runs leave of Open MPI are removed at the end of the campaign.
export TMPDIR=$work
memory=$(mktemp -d /dev/shm/elbow-campaign-XXXXXX) || skip "no directory can be made in /dev/shm"
export OMPI_MCA_btl_vader_backing_directory=$memory OMPI_MCA_osc_sm_backing_directory=$memory
clean_up() {
    end_all
    exec 2>&"$errors"
    grep -vE ': line [0-9]+: +[0-9]+ (Killed|Terminated|User defined signal|Aborted)' noise >&2
    if [ -n "${disk:-}" ]; then umount "$disk"; fi
    rm -rf "$work" "$work.mpi" "$memory"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Without --seccomp-bpf: with it, strace 6.1 injects no signals.
has_strace() { command -v strace >/dev/null && strace -DD -f -qq -o silent true 2>/dev/null; }

"$make_data" write data.h5 /train u8 160,8,8 bytes
"$make_data" write data.h5 /valid u8 120,8,8 bytes seed=9
cat >run.yaml <<Y
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 70, activation: tanh}], decoder: [dense: {units: 70, activation: silu}]}
objective: {beta: 1.5, warmup: 7}
train: {epochs: 4, batch: 16, microbatch: 4, optimizer: adamw, weight_decay: 0.05, rate: 0.01, schedule: cosine, rate_warmup: 2, clip: 5}
eval: {every: $EVERY}
log: {every: 1}
checkpoint: {every: $EVERY, keep: 2, best: true}
samples: {every: 10, count: 4}
Y

# Each rank runs this: it writes its identity, and rank zero is watched if $WATCH says how (one argument a line). Open MPI has
# shared memory in files, without which its version 5 does not start: if the size of files is limited, it uses another kind.
mkdir pids
cat >rank <<'RANK'
rank=${OMPI_COMM_WORLD_RANK:-0}
echo $$ >"pids/$rank"
if [ -n "$BLOCKS" ]; then export OMPI_MCA_shmem=sysv && ulimit -f "$BLOCKS"; fi
if [ "$rank" != 0 ] || [ -z "$WATCH" ]; then exec "$@"; fi
mapfile -t watch <<<"$WATCH"
exec strace -DD -f -qq -o trace "${watch[@]}" "$@"
RANK

# launch RANKS DIRECTORY: a start of the run, in the background; its output goes to the file `said`.
ranks=1 launcher='' always_mpirun=''
launch() {
    ranks=$1
    local command=("$BASH" rank "$elbow" train run.yaml --run-dir "$2" --resume=auto)
    if [ "$ranks" != 1 ] || [ -n "$always_mpirun" ]; then command=(mpirun --oversubscribe --bind-to none -n "$ranks" "${command[@]}"); fi
    rm -f pids/* trace
    WATCH=${WATCH:-} BLOCKS=${BLOCKS:-} "${command[@]}" >said 2>&1 </dev/null &
    launcher=$!
}

# is_alive PID: it runs or is stopped, and is no zombie.
is_alive() {
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    line=${line##*) }
    [[ $line != [ZX]* ]]
}

# rank_process RANK: REPLY is its process; false if there is none yet.
rank_process() {
    REPLY=''
    { read -r REPLY <"pids/$1"; } 2>/dev/null
    [ -n "$REPLY" ]
}

# signal_ranks SIGNAL: to all existing ranks.
signal_ranks() {
    local rank
    for ((rank = 0; rank < ranks; rank++)); do
        if rank_process $rank; then kill -s "$1" "$REPLY" 2>/dev/null; fi
    done
}

end_all() {
    if [ -n "$launcher" ]; then
        kill -s KILL "$launcher" 2>/dev/null
        signal_ranks KILL
    fi
}

someone_is_alive() {
    local rank
    if is_alive "$launcher"; then return 0; fi
    for ((rank = 0; rank < ranks; rank++)); do
        if rank_process $rank && is_alive "$REPLY"; then return 0; fi
    done
    return 1
}

# settle WHAT: waits until launcher and ranks have ended, as a user does before starting a job again. Sets status.
status=0
settle() {
    local end=$((SECONDS + PATIENCE))
    while someone_is_alive; do
        if [ $SECONDS -gt $end ]; then
            fail "$1: still at work after $PATIENCE s"
            end_all
            end=$((end + PATIENCE))
        fi
        signal_ranks CONT # strace counts by threads: it may have stopped another one
        nap 0.01
    done
    wait "$launcher" 2>/dev/null
    status=$?
    launcher=''
}

# watch FATE CALL COUNT PATH...: the next launch has rank zero killed before the COUNT-th CALL of one of its threads on one of the
# paths (fate KILL), or stopped after it (any other).
watch() {
    local signal=STOP call=$2 count=$3 path
    if [ "$1" = KILL ]; then signal=KILL; fi
    shift 3
    WATCH="-e
trace=$call
-e
inject=$call:signal=SIG$signal:when=$count"
    for path; do WATCH+=$'\n-P\n'$path; done
}

# traced TEXT: true if strace has printed that.
traced() { [ -e trace ] && [[ $(<trace) == *"$1"* ]]; }

# await_stop: waits until rank zero is stopped; false if the run ends before.
await_stop() {
    while is_alive "$launcher"; do
        if traced "--- stopped by SIGSTOP ---"; then return 0; fi
        nap 0.005
    done
    return 1
}

# newest DIRECTORY: REPLY is the step of its newest checkpoint, or 0.
newest() {
    local file
    REPLY=0
    for file in "$1"/checkpoints/step-*.h5; do
        file=${file##*/step-}
        file=${file%.h5}
        if [[ $file =~ ^[0-9]+$ ]] && [ $((10#$file)) -gt "$REPLY" ]; then REPLY=$((10#$file)); fi
    done
}

# shellcheck disable=SC2034 # the campaigns use them
# last_row DIRECTORY: row_step and row_split of the last row of metrics.csv.
last_row() {
    local rows=() rest
    row_step=0 row_split=none
    if [ -e "$1/metrics.csv" ]; then mapfile -t rows <"$1/metrics.csv"; fi
    if [ ${#rows[@]} -gt 1 ]; then IFS=, read -r row_step rest row_split rest <<<"${rows[-1]}"; fi
}

# rows_until STEP BEGIN: REPLY is the number of rows that a start after step BEGIN has written with STEP's training row.
rows_until() { REPLY=$(($1 - $2 + ($1 - 1) / EVERY - $2 / EVERY)); }

# reference STEP: the checkpoint of that step from an undisturbed run of one rank that stops there.
reference() {
    local name
    printf -v name 'step-%08d.h5' "$1"
    if [ ! -e "references/$name" ]; then
        mkdir -p references
        run 75 1 reference "$elbow" train run.yaml --run-dir stopped --set run.stop_after="$1"
        mv "stopped/checkpoints/$name" "references/$name"
        rm -r stopped
    fi
    REPLY=references/$name
}

# same_end WHAT DIRECTORY: all checkpoints, pictures and rows are those of undisturbed runs.
same_end() {
    local what=$1 directory=$2 file step last
    printf -v last 'step-%08d.h5' $LAST
    same_file "$what" "whole/checkpoints/$last" "$directory/checkpoints/$last"
    same_file "$what" whole/kl.csv "$directory/kl.csv"
    same_metrics "$what" whole/metrics.csv "$directory/metrics.csv"
    if diff <(ls whole/samples) <(ls "$directory/samples") >names; then
        for file in whole/samples/*; do same_file "$what" "$file" "$directory/samples/${file##*/}"; done
    else
        fail "$what: other pictures than an undisturbed run: $(tr '\n' ' ' <names)"
    fi
    for file in "$directory"/checkpoints/step-*.h5; do
        step=${file##*/step-}
        step=$((10#${step%.h5}))
        if [ $step = $LAST ]; then continue; fi
        reference $step
        same_file "$what" "$REPLY" "$file"
    done
    [ "$(readlink "$directory/checkpoints/best.h5")" = "$(readlink whole/checkpoints/best.h5)" ] ||
        fail "$what: best.h5 is $(readlink "$directory/checkpoints/best.h5"), expected $(readlink whole/checkpoints/best.h5)"
    if find "$directory" -name '.elbow-*' | grep .; then fail "$what: half a file is still there"; fi
    [ ! -e "$directory/lock" ] || fail "$what: the lock is still there"
}

# finish_run WHAT DIRECTORY: starts it once more, on some number of ranks, which must complete it.
finish_run() {
    draw 4
    WATCH='' BLOCKS=''
    launch $((REPLY + 1)) "$2"
    settle "$1, resumed on $ranks ranks"
    if [ "$status" != 0 ]; then
        fail "$1, resumed on $ranks ranks: status $status, expected 0"
        tail -n 5 said
        return
    fi
    same_end "$1, resumed on $ranks ranks" "$2"
}

# keep_evidence DIRECTORY: keeps the files of a failed run.
keep_evidence() {
    local kept
    kept=$(mktemp -d "$evidence/elbow-campaign-failed-XXXXXX") || return
    cp -r "$1" "$kept/run"
    cp -r said* whole "$kept"
    echo "kept: $kept"
}

run 0 1 whole "$elbow" train run.yaml --run-dir whole || finish
