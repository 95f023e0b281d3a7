#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# cmake/ElbowDependencies.cmake with several MPIs installed: an HDF5 that was built for another MPI is skipped or, without an
# alternative, refused in one sentence; the launcher is that of the compiler that was named.
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
for tool in pkg-config readelf; do
    command -v "$tool" >/dev/null || { echo "skip: there is no $tool" && exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
wrapper=$(sed -n 's/^MPI_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
[ -x "$wrapper" ] || { echo "skip: the build has no mpicc" && exit 77; }

cat >CMakeLists.txt <<C
cmake_minimum_required(VERSION 3.20)
project(probe LANGUAGES C)
list(APPEND CMAKE_MODULE_PATH $source_directory/cmake)
include(ElbowDependencies)
C
# An HDF5 that needs an MPI that is not installed, and one that needs none; pkg-config finds them before the system's.
mkdir include pc
echo '#define H5_VERS_INFO "none"' >include/H5pubconf.h
library() { "$compiler" -shared -x c - -fPIC -Wl,-soname,"$1" -Wl,--no-as-needed -o "$@" <<<'int nothing;'; }
library libmpi.so.99
library libhdf5_other.so -x none ./libmpi.so.99
library libhdf5_plain.so
module() { # NAME LIBRARY
    printf 'Name: %s\nDescription: none\nVersion: 1.99.%s\nLibs: -L%s -l%s\nCflags: -I%s\n' "$1" "${#1}" "$work" "$2" "$work/include" >"pc/$1.pc"
}
configure() { # cmake-argument...
    rm -rf out
    env -u HDF5_ROOT PKG_CONFIG_PATH="$work/pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" cmake -S . -B out -DCMAKE_C_COMPILER="$compiler" \
        -DMPI_C_COMPILER="$wrapper" "$@" >log 2>&1
}
for name in hdf5 hdf5-openmpi hdf5-mpich hdf5-serial; do module "$name" hdf5_other; done
if configure; then fail "an HDF5 for another MPI was taken: $(tail -n 4 log)"; fi
tr -s ' \n' ' ' <log >said
grep -q "HDF5 ($work/libhdf5_other.so) uses another MPI (libmpi.so.99) than Elbow would ([^)]*), and no program can have both. On Debian" said ||
    fail "an HDF5 for another MPI: $(cat log)"
module hdf5-serial hdf5_plain
configure || fail "a serial HDF5 beside that of another MPI: $(tail -n 4 log)"
grep -q 'Elbow: HDF5 1.99.11 (serial)' log || fail "a serial HDF5 beside that of another MPI: $(grep Elbow: log)"

# The launcher beside the named compiler.
mkdir bin
printf '#!/bin/sh\nexec "%s" "$@"\n' "$wrapper" >bin/mpicc.third
echo '#!/bin/sh' >bin/mpiexec.third
chmod +x bin/*
configure -DMPI_C_COMPILER="$work/bin/mpicc.third" || fail "another mpicc: $(tail -n 4 log)"
grep -qx "MPIEXEC_EXECUTABLE:FILEPATH=$work/bin/mpiexec.third" out/CMakeCache.txt || fail "the launcher of another mpicc: $(grep ^MPIEXEC_EXEC out/CMakeCache.txt)"
configure -DMPI_C_COMPILER="$work/bin/mpicc.third" -DMPIEXEC_EXECUTABLE=/bin/true || fail "a named launcher: $(tail -n 4 log)"
grep -q "^MPIEXEC_EXECUTABLE:[A-Z]*=/bin/true" out/CMakeCache.txt || fail "a named launcher was not taken"
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
