# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the job scripts, which source this file; $jobs is its folder. It reads site.sh, finds elbow, and defines `train`,
# which starts or continues a run, and starts the job again as long as the run makes progress.
# The files in the run directory decide how a job ends. The exit status of mpirun or srun does not: when ranks are killed, it is
# anything from 0 to 244.
set -euo pipefail

say() { printf '%s: %s\n' "$script" "$*"; }
die() {
    say "$*" >&2
    exit 2
}
# A task of an array has a name of its own; its plain number may stand for the whole array.
job=${SLURM_JOB_ID:-}
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then job=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}; fi
script=${0##*/}
if [ -n "${SLURM_JOB_NAME:-}" ]; then script="job $job"; fi

# A signal that arrives while modules are loaded is handled once a run has started.
asked=
trap 'asked=USR1' USR1
trap 'asked=USR2' USR2
# shellcheck source=jobs/site.sh
# shellcheck disable=SC2154 # who sources this file sets jobs
. "$jobs/site.sh"
read -ra launcher <<<"$ELBOW_LAUNCHER"

# program NAME: one of elbow's: beside $ELBOW, in the PATH, in the build of this tree, or where this tree was installed.
program() {
    local place
    for place in "${ELBOW:+$(dirname "${ELBOW:-}")/$1}" "$(command -v "$1" || true)" "$jobs/../build/release/$1" \
        "$jobs/../../../bin/$1"; do
        if [ -n "$place" ] && [ -x "$place" ]; then
            printf '%s\n' "$place"
            return
        fi
    done
    die "there is no $1: build it, put it in the PATH, or set ELBOW in $jobs/site.sh"
}
elbow=$(program elbow)

# The end of the job, so that elbow stops in time. From version 23.02 on, Slurm sets it in the environment.
if [ -n "$job" ] && [ -z "${SLURM_JOB_END_TIME:-}" ]; then
    end=$(SLURM_TIME_FORMAT=%s squeue -h -j "$job" -o %e 2>/dev/null || true)
    case $end in
    '' | *[!0-9]*) ;; # no limit
    *) export SLURM_JOB_END_TIME="$end" ;;
    esac
fi

# Open MPI 4 removes its folder of a host when it finds it empty, even while another job of the same user begins there, which
# then fails: each job has a folder of its own. mpirun makes it on every node. Open MPI 4 and 5 both go by TMPDIR; where a site
# has set the name that either has for it, that one goes before.
if [ -n "$job" ]; then
    session=${OMPI_MCA_orte_tmpdir_base:-${PRTE_MCA_prte_tmpdir_base:-${TMPDIR:-/tmp}}}/elbow-job-$job-$$
    mkdir -p -- "$session" || die "the folder for Open MPI cannot be created: set TMPDIR to a folder that the job may write to"
    export TMPDIR=$session OMPI_MCA_orte_tmpdir_base=$session PRTE_MCA_prte_tmpdir_base=$session
    trap 'rm -rf -- "$session"' EXIT
fi

# run_directory argument...: checks these arguments of `elbow train` without a rank, and prints the run directory.
run_directory() {
    case " $* " in
    *' --overwrite '*) die "--overwrite: a job continues an existing run; to start a new one, give another --run-dir" ;;
    esac
    # Alone, too: a flag at the end would take --resume=auto for the word that it lacks. The sentence is elbow's.
    "$elbow" train --check "$@" >/dev/null && "$elbow" train "$@" --resume=auto --check || exit 2
}

# mark RUN FILE: changes when the file does.
mark() { cksum "$1/$2" 2>/dev/null || true; }

# checkpoints RUN: a line for each, the newest last, with what sets it apart from another of the same name.
checkpoints() { find "$1/checkpoints" -name 'step-[0-9]*.h5' -printf '%f %i %T@\n' 2>/dev/null | sort || true; }

# own_start RUN: the part of the receipt about this start, which its note identifies; nothing if the run never got that far.
own_start() {
    [ -r "$1/receipt.txt" ] || return 0
    note="note: $note" awk '
        /^start: / { text = ""; is_own = 0 }
        { text = text $0 "\n" }
        $0 == ENVIRON["note"] { is_own = 1 }
        is_own { found = text }
        END { printf "%s", found }' <"$1/receipt.txt" # awk would take the name seed=1/receipt.txt for an assignment
}

