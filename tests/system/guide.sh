#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The tutorial, and the how-to pages on real data: every command of every page works and makes the pictures that the page shows.
# elbow-figures refuses wrong input.
set -u
guide=$(cd "$(dirname "$0")/../.." && pwd)/tools/guide
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
figures=$build/elbow-figures

"$guide" --short "$build" >guide.out 2>guide.err || fail "tools/guide: $(tail -n 20 guide.err)"
[ "$(grep -c ': done$' guide.out)" = 9 ] || fail "not all pages were run: $(cat guide.out)"

# The how-to pages that start from a file and end with a figure, with stand-ins for downloads and for files made by Python.
mkdir -p downloads/fashion downloads/data
for part in tra tes; do
    awk 'BEGIN { for (row = 0; row < 120; row++) { for (i = 0; i < 64; i++) printf "%d,", (7 * row + i * i) % 17; print row % 10 } }' \
        >downloads/optdigits.$part
done
for part in train t10k; do
    { printf '\0\0\10\3\0\0\0\144\0\0\0\34\0\0\0\34' && seq 100000 | head -c 78400; } >downloads/$part-images-idx3-ubyte.gz
    { printf '\0\0\10\1\0\0\0\144' && for _ in {1..10}; do printf '\0\1\2\3\4\5\6\7\10\11'; done; } >downloads/$part-labels-idx1-ubyte.gz
done
cp downloads/*.gz downloads/fashion
for rows in train calibration new; do "$make_data" write downloads/data/cells.h5 /$rows f64 80,12 normal seed=5; done
"$make_data" write downloads/data/cells.h5 /names string 80 names
"$make_data" write downloads/data/cells.h5 /labels i8 80 bits
"$make_data" write downloads/data/threes.h5 /is_3 u8 100 bits
for name in t-SNE UMAP; do "$make_data" write downloads/embedded.h5 /$name f32 120,2 normal; done
"$guide" --short --howto downloads "$build" >howto.out 2>howto.err || fail "tools/guide --howto: $(tail -n 20 howto.err)"
[ "$(grep -c ': done$' howto.out)" = 8 ] || fail "not all how-to pages were run: $(cat howto.out)"
grep -q 'usage: .*--howto DOWNLOADS' <("$guide" --howto nowhere "$build" 2>&1) || fail "a folder that is not there"

# refused WORDS ARGUMENT...: with an error and without a file.
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
