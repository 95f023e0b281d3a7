# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the scripts share that bring up hosts and a Slurm on this one machine; to be sourced.
#
# All they write lies in $CLUSTER_DIR (by default a folder of the user's under $TMPDIR), so that clusters of different
# folders do not meet. A process is remembered as "PID STARTTIME": a stranger that got the number of a dead one has another
# start time, and is never struck.
set -euo pipefail

# shellcheck disable=SC2034 # the scripts use it
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CLUSTER_DIR=${CLUSTER_DIR:-${TMPDIR:-/tmp}/elbow-cluster-$(id -u)}
PATH=$PATH:/usr/sbin:/sbin # possible places of ip, slurmd and similar programs

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    say "$*"
    exit 1
}
# usage: the comment at the head of the script, and the end.
usage() {
    sed -n '3,/^[^#]/{ /^# shellcheck/d; s/^# \{0,1\}//p }' "$0" >&2
    exit 2
}

# process_field PID N: field N (3 and up) of /proc/PID/stat; the name in front of them may hold anything.
process_field() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    printf '%s\n' "${fields[$2 - 3]}"
}

# alive PID [STARTTIME]: runs, and is no zombie (which kill -0 takes for alive).
alive() {
    local state
    state=$(process_field "$1" 3) || return 1
    [[ $state != [ZX] ]] || return 1
    [[ -z ${2-} || $(process_field "$1" 22) == "$2" ]]
}

# remember FILE PID
remember() {
    local start
    start=$(process_field "$2" 22) || die "process $2 is gone already"
    printf '%s %s\n' "$2" "$start" >"$1"
}

# recall FILE: the process that the file names, if it is still that one.
recall() {
    local pid start
    [[ -r $1 ]] && read -r pid start <"$1" && alive "$pid" "$start" && printf '%s\n' "$pid"
}

# wait_for SECONDS COMMAND...: until it is true, looking ten times a second; false if it never is.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || return 1
        sleep 0.1
    done
}

# end_all PID...: SIGTERM to all, SIGKILL to those that are there after 3 seconds.
end_all() {
    local pid start
    local -A starts=()
    for pid; do
        [[ $pid != "$$" && $pid != "$BASHPID" ]] || continue
        start=$(process_field "$pid" 22) || continue
        starts[$pid]=$start
        kill -TERM "$pid" 2>/dev/null || true
    done
    for _ in {1..30}; do
        for pid in "${!starts[@]}"; do
            alive "$pid" "${starts[$pid]}" || unset "starts[$pid]"
        done
        [[ ${#starts[@]} -gt 0 ]] || return 0
        sleep 0.1
    done
    for pid in "${!starts[@]}"; do
        if alive "$pid" "${starts[$pid]}"; then kill -KILL "$pid" 2>/dev/null || true; fi
    done
}

# end_remembered FILE: ends the processes that remember has noted.
end_remembered() {
    local pid
    if pid=$(recall "$1"); then end_all "$pid"; fi
    rm -f "$1"
}

# in_network PID: all processes in that process's network namespace, unless it is our own.
in_network() {
    local wanted other
    wanted=$(readlink "/proc/$1/ns/net") || return 0
    [[ $wanted != "$(readlink /proc/self/ns/net)" ]] || return 0
    for other in /proc/[0-9]*; do
        if [[ $(readlink "$other/ns/net" 2>/dev/null) == "$wanted" ]]; then printf '%s\n' "${other#/proc/}"; fi
    done
}

# host_holder NAME: the process that holds the namespaces of a host of hosts-up.
host_holder() {
    recall "$CLUSTER_DIR/hosts/$1/holder" || die "there is no host $1 in $CLUSTER_DIR (hosts-up makes them)"
}
