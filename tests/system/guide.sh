#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The tutorial: every command of every page works, and makes the pictures that the page shows. elbow-figures refuses what is wrong.
set -u
guide=$(cd "$(dirname "$0")/../.." && pwd)/tools/guide
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
figures=$build/elbow-figures

"$guide" --short "$build" >guide.out 2>guide.err || fail "tools/guide: $(tail -n 20 guide.err)"
[ "$(grep -c ': done$' guide.out)" = 9 ] || fail "not all pages were run: $(cat guide.out)"

# refused WORDS ARGUMENT...: with a sentence, and without a file.
refused() {
    local words=$1
    shift
    "$figures" "$@" >refused.out 2>refused.err && fail "elbow-figures $* was not refused"
    if ! grep -qF -- "$words" refused.err || [ "$(wc -l <refused.err)" != 1 ]; then fail "elbow-figures $*: $(cat refused.err)"; fi
    [ ! -e none.png ] || fail "elbow-figures $* left a file"
}
refused "a figure is missing" -o none.png
refused "nothing: unknown figure" nothing -o none.png
refused "-o FILE is missing" game
refused "game takes no file" game x.h5 -o none.png
refused "divergence takes one file, LATENTS.h5" divergence -o none.png
refused "none.h5" divergence none.h5 -o none.png
refused ".png" game -o none.gif
"$make_data" write data.h5 /train/images f32 3,4 normal
refused "expected pictures (N, rows, columns) of bytes" convolution data.h5 -o none.png
refused "/mean" divergence data.h5 -o none.png
"$figures" game -o game.svg || fail "no figure of the game"
refused "game.svg" game -o game.svg
"$figures" game -o game.svg --force || fail "--force does not replace"
finish
