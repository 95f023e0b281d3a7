# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the tests that disturb a run while it is at work, beside lib.sh: run.yaml in the background, its processes,
# waiting.
# shellcheck disable=SC2154 # lib.sh sets them

said() { # LOG TEXT: on either stream
    grep -q -- "$2" "$1.out" "$1.err" && return 0
    fail "$1: does not say \"$2\""
    tail -n 5 "$1.out" "$1.err"
}

# to_launcher SIGNAL: to the launcher of the job in the background, which is the one child of `timeout`. Not by its name, because
# with Open MPI 5, prterun replaces mpirun.
to_launcher() { pkill "-$1" -P "$job"; }

# start RANKS LOG DIRECTORY argument...: in the background; its process is $job.
start() {
    local ranks=$1 log=$2 directory=$3
    shift 3
    rm -f "$log.out" "$log.err" # of an earlier start: what `eventually` looks for would be there already
    if [ "$ranks" = 1 ]; then
        timeout -k 5 "$limit" "$elbow" train run.yaml --run-dir "$directory" "$@" >"$log.out" 2>"$log.err" &
    else
        timeout -k 5 "$limit" mpirun --oversubscribe --bind-to none -n "$ranks" "$elbow" train run.yaml \
            --run-dir "$directory" "$@" >"$log.out" 2>"$log.err" &
    fi
    job=$!
}

# ends STATUS LOG: checks the end of the job in the background.
ends() {
    wait "$job"
    local status=$?
    [ "$status" = "$1" ] && return 0
    fail "$2: exit status $status, expected $1"
    tail -n 5 "$2.err"
}

# eventually command...: waits until it is true; false after two minutes (more with ELBOW_TEST_PATIENCE), which is enough for a
# busy machine.
eventually() {
    local end=$((SECONDS + 120 * patience))
    while [ $SECONDS -lt $end ]; do
        "$@" && return 0
        sleep 0.02
    done
    fail "waited in vain for: $*"
    return 1
}

# processes DIRECTORY [RANK]: of this test's runs in the directory, those that catch SIGUSR1 already.
processes() {
    local process words caught
    for process in $(pgrep -x elbow); do
        { mapfile -d '' words <"/proc/$process/cmdline"; } 2>/dev/null || continue # no process is started for others' runs
        [[ " ${words[*]} " == *" --run-dir $1 "* ]] || continue
        [ "$(readlink "/proc/$process/cwd")" = "$work" ] || continue
        if [ -n "${2:-}" ]; then
            tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$2" || continue
        fi
        caught=$(sed -n 's/^SigCgt:\t//p' "/proc/$process/status" 2>/dev/null)
        [ -n "$caught" ] && [ $((0x$caught >> 9 & 1)) = 1 ] && echo "$process"
    done
}
# shellcheck disable=SC2317 # called by eventually
has_processes() { # DIRECTORY COUNT
    [ "$(processes "$1" | wc -l)" -ge "$2" ]
}
