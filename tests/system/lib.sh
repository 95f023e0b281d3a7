# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the system tests; to be sourced with the test's own arguments. It makes a fresh directory, goes there, and
# removes it at the end. A test calls `fail` for every difference, and `finish` last.

if [ ! -d "${1:-}" ]; then
    echo "usage: $0 BUILD-DIRECTORY"
    exit 2
fi
build=$(cd "$1" && pwd)
# shellcheck disable=SC2034 # the tests use it
elbow=$build/elbow make_data=$build/elbow-test-data

skip() { echo "skip: $*"; exit 77; }

for needed in "$elbow" "$make_data"; do
    [ -x "$needed" ] || skip "${needed##*/} is not built"
done
command -v mpirun >/dev/null || skip "there is no mpirun"

export LC_ALL=C
if [ "$(id -u)" = 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/elbow-test-XXXXXX") || exit 1
trap 'rm -rf "$work" "$work.mpi"' EXIT
cd "$work" || exit 1
# Tests that run at the same time would remove each other's folder of Open MPI 4 on this host. The new one is beside $work, whose
# contents tests check, and accessible to other users. Versions 4 and 5 both use TMPDIR, unless their own names for it, which
# differ, are set.
mkdir -m 1777 "$work.mpi" || exit 1
export TMPDIR=$work.mpi
unset OMPI_MCA_orte_tmpdir_base PRTE_MCA_prte_tmpdir_base

failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
finish() {
    [ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
    exit 0
}

# on RANKS command...: without mpirun for one rank, otherwise under it; at most $limit seconds. Sanitizers, valgrind and busy
# machines need more patience. Each start has its own folder for Open MPI: the daemon of the previous start may still be removing
# its folder of this host, and the next start would fail if it made the same one.
patience=${ELBOW_TEST_PATIENCE:-1}
# ASAN_OPTIONS for programs under strace, which prevents the search for leaks, or behind a preloaded library.
# shellcheck disable=SC2034 # for the tests
loose=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:verify_asan_link_order=0
limit=$((60 * patience))
on() {
    local ranks=$1 place
    shift
    place=$(mktemp -d "$work.mpi/XXXXXX") && chmod 1777 "$place"
    local -x OMPI_MCA_orte_tmpdir_base=$place PRTE_MCA_prte_tmpdir_base=$place
    if [ "$ranks" = 1 ]; then
        timeout -k 5 "$limit" "$@"
    else
        timeout -k 5 "$limit" mpirun --oversubscribe --bind-to none -n "$ranks" "$@"
    fi
}

# run STATUS RANKS LOG command...: output to LOG.out and LOG.err; another exit status is a failure.
run() {
    local expected=$1 ranks=$2 log=$3 status
    shift 3
    on "$ranks" "$@" >"$log.out" 2>"$log.err"
    status=$?
    [ "$status" = "$expected" ] && return 0
    fail "$log on $ranks ranks: exit status $status, expected $expected: $*"
    tail -n 5 "$log.err"
    return 1
}

# same_file WHAT A B
same_file() {
    cmp -s "$2" "$3" && return 0
    fail "$1: $2 and $3 differ: $(cmp "$2" "$3" 2>&1)"
    return 1
}

# Columns of metrics.csv with times; all others do not depend on the machine.
clocks=seconds,samples_per_s,compute,exchange,data,late_pages

# columns A: metrics.csv without its columns of clocks, found by their names; only some runs have late pages.
columns() {
    awk -F, -v clocks="$clocks" 'BEGIN { count = split(clocks, names, ",") }
        NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i
            for (i = 1; i <= count; ++i) { if (!(names[i] in at)) print "no column " names[i]; is_clock[at[names[i]]] = 1 }
            if ("late_pages" in at) is_clock[at["late_pages"]] = 1 }
        { line = ""; for (i = 1; i <= NF; ++i) if (!(i in is_clock)) line = line (line == "" ? "" : ",") $i; print line }' "$1"
}

# table_column A NAME: the values of one column of a table, without its header.
table_column() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == name) at = i; next } at { print $at }' "$1"; }

# same_metrics WHAT A B
same_metrics() {
    local difference
    difference=$(diff <(columns "$2") <(columns "$3")) && return 0
    fail "$1: $2 and $3 differ in"
    echo "$difference" | head -n 4
    return 1
}

# same_run WHAT A B: all files of two run directories, except for times and places.
same_run() {
    local what=$1 a=$2 b=$3 file
    [ -n "$(ls "$a/checkpoints" 2>/dev/null)" ] || { fail "$what: $a has no checkpoint"; return; }
    # A model without a KL has no kl.csv; both must have one or none.
    if ! diff <(cd "$a" && ls -d kl.csv checkpoints/* samples/* 2>&1) <(cd "$b" && ls -d kl.csv checkpoints/* samples/* 2>&1) >names; then
        fail "$what: $a and $b hold different files"
        cat names
        return
    fi
    for file in $(cd "$a" && ls -d kl.csv checkpoints/* samples/* 2>/dev/null); do
        same_file "$what" "$a/$file" "$b/$file"
    done
    same_metrics "$what" "$a/metrics.csv" "$b/metrics.csv"
}

# value FILE KEY: the first number of that name in a JSON text.
value() { grep -oE "\"$2\": *[^,} ]+" "$1" | head -n 1 | sed 's/.*: *//'; }

# holds EXPRESSION: an arithmetic statement of awk.
holds() { awk "BEGIN { exit !($*) }"; }
