#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `cmake --install`: the files for users are installed, start from their new place and need nothing of the build directory; links
# in the documents resolve; DESTDIR and the prefix are honoured; an external program links with the library by pkg-config and by
# find_package, also after the files were moved; so do the examples, which also run.
set -euo pipefail
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work" "$work.mpi"' EXIT
mkdir "$work.mpi"
export TMPDIR=$work.mpi # as in lib.sh: for Open MPI's folder
prefix=$work/prefix
fail() { echo "$*"; exit 1; }

cmake --install "$build" --prefix "$prefix" >/dev/null
for program in elbow elbow-import elbow-shapes elbow-scaling; do
    [ -x "$prefix/bin/$program" ] || fail "bin/$program was not installed"
    if ldd "$prefix/bin/$program" | grep -E "not found|$build"; then
        fail "bin/$program lacks a library or needs the build directory"
    fi
done
for file in share/elbow/configs/shapes.yaml share/elbow/jobs/train.sbatch share/doc/elbow/README.md \
    share/doc/elbow/docs/howto/development.md share/doc/elbow/LICENSE share/man/man1/elbow.1 share/man/man1/elbow-train.1 \
    share/man/man1/elbow-import.1 share/bash-completion/completions/elbow share/bash-completion/completions/elbow-shapes \
    include/elbow/train/trainer.h include/elbow/base/status.h; do
    case $file in share/man/* | share/bash-completion/*) [ -d "$build/pages" ] || continue ;; esac
    [ -s "$prefix/$file" ] || fail "$file was not installed"
done
[ ! -e "$prefix/include/elbow/cli" ] || fail "headers of the program were installed, which no library has"
"$prefix/bin/elbow" config "$prefix/share/elbow/configs/shapes.yaml" >/dev/null

# Every file that an installed document links to.
documents=0
while read -r document; do
    documents=$((documents + 1))
    while read -r target; do
        [ -e "$(dirname "$document")/$target" ] || fail "${document#"$prefix"/}: $target is not installed"
    done < <(sed -nE 's/\]\(/\n](/gp' "$document" | sed -nE 's/^\]\(([^):#]+)[^):]*\).*/\1/p')
done < <(find "$prefix" -name '*.md')
[ "$documents" -ge 10 ] || fail "only $documents documents were installed"

# DESTDIR and the configured prefix: the same files below both, and none elsewhere.
DESTDIR=$work/stage cmake --install "$build" --prefix /opt/elbow >/dev/null
diff <(cd "$prefix" && find . | sort) <(cd "$work/stage/opt/elbow" && find . | sort) || fail "DESTDIR: other files"
[ "$(ls "$work/stage")" = opt ] || fail "DESTDIR: something outside of the prefix: $(ls "$work/stage")"

