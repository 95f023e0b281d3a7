#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `cmake --install`: what belongs to a user is there, starts from its new place, and needs nothing of the build directory.
set -euo pipefail
build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

cmake --install "$build" --prefix "$prefix" >/dev/null
for program in elbow elbow-import elbow-shapes; do
    [ -x "$prefix/bin/$program" ] || { echo "bin/$program was not installed"; exit 1; }
    if ldd "$prefix/bin/$program" | grep -E "not found|$build"; then
        echo "bin/$program lacks a library or needs the build directory"
        exit 1
    fi
done
for file in share/elbow/configs/shapes.yaml share/elbow/jobs/train.sbatch share/doc/elbow/README.md \
    share/doc/elbow/development.md share/doc/elbow/LICENSE share/man/man1/elbow.1 share/man/man1/elbow-train.1 \
    share/man/man1/elbow-import.1 share/bash-completion/completions/elbow share/bash-completion/completions/elbow-shapes; do
    case $file in share/man/* | share/bash-completion/*) [ -d "$build/pages" ] || continue ;; esac
    [ -s "$prefix/$file" ] || { echo "$file was not installed"; exit 1; }
done
"$prefix/bin/elbow" config "$prefix/share/elbow/configs/shapes.yaml" >/dev/null
