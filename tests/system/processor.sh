#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# cmake/ElbowProcessor.cmake determines the instructions that the compiler uses, from CMake's flags, the project's options, or a
# wrapper that adds a flag when it compiles and never when it preprocesses, as Spack's does.
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
case $(uname -m) in x86_64 | amd64) ;; *) echo "skip: the features are x86-64's" && exit 77 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")

cat >wrapper <<S
#!/bin/sh
for word in "\$@"; do
    case \$word in -E) exec "$compiler" "\$@" ;; esac
done
exec "$compiler" -mavx2 "\$@"
S
chmod +x wrapper
cat >CMakeLists.txt <<C
cmake_minimum_required(VERSION 3.20)
project(probe LANGUAGES C)
list(APPEND CMAKE_MODULE_PATH $source_directory/cmake)
include(ElbowProcessor)
elbow_processor_features(\${PROJECT_BINARY_DIR} \${options})
C
# finds avx2|nothing WHAT cmake-argument...
finds() {
    local wanted=$1 what=$2 header
    shift 2
    rm -rf out
    if ! env -u CFLAGS cmake -S . -B out "$@" >log 2>&1; then
        fail "$what: $(tail -n 5 log)"
        return
    fi
    header=out/elbow/processor_features.h
    grep -q ELBOW_PROCESSOR_FEATURES "$header" || fail "$what: no header"
    case $wanted in
    avx2) [ "$(grep -cE '"(avx2|sse4.2)"' "$header")" = 2 ] || fail "$what: no AVX2 in $(cat "$header")" ;;
    nothing) ! grep -q '"sse3"\|"avx' "$header" || fail "$what: $(cat "$header")" ;;
    esac
    if [ -e out/probe.c ] || [ -e out/probe.o ]; then fail "$what: the probe stays"; fi
}
finds nothing "no flags" -DCMAKE_C_COMPILER="$compiler"
finds avx2 "an option of the project's" -DCMAKE_C_COMPILER="$compiler" -Doptions=-mavx2
finds avx2 "CMake's flags" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS=-mavx2
finds avx2 "link-time optimisation" -DCMAKE_C_COMPILER="$compiler" "-DCMAKE_C_FLAGS=-mavx2 -flto"
finds avx2 "the flags of a kind of build" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-mavx2
finds avx2 "a wrapper" -DCMAKE_C_COMPILER="$work/wrapper"
[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
