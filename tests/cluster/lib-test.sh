# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the tests share that run jobs on a Slurm or on several hosts; to be sourced with the test's own arguments. Whatever
# becomes of a test: its hosts, daemons and jobs end with it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) # the first that is sourced goes elsewhere
# shellcheck source=tests/system/lib.sh
. "$here/../system/lib.sh"
# shellcheck source=tests/system/lib-jobs.sh
. "$here/../system/lib-jobs.sh"
CLUSTER_DIR=$work/c # short: a socket's path has little room
chmod a+x "$work" # munged wants a way to its socket that all can go
# shellcheck source=tests/cluster/lib.sh
. "$here/lib.sh"
set +e +o pipefail

# shellcheck disable=SC2317 # at the end
clean_up() {
    "$here/slurm-down"
    rm -rf "$work" "$work.mpi"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# why_no_hosts: the reason why hosts cannot be had here; nothing if they can.
why_no_hosts() {
    if [ "$(id -u)" != 0 ]; then
        echo "hosts as network namespaces need root"
    elif ! command -v ip >/dev/null || ! command -v nsenter >/dev/null; then
        echo "hosts as network namespaces need iproute2 and util-linux"
    elif ! unshare -n -u -m ip link add end0 type veth peer name end1 2>why || ! unshare -n ip link add bridge0 type bridge 2>why; then
        echo "network namespaces, veth or bridge cannot be had here: $(tail -n 1 why)"
    fi
}

# slurm MODE: three nodes (jobs take two; the third is for the loss of one). Mode netns becomes plain where hosts cannot be had, and $mode tells.
slurm() {
    local tool why
    mode=$1
    for tool in munged slurmctld slurmd sbatch; do
        command -v "$tool" >/dev/null || skip "there is no $tool (Debian: slurm-wlm, munge)"
    done
    if [ "$mode" = netns ]; then
        why=$(why_no_hosts)
        if [ -n "$why" ]; then
            mode=plain
            echo "skip: the nodes share one host name, and none can be lost: $why"
        fi
    fi
    "$here/slurm-up" -m "$mode" -n 3 -c 16 2>why-no-slurm || skip "Slurm does not come up here: $(tail -n 1 why-no-slurm)"
    export ELBOW=$elbow
    unset ELBOW_LAUNCHER ELBOW_MAX_RESTARTS
}

sx() { timeout -k 5 60 "$here/slurm-exec" "$@"; }

# field NAME KEY: a field of Slurm's record of the job of that name.
declare -A ids=()
field() { sx scontrol show job "${ids[$1]}" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }

# hurry: Slurm lets a job that is queued again wait for two minutes, here for three seconds behind the last of its former start.
# Sooner does not do: a PMIx of that start holds the socket that the new one wants, and slurmd takes a start within the second
# for the one that it has just killed.
declare -A hurried=()
hurry() {
    local id reason restarts
    while read -r id reason restarts; do
        if [ "$reason" = BeginTime ] && [ -z "${hurried[$id.$restarts]:-}" ] && ! pgrep -f "slurmstepd: \[$id\." >/dev/null; then
            sx scontrol update JobId="$id" StartTime=now+3 && hurried[$id.$restarts]=1
        fi
    done < <(sx squeue -h -r -t PENDING -O jobid:20,reason:20,restartcnt:10)
}

# settled NAME: has ended, in any way.
settled() {
    hurry
    case $(field "$1" JobState) in COMPLETED | FAILED | CANCELLED | TIMEOUT) true ;; *) false ;; esac
}

# becomes NAME STATE: the job ends so, or it is a failure.
becomes() {
    local state
    wait_for 400 settled "$1" # a busy machine takes one start more
    state=$(field "$1" JobState)
    [ "$state" = "$2" ] && return 0
    fail "$1 is $state, expected $2 ($(field "$1" Reason))"
    tail -n 5 "$1.log"
    return 1
}

# has LOG TEXT: sooner or later.
has() {
    wait_for "${3:-60}" grep -q -- "$2" "$1.log" && return 0
    fail "$1: does not say \"$2\""
    tail -n 5 "$1.log"
    return 1
}

# hold RUN...: stops the ranks of each (SIGSTOP) once it has a checkpoint. One that ends before is a failure.
has_two_checkpoints() {
    local found=("$1"/checkpoints/step-*.h5) # a pattern without a match is one word
    [ ${#found[@]} -ge 2 ]
}
hold() {
    local end=$((SECONDS + 90)) held='' name
    local count=0
    while [ $count -lt $# ] && [ $SECONDS -lt $end ]; do
        for name; do
            if [[ " $held " != *" $name "* ]] && has_two_checkpoints "$name"; then
                # shellcheck disable=SC2046 # one word each
                kill -STOP $(processes "$name") || fail "$name was over before it was struck"
                held+=" $name" count=$((count + 1))
            fi
        done
        sleep 0.02
    done
    [ $count = $# ] || fail "of $*, only$held came to a checkpoint"
}
# shellcheck disable=SC2046 # one word each
release() { kill -CONT $(processes "$1") 2>/dev/null; }
# release_asked RUN: once a held rank of it has SIGUSR1 before it.
release_asked() {
    wait_for 60 is_asked "$1" || fail "$1: no rank gets the signal"
    release "$1"
}
# shellcheck disable=SC2317 # called by wait_for
is_asked() {
    local process pending
    for process in $(processes "$1"); do
        pending=$(sed -n 's/^ShdPnd:\t//p' "/proc/$process/status")
        [ $((0x${pending:-0} >> 9 & 1)) = 1 ] && return 0
    done
    return 1
}
