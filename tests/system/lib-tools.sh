# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the tests of elbow-import and elbow-shapes; to be sourced with the test's own arguments. It makes a fresh directory, goes there,
# and removes it at the end.
export LC_ALL=C
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
import=$build/elbow-import
# shellcheck disable=SC2034 # a test uses it
shapes=$build/elbow-shapes
# shellcheck disable=SC2034 # the tests use them
shared=${ELBOW_SHARED:-$here/../../../shared} byte_factor=0.00392157
command -v h5dump >/dev/null || { echo "h5dump is not installed (Debian: hdf5-tools)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# values FILE DATASET: its values, separated by blanks.
values() {
    h5dump -y -w 0 -d "$2" "$1" | awk '/^ *}/ {done = 1} inside && !done {print} /DATA {/ {inside = 1}' |
        tr -s ' ,\n' ' ' | sed 's/^ //; s/ $//'
}

# header FILE DATASET: type and shape.
header() {
    h5dump -H -d "$2" "$1" | awk '/DATATYPE/ && !type {type = $2} /DATASPACE/ && !shape {sub(/.*{ /, ""); sub(/ \/.*/, ""); shape = $0}
        END {print type, shape}'
}

# attribute FILE DATASET NAME: its value.
attribute() {
    h5dump -y -a "$2/$3" "$1" | sed -n '/DATA {/,/}/p' | sed '1d;/}/d' | tr -d ' \n'
}

# imported WHAT TYPE+SHAPE FACTOR VALUES, arguments of elbow-import: into a new file.
imported() {
    local what=$1 type=$2 factor=$3 expected=$4
    shift 4
    rm -f t.h5
    "$import" "$@" -o t.h5 >out.txt 2>err.txt || { fail "$what: $(cat err.txt)"; return; }
    [ ! -s err.txt ] || fail "$what: stderr: $(cat err.txt)"
    [ "$(header t.h5 /train/images)" = "$type" ] || fail "$what: is $(header t.h5 /train/images), not $type"
    [ "$(values t.h5 /train/images)" = "$expected" ] || fail "$what: holds $(values t.h5 /train/images), not $expected"
    [ "$(attribute t.h5 /train/images factor)" = "$factor" ] || fail "$what: factor $(attribute t.h5 /train/images factor)"
    [ "$(attribute t.h5 /train/images offset)" = 0 ] || fail "$what: offset $(attribute t.h5 /train/images offset)"
    if compgen -G '.elbow-*' >/dev/null; then fail "$what: something is left behind"; fi
}

# refused STATUS TEXT PROGRAM arguments: one sentence on stderr that contains TEXT; the file t.h5 does not change.
refused() {
    local status=$1 text=$2 program=$3 got=0
    shift 3
    [ ! -e t.h5 ] || cp t.h5 before.h5
    "$program" "$@" >out.txt 2>err.txt || got=$?
    [ "$got" = "$status" ] || fail "$*: exit status $got, not $status"
    [ "$(wc -l <err.txt)" = 1 ] || fail "$*: not one line: $(cat err.txt)"
    grep -q "^$(basename "$program"): " err.txt || fail "$*: stderr: $(cat err.txt)"
    grep -qF -- "$text" err.txt || fail "$*: no '$text' in: $(cat err.txt)"
    [ ! -e before.h5 ] || cmp -s t.h5 before.h5 || fail "$*: t.h5 was changed"
    if [ -e new.h5 ] || compgen -G '.elbow-*' >/dev/null; then fail "$*: left a file behind"; fi
    rm -f before.h5
}

# npy NAME TYPE ORDER SHAPE VERSION: the head of an NPY file, then stdin.
npy() {
    local head="{'descr': '$2', 'fortran_order': $3, 'shape': $4, }"
    head=$(printf '%-117s' "$head")
    case $5 in
    1) printf '\223NUMPY\1\0\166\0%s\n' "$head" ;;
    2) printf '\223NUMPY\2\0\166\0\0\0%s\n' "$head" ;;
    3) printf '\223NUMPY\3\0\166\0\0\0%s\n' "$head" ;;
    *) printf '\223NUMPY\11\0\166\0\0\0%s\n' "$head" ;;
    esac >"$1"
    cat >>"$1"
}