# An external program.
mv "$prefix" "$work/moved"
version=$("$work/moved/bin/elbow" --version | awk 'NR == 1 { print $2 }')
mkdir "$work/outside"
cd "$work/outside"
cat >outside.c <<'C'
#include <elbow/config/config.h>
#include <elbow/data/hdf5.h>
#include <elbow/math/blas.h>
#include <elbow/parallel/comm.h>
#include <elbow/train/trainer.h>
#include <elbow/output/image.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    static struct elbow_config config;
    struct elbow_comm *comm = NULL;
    struct elbow_error error = {0};
    elbow_blas_start();
    if (!elbow_hdf5_start() || elbow_comm_open(&argc, &argv, &comm, &error) != ELBOW_OK)
        return 1;
    elbow_config_default(&config);
    struct elbow_log log = elbow_log_open(elbow_comm_place(comm).rank == 0, stdout);
    struct elbow_train_request request = {.config = &config, .run = "run"};
    const char *text = "data: {synthetic: 64, shape: [4, 4], binarize: threshold}\n"
                       "model: {latent: 2, encoder: [], decoder: []}\n"
                       "train: {epochs: 1, batch: 16, microbatch: 4}\n";
    enum elbow_status status = elbow_config_parse(&config, "text", text, __builtin_strlen(text), &error);
    if (status == ELBOW_OK)
        status = elbow_config_finish(&config, "text", &error);
    if (status == ELBOW_OK)
        status = elbow_train(comm, &request, &log, &error);
    elbow_comm_close(comm);
    printf("%s\n", status == ELBOW_OK ? "outside: trained" : error.message);
    return elbow_status_exit(status);
}
C
sanitizers=$(sed -n 's/^ELBOW_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt")
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=${sanitizers:+-fsanitize=$sanitizers}
[ "$(id -u)" != 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
trains() {
    rm -rf run
    "$1" >log 2>&1 || fail "$2: $(tail -n 3 log)"
    grep -q '^outside: trained' log || fail "$2 does not say that it has trained"
    ls run/checkpoints/step-*.h5 >/dev/null || fail "$2 leaves no checkpoint"
}
# find_cxx: the C++ compiler that belongs to the C compiler, or any.
find_cxx() {
    local name=${compiler##*/} other
    for other in "${compiler%/*}/$(sed -e 's/clang/clang++/' -e 's/gcc/g++/' -e 's/^cc$/c++/' <<<"$name")" c++ g++ clang++; do
        if [ "$other" != "$compiler" ] && command -v "$other"; then return; fi
    done
}
# cxx_program: every header alone as C++, then all functions of all headers, by their C names, in one program.
cxx_program() {
    local header
    for header in "${headers[@]}"; do
        echo "#include <$header>" | "$cxx" -x c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I "$work/moved/include" -fsyntax-only - >cxx.log 2>&1 ||
            fail "as C++: $header: $(grep -m 2 error cxx.log)"
    done
    printf '#include <%s>\n' "${headers[@]}" >outside.cc
    "$cxx" -E -P -I "$work/moved/include" outside.cc | grep -v '^typedef' | grep -oE '\belbow_[a-z0-9_]+\(' | tr -d '(' | sort -u >functions
    [ "$(wc -l <functions)" -ge 300 ] || fail "as C++: only $(wc -l <functions) functions"
    {
        echo 'void *volatile functions[] = {'
        sed 's/.*/    (void *)&,/' functions
        echo '};'
        echo 'int main() { elbow_error error = {}; return elbow_error_set(&error, ELBOW_DATA, "%d", 7) == ELBOW_DATA && error.message[0] == 0x37 ? 0 : 1; }'
    } >>outside.cc
}

pc=$(find "$work/moved" -name elbow.pc)
[ -n "$pc" ] || fail "elbow.pc was not installed"
if command -v pkg-config >/dev/null; then
    PKG_CONFIG_PATH=$(dirname "$pc")
    export PKG_CONFIG_PATH
    [ "$(pkg-config --modversion elbow)" = "$version" ] || fail "elbow.pc: another version"
    # shellcheck disable=SC2046,SC2086 # words
    "$compiler" $flags outside.c $(pkg-config --cflags --libs elbow) -o by-pkg-config
    trains ./by-pkg-config "the program linked by pkg-config"
    cxx=$(find_cxx)
    if [ -n "$cxx" ]; then
        mapfile -t headers < <(cd "$work/moved/include" && find elbow -name '*.h' | sort)
        cxx_program
        # shellcheck disable=SC2046,SC2086 # words
        "$cxx" $flags -std=c++11 outside.cc $(pkg-config --cflags --libs elbow) -o by-cxx >cxx.log 2>&1 || fail "the C++ program: $(grep -m 3 'error\|undefined' cxx.log)"
        ./by-cxx || fail "the C++ program: status $?"
    else
        echo "skip: there is no C++ compiler: the headers were not read as C++"
    fi
else
    echo "skip: there is no pkg-config: elbow.pc was not tried"
fi
asked=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$version")
grep -q "find_package(elbow $asked REQUIRED)" "$work/moved/share/doc/elbow/docs/howto/site.md" || fail "docs/howto/site.md asks for another version than $asked"
cat >CMakeLists.txt <<C
cmake_minimum_required(VERSION 3.20)
project(outside LANGUAGES C)
find_package(elbow $asked REQUIRED)
find_package(elbow $asked REQUIRED)
add_executable(by-cmake outside.c)
target_link_libraries(by-cmake PRIVATE Elbow::elbow)
C
env -u PKG_CONFIG_PATH cmake -S . -B cmake-build -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" >cmake.log 2>&1 ||
    fail "find_package: $(tail -n 5 cmake.log)"
cmake --build cmake-build >cmake.log 2>&1 || fail "the program with find_package: $(tail -n 5 cmake.log)"
trains cmake-build/by-cmake "the program linked by find_package"

# The examples, from their installed place: with CMake, and one with pkg-config; on the run that was trained above.
examples=$work/moved/share/doc/elbow/docs/examples
env -u PKG_CONFIG_PATH cmake -S "$examples" -B examples -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="$flags -Wall -Wextra -Werror" >cmake.log 2>&1 || fail "the examples: $(tail -n 5 cmake.log)"
cmake --build examples --parallel 2 >cmake.log 2>&1 || fail "the examples: $(tail -n 5 cmake.log)"
if command -v pkg-config >/dev/null; then
    # shellcheck disable=SC2046,SC2086 # words
    "$compiler" $flags "$examples/contents.c" $(pkg-config --cflags --libs elbow) -o examples/contents
fi
examples/contents run >contents || fail "contents: status $?"
grep -qE '^step 4, 64 samples of 16 values, [0-9]+ parameters$' contents || fail "contents prints: $(cat contents)"
grep -qE '^[a-z0-9./]+/weight +[0-9]+ x [0-9]+, largest absolute value 0\.[0-9]+$' contents || fail "contents prints no tensors: $(cat contents)"
examples/encode run - codes.csv >said || fail "encode: status $?"
grep -q '^codes.csv: 64 rows encoded$' said || fail "encode prints: $(cat said)"
"$work/moved/bin/elbow" encode run -o own.csv >/dev/null
cmp codes.csv own.csv || fail "encode writes other rows than elbow encode"
examples/score run - >scores 2>said || fail "score: status $?: $(cat said)"
[ "$(grep -cE '^[0-9]+ -?[0-9.]+$' scores)" = 64 ] || fail "score prints: $(cat scores)"
grep -q '^the most unusual row is [0-9]*$' scores || fail "score prints: $(cat scores)"
if examples/score nowhere - 2>said; then fail "score of no checkpoint succeeds"; fi
grep -q '^score: nowhere' said || fail "score of no checkpoint prints: $(cat said)"