# went_on RUN STEP: whether this start, which began at STEP, has written a checkpoint after that step.
went_on() {
    local name
    while read -r name _; do
        name=${name#step-} name=${name%.h5}
        if [[ $name =~ ^[0-9]+$ ]] && [ "$((10#$name))" -gt "$2" ]; then return 0; fi
    done < <(comm -13 <(printf '%s\n' "$noted_checkpoints") <(checkpoints "$1"))
    return 1
}

# outcome RUN: how this start ended; `noted_...` describe log and checkpoints before it. If another job is at work in the run
# directory, which refuses this one, new files are not ours. So only a start that is in the receipt counts.
outcome() {
    local start
    if [ "$(mark "$1" log.txt)" != "$noted_log" ] && tail -n 1 "$1/log.txt" | grep -q ': this run is already finished'; then
        echo finished
        return
    fi
    start=$(own_start "$1")
    if [ -z "$start" ]; then
        echo refused
        return
    fi
    case $(tail -n 1 <<<"$start") in # "end: ..." if there was time for it
    end:*': finished') echo finished && return ;;
    end:*'the run is finished, but some output could not be written') echo incomplete && return ;;
    end:*'; continue with --resume') ;;
    end:*) echo failed && return ;;
    esac
    if went_on "$1" "$(sed -n '1s/.* at step //p' <<<"$start")"; then echo further; else echo stuck; fi
}

# Signals. SIGUSR1 asks for a stop with a checkpoint before the job ends, SIGUSR2 for a final stop. The launcher passes SIGUSR1 to
# the ranks. It may kill mpirun while that still connects its nodes, so it is sent once the run has written to its log (or after
# half a minute), and again until mpirun ends.
running='' asking=''
hear() {
    say "SIG$1: asking the run to stop with a checkpoint" >&2 # what runs now may write its output to a file
    asked=$1
    if [ -n "$running" ] && [ -z "$asking" ]; then ask_to_stop; fi
}
ask_to_stop() {
    # shellcheck disable=SC2154 # who sources this file sets run
    (
        for ((i = 0; i < 30; i++)); do
            if [ "$(mark "$run" log.txt)" != "$noted_log" ]; then break; fi
            sleep 1
        done
        while kill -USR1 "$running"; do sleep 5; done
    ) 2>/dev/null &
    asking=$!
}
trap 'hear USR1' USR1
trap 'hear USR2' USR2

# launch COMMAND...: as ranks of this job. The shell hears a signal only between commands and in `wait`, so the launcher runs
# beside it.
launch() {
    local status
    "${launcher[@]}" "$@" &
    running=$!
    if [ -n "$asked" ]; then ask_to_stop; fi
    while :; do
        status=0
        wait "$running" || status=$?
        if ! kill -0 "$running" 2>/dev/null; then break; fi # `wait` comes back for a signal, too
    done
    running=
    if [ -n "$asking" ]; then kill "$asking" 2>/dev/null || true; fi
    asking=
    return "$status"
}

# start_again WHY: Slurm ends this script and starts it again.
start_again() {
    local restarts=${SLURM_RESTART_COUNT:-0}
    if [ "$asked" = USR2 ]; then
        say "$1; it was asked to stop for good (SIGUSR2) and is not queued again; submit the same command to continue"
        exit 75
    fi
    if [ -z "$job" ]; then
        say "$1; this is not a Slurm job: run the same command again to continue"
        exit 75
    fi
    if [ "$restarts" -ge "$ELBOW_MAX_RESTARTS" ]; then
        say "$1; this job was started again $restarts times, which is the limit (ELBOW_MAX_RESTARTS): submit the same command to continue"
        exit 75
    fi
    say "$1; the job is queued again (restart $((restarts + 1)) of at most $ELBOW_MAX_RESTARTS)"
    if ! scontrol requeue "$job"; then
        say "the job could not be queued again: submit the same command to continue"
        exit 75
    fi
    while :; do sleep 10; done # Slurm ends this script; an end of its own would be that of the job
}

# train argument...: runs elbow train with these arguments in $run, the output of run_directory. Returns when the run is finished.
train() {
    local status=0 number=$((${SLURM_RESTART_COUNT:-0} + 1)) from
    note="${job:+job $job, }start $number, process $$ on ${HOSTNAME:-a host} at $(date +%FT%T.%N)"
    noted_log=$(mark "$run" log.txt) noted_checkpoints=$(checkpoints "$run")
    from=$(tail -n 1 <<<"$noted_checkpoints")
    from=${from%% *}
    say "start $number on ${SLURM_JOB_NODELIST:-this host}, $run: ${from:+continues from }${from:-begins}"
    # The previous start has left its trace file.
    if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [[ " $* " == *" --trace"[=\ ]* ]]; then set -- "$@" --force; fi
    launch "$elbow" train "$@" --resume=auto --note "$note" || status=$?
    case $(outcome "$run") in
    finished) say "$run is finished" ;;
    incomplete)
        say "$run is finished, but some output could not be written: free some space and submit the same command"
        exit 3
        ;;
    refused)
        say "the run did not start (see above): $run/receipt.txt has no entry of this job, which is not started again"
        exit 1
        ;;
    failed)
        say "$run ended with an error (see above): it is not started again"
        exit 1
        ;;
    stuck)
        say "no new checkpoint in $run since this start (the launcher ended with $status): it is not started again"
        exit 1
        ;;
    further) start_again "$run is not finished, its newest checkpoint is from this start" ;;
    esac
}
